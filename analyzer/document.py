r"""The documents that programs read: JSON, one connection per line, and CSV.

Text in them was written by strangers. Whoever looks at a document in a terminal must be as safe as
with the text output, so nothing that does not print leaves unescaped: in JSON as ``\uXXXX``, which
every parser turns back; in CSV as in the text output, which is for reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TextIO

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.encrypted import Encrypted
from analyzer.ending.rules import EndingKind
from analyzer.ending.secured import TlsEnd
from analyzer.ending.timing import Timing
from analyzer.ending.views import View
from analyzer.endpoint import Endpoint
from analyzer.findings import Finding
from analyzer.printable import iso, printable
from analyzer.record import (
    SCHEMA,
    Connection,
    Ending,
    Handshake,
    TcpEnd,
    anomaly_dict,
)
from analyzer.traffic import Traffic
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Framing

# Spreadsheets take a cell that begins with one of these for a formula, some of them the wide forms.
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - the wide forms are meant


_encode = json.JSONEncoder(ensure_ascii=False).encode


def document(
    captures: Sequence[CaptureRecord],
    connections: Iterable[Connection],
    anomalies: Iterable[Anomaly],
    encrypted: Iterable[Encrypted] = (),
    findings: Iterable[Finding] = (),
) -> dict[str, Any]:
    """Return the whole record, ready for JSON."""
    return {
        "schema": SCHEMA,
        "captures": [capture_dict(capture) for capture in captures],
        "connections": [connection.to_dict() for connection in connections],
        "anomalies": [anomaly_dict(anomaly) for anomaly in anomalies],
        "encrypted": [one.to_dict() for one in encrypted],
        "findings": [finding.to_dict() for finding in findings],
    }


def write_document(
    captures: Sequence[CaptureRecord],
    connections: Iterable[Connection],
    anomalies: Iterable[Anomaly],
    out: TextIO,
    encrypted: Iterable[Encrypted] = (),
    findings: Iterable[Finding] = (),
) -> None:
    """Write the whole record as one JSON document, one connection per line."""
    out.write(f'{{"schema": {SCHEMA},\n')
    _write_list("captures", map(capture_dict, captures), out)
    _write_list("connections", (one.to_dict() for one in connections), out)
    _write_list("anomalies", map(anomaly_dict, anomalies), out)
    _write_list("encrypted", (one.to_dict() for one in encrypted), out)
    _write_list("findings", (one.to_dict() for one in findings), out, last=True)


def _write_list(
    name: str, items: Iterable[dict[str, Any]], out: TextIO, *, last: bool = False
) -> None:
    out.write(f' "{name}": [')
    separator = "\n  "
    for item in items:
        out.write(separator + json_text(item))
        separator = ",\n  "
    out.write("]}\n" if last else "],\n")


def capture_dict(capture: CaptureRecord) -> dict[str, Any]:
    """Return a capture, ready for JSON."""
    found = {name: getattr(capture, name) for name in CaptureRecord.__slots__}
    return found | {"first_at": iso(capture.first_at), "last_at": iso(capture.last_at)}


def json_line(connection: Connection) -> str:
    """Return one connection as one line of JSON."""
    return json_text(connection.to_dict())


def json_text(value: Any) -> str:
    r"""Return JSON on one line, with nothing in it that does not print.

    Examples
    --------
    >>> print(json_text({"reason": "naïve \u202e \x9b"}))
    {"reason": "naïve \u202e \u009b"}
    """
    text = _encode(value)
    if text.isprintable():
        return text
    # Outside of strings JSON is plain ASCII, so what does not print stands in one.
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def write_csv(connections: Iterable[Connection], out: TextIO) -> None:
    """Write one row per connection, flat names; lists are joined by ``; ``."""
    import csv  # noqa: PLC0415 - the other formats start sooner without it

    writer = csv.writer(out, lineterminator="\n")
    header = list(flat(_example().to_dict()))
    writer.writerow(header)
    for connection in connections:
        row = flat(connection.to_dict())
        writer.writerow([cell(row[name]) for name in header])


@cache
def close_columns() -> tuple[str, ...]:
    """Return the names that a close frame's parts have in the record."""
    return tuple(_example().to_dict()["ending"]["client_close"])


@cache
def tls_columns() -> tuple[str, ...]:
    """Return the names that the parts of a TLS connection have in the record."""
    return tuple(_example().to_dict()["ending"]["tls"])


def _example() -> Connection:
    """Return a connection that has everything: its record names every column."""
    nobody, close = Endpoint("", 0), CloseFrame(None, "", 0, 0)
    ending = Ending(
        EndingKind.OPEN, None, None, None, "", (), close, close, TcpEnd(), View(), View(), TlsEnd()
    )
    return Connection(
        id=0,
        tcp_stream=0,
        network=0,
        first_packet=0,
        last_packet=0,
        first_at=0,
        last_at=0,
        community_id="",
        client=nobody,
        server=nobody,
        framing=Framing.RFC_6455,
        version=None,
        seen_from="",
        handshake=Handshake(),
        ending=ending,
        timing=Timing(),
        client_sent=Traffic(),
        server_sent=Traffic(),
        anomalies=(),
    )


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
            row |= flat(value or dict.fromkeys(close_columns()), f"{full}_")
        elif name == "proxied_for":
            row |= flat(value or {"ip": None, "port": None}, f"{full}_")
        elif name == "tls":
            row |= flat(value or dict.fromkeys(tls_columns()), f"{full}_")
        elif isinstance(value, dict):
            inner = "" if name in {"handshake", "ending", "timing"} else f"{full}_"
            row |= flat(value, inner)
        elif isinstance(value, list):
            row[full] = "; ".join(map(_word, value))
        else:
            row[full] = value
    return row


def _word(one: dict[str, Any] | str) -> str:
    """Return what a cell says of one part of a list."""
    if isinstance(one, str):
        return one
    return str(one["name"] if "name" in one else one["hop"])


def cell(value: Any) -> Any:
    r"""Return a cell that is safe to look at, and that no spreadsheet takes for a formula.

    Examples
    --------
    >>> cell("=HYPERLINK(1)"), cell("bye\x1b"), cell(-1), cell(None)
    ("'=HYPERLINK(1)", 'bye\\x1b', -1, '')
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    shown = printable(value)
    return f"'{shown}" if value.lstrip(" ")[:1] in FORMULA_STARTS and value.strip(" ") else shown
