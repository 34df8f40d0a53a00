"""Before and after in, one HTML page or Markdown out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzer.capture.record import CaptureRecord
from analyzer.comparison import Change, Comparison
from analyzer.comparison.changes import ONLY_LARGE
from analyzer.comparison.story import (
    AS_EVENTS,
    FROM_CHANCE,
    NOT_TESTED,
    assumed,
    headline,
    is_tested,
    likelihood,
    note_of,
    parted,
    percent,
    points,
    signed,
    sizes,
    story,
)
from analyzer.findings import Finding
from analyzer.report.apart import apart_page, in_a_fence, names_of
from analyzer.report.markdown import findings_told
from analyzer.text import capture_line

OVER = "What changed between captures"
AFTER, BEFORE = "What stands out after", "What stood out before"


class ChangeRow(NamedTuple):
    """One thing that was compared, as cells."""

    what: str
    before: str
    after: str
    difference: str
    interval: str
    p: str
    note: str


class Part(NamedTuple):
    """Rows that belong together."""

    title: str
    rows: list[ChangeRow]


def compared_page(
    comparison: Comparison,
    captures: Sequence[Sequence[CaptureRecord]],
    findings: Sequence[Sequence[Finding]],
    *,
    made: str = "",
) -> str:
    """Return the report on a comparison, as HTML.

    Parameters
    ----------
    comparison : Comparison
        What changed.
    captures, findings : two sequences
        Of before, and of after.
    made : str
        When and by whom.
    """
    before, after = captures
    return apart_page(
        "compared.html",
        over=OVER,
        title=f"{names_of(after)}, compared with {names_of(before)}",
        made=made,
        said=[*sizes(comparison), headline(comparison)],
        parts_of=parts_of(comparison),
        assumed=assumed(comparison) if is_tested(comparison) else "",
        found=(
            ("after", AFTER, findings[1]),
            ("before", BEFORE, findings[0]),
        ),
        captures=[
            f"{when}: {capture_line(one)}"
            for when, some in (("before", before), ("after", after))
            for one in some
        ],
    )


def compared_markdown(
    comparison: Comparison,
    captures: Sequence[Sequence[CaptureRecord]],
    findings: Sequence[Sequence[Finding]],
    *,
    made: str = "",
) -> str:
    """Return the report on a comparison, as Markdown."""
    before, after = captures
    title = f"{names_of(after)}, compared with {names_of(before)}"
    parts = [*findings_told(findings[1], AFTER), *findings_told(findings[0], BEFORE)]
    return in_a_fence(OVER, title, story(comparison), made, parts)


def parts_of(comparison: Comparison) -> list[Part]:
    """Return all that was compared, the surest changes first."""
    hanging, same, rest = parted(comparison)
    titled = (
        ("Changed by more than chance", comparison.changed),
        (_upper(AS_EVENTS), hanging),
        (_upper(FROM_CHANCE), same),
        (_upper(NOT_TESTED), rest),
    )
    return [Part(title, list(map(row_of, ones))) for title, ones in titled if ones]


def row_of(one: Change) -> ChangeRow:
    """Return one comparison as cells; a cell is empty where nothing is known."""
    is_time = one.what == "timing"
    value = _time if is_time else percent
    difference = signed if is_time else _points
    interval = ""
    if one.low is not None:
        interval = f"{difference(one.low)} to {difference(one.high)}"
    return ChangeRow(
        f"{one.what} {one.name}",
        f"{value(one.before)} ({one.before_count:,})" if one.before is not None else "",
        f"{value(one.after)} ({one.after_count:,})" if one.after is not None else "",
        difference(one.difference) if one.difference is not None else "",
        interval,
        likelihood(one.p_adjusted) if one.p_adjusted is not None else "",
        # That only large changes would show stands above, once.
        "; ".join(filter(None, (_longer(one), note_of(one).removesuffix(ONLY_LARGE)))),
    )


def _longer(one: Change) -> str:
    return "" if one.larger is None else f"longer in {one.larger:.0%} of pairs"


def _time(seconds: float | None) -> str:
    return signed(seconds).lstrip("+")


def _points(share: float | None) -> str:
    return f"{points(share)} points"


def _upper(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
