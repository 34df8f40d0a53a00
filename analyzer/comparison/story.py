"""A comparison for a person, and for programs. Names are added to, never renamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from analyzer.comparison.changes import LEVEL, Change, Comparison, small
from analyzer.printable import duration

ASSUMED = (
    "the tests take connections for independent of each other, but for those that ended together"
    " (mass-end), which count as one event"
)
AS_EVENTS = "differs, but by so few events that it may be one incident"
FROM_CHANCE = "not told from chance"
NOT_TESTED = "not tested"


def story(comparison: Comparison) -> Iterator[str]:
    """Yield the lines: what changed, what did not by more than chance, what could not be tested."""
    yield from sizes(comparison)
    yield ""
    yield headline(comparison)
    yield from (f"  {line(one)}" for one in comparison.changed)
    hanging, same, rest = parted(comparison)
    for title, ones in (
        (AS_EVENTS, hanging),
        (FROM_CHANCE, same),
    ):
        if ones:
            yield ""
            yield title
            yield from (f"  {line(one)}" for one in ones)
    if rest:
        yield ""
        yield NOT_TESTED
        yield from (f"  {one.what} {one.name}: {one.note}" for one in rest)
    if is_tested(comparison):
        yield ""
        yield assumed(comparison)


def sizes(comparison: Comparison) -> Iterator[str]:
    """Yield how many connections there are, and whether that is few."""
    plural = "" if comparison.before == 1 else "s"
    yield f"{comparison.before:,} connection{plural} before, {comparison.after:,} after"
    note = small(comparison.before, comparison.after)
    if note:
        yield note


def headline(comparison: Comparison) -> str:
    """Return how much changed."""
    changed = comparison.changed
    tested = sum(one.p is not None for one in comparison.changes)
    if not tested:
        return "too few connections to test anything"
    if not changed:
        return f"nothing changed by more than chance ({_things(tested)} compared)"
    return f"changed by more than chance ({len(changed)} of {_things(tested)} compared)"


def is_tested(comparison: Comparison) -> bool:
    """Whether there was enough of anything to test it."""
    return any(one.p is not None for one in comparison.changes)


def assumed(comparison: Comparison) -> str:
    """Return what the tests rest on."""
    tested = sum(one.p is not None for one in comparison.changes)
    made = f"p is adjusted for all {tested} comparisons (Holm); changed: below {LEVEL}"
    return f"{made}; {ASSUMED}"


def parted(comparison: Comparison) -> tuple[list[Change], list[Change], list[Change]]:
    """Return what did not change by more than chance: as events, tested, and not tested."""
    rest = [one for one in comparison.changes if not one.changed]
    hanging = [one for one in rest if one.as_events]
    same = [one for one in rest if not one.as_events and one.p is not None]
    return hanging, same, [one for one in rest if not one.as_events and one.p is None]


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count} things"


def line(one: Change) -> str:
    """Return one comparison in one line."""
    p = "" if one.p_adjusted is None else f"; p {likelihood(one.p_adjusted)}"
    told = note_of(one)
    note = f"; {told}" if told else ""
    if one.what == "timing":
        return f"timing {one.name}: {_times(one)}{p}{note}"
    return f"{one.what} {one.name}: {_shares(one)}{p}{note}"


def note_of(one: Change) -> str:
    """Return what makes one comparison weak, and as how many events it was tested."""
    if one.before_events is None or one.p is None:
        return one.note
    events = f"tested as {one.before_events:,} and {one.after_events:,} events"
    return f"{events}; {one.note}" if one.note else events


def _shares(one: Change) -> str:
    was, now = percent(one.before), percent(one.after)
    text = f"{was} ({one.before_count:,}) → {now} ({one.after_count:,})"
    if one.difference is not None:
        text += f", {points(one.difference)} points"
    return text if one.low is None else f"{text} (95 %: {points(one.low)} to {points(one.high)})"


def _times(one: Change) -> str:
    was, now = signed(one.before).lstrip("+"), signed(one.after).lstrip("+")
    share = "" if one.larger is None else f", longer in {one.larger:.0%} of pairs"
    if one.difference is None:
        return f"median {was} ({one.before_count:,}) → {now} ({one.after_count:,})"
    text = f"median {was} ({one.before_count:,}) → {now} ({one.after_count:,})"
    text += f", shift {signed(one.difference)}"
    if one.low is not None:
        text += f" (95 %: {signed(one.low)} to {signed(one.high)})"
    return f"{text}{share}"


def signed(seconds: float | None) -> str:
    """Return a difference of times, with its sign.

    Examples
    --------
    >>> signed(-0.0005), signed(2.5), signed(None)
    ('-0.500 ms', '+2.5 s', '-')
    """
    if seconds is None:
        return "-"
    small_one = abs(seconds) < 1e-3
    text = f"{abs(seconds) * 1e3:.3f} ms" if small_one else duration(round(seconds * 1e9))
    return f"{'-' if seconds < 0 else '+'}{text}"


def percent(share: float | None) -> str:
    """Return a share for people."""
    return "-" if share is None else f"{share:.1%}"


def points(share: float | None) -> str:
    """Return a difference of shares, in percentage points."""
    return "-" if share is None else f"{share * 100:+.1f}"


def likelihood(value: float) -> str:
    """Return a p-value for people."""
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"


def row(one: Change) -> dict[str, Any]:
    """Return one comparison as a row, and as a part of the JSON document."""
    return {field.name: getattr(one, field.name) for field in fields(one)}


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """Return all of it, ready for JSON."""
    return {
        "schema": 1,
        "before": {"connections": comparison.before},
        "after": {"connections": comparison.after},
        "note": small(comparison.before, comparison.after) or None,
        "assumed": ASSUMED,
        "changes": [row(one) for one in comparison.changes],
    }
