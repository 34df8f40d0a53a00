"""Conversations over all hops in, one HTML page or Markdown out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from analyzer.capture.record import CaptureRecord
from analyzer.findings import Finding
from analyzer.legs import Conversation, Joined
from analyzer.legs.conversation import Leg, Step, places
from analyzer.legs.order import CAPTURES
from analyzer.legs.sentence import held, what
from analyzer.legs.story import ORDER_UNSURE, clock_lines, conversation_lines, counts
from analyzer.printable import printable
from analyzer.report.apart import apart_page, in_a_fence, names_of
from analyzer.report.markdown import findings_told
from analyzer.report.template import clock

OVER = "WebSocket endings over all hops"
# A page of more is no page that anybody reads; JSON and the tables hold all.
ROWS, SHOWN, IN_MARKDOWN = 200, 20, 20


class TalkRow(NamedTuple):
    """A conversation as one row; `is_shown` where it stands below, step by step."""

    id: int
    is_shown: bool
    at: int | None
    target: str
    kinds: list[str]
    sentence: str
    held: list[str]


class LegRow(NamedTuple):
    """A leg as cells."""

    name: str
    ends: str
    seen: str
    sentence: str


class StepRow(NamedTuple):
    """A step of the ending as cells."""

    at: str
    way: str
    what: str
    held: str
    place: str
    changed: str


class Talk(NamedTuple):
    """A conversation, as the page shows it."""

    id: int
    target: str
    sentence: str
    notes: list[str]
    legs: list[LegRow]
    steps: list[StepRow]


def joined_page(
    joined: Joined,
    captures: Sequence[Sequence[CaptureRecord]],
    findings: Sequence[Sequence[Finding]] = (),
    *,
    made: str = "",
) -> str:
    """Return the report on joined captures, as HTML.

    Parameters
    ----------
    joined : Joined
        Conversations, and the clocks of the captures.
    captures : sequence of sequences of CaptureRecord
        What each capture was read from.
    findings : sequence of sequences of Finding
        What stands out in each capture by itself.
    made : str
        When and by whom.
    """
    paths = [[one.path for one in some] for some in captures]
    ordered = most_telling_first(joined.conversations)
    shown = telling(ordered, SHOWN)
    ids = {one.id for one in shown}
    return apart_page(
        "joined.html",
        over=OVER,
        title=" + ".join(map(names_of, captures)),
        made=made,
        counts=list(_counted(counts(joined.conversations))),
        clocks=list(clock_lines(joined.clocks, paths)),
        rows=[row_of(one, is_shown=one.id in ids) for one in ordered[:ROWS]],
        conversations=[talk_of(one) for one in shown],
        total=len(joined.conversations),
        found=[
            (number, names_of(some), found)
            for number, (some, found) in enumerate(zip(captures, findings, strict=False))
            if found
        ],
    )


def _counted(lines: Iterable[str]) -> Iterator[str]:
    """Yield counts for a page: the first as it is, what belongs to it with a sign of times."""
    for line in lines:
        count, _, rest = line.strip().partition("  ")
        yield f"{count} × {rest}" if rest else line  # noqa: RUF001 - as in the report


def joined_markdown(
    joined: Joined,
    captures: Sequence[Sequence[CaptureRecord]],
    findings: Sequence[Sequence[Finding]] = (),
    *,
    made: str = "",
) -> str:
    """Return the report on joined captures, as Markdown."""
    paths = [[one.path for one in some] for some in captures]
    ordered = most_telling_first(joined.conversations)
    shown = telling(ordered, IN_MARKDOWN)
    lines = [*clock_lines(joined.clocks, paths), "", *counts(joined.conversations)]
    for one in shown:
        lines += ["", *conversation_lines(one)]
    if len(shown) < len(ordered):
        lines += ["", f"{len(shown)} of {len(ordered):,} conversations are shown"]
    more = [
        text
        for number, found in enumerate(findings)
        for text in findings_told(found, f"What stands out in capture {number}")
    ]
    return in_a_fence(OVER, " + ".join(map(names_of, captures)), lines, made, more)


def most_telling_first(conversations: Sequence[Conversation]) -> list[Conversation]:
    """Return conversations: first those whose ending changed on its way, in order of time."""
    return sorted(conversations, key=lambda one: (not one.changed, one.id))


def telling(ordered: Sequence[Conversation], most: int) -> list[Conversation]:
    """Return some to be told step by step: one of each way that endings went, then more."""
    seen: set[tuple[object, ...]] = set()
    firsts: list[Conversation] = []
    more: list[Conversation] = []
    for one in ordered:
        steps = ((step.sender, step.receiver, step.what, step.code) for step in one.steps)
        way = (one.first, one.match, *steps)
        (more if way in seen else firsts).append(one)
        seen.add(way)
    return [*firsts, *more][:most]


def row_of(one: Conversation, *, is_shown: bool) -> TalkRow:
    """Return a conversation as one row; what a hop held is told for each that passed it on."""
    at = next((step.at for step in one.steps if step.at is not None), None)
    kinds = [str(leg.connection.ending.kind) for leg in one.legs]
    waits = [f"{step.sender}: {held(step)}" for step in one.steps if step.held is not None]
    return TalkRow(one.id, is_shown, at, _target(one), kinds, one.sentence, waits)


def _target(one: Conversation) -> str:
    return printable(one.legs[0].connection.handshake.target or "")


def talk_of(one: Conversation) -> Talk:
    """Return a conversation as the page shows it."""
    names = places(len(one.legs))
    notes = [one.match.meaning] if len(one.legs) > 1 else []
    if one.order == CAPTURES:
        notes.append(ORDER_UNSURE)
    return Talk(
        one.id,
        _target(one),
        one.sentence,
        notes,
        [_leg(leg, names[i], names[i + 1]) for i, leg in enumerate(one.legs)],
        [_step(step) for step in one.steps],
    )


def _leg(leg: Leg, near: str, far: str) -> LegRow:
    one = leg.connection
    seen = ", ".join(
        f"capture {sight.capture} as #{sight.connection.id}" for sight in leg.sightings
    )
    return LegRow(f"{near} to {far}", f"{one.client} → {one.server}", seen, one.ending.sentence)


def _step(step: Step) -> StepRow:
    at = clock(step.at) if step.what and step.at is not None else ""
    place = "" if step.packet is None else f"{step.capture}, {step.packet}"
    way = f"{step.sender} → {step.receiver}"
    return StepRow(at, way, what(step), held(step), place, step.changed or "")
