"""Which endings, close codes and times differ between two sets of connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from analyzer.comparison.adjust import holm
from analyzer.comparison.counts import difference_interval, fisher_exact, least_chance
from analyzer.comparison.ranks import larger_share, mann_whitney, shift
from analyzer.ending.timing import STEPS
from analyzer.record import Connection
from analyzer.websocket.close import CloseFrame

LEVEL = 0.05
# Below this only large changes can be told from chance.
SMALL = 30
# Below this even two samples that do not overlap may be chance.
TOO_FEW = 5


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was compared.

    Attributes
    ----------
    what : str
        ``ending``, ``code`` or ``timing``.
    name : str
        ``fin first server``, ``server sent 1001``, ``open``.
    before, after : float or None
        Share of the connections; of a timing the median, in seconds.
    before_count, after_count : int
        How many connections it happened to; of a timing, how many have it.
    difference, low, high : float or None
        After minus before, with its 95 % interval: of shares (Newcombe), of times in seconds
        (Hodges and Lehmann). The interval is for this one alone, not for all together.
    larger : float or None
        Of a timing: the chance that one of after is longer than one of before.
    p : float or None
        How likely such a difference is by chance; None where too few were there to test.
    p_adjusted : float or None
        The same, made up for all that was compared (Holm).
    changed : bool
        `p_adjusted` is below 0.05.
    note : str
        Why that is weak, where it is.
    """

    what: str
    name: str
    before: float | None
    after: float | None
    before_count: int
    after_count: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    larger: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    changed: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Before and after.

    Attributes
    ----------
    before, after : int
        How many connections there were.
    changes : list of Change
        All that was compared, the surest changes first.
    """

    before: int
    after: int
    changes: list[Change]

    @property
    def changed(self) -> list[Change]:
        """What differs by more than chance."""
        return [one for one in self.changes if one.changed]


def compare_connections(before: Iterable[Connection], after: Iterable[Connection]) -> Comparison:
    """Compare two sets of connections.

    Every test takes the connections for independent of each other. Many that end in one incident
    are not, and then a change is as sure as the incident, not as their number.
    """
    one, other = list(before), list(after)
    found = [*_shares("ending", one, other), *_shares("code", one, other), *_timings(one, other)]
    tested = [change for change in found if change.p is not None]
    adjusted = holm([change.p for change in tested if change.p is not None])
    done = [
        replace(change, p_adjusted=p, changed=p < LEVEL)
        for change, p in zip(tested, adjusted, strict=True)
    ]
    done.sort(key=lambda change: (change.p_adjusted, change.p))
    rest = [change for change in found if change.p is None]
    return Comparison(len(one), len(other), [*done, *rest])


def endings_of(connection: Connection) -> list[str]:
    """Return how it ended, and by whom."""
    ending = connection.ending
    # A side may be the number 0.
    return [str(ending.kind) if ending.first is None else f"{ending.kind} first {ending.first}"]


def codes_of(connection: Connection) -> list[str]:
    """Return which codes either side sent."""
    sides = (
        ("client", connection.ending.client_close),
        ("server", connection.ending.server_close),
    )
    return [f"{side} sent {_code(close)}" for side, close in sides if close is not None]


def _code(close: CloseFrame) -> str:
    return "no code" if close.code is None else str(close.code)


NAMED = {"ending": endings_of, "code": codes_of}


def _shares(
    what: str, before: Sequence[Connection], after: Sequence[Connection]
) -> Iterator[Change]:
    names = NAMED[what]
    was = Counter(name for one in before for name in names(one))
    now = Counter(name for one in after for name in names(one))
    for name in sorted(was | now):
        yield share_change(what, name, (was[name], len(before)), (now[name], len(after)))


def share_change(what: str, name: str, before: tuple[int, int], after: tuple[int, int]) -> Change:
    """Compare two shares, each as hits and total."""
    (hits, total), (new_hits, new_total) = before, after
    if not total or not new_total:
        was_share = hits / total if total else None
        now_share = new_hits / new_total if new_total else None
        note = "nothing to compare with"
        return Change(what, name, was_share, now_share, hits, new_hits, note=note)
    if least_chance(hits + new_hits, total, new_total) >= LEVEL:
        note = f"too rare to test: {hits} before, {new_hits} after"
        return Change(what, name, hits / total, new_hits / new_total, hits, new_hits, note=note)
    low, high = difference_interval(new_hits, new_total, hits, total)
    was, now = hits / total, new_hits / new_total
    return Change(
        what,
        name,
        was,
        now,
        hits,
        new_hits,
        now - was,
        low,
        high,
        p=fisher_exact(new_hits, new_total, hits, total),
        note=small(total, new_total),
    )


def _timings(before: Sequence[Connection], after: Sequence[Connection]) -> Iterator[Change]:
    for step in STEPS:
        was, now = _seconds(before, step), _seconds(after, step)
        if was or now:
            yield timing_change(step, was, now)


def _seconds(connections: Sequence[Connection], step: str) -> list[float]:
    found = (getattr(one.timing, step) for one in connections)
    return [nanoseconds / 1e9 for nanoseconds in found if nanoseconds is not None]


def timing_change(name: str, before: Sequence[float], after: Sequence[float]) -> Change:
    """Compare two samples of times, in seconds."""
    counts = len(before), len(after)
    found = Change("timing", name, _median(before), _median(after), *counts)
    if min(counts) < TOO_FEW:
        return replace(found, note=f"too few to test: {counts[0]} before, {counts[1]} after")
    moved, low, high = shift(before, after)
    return replace(
        found,
        difference=moved,
        low=low,
        high=high,
        larger=larger_share(before, after),
        p=mann_whitney(before, after),
        note=small(*counts),
    )


def _median(sample: Sequence[float]) -> float | None:
    ordered, half = sorted(sample), len(sample) // 2
    if not ordered:
        return None
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def small(before: int, after: int) -> str:
    """Say where a sample is small; empty where none is."""
    if min(before, after) >= SMALL:
        return ""
    return f"small sample: {before} before, {after} after; only large changes would show"
