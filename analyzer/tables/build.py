"""Tables of connections and of what belongs to them, made column by column."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd

from analyzer.anomaly import Anomaly
from analyzer.encrypted import Encrypted
from analyzer.ending.h2 import text_of
from analyzer.ending.timing import STEPS
from analyzer.errors import UsageError
from analyzer.findings import Finding
from analyzer.record import Connection, Handshake
from analyzer.side import Side
from analyzer.tables.columns import CONNECTIONS
from analyzer.tables.rows import frame_values, message_values
from analyzer.tables.schema import TABLES
from analyzer.tables.secured import encrypted_values, of_tls
from analyzer.tables.typed import SIDES, categorical, categories, seconds, typed
from analyzer.websocket.registry import close_code_title

Values = dict[str, Any]

_ENDING = {"kind", "first", "answered", "clean", "sentence", "caveats"}
_HANDSHAKE = set(Handshake.__slots__)
_JOINED = {"caveats", "extensions", "offered_subprotocols", "via"}
# Parts of the record that may be missing; the name of a column begins with that of its part.
_PARTS = {
    "client_close_": "ending.client_close",
    "server_close_": "ending.server_close",
    "client_view_": "ending.client_view",
    "server_view_": "ending.server_view",
    "client_sent_": "client_sent",
    "server_sent_": "server_sent",
    "proxied_for_": "proxied_for",
    "tcp_client_fin_": "ending.tcp.client_fin",
    "tcp_client_rst_": "ending.tcp.client_rst",
    "tcp_server_fin_": "ending.tcp.server_fin",
    "tcp_server_rst_": "ending.tcp.server_rst",
    "h2_client_end_stream_": "ending.h2.client_end_stream",
    "h2_client_reset_": "ending.h2.client_reset",
    "h2_client_goaway_": "ending.h2.client_goaway",
    "h2_server_end_stream_": "ending.h2.server_end_stream",
    "h2_server_reset_": "ending.h2.server_reset",
    "h2_server_goaway_": "ending.h2.server_goaway",
}


def table(
    name: str,
    connections: Sequence[Connection],
    anomalies: Iterable[Anomaly] = (),
    encrypted: Sequence[Encrypted] = (),
    findings: Iterable[Finding] = (),
) -> pd.DataFrame:
    """Return a table; without connections it has all its columns all the same.

    Parameters
    ----------
    name : str
        One of `analyzer.tables.TABLES`.
    connections : sequence of Connection
        Whose rows are wanted.
    anomalies : iterable of Anomaly
        Those of no connection.
    encrypted : sequence of Encrypted
        TLS streams that could not be decrypted.
    findings : iterable of Finding
        What stands out.

    Returns
    -------
    pandas.DataFrame
        Columns and their kinds as in `analyzer.tables.TABLES`.

    Raises
    ------
    UsageError
        There is no such table, or what it is made of was not kept.

    Examples
    --------
    >>> from analyzer import read
    >>> df = table("timings", read().connections)
    >>> df.loc[df["step"] == "close_answer", "seconds"].tolist()
    [0.004201]
    """
    if name not in TABLES:
        raise UsageError(f"there is no table {name!r}; there are {', '.join(TABLES)}")
    if name == "encrypted":
        values: Values = encrypted_values(encrypted)
    elif name == "findings":
        values = _found(findings)
    else:
        odd = name == "anomalies"
        values = _odd(connections, anomalies) if odd else _MAKERS[name](connections)
    return pd.DataFrame(
        {column.name: typed(column.dtype, values[column.name]) for column in TABLES[name]}
    )


def column_values(name: str, connections: Sequence[Connection]) -> list[Any]:
    """Return the values of a column of the table of connections."""
    for prefix, path in _PARTS.items():
        if name.startswith(prefix):
            return _of_part(map(attrgetter(path), connections), name.removeprefix(prefix))
    if name == "anomalies":
        return ["; ".join([odd.name for odd in one.anomalies]) for one in connections]
    if name.startswith("tls_"):
        return [of_tls(one.ending.tls, name.removeprefix("tls_")) for one in connections]
    found = list(map(attrgetter(_path(name)), connections))
    return ["; ".join(map(str, value)) for value in found] if name in _JOINED else found


def _of_part(rows: Iterable[Any], attribute: str) -> list[Any]:
    name = attribute.removesuffix("_s")
    # A RST that was made up may be no more than a moment.
    found = [None if row is None else getattr(row, name, None) for row in rows]
    if attribute == "body":
        return [None if body is None else body.hex() for body in found]
    if attribute == "debug":
        return [None if debug is None else text_of(debug) for debug in found]
    return found


def _path(name: str) -> str:
    """Return where the value of a column stands in a connection."""
    if name.removesuffix("_s") in STEPS:
        return f"timing.{name.removesuffix('_s')}"
    if name == "tcp_first_fin":
        return "ending.tcp.first_fin"
    if name == "h2_shared":
        return "ending.h2.shared"
    if name in _ENDING:
        return f"ending.{name}"
    if name in _HANDSHAKE:
        return f"handshake.{name}"
    side, _, attribute = name.partition("_")
    return f"{side}.{attribute}" if attribute in {"ip", "port"} else name


def _connections(connections: Sequence[Connection]) -> Values:
    return {column.name: column_values(column.name, connections) for column in CONNECTIONS}


def _tcp(connections: Sequence[Connection]) -> Values:
    own = {
        "connection": column_values("id", connections),
        "wireshark": [f"tcp.stream eq {one.tcp_stream}" for one in connections],
    }
    others = (column.name for column in TABLES["tcp"] if column.name not in own)
    return own | {name: column_values(name, connections) for name in others}


def _endings(connections: Sequence[Connection]) -> Values:
    """Two rows for each connection: client, server."""
    found: Values = {
        name: [value for value in column_values(of, connections) for _ in SIDES]
        for name, of in (("connection", "id"), ("kind", "kind"), ("first", "first"))
    }
    found["side"] = [side for _ in connections for side in SIDES]
    found["was_first"] = [
        None if first is None else str(first) in {side, "both"}
        for first, side in zip(found["first"], found["side"], strict=True)
    ]
    own = {*found, "close_name", "wireshark"}
    for column in TABLES["endings"]:
        if column.name not in own:
            both = (column_values(name, connections) for name in _names_of_sides(column.name))
            found[column.name] = list(chain.from_iterable(zip(*both, strict=True)))
    found["close_name"] = [
        None if code is None else close_code_title(code) or None for code in found["close_code"]
    ]
    proofs = (found[name] for name in ("close_packet", "fin_packet", "rst_packet"))
    found["wireshark"] = [_filter(packets) for packets in zip(*proofs, strict=True)]
    return found


def _filter(packets: Iterable[int | None]) -> str | None:
    """Return a display filter for packets; None where there are none."""
    numbers = sorted({number for number in packets if number})
    return " or ".join(f"frame.number eq {number}" for number in numbers) or None


def _names_of_sides(name: str) -> tuple[str, str]:
    """Return the columns of the connections that a column of the endings stands for."""
    if name == "idle_s":
        return "client_idle_s", "server_idle_s"
    if name.startswith("close_notify_") or name == "truncated":
        return f"tls_client_{name}", f"tls_server_{name}"
    if name.startswith(("fin_", "rst_")):
        return f"tcp_client_{name}", f"tcp_server_{name}"
    return f"client_{name}", f"server_{name}"


def _timings(connections: Sequence[Connection]) -> Values:
    """One row for each step that could be told, connection by connection."""
    told = np.column_stack([seconds(column_values(f"{step}_s", connections)) for step in STEPS])
    row, step = np.nonzero(~np.isnan(told))
    own = {name: categories(name, column_values(name, connections)) for name in ("kind", "first")}
    numbers = np.array(column_values("id", connections), dtype=np.int64)
    return {
        "connection": numbers[row],
        "step": categorical(step, STEPS),
        "seconds": told[row, step],
        **{name: values.take(row) for name, values in own.items()},
    }


def _odd(connections: Sequence[Connection], anomalies: Iterable[Anomaly]) -> Values:
    rows: list[tuple[int | None, Anomaly]] = [(None, odd) for odd in anomalies]
    rows += [(one.id, odd) for one in connections for odd in one.anomalies]
    return {
        "connection": [number for number, _ in rows],
        "name": [odd.name for _, odd in rows],
        "side": [None if odd.side is None else Side(odd.side) for _, odd in rows],
        "at": [odd.time_ns for _, odd in rows],
        "packet": [odd.packet or None for _, odd in rows],
        "detail": [odd.detail for _, odd in rows],
    }


def _found(findings: Iterable[Finding]) -> Values:
    """One row for each finding; lists are joined as in the table of connections."""
    rows = list(findings)
    found: Values = {
        name: [getattr(one, name) for one in rows]
        for name in ("name", "sentence", "first_at", "last_at")
    }
    found["count"] = [len(one.connections) for one in rows]
    for name in ("connections", "evidence", "consistent_with", "also", "next"):
        found[name] = ["; ".join(map(str, getattr(one, name))) for one in rows]
    found["numbers"] = [json.dumps(dict(one.numbers), ensure_ascii=False) for one in rows]
    return found


def _frames(connections: Sequence[Connection]) -> Values:
    kept = [(one.id, one.frames) for one in connections if one.frames is not None]
    _refuse_none(kept, connections, "frames")
    return frame_values(kept)


def _messages(connections: Sequence[Connection]) -> Values:
    kept = [(one.id, one.messages) for one in connections if one.messages is not None]
    _refuse_none(kept, connections, "messages")
    return message_values(kept)


def _refuse_none(kept: Sequence[Any], connections: Sequence[Connection], what: str) -> None:
    if connections and not kept:
        raise UsageError(f"the {what} were not kept: read(…, {what}=True) keeps them")


_MAKERS: dict[str, Callable[[Sequence[Connection]], Values]] = {
    "connections": _connections,
    "endings": _endings,
    "timings": _timings,
    "tcp": _tcp,
    "frames": _frames,
    "messages": _messages,
}
