"""WebSockets that share a TCP connection: what happens to it happens once.

On HTTP/2 segments, a FIN and a RST belong to the TCP connection, and stand in the record of each
WebSocket on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.endpoint import Endpoint
from analyzer.findings.finding import counted
from analyzer.record import Connection


def tcp_of(one: Connection) -> tuple[int, int, Endpoint, Endpoint]:
    """Return what tells the TCP connection of a WebSocket from others."""
    return one.network, one.tcp_stream, one.client, one.server


def each_tcp(ones: Sequence[Connection]) -> Sequence[Connection]:
    """Return one WebSocket for each TCP connection: that which saw most of it."""
    if all(one.h2_stream is None for one in ones):
        return ones
    found: dict[tuple[int, int, Endpoint, Endpoint], Connection] = {}
    for one in ones:
        other = found.setdefault(tcp_of(one), one)
        if _segments(one) > _segments(other):
            found[tcp_of(one)] = one
    return list(found.values())


def _segments(one: Connection) -> int:
    return one.client_sent.segments + one.server_sent.segments


def counted_on_tcp(ones: Sequence[Connection]) -> str:
    """Return how many WebSockets, and on how many TCP connections where some share one."""
    number, below = len(ones), len(each_tcp(ones))
    text = counted(number, "connection")
    return text if below == number else f"{text} (on {counted(below, 'TCP connection')})"
