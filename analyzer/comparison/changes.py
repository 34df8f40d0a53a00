"""Which endings, close codes and times differ between two sets of connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from analyzer.comparison.adjust import holm
from analyzer.comparison.counts import difference_interval, fisher_exact, least_chance
from analyzer.comparison.ranks import larger_share, mann_whitney, shift
from analyzer.comparison.together import Events
from analyzer.ending.rules import EndingKind
from analyzer.ending.timing import STEPS, UNTIL_THE_END
from analyzer.record import Connection
from analyzer.websocket.close import CloseFrame

LEVEL = 0.05
# Below this only large changes can be told from chance.
SMALL = 30
ONLY_LARGE = "; only large changes would show"
# Below this even two samples that do not overlap may be chance.
TOO_FEW = 5
BEGINNING = frozenset({"tcp_connect", "upgrade"})


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
        (Hodges and Lehmann). The interval is for this one alone, not for all together; there is
        none where connections ended together.
    larger : float or None
        Of a timing: the chance that one of after is longer than one of before.
    p : float or None
        How likely such a difference is by chance; None where too few were there to test.
    p_adjusted : float or None
        The same, adjusted for all that was compared (Holm).
    changed : bool
        `p_adjusted` is below 0.05.
    note : str
        Why that is weak, where it is.
    before_events, after_events : int or None
        As how many events they were tested: those that ended together (the finding mass-end) are
        one. None where each connection counts by itself.
    as_events : bool
        It would differ by more than chance if connections were independent of each other, and as
        events it does not.
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
    before_events: int | None = None
    after_events: int | None = None
    as_events: bool = False


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

    Tests take what they count for independent. Connections that ended together, by the rule of the
    finding mass-end, are not: they count as one event for each way in which they ended, and their
    times as one, the median. What is called changed differs by more than chance both ways, counted
    as connections and as events. Other ways to hang together, as by one proxy, are not looked for.
    """
    one, other = _Sample(before), _Sample(after)
    found = [*_shares("ending", one, other), *_shares("code", one, other), *_timings(one, other)]
    tested = [change for change in found if change.p is not None]
    adjusted = holm([change.p for change in tested if change.p is not None])
    done = [
        replace(change, p_adjusted=p, changed=p < LEVEL, as_events=change.as_events and p >= LEVEL)
        for change, p in zip(tested, adjusted, strict=True)
    ]
    done.sort(key=lambda change: (change.p_adjusted, change.p))
    rest = [change for change in found if change.p is None]
    return Comparison(len(one.connections), len(other.connections), [*done, *rest])


class _Sample:
    """One side of a comparison, and what of it ended together."""

    def __init__(self, connections: Iterable[Connection]) -> None:
        self.connections = list(connections)
        self.events = Events(self.connections)

    def named(self, what: str) -> dict[str, list[Connection]]:
        found: dict[str, list[Connection]] = {}
        for one in self.connections:
            for name in NAMED[what](one):
                found.setdefault(name, []).append(one)
        return found

    def tally(self, ones: Sequence[Connection]) -> Tally:
        return Tally(len(ones), len(self.connections), self.events.count(ones), self.events.total)


class Tally(NamedTuple):
    """How many of how many: connections, and events."""

    hits: int
    total: int
    events: int
    events_total: int

    @property
    def is_apart(self) -> bool:
        """Whether each connection is an event of its own."""
        return self.total == self.events_total


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


def _shares(what: str, before: _Sample, after: _Sample) -> Iterator[Change]:
    was, now = before.named(what), after.named(what)
    for name in sorted(was | now):
        yield share_change(
            what, name, before.tally(was.get(name, ())), after.tally(now.get(name, ()))
        )


def share_change(what: str, name: str, before: Tally, after: Tally) -> Change:
    """Compare two shares, tested as events."""
    was = before.hits / before.total if before.total else None
    now = after.hits / after.total if after.total else None
    found = Change(what, name, was, now, before.hits, after.hits)
    if was is None or now is None:
        return replace(found, note="nothing to compare with")
    if not (before.is_apart and after.is_apart):
        found = replace(
            found,
            before_events=before.events,
            after_events=after.events,
            as_events=_chance_apart(before, after) < LEVEL,
        )
    events = before.events + after.events
    if least_chance(events, before.events_total, after.events_total) >= LEVEL:
        return replace(found, note=_too_rare(found))
    low, high = difference_interval(after.hits, after.total, before.hits, before.total)
    apart = found.before_events is None
    return replace(
        found,
        difference=now - was,
        low=low if apart else None,
        high=high if apart else None,
        p=_chance(before, after),
        note=small(before.total, after.total),
    )


def _chance_apart(before: Tally, after: Tally) -> float:
    """Return how likely such shares would be if each connection were an event of its own."""
    return fisher_exact(after.hits, after.total, before.hits, before.total)


def _chance(before: Tally, after: Tally) -> float:
    """Return how likely such shares are by chance.

    A burst that counts once lets all else weigh more: what it hides must not look like a change.
    """
    as_events = fisher_exact(after.events, after.events_total, before.events, before.events_total)
    return max(as_events, _chance_apart(before, after))


def _too_rare(one: Change) -> str:
    told = f"{one.before_count} before, {one.after_count} after"
    if one.before_events is None:
        return f"too rare to test: {told}"
    return f"too rare to test: {told}, which are {one.before_events} and {one.after_events} events"


def _timings(before: _Sample, after: _Sample) -> Iterator[Change]:
    for step in STEPS:
        was, now = _seconds(before.connections, step), _seconds(after.connections, step)
        if was or now:
            # How a connection began does not hang on how it ended.
            beginning = step in BEGINNING
            yield timing_change(
                step,
                [value for _, value in was],
                [value for _, value in now],
                None if beginning else before.events.medians(was),
                None if beginning else after.events.medians(now),
            )


def _seconds(connections: Sequence[Connection], step: str) -> list[tuple[Connection, float]]:
    """Return how long a step took, of those that have it behind them."""
    over = step not in UNTIL_THE_END
    ended = (one for one in connections if over or one.ending.kind is not EndingKind.OPEN)
    found = ((one, getattr(one.timing, step)) for one in ended)
    return [(one, nanoseconds / 1e9) for one, nanoseconds in found if nanoseconds is not None]


def timing_change(
    name: str,
    before: Sequence[float],
    after: Sequence[float],
    before_events: Sequence[float] | None = None,
    after_events: Sequence[float] | None = None,
) -> Change:
    """Compare two samples of times, in seconds; what is tested is a value for each event."""
    counts = len(before), len(after)
    found = Change("timing", name, _median(before), _median(after), *counts)
    was = before if before_events is None else before_events
    now = after if after_events is None else after_events
    events = len(was), len(now)
    if min(counts) < TOO_FEW:
        return replace(found, note=f"too few to test: {counts[0]} before, {counts[1]} after")
    p = mann_whitney(before, after)
    if events != counts:
        found = replace(found, before_events=events[0], after_events=events[1], as_events=p < LEVEL)
        if min(events) < TOO_FEW:
            note = f"too few to test: {events[0]} and {events[1]} events"
            return replace(found, note=note)
        p = max(p, mann_whitney(was, now))
    moved, low, high = shift(before, after)
    return replace(
        found,
        difference=moved,
        low=low if events == counts else None,
        high=high if events == counts else None,
        larger=larger_share(before, after),
        p=p,
        note=small(*events),
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
    return f"small sample: {before} before, {after} after{ONLY_LARGE}"
