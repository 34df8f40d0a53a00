"""Connections made up for rules: no packets, only records. In: how they ended. Out: `Connection`.

Times are seconds from `BEGIN`; what is not said is as after an ordinary talk.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analyzer.ending.facts import Moment
from analyzer.ending.rules import CLOSE_KINDS, EndingKind
from analyzer.ending.timing import Timing
from analyzer.ending.views import View
from analyzer.record import Connection, Ending, Endpoint, Handshake, TcpEnd
from analyzer.side import Side
from analyzer.traffic import Traffic
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Framing

SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND


def at(seconds: float) -> int:
    """Give a time, in nanoseconds since the epoch."""
    return BEGIN + round(seconds * SECOND)


def ns(seconds: float | None) -> int | None:
    """Give a duration in nanoseconds."""
    return None if seconds is None else round(seconds * SECOND)


def connection(
    number: int,
    kind: str = "fin",
    first: Side | str | None = Side.SERVER,
    *,
    begin: float = 0.0,
    open_s: float = 30.0,
    idle: tuple[float | None, float | None] = (5.0, 5.0),
    closes: tuple[int | None, int | None] | None = None,
    client: str = "10.0.0.1",
    server: str = "10.0.9.1",
    path: str = "/chat",
    **fields: Any,
) -> Connection:
    """Give a connection that was asked for at `begin` and whose ending began `open_s` later."""
    end = begin + open_s
    packet = 100 * number + 1
    what = EndingKind(kind)
    known = [one for one in idle if one is not None]
    timing = Timing(
        open=ns(open_s),
        idle_before_end=ns(min(known)) if known else None,
        client_idle=ns(idle[0]),
        server_idle=ns(idle[1]),
    )
    ports = {"fin": "fin", "rst": "rst"}.get(kind)
    moments: dict[str, Moment] = {}
    if ports and isinstance(first, Side):
        moments[f"{first}_{ports}"] = Moment(at(end), packet + 90)
    made: list[CloseFrame | None] = [None, None]
    if what in CLOSE_KINDS:
        codes = closes if closes is not None else (1000, 1000)
        made = [
            None if code is None else CloseFrame(code, "", at(end), packet + 90 + side)
            for side, code in enumerate(codes)
        ]
    clean = what in CLOSE_KINDS and None not in made
    ending = Ending(
        kind=what,
        first=first,
        answered=clean if what in CLOSE_KINDS else None,
        clean=clean,
        sentence=kind,
        caveats=(),
        client_close=made[0],
        server_close=made[1],
        tcp=TcpEnd(first if ports else None, **moments),
        client_view=View(),
        server_view=View(),
    )
    one = Connection(
        id=number,
        tcp_stream=number,
        network=0,
        first_packet=packet,
        last_packet=packet + 99,
        first_at=at(begin),
        last_at=at(end),
        community_id="",
        client=Endpoint(client, 40000 + number % 20000),
        server=Endpoint(server, 80),
        framing=Framing.RFC_6455,
        version="13",
        seen_from="syn",
        handshake=Handshake(
            target=path,
            host="example.com",
            origin="http://example.com",
            status=101,
            accept_valid=True,
            requested_at=at(begin),
            answered_at=at(begin),
            request_packet=packet + 3,
            response_packet=packet + 4,
        ),
        ending=ending,
        timing=timing,
        client_sent=Traffic(frames=5, bytes=100),
        server_sent=Traffic(frames=5, bytes=100),
        anomalies=(),
    )
    return replace(one, **fields)


def with_ending(one: Connection, **fields: Any) -> Connection:
    """Give the same connection, with another ending."""
    return replace(one, ending=replace(one.ending, **fields))


def with_timing(one: Connection, **fields: Any) -> Connection:
    """Give the same connection, with other times in seconds."""
    told = {name: ns(value) for name, value in fields.items()}
    return replace(one, timing=replace(one.timing, **told))


def with_traffic(one: Connection, side: Side, **fields: Any) -> Connection:
    """Give the same connection, where one side sent something else."""
    name = f"{side}_sent"
    return replace(one, **{name: replace(getattr(one, name), **fields)})
