"""Endings that cluster at one idle time, or at one age: what idle timers leave behind.

Timers of the clock on the wall, of a person, or of a crash do not make connections end after the
same silence at different moments. So what counts are moments, not connections: those that ended
together count once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from analyzer.ending.rules import EndingKind
from analyzer.findings.chance import LEVEL, at_least, densest, middle, moments
from analyzer.findings.defaults import IDLE, WIDE, WIDE_S, Default
from analyzer.findings.ends import (
    end_at,
    ended_badly,
    first_close,
    first_side,
    idle_of,
    is_closing,
    tells_of_pings,
    way_of,
)
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.websocket.registry import CloseCode

# Below a second, answers and think times cluster, and no idle timer is set so short.
SHORTEST_S = 1.0
# A smooth population falls off within a factor of two, hence twice the even share.
UNEVEN = 2.0
SHARE = WIDE / 1.386  # of a factor of two to both sides: ln 4
# Of 80 to 1 in idle times, the known defaults and their tolerance cover this share; so few
# connections that end at one by chance are no more than one in twenty.
BY_CHANCE, FEW = 0.03, 0.05
SHORTEST_DEFAULT_S = 15.0
MOST_CLUSTERS = 3
_ENDED_BY_TIME = re.compile(r"idle|inactiv|time-?d?\s?out", re.IGNORECASE)


class Group(NamedTuple):
    """What connections that one timer may have ended have in common: how, and who did it."""

    how: str
    first: Side


class Timed(NamedTuple):
    """Connections that ended when the same clock said the same.

    Attributes
    ----------
    clock : str
        ``both``: since the last frame of either; ``server``, ``client``: of that side alone;
        ``age``: since the upgrade.
    timer_s : float
        Their median.
    low_s, high_s : float
        The shortest and the longest of them.
    members : list of Connection
        Who they are.
    moments : int
        At how many separate moments they ended.
    chance : float
        How likely a smooth population would have such a cluster.
    candidates : int
        How many ended in the same way, at whatever time.
    """

    group: Group
    clock: str
    timer_s: float
    low_s: float
    high_s: float
    members: list[Connection]
    moments: int
    chance: float
    candidates: int


def _idle_or_age(one: Connection, side: int) -> int | None:
    """Return a side's silence; one that never sent a frame was silent since the upgrade."""
    idle = idle_of(one, side)
    return one.timing.open if idle is None else idle


def _both(one: Connection) -> int | None:
    idle = one.timing.idle_before_end
    return one.timing.open if idle is None else idle


# Those that say more come first where several clocks say the same.
CLOCKS: dict[str, Callable[[Connection], int | None]] = {
    "both": _both,
    "server": lambda one: _idle_or_age(one, Side.SERVER),
    "client": lambda one: _idle_or_age(one, Side.CLIENT),
    "age": lambda one: one.timing.open,
}


def groups(connections: Sequence[Connection]) -> dict[Group, list[Connection]]:
    """Return the connections that a timer may have ended, by how and by who was first.

    Those that ended without a close frame; of those with one, what a server closed with another
    code than 1000, or what says in its reason that the time was up. What unanswered pings ended is
    no idle timer's.
    """
    found: dict[Group, list[Connection]] = {}
    for one in connections:
        side = first_side(one)
        how = _how(one) if side is not None else ""
        if side is not None and how:
            found.setdefault(Group(how, side), []).append(one)
    return found


def _how(one: Connection) -> str:
    if ended_badly(one) and one.ending.kind is not EndingKind.VANISHED:
        return way_of(one)
    close = first_close(one) if is_closing(one) else None
    if close is None or tells_of_pings(close):
        return ""
    if close.reason and _ENDED_BY_TIME.search(close.reason):
        return "Close" if close.code is None else f"Close {close.code}"
    # Who closes in good order may just be done.
    done = one.ending.first is not Side.SERVER or close.code in (None, CloseCode.NORMAL_CLOSURE)
    return "" if done else f"Close {close.code}"


def timed(connections: Sequence[Connection]) -> Iterator[Timed]:
    """Yield the clusters, the largest of each group first."""
    for group, members in groups(connections).items():
        left = members
        for _ in range(MOST_CLUSTERS):
            best = _best(group, left, len(members))
            if best is None:
                break
            yield best
            gone = {one.id for one in best.members}
            left = [one for one in left if one.id not in gone]


def _best(group: Group, members: Sequence[Connection], candidates: int) -> Timed | None:
    """Return the cluster of the clock that explains most; of equal ones that which says more."""
    found = []
    for place, clock in enumerate(CLOCKS):
        one = _cluster(group, clock, members, candidates)
        if one is not None:
            found.append((-one.moments, -len(one.members), place, one))
    return min(found)[-1] if found else None


def _cluster(
    group: Group, clock: str, members: Sequence[Connection], candidates: int
) -> Timed | None:
    # A server that closes in good order may just be done: only long silence makes it a timer's.
    least = SHORTEST_DEFAULT_S if group.how.startswith("Close") else SHORTEST_S
    rows = sorted(
        (value / 1e9, one.id, one)
        for one in members
        if (value := CLOCKS[clock](one)) is not None and value >= least * 1e9
    )
    cluster = densest([row[0] for row in rows], WIDE, WIDE_S)
    if cluster is None:
        return None
    inside = rows[cluster.low : cluster.high]
    values = [row[0] for row in inside]
    timer = middle(values)
    # Ends must lie further apart than the times that they have in common.
    apart = int(max(values[-1] - values[0], 1.0) * 1e9)
    events = moments([end_at(row[2]) for row in inside], apart)
    chance = _chance(events, cluster.near - len(inside), timer, len(rows))
    if chance > LEVEL and (clock == "age" or not _fits_default(events, timer, rows)):
        return None
    ones = [row[2] for row in inside]
    return Timed(
        group, clock, timer, values[0], values[-1], ones, events, min(chance, 1.0), candidates
    )


def _chance(events: int, others: int, timer: float, starts: int) -> float:
    """Return how likely it is that one of `starts` windows holds so many by chance."""
    share = min(UNEVEN * (SHARE + WIDE_S / timer / 1.386), 1.0)
    # One of them placed the window; the others fell into it.
    return starts * at_least(events - 1, events - 1 + others, share)


def _fits_default(events: int, timer: float, rows: Sequence[tuple[float, int, Connection]]) -> bool:
    """Whether few connections ended at a known default, and hardly any elsewhere."""
    if timer < SHORTEST_DEFAULT_S or not any(_closely(timer, one) for one in IDLE):
        return False
    long = sum(row[0] >= SHORTEST_DEFAULT_S for row in rows)
    return at_least(events, long, BY_CHANCE) <= FEW


def _closely(timer: float, default: Default) -> bool:
    # One alone must fit better than the many that make a cluster of their own.
    return 0.998 * default.seconds <= timer <= 1.01 * default.seconds + WIDE_S
