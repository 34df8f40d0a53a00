"""Many endings at one time: found by how few would fall together by chance.

What is counted are endings that nobody at the client chose: without a close frame, or by a Close of
the server. A client that leaves in good order does so for reasons of its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzer.findings.chance import at_least, middle
from analyzer.findings.ends import began_at, end_moment, first_side, is_closing, is_over
from analyzer.record import Connection
from analyzer.side import Side

# A server that restarts lets go of all in this much; a deploy that goes on for minutes is several.
WIDTH_NS = 2_000_000_000
# What begins in so much behind it belongs to it: the rest of a slow shutdown.
APART_NS = 1_000_000_000
FEWEST = 5
# At least this part of those that were open there.
SHARE = 0.5
# One false alarm in a thousand captures.
LEVEL = 0.001
MOST = 5


class Burst(NamedTuple):
    """Connections that ended together.

    Attributes
    ----------
    members : list of Connection
        Who they are, in order of their ends.
    first_at, last_at : int
        Their ends.
    alive : int
        How many were open at the same servers when it began.
    chance : float
        How likely so many of these would have ended together by chance.
    """

    members: list[Connection]
    first_at: int
    last_at: int
    alive: int
    chance: float


def bursts(connections: Sequence[Connection]) -> list[Burst]:
    """Return the moments at which many ended together, in order of time."""
    left = sorted(filter(_counts, connections), key=_ended_at)
    found = []
    for _ in range(MOST):
        members = _fullest(left)
        if len(members) < FEWEST:
            break
        burst = _judged(members, connections)
        if burst is not None:
            found.append(burst)
        gone = {one.id for one in members}
        left = [one for one in left if one.id not in gone]
    return sorted(found, key=lambda burst: burst.first_at)


def _counts(one: Connection) -> bool:
    return is_over(one) and not (is_closing(one) and first_side(one) is Side.CLIENT)


def _ended_at(one: Connection) -> int:
    """Return when the ending began; of who vanished, when the other side heard it last."""
    side = first_side(one)
    if one.ending.kind.value == "vanished" and side is not None:
        gone = one.server_sent if side is Side.SERVER else one.client_sent
        return gone.last_at or one.last_at
    return end_moment(one).at


def _fullest(ordered: Sequence[Connection]) -> list[Connection]:
    """Return those of the fullest window, and those that followed closely."""
    times = [_ended_at(one) for one in ordered]
    if not times:
        return []
    ends = [bisect_right(times, at + WIDTH_NS) for at in times]
    low = max(range(len(times)), key=lambda i: (ends[i] - i, -i))
    high = ends[low]
    while high < len(times) and times[high] - times[high - 1] <= APART_NS:
        high += 1
    return list(ordered[low:high])


def _judged(members: list[Connection], connections: Sequence[Connection]) -> Burst | None:
    begin, end = _ended_at(members[0]), _ended_at(members[-1])
    servers = {(one.server.ip, one.server.port) for one in members}
    there = [one for one in connections if (one.server.ip, one.server.port) in servers]
    alive = [one for one in there if began_at(one) < begin and _over_at(one) >= begin]
    hit = [one for one in members if began_at(one) < begin]
    if len(hit) < FEWEST or len(hit) < SHARE * len(alive):
        return None
    width = max(end - begin, WIDTH_NS // 4)
    length = middle([_over_at(one) - began_at(one) for one in alive])
    spans = sorted(_ended_at(one) for one in there)
    windows = max((spans[-1] - spans[0]) / width, 1.0)
    each = min(width / length, 1.0) if length > 0 else 1.0
    chance = windows * at_least(len(hit), len(alive), each)
    return Burst(members, begin, end, len(alive), chance) if chance <= LEVEL else None


def _over_at(one: Connection) -> int:
    return _ended_at(one) if is_over(one) else one.last_at


def begun_between(connections: Sequence[Connection], low: int, high: int) -> Iterator[Connection]:
    """Yield the connections that were asked for in a time, in order."""
    ordered = sorted(connections, key=began_at)
    times = [began_at(one) for one in ordered]
    yield from ordered[bisect_left(times, low) : bisect_right(times, high)]
