"""Clients that come back: which connection follows which ending."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzer.findings.ends import NEVER_OPENED, began_at, end_moment, is_over
from analyzer.record import Connection

# Who comes back later than this does so for another reason.
LONGEST_NS = 600_000_000_000


class Return(NamedTuple):
    """A connection, or an attempt at one, that followed an ending of the same client.

    Attributes
    ----------
    old, new : Connection
        What ended, or failed, and what was asked for next.
    gap : int
        From the one to the other, nanoseconds.
    """

    old: Connection
    new: Connection
    gap: int


def same_client(one: Connection) -> tuple[str, ...]:
    """Return what the connections of one client to one service have in common."""
    shake = one.handshake
    return (
        one.client.ip,
        one.server.ip,
        str(one.server.port),
        (shake.target or "").partition("?")[0],  # a query often holds a new token each time
        shake.origin or "",
        shake.user_agent or "",
    )


def returns(connections: Sequence[Connection]) -> Iterator[Return]:
    """Yield each connection that followed an ending, with the one that it followed.

    Clients behind one address are told apart by nothing: of several that ended, the one that ended
    first is taken to come back first.
    """
    by_client: dict[tuple[str, ...], list[Connection]] = defaultdict(list)
    for one in connections:
        by_client[same_client(one)].append(one)
    for ones in by_client.values():
        yield from _of_client(ones)


def over_at(one: Connection) -> int | None:
    """Return when a connection, or an attempt, was over; None where it was not."""
    if is_over(one):
        return end_moment(one).at
    if one.ending.kind in NEVER_OPENED:
        return one.handshake.answered_at or one.last_at
    return None


def _of_client(ones: Sequence[Connection]) -> Iterator[Return]:
    ended = sorted(((at, one) for one in ones if (at := over_at(one)) is not None), key=_first)
    waiting: deque[tuple[int, Connection]] = deque()
    place = 0
    for new in sorted(ones, key=began_at):
        begin = began_at(new)
        while place < len(ended) and ended[place][0] <= begin:
            waiting.append(ended[place])
            place += 1
        while waiting and begin - waiting[0][0] > LONGEST_NS:
            waiting.popleft()
        if waiting and waiting[0][1].id != new.id:
            at, old = waiting.popleft()
            yield Return(old, new, begin - at)


def _first(pair: tuple[int, Connection]) -> int:
    return pair[0]
