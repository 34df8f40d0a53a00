"""A comparison for a person, and for programs. Names are added to, never renamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from analyzer.comparison.changes import LEVEL, Change, Comparison, small
from analyzer.printable import duration

ASSUMED = (
    "the tests take connections for independent; many that ended in one incident are one event"
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
    same = [one for one in comparison.changes if one.p is not None and not one.changed]
    if same:
        yield ""
        yield "not told from chance"
        yield from (f"  {line(one)}" for one in same)
    rest = [one for one in comparison.changes if one.p is None]
    if rest:
        yield ""
        yield "not tested"
        yield from (f"  {one.what} {one.name}: {one.note}" for one in rest)
    if not tested:
        return
    yield ""
    yield f"p is made up for all {tested} comparisons (Holm); changed: below {LEVEL}; {ASSUMED}"


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count} things"


def line(one: Change) -> str:
    """Return one comparison in one line."""
    p = "" if one.p_adjusted is None else f"; p {_p(one.p_adjusted)}"
    note = f"; {one.note}" if one.note else ""
    if one.what == "timing":
        return f"timing {one.name}: {_times(one)}{p}{note}"
    return f"{one.what} {one.name}: {_shares(one)}{p}{note}"


def _shares(one: Change) -> str:
    was, now = _percent(one.before), _percent(one.after)
    return (
        f"{was} ({one.before_count:,}) → {now} ({one.after_count:,}),"
        f" {_points(one.difference)} points (95 %: {_points(one.low)} to {_points(one.high)})"
    )


def _times(one: Change) -> str:
    was, now = _signed(one.before).lstrip("+"), _signed(one.after).lstrip("+")
    share = "" if one.larger is None else f", longer in {one.larger:.0%} of pairs"
    return (
        f"median {was} ({one.before_count:,}) → {now} ({one.after_count:,}),"
        f" shift {_signed(one.difference)} (95 %: {_signed(one.low)} to {_signed(one.high)}){share}"
    )


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
