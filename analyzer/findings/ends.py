"""What rules ask of one connection: when it ended, by which packet, how, and whose doing it was."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.ending.facts import Moment
from analyzer.ending.rules import CLOSE_KINDS, EndingKind
from analyzer.record import Connection
from analyzer.side import SIDES, Side
from analyzer.traffic import Traffic
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Framing

# Tuples: to look for a member of an enumeration by its hash takes longer.
WITHOUT_CLOSE = (EndingKind.FIN, EndingKind.RST, EndingKind.VANISHED)
NEVER_OPENED = (EndingKind.REFUSED, EndingKind.UNANSWERED)
_PING_WORDS = ("ping", "keepalive", "keep-alive", "heartbeat")
_NOT_OVER = (*NEVER_OPENED, EndingKind.OPEN, EndingKind.UNDETERMINED)


class End(NamedTuple):
    """What a side did to end a connection: its name on the wire, where, and HTTP/2's error code."""

    name: str
    moment: Moment
    code: int | None = None


def close_of(one: Connection, side: int) -> CloseFrame | None:
    """Return the first close frame of a side."""
    return one.ending.server_close if side else one.ending.client_close


def fin_of(one: Connection, side: int) -> Moment | None:
    """Return the first FIN of a side."""
    return one.ending.tcp.server_fin if side else one.ending.tcp.client_fin


def rst_of(one: Connection, side: int) -> Moment | None:
    """Return the first RST of a side that counts."""
    return one.ending.tcp.server_rst if side else one.ending.tcp.client_rst


def sent_by(one: Connection, side: int) -> Traffic:
    """Return what a side sent."""
    return one.server_sent if side else one.client_sent


def idle_of(one: Connection, side: int) -> int | None:
    """Return how long a side had sent no frame when the ending began."""
    return one.timing.server_idle if side else one.timing.client_idle


def first_side(one: Connection) -> Side | None:
    """Return the side that was first; None where both were, or nobody can be named."""
    return one.ending.first if isinstance(one.ending.first, Side) else None


def first_close(one: Connection) -> CloseFrame | None:
    """Return the close frame that was first, by who was first, else by time."""
    client, server = one.ending.client_close, one.ending.server_close
    if client is None or server is None:
        return client or server
    first = one.ending.first
    if first is Side.CLIENT or first is Side.SERVER:
        return server if first else client
    return server if server.at < client.at else client


def tells_of_pings(close: CloseFrame) -> bool:
    """Whether a reason names the pings, or keep-alives, that were not answered."""
    reason = close.reason.lower()
    return any(word in reason for word in _PING_WORDS)


def end_moment(one: Connection) -> Moment:
    """Return when the ending began, and in which packet; the last packet where nothing did it."""
    close = first_close(one)
    if close is not None:
        return Moment(close.at, close.packet)
    return _last_moment(one) or Moment(one.last_at, one.last_packet)


def end_at(one: Connection) -> int:
    """Return when the ending began."""
    close = first_close(one)
    if close is not None:
        return close.at
    down = _last_moment(one)
    return one.last_at if down is None else down.at


def _last_moment(one: Connection) -> Moment | None:
    """Return what ended the stream of HTTP/2 first, or TCP where there is none or that took it."""
    if one.h2_stream is None:
        return down_moment(one)
    ends = [end for side in SIDES for end in ends_by(one, side)]
    return min(ends, key=_place).moment if ends else None


def ends_by(one: Connection, side: int) -> list[End]:
    """Return what a side did to end a connection, apart from close frames, in order of time.

    FIN and RST of TCP; on HTTP/2 also END_STREAM, RST_STREAM, and GOAWAY with an error.
    """
    ways: dict[str, Moment | None] = {"FIN": fin_of(one, side), "RST": rst_of(one, side)}
    if one.h2_stream is not None:
        h2 = one.ending.h2
        away = h2.server_goaway if side else h2.client_goaway
        ways["END_STREAM"] = h2.server_end_stream if side else h2.client_end_stream
        ways["RST_STREAM"] = h2.server_reset if side else h2.client_reset
        ways["GOAWAY"] = away if away is not None and away.code else None
    ends = (End(name, at, getattr(at, "code", None)) for name, at in ways.items() if at is not None)
    return sorted(ends, key=_place)


def _place(end: End) -> tuple[int, int]:
    return end.moment.at, end.moment.packet


def way_of(one: Connection) -> str:
    """Return what on the wire ended a connection that has no close frame.

    FIN or RST of TCP; on HTTP/2 also END_STREAM, RST_STREAM or GOAWAY.
    """
    reset = one.ending.kind is EndingKind.RST
    if one.h2_stream is None:
        return "RST" if reset else "FIN"
    end = one.ending.h2
    return (end.reset_with if reset else end.closed_with).removeprefix("TCP ")


def was_reset(one: Connection) -> bool:
    """Whether a side sent a RST that counts."""
    tcp = one.ending.tcp
    return tcp.client_rst is not None or tcp.server_rst is not None


def down_moment(one: Connection) -> Moment | None:
    """Return the first FIN or RST."""
    tcp = one.ending.tcp
    first = None
    for down in (tcp.client_fin, tcp.client_rst, tcp.server_fin, tcp.server_rst):
        if down is not None and (first is None or _sooner(down, first)):
            first = down
    return first


def _sooner(one: Moment, other: Moment) -> bool:
    return one.at < other.at or (one.at == other.at and one.packet < other.packet)


def is_over(one: Connection) -> bool:
    """Whether the connection was a WebSocket, and its ending is in the capture."""
    return one.ending.kind not in _NOT_OVER


def is_closing(one: Connection) -> bool:
    """Whether it ended by a close frame."""
    return one.ending.kind in CLOSE_KINDS


def ended_badly(one: Connection) -> bool:
    """Whether it ended without a close frame, though its version has one."""
    if one.ending.kind is EndingKind.FIN and one.framing is Framing.HIXIE_75:
        return False
    return one.ending.kind in WITHOUT_CLOSE


def began_at(one: Connection) -> int:
    """Return when the connection was asked for; where that is not known, its first packet."""
    return one.handshake.requested_at or one.first_at


def open_at(one: Connection, at: int) -> bool:
    """Whether a connection was open at a time, though it may have been silent since."""
    if one.ending.kind in NEVER_OPENED or began_at(one) >= at:
        return False
    return one.last_at >= at or one.ending.kind is EndingKind.OPEN
