"""Clients that come back: which connection follows which ending."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from analyzer.findings.ends import NEVER_OPENED, began_at, end_at, is_over
from analyzer.record import Connection

# Who comes back later than this does so for another reason.
LONGEST_NS = 600_000_000_000


Client = tuple[str, str, int, str, str, str]


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


def same_client(one: Connection) -> Client:
    """Return what the connections of one client to one service have in common."""
    shake = one.handshake
    return (
        one.client.ip,
        one.server.ip,
        one.server.port,
        # A query often holds a new token each time.
        shake.target.partition("?")[0] if shake.target else "",
        shake.origin or "",
        shake.user_agent or "",
    )


def clients(connections: Sequence[Connection]) -> Iterator[list[Connection]]:
    """Yield the connections of each client to one service, in order of their beginnings."""
    by_client: dict[Client, list[Connection]] = defaultdict(list)
    for one in connections:
        by_client[same_client(one)].append(one)
    for ones in by_client.values():
        if len(ones) > 1:
            ones.sort(key=began_at)
        yield ones


def returns(clients: Iterable[Sequence[Connection]]) -> Iterator[Return]:
    """Yield each connection that followed an ending of its client, with the one that it followed.

    Clients behind one address are told apart by nothing: of several that ended, the one that ended
    first is taken to come back first.
    """
    for ones in clients:
        if len(ones) > 1:
            yield from _of_client(ones)


def over_at(one: Connection) -> int | None:
    """Return when a connection, or an attempt, was over; None where it was not."""
    if is_over(one):
        return end_at(one)
    if one.ending.kind in NEVER_OPENED:
        return one.handshake.answered_at or one.last_at
    return None


def _of_client(ones: Sequence[Connection]) -> Iterator[Return]:
    ended = sorted(((at, one) for one in ones if (at := over_at(one)) is not None), key=_first)
    waiting: deque[tuple[int, Connection]] = deque()
    place = 0
    for new in ones:
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
