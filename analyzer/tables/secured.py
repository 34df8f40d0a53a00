"""What TLS gives to tables: parts of the record in, values of columns out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analyzer.encrypted import Encrypted
from analyzer.ending.secured import TlsEnd
from analyzer.record import TcpEnd
from analyzer.side import SIDES
from analyzer.tables.schema import ENCRYPTED


def of_tls(tls: TlsEnd | None, name: str) -> Any:
    """Return the value of a column ``tls_NAME``."""
    if tls is None:
        return None
    if name == "alerts":
        return "; ".join([alert.name for alert in tls.alerts])
    return getattr(tls, name) if hasattr(tls, name) else _of_moment(tls, name)


def _of_moment(thing: Any, name: str) -> Any:
    """Return the time or the packet of something that ``NAME_at`` or ``NAME_packet`` asks for."""
    what, _, part = name.rpartition("_")
    moment = getattr(thing, what)
    return None if moment is None else getattr(moment, part)


def encrypted_values(streams: Sequence[Encrypted]) -> dict[str, list[Any]]:
    """Return the values of the table of encrypted streams, by column."""
    return {column.name: [_value(one, column.name) for one in streams] for column in ENCRYPTED}


def _value(one: Encrypted, name: str) -> Any:
    if name == "wireshark":
        return f"tcp.stream eq {one.tcp_stream}"
    if name == "idle_before_end_s":
        return one.idle_before_end
    return getattr(one, name) if hasattr(one, name) else _of_part(one, *name.split("_", 1))


def _of_part(one: Encrypted, part: str, name: str) -> Any:
    if part == "tls":
        return of_tls(one.tls, name)
    if part == "tcp":
        return one.tcp.first_fin if name == "first_fin" else _of_tcp(one.tcp, name)
    if part == "hint":
        return _of_hint(one, name)
    if name.startswith("sent_"):
        sent = getattr(one, f"{part}_sent")
        return None if sent is None else getattr(sent, name.removeprefix("sent_"))
    return getattr(getattr(one, part), name)  # address or port


def _of_tcp(tcp: TcpEnd, name: str) -> Any:
    side, flag, part = name.split("_", 2)
    # Of a FIN, and of a RST that was made up, no more is known than of any moment.
    return getattr(getattr(tcp, f"{side}_{flag}"), part.removesuffix("_s"), None)


def _of_hint(one: Encrypted, name: str) -> Any:
    if one.hint is None:
        return None
    return SIDES[one.hint.first] if name == "first" else getattr(one.hint, name)
