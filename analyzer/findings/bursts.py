"""Many endings at one time: found by how few would fall together by chance.

What is counted are endings that nobody at the client chose: without a close frame, or by a Close of
the server. A client that leaves in good order does so for reasons of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzer.ending.rules import EndingKind
from analyzer.findings.chance import LEVEL, at_least, middle
from analyzer.findings.ends import began_at, end_at, first_side, is_closing, is_over, open_at
from analyzer.findings.shared_tcp import each_tcp
from analyzer.record import Connection
from analyzer.side import Side

# A server that restarts lets go of all in this much; a deploy that goes on for minutes is several.
WIDTH_NS = 2_000_000_000
# What begins in so much behind it belongs to it: the rest of a slow shutdown.
APART_NS = 1_000_000_000
FEWEST = 5
# At least this part of those that were open there.
SHARE = 0.5
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
    left = sorted((_ended_at(one), one.id, one) for one in connections if _counts(one))
    found = []
    for _ in range(MOST):
        low, high = _fullest([at for at, _, _ in left])
        if high - low < FEWEST:
            break
        burst = _judged([one for _, _, one in left[low:high]], connections)
        if burst is not None:
            found.append(burst)
        del left[low:high]
    return sorted(found, key=lambda burst: burst.first_at)


def _counts(one: Connection) -> bool:
    return is_over(one) and not (is_closing(one) and first_side(one) is Side.CLIENT)


def _ended_at(one: Connection) -> int:
    """Return when the ending began; of who vanished, when the other side heard it last."""
    side = first_side(one)
    if one.ending.kind is EndingKind.VANISHED and side is not None:
        gone = one.server_sent if side is Side.SERVER else one.client_sent
        return gone.last_at or one.last_at
    return end_at(one)


def _fullest(times: Sequence[int]) -> tuple[int, int]:
    """Return the places of the fullest window, with those that followed closely."""
    if not times:
        return 0, 0
    best, low, high = 0, 0, 0
    for place, at in enumerate(times):
        while high < len(times) and times[high] <= at + WIDTH_NS:
            high += 1
        if high - place > best:
            best, low = high - place, place
    high = low + best
    while high < len(times) and times[high] - times[high - 1] <= APART_NS:
        high += 1
    return low, high


def _judged(members: list[Connection], connections: Sequence[Connection]) -> Burst | None:
    begin, end = _ended_at(members[0]), _ended_at(members[-1])
    servers = {one.server for one in members}
    there = [one for one in connections if one.server in servers]
    # Who fell silent for good together with others may have gone with them, unseen: not counted.
    silence = 2 * sum(one.ending.kind is EndingKind.VANISHED for one in members) > len(members)
    alive = [one for one in there if open_at(one, begin) and (one.last_at >= begin or not silence)]
    # WebSockets on one TCP connection are one that ended.
    hit = len(each_tcp([one for one in members if began_at(one) < begin]))
    below = len(each_tcp(alive))
    if hit < FEWEST or hit < SHARE * below:
        return None
    width = max(end - begin, WIDTH_NS // 4)
    length = middle([one.last_at - began_at(one) for one in alive])
    span = max(one.last_at for one in there) - min(one.first_at for one in there)
    windows = max(span / width, 1.0)
    each = min(width / length, 1.0) if length > 0 else 1.0
    chance = windows * at_least(hit, below, each)
    return Burst(members, begin, end, len(alive), chance) if chance <= LEVEL else None
