"""Clients that come back: which connection follows which ending."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple

from analyzer.attempt import Attempt
from analyzer.ending.rules import EndingKind
from analyzer.endpoint import Endpoint
from analyzer.findings.ends import (
    NEVER_OPENED,
    began_at,
    end_at,
    ended_badly,
    first_side,
    is_over,
    sent_by,
)
from analyzer.findings.outage import outage_of
from analyzer.record import Connection
from analyzer.side import Side

# Who comes back later than this does so for another reason.
LONGEST_NS = 600_000_000_000


Client = tuple[str, str, int, str, str, str]


class Return(NamedTuple):
    """A connection, or an attempt at one, that followed an ending of the same client.

    Attributes
    ----------
    old, new : Connection or Attempt
        What ended, or failed, and what was asked for next.
    gap : int
        From the one to the other, nanoseconds.
    """

    old: Connection | Attempt
    new: Connection | Attempt
    gap: int


class Group(NamedTuple):
    """The connections of one client to one service, and which of them nobody has followed yet."""

    ones: Sequence[Connection]
    waiting: deque[Waiting]


class Waiting(NamedTuple):
    """What was over, and when, and was not followed yet."""

    at: int
    one: Connection | Attempt
    group: Group


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


def returns(
    clients: Iterable[Sequence[Connection]], attempts: Iterable[Attempt] = ()
) -> Iterator[Return]:
    """Yield each connection, or attempt, that followed an ending of its client, with that ending.

    Clients behind one address are told apart by nothing: of several that ended, the one that ended
    first is taken to come back first. A SYN that failed does not say what it was to carry: it is
    taken for who ended first of those at its address that had spoken to that server.
    """
    tries: dict[tuple[str, Endpoint], list[Attempt]] = defaultdict(list)
    for one in attempts:
        tries[one.client.ip, one.server].append(one)
    together: dict[tuple[str, Endpoint], list[Group]] = defaultdict(list)
    for ones in clients:
        place = ones[0].client.ip, ones[0].server
        if place in tries:
            together[place].append(Group(ones, deque()))
        elif len(ones) > 1:
            yield from _of_place([Group(ones, deque())], ())
    for place, groups in together.items():
        yield from _of_place(groups, tries[place])


def failed(one: Connection | Attempt) -> bool:
    """Whether an attempt never became a WebSocket."""
    return isinstance(one, Attempt) or one.ending.kind in NEVER_OPENED


def asked_at(one: Connection | Attempt) -> int:
    """Return when it was asked for."""
    return one.at if isinstance(one, Attempt) else began_at(one)


def over_at(one: Connection | Attempt) -> int | None:
    """Return when a connection, or an attempt, was over; None where it was not.

    Where one side vanished it was over when that side was heard last; where it cut the connection
    behind an outage, when that began: who gave up meanwhile is seen when packets pass again.
    """
    if isinstance(one, Attempt):
        return one.over_at
    side = first_side(one)
    if one.ending.kind is EndingKind.VANISHED and side is not None:
        return sent_by(one, side).last_at or one.last_at
    if is_over(one):
        gone = outage_of(one, Side.SERVER) if ended_badly(one) else None
        return end_at(one) if gone is None else gone.since
    if one.ending.kind in NEVER_OPENED:
        return one.handshake.answered_at or one.last_at
    return None


def _of_place(groups: Sequence[Group], attempts: Iterable[Attempt]) -> Iterator[Return]:
    """Go through what one address asked of one server, in order of time."""
    order = count()
    begins: list[tuple[int, Connection | Attempt, Group | None]]
    begins = [(asked_at(one), one, group) for group in groups for one in group.ones]
    begins += [(one.at, one, None) for one in attempts]
    begins.sort(key=lambda row: row[0])
    ends: list[tuple[int, int, Connection | Attempt, Group]] = [
        (at, next(order), one, group)
        for group in groups
        for one in group.ones
        if (at := over_at(one)) is not None
    ]
    heapify(ends)
    line: deque[Waiting] = deque()  # of all groups, as each of them has its own
    for begin, new, own in begins:
        while ends and ends[0][0] <= begin:
            at, _, one, group = heappop(ends)
            line.append(Waiting(at, one, group))
            group.waiting.append(line[-1])
        followed = _next_of(own, begin) if own is not None else _longest_waiting(line, begin)
        if followed is None or followed.one is new:
            continue
        followed.group.waiting.popleft()
        yield Return(followed.one, new, begin - followed.at)
        if isinstance(new, Attempt):
            heappush(ends, (new.over_at, next(order), new, followed.group))


def _next_of(group: Group, begin: int) -> Waiting | None:
    waiting = group.waiting
    while waiting and begin - waiting[0].at > LONGEST_NS:
        waiting.popleft()
    return waiting[0] if waiting else None


def _longest_waiting(line: deque[Waiting], begin: int) -> Waiting | None:
    """Return what ended first of all that nobody has followed yet, and take it out of the line."""
    while line:
        first = line.popleft()
        waits = first.group.waiting and first.group.waiting[0] is first
        if waits and begin - first.at <= LONGEST_NS:
            return first
    return None
