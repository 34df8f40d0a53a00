"""How far apart the clocks of two captures are, from what passed both points.

What goes one way bounds the difference from above, what goes the other way from below: nothing
arrives before it was sent. So NTP does it (RFC 5905, section 8); the middle is the estimate, and
half the width its error. Nothing is assumed of the way but that it takes no negative time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from analyzer.legs.events import Pair
from analyzer.side import Side

# Classic captures count microseconds, and cut off the rest: a difference is off by up to one.
TICK_NS = 1000


@dataclass(frozen=True, slots=True)
class Offset:
    """By how much one clock is ahead of another, in nanoseconds.

    Attributes
    ----------
    value : int
        The estimate.
    error : int or None
        The truth lies within `value` plus or minus this; None where nothing bounds it.
    pairs : int
        How many things were seen at both points.
    swapped : bool
        The clock that was given second is the one nearer to the client.
    problem : str
        Why there is no bound.
    one_way : bool
        All that was seen at both points went the same way.
    """

    value: int
    error: int | None
    pairs: int
    swapped: bool = False
    problem: str = ""
    one_way: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one capture, beside that of the first.

    Attributes
    ----------
    capture : int
        Which capture, from 0.
    offset : int or None
        Nanoseconds that this clock is ahead of the first one's; None where nothing tells.
    error : int or None
        Half the width of what is possible; None where nothing bounds it.
    pairs : int
        How many things both captures hold, on the way to the first.
    problem : str
        Why the offset, or its error, is not known.
    """

    capture: int
    offset: int | None
    error: int | None
    pairs: int
    problem: str = ""

    def corrected(self, time_ns: int) -> int | None:
        """Return a time of this capture by the clock of the first."""
        return None if self.offset is None else time_ns - self.offset


def offset_between(pairs: Iterable[Pair], *, nearer_known: bool) -> Offset | None:
    """Return by how much the second clock is ahead of the first.

    Parameters
    ----------
    pairs : iterable of Pair
        What passed both points.
    nearer_known : bool
        The first point is known to be nearer to the client; otherwise the times tell, where they
        can.
    """
    ways: dict[Side, list[int]] = {Side.CLIENT: [], Side.SERVER: []}
    for side, here, there in pairs:
        ways[side].append(there - here)
    to_server, to_client = ways[Side.CLIENT], ways[Side.SERVER]
    count = len(to_server) + len(to_client)
    if not to_server or not to_client:
        return _one_way(to_server or to_client, bool(to_server)) if count else None
    low, high = max(to_client) - TICK_NS, min(to_server) + TICK_NS
    if low <= high:
        return Offset((low + high) // 2, _half(low, high), count)
    if not nearer_known:
        low, high = max(to_server) - TICK_NS, min(to_client) + TICK_NS
        if low <= high:
            return Offset((low + high) // 2, _half(low, high), count, swapped=True)
    middle = int(median(to_server) + median(to_client)) // 2
    return Offset(middle, None, count, problem="a clock ran unevenly or was set meanwhile")


def _half(low: int, high: int) -> int:
    return (high - low + 1) // 2


def _one_way(differences: list[int], to_server: bool) -> Offset:
    nearest = min(differences) if to_server else max(differences)
    problem = "only one direction was seen at both points"
    return Offset(nearest, None, len(differences), problem=problem, one_way=True)


def set_clocks(captures: int, offsets: dict[tuple[int, int], Offset]) -> list[Clock]:
    """Return every clock beside the first one's, over the way with the smallest error.

    Parameters
    ----------
    captures : int
        How many there are.
    offsets : dict
        By two captures, the lower number first.
    """
    clocks = {0: Clock(0, 0, 0, 0)}
    while len(clocks) < captures:
        reach = [
            _through(clocks[known], new, offset, forward=known == pair[0])
            for pair, offset in offsets.items()
            for known, new in (pair, pair[::-1])
            if known in clocks and new not in clocks
        ]
        if not reach:
            break
        best = min(reach, key=lambda one: (one.error is None, one.error or 0, one.capture))
        clocks[best.capture] = best
    nothing = "nothing in it was found in the others"
    return [clocks.get(one, Clock(one, None, None, 0, nothing)) for one in range(captures)]


def _through(known: Clock, new: int, offset: Offset, *, forward: bool) -> Clock:
    assert known.offset is not None  # noqa: S101 - only clocks that are known are gone through
    ahead = offset.value if forward else -offset.value
    errors = (known.error, offset.error)
    error = None if None in errors else sum(one or 0 for one in errors)
    return Clock(new, known.offset + ahead, error, offset.pairs, offset.problem or known.problem)
