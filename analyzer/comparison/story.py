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


def story(comparison: Comparison) -> Iterator[str]:
    """Yield the lines: what changed, what did not by more than chance, what could not be tested."""
    plural = "" if comparison.before == 1 else "s"
    yield f"{comparison.before:,} connection{plural} before, {comparison.after:,} after"
    note = small(comparison.before, comparison.after)
    if note:
        yield note
    yield ""
    changed = comparison.changed
    tested = sum(one.p is not None for one in comparison.changes)
    if not tested:
        yield "too few connections to test anything"
    elif changed:
        yield f"changed by more than chance ({len(changed)} of {_things(tested)} compared)"
        yield from (f"  {line(one)}" for one in changed)
    else:
        yield f"nothing changed by more than chance ({_things(tested)} compared)"
    hanging, same, rest = parted(comparison)
    for title, ones in (
        ("differs, but by so few events that it may be one incident", hanging),
        ("not told from chance", same),
    ):
        if ones:
            yield ""
            yield title
            yield from (f"  {line(one)}" for one in ones)
    if rest:
        yield ""
        yield "not tested"
        yield from (f"  {one.what} {one.name}: {one.note}" for one in rest)
    if not tested:
        return
    yield ""
    yield f"p is made up for all {tested} comparisons (Holm); changed: below {LEVEL}; {ASSUMED}"


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
    p = "" if one.p_adjusted is None else f"; p {_p(one.p_adjusted)}"
    note = f"; {one.note}" if one.note else ""
    if one.before_events is not None and one.p is not None:
        note = f"; tested as {one.before_events:,} and {one.after_events:,} events{note}"
    if one.what == "timing":
        return f"timing {one.name}: {_times(one)}{p}{note}"
    return f"{one.what} {one.name}: {_shares(one)}{p}{note}"


def _shares(one: Change) -> str:
    was, now = _percent(one.before), _percent(one.after)
    text = f"{was} ({one.before_count:,}) → {now} ({one.after_count:,})"
    if one.difference is not None:
        text += f", {_points(one.difference)} points"
    return text if one.low is None else f"{text} (95 %: {_points(one.low)} to {_points(one.high)})"


def _times(one: Change) -> str:
    was, now = _signed(one.before).lstrip("+"), _signed(one.after).lstrip("+")
    share = "" if one.larger is None else f", longer in {one.larger:.0%} of pairs"
    if one.difference is None:
        return f"median {was} ({one.before_count:,}) → {now} ({one.after_count:,})"
    text = f"median {was} ({one.before_count:,}) → {now} ({one.after_count:,})"
    text += f", shift {_signed(one.difference)}"
    if one.low is not None:
        text += f" (95 %: {_signed(one.low)} to {_signed(one.high)})"
    return f"{text}{share}"


def _signed(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    small_one = abs(seconds) < 1e-3
    text = f"{abs(seconds) * 1e3:.3f} ms" if small_one else duration(round(seconds * 1e9))
    return f"{'-' if seconds < 0 else '+'}{text}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _points(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:+.1f}"


def _p(value: float) -> str:
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
