"""The documents that programs read: JSON, one connection per line, and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.record import SCHEMA, Connection, anomaly_dict, iso


def document(
    captures: Sequence[CaptureRecord],
    connections: Iterable[Connection],
    anomalies: Iterable[Anomaly],
) -> dict[str, Any]:
    """Return the whole record, ready for JSON."""
    return {
        "schema": SCHEMA,
        "captures": [capture_dict(capture) for capture in captures],
        "connections": [connection.to_dict() for connection in connections],
        "anomalies": [anomaly_dict(anomaly) for anomaly in anomalies],
    }


def capture_dict(capture: CaptureRecord) -> dict[str, Any]:
    """Return a capture, ready for JSON."""
    found = {name: getattr(capture, name) for name in CaptureRecord.__slots__}
    return found | {"first_at": iso(capture.first_at), "last_at": iso(capture.last_at)}


def json_line(connection: Connection) -> str:
    """Return one connection as one line of JSON."""
    return json.dumps(connection.to_dict(), ensure_ascii=False, separators=(",", ":"))


def write_csv(connections: Iterable[Connection], out: TextIO) -> None:
    """Write one row per connection, flat names; lists are joined by ``; ``."""
    writer = csv.writer(out, lineterminator="\n")
    header: list[str] | None = None
    for connection in connections:
        row = flat(connection.to_dict())
        if header is None:
            header = list(row)
            writer.writerow(header)
        writer.writerow([cell(row[name]) for name in header])
    if header is None:
        writer.writerow(CSV_COLUMNS_WITHOUT_ROWS)


CSV_COLUMNS_WITHOUT_ROWS = ("id",)


def flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a record with the names of nested ones joined by underscores.

    Examples
    --------
    >>> flat({"id": 0, "client": {"ip": "::1", "port": 80}})
    {'id': 0, 'client_ip': '::1', 'client_port': 80}
    """
    row: dict[str, Any] = {}
    for name, value in record.items():
        full = f"{prefix}{name}"
        if name in {"client_close", "server_close"}:
            parts = value or dict.fromkeys(("code", "reason", "at", "packet", "body", "complete"))
            row |= {f"{full}_{part}": found for part, found in parts.items()}
        elif isinstance(value, dict):
            inner = "" if name in {"handshake", "ending", "timing"} else f"{full}_"
            row |= flat(value, inner)
        elif isinstance(value, list):
            row[full] = "; ".join(one["name"] if isinstance(one, dict) else one for one in value)
        else:
            row[full] = value
    return row


def cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return "'" + value
    return "" if value is None else value
