"""What can be recognised again at another point of the path: requests, answers, frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from analyzer.record import Connection
from analyzer.side import SIDES, Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Opcode

DATA = frozenset({Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY})

Pair = tuple[Side, int, int]
"""Who sent it, and when it passed the one and the other point."""


class Sent(NamedTuple):
    """One frame: opcode, payload length, and when its last byte passed."""

    opcode: int
    length: int
    at: int


def frames_of(connection: Connection, side: Side, *, data_only: bool = False) -> list[Sent]:
    """Return what a side sent; nothing where the capture may lack some of it.

    A hole may have been whole frames, and every later one would be taken for another.
    """
    columns = connection.frames
    if columns is None or columns.dropped or connection.seen_from == "midstream":
        return []
    traffic = connection.client_sent if side is Side.CLIENT else connection.server_sent
    if traffic.missing_bytes:
        return []
    found = []
    for i, sender in enumerate(columns.side):
        if sender != (0 if side is Side.CLIENT else 1):
            continue
        if not data_only or columns.opcode[i] in DATA:
            found.append(Sent(columns.opcode[i], columns.payload_length[i], columns.at[i]))
    return found


def same_packets(one: Connection, other: Connection) -> Iterator[Pair]:
    """Yield what two captures hold of one TCP connection."""
    if one.seen_from == other.seen_from == "syn":
        yield Side.CLIENT, one.first_at, other.first_at
    yield from _handshakes(one, other, answers=True)
    if one.seen_from == "midstream" or other.seen_from == "midstream":
        yield from _closes(one, other)
        return
    for side in SIDES:
        yield from _aligned(side, frames_of(one, side), frames_of(other, side))


def forwarded(outer: Connection, inner: Connection, *, answers: bool) -> Iterator[Pair]:
    """Yield what a proxy passed on between two legs.

    Control frames are left out: proxies answer pings and closes by themselves. So are answers to
    the upgrade unless told otherwise: a proxy that writes its own may give it before it asks.
    """
    yield from _handshakes(outer, inner, answers=answers)
    for side in SIDES:
        here = frames_of(outer, side, data_only=True)
        there = frames_of(inner, side, data_only=True)
        yield from _aligned(side, here, there)


def alike(one: list[Sent], other: list[Sent]) -> bool:
    """Whether one list begins with the other: the last ones may not have come through."""
    return all(
        (a.opcode, a.length) == (b.opcode, b.length) for a, b in zip(one, other, strict=False)
    )


def _handshakes(one: Connection, other: Connection, *, answers: bool) -> Iterator[Pair]:
    here, there = one.handshake, other.handshake
    if here.requested_at is not None and there.requested_at is not None:
        yield Side.CLIENT, here.requested_at, there.requested_at
    if answers and here.answered_at is not None and there.answered_at is not None:
        yield Side.SERVER, here.answered_at, there.answered_at


def _closes(one: Connection, other: Connection) -> Iterator[Pair]:
    for side in SIDES:
        here, there = close_of(one, side), close_of(other, side)
        if here is not None and there is not None and here.body == there.body:
            yield side, here.at, there.at


def _aligned(side: Side, here: list[Sent], there: list[Sent]) -> Iterator[Pair]:
    for a, b in zip(here, there, strict=False):
        if (a.opcode, a.length) != (b.opcode, b.length):
            return  # from here on they may not be the same ones
        yield side, a.at, b.at


def close_of(connection: Connection, side: Side) -> CloseFrame | None:
    """Return a side's first close frame."""
    ending = connection.ending
    return ending.client_close if side is Side.CLIENT else ending.server_close
