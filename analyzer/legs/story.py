"""Joined captures for a person: the clocks, then each conversation, hop by hop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from analyzer.legs.clocks import Clock
from analyzer.legs.conversation import Conversation, Leg, Match, Step, places
from analyzer.legs.joined import Joined
from analyzer.legs.order import CAPTURES
from analyzer.legs.sentence import held, what
from analyzer.printable import iso, printable

ORDER_UNSURE = "which leg is nearer to the client is known only by the order of the captures"


def story(joined: Joined, captures: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines; each capture by the paths that it was read from."""
    yield from clock_lines(joined.clocks, captures)
    yield ""
    yield from counts(joined.conversations)
    for one in joined.conversations:
        yield ""
        yield from conversation_lines(one)


def clock_lines(clocks: Sequence[Clock], captures: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield each capture with its clock, and by which clock times are told."""
    yield from (_clock(c, p) for c, p in zip(clocks, captures, strict=True))
    if len(captures) > 1:
        yield "times below are by the clock of capture 0, each corrected by its capture's offset"


def counts(conversations: Sequence[Conversation]) -> Iterator[str]:
    """Yield how many there are, what joins them, and what changed on the way."""
    plural = "" if len(conversations) == 1 else "s"
    yield f"{len(conversations):,} conversation{plural}"
    matches = Counter(one.match for one in conversations)
    yield from (f"  {matches[match]:>6,}  {match.meaning}" for match in Match if matches[match])
    changed = Counter(text for one in conversations for text in one.changed)
    yield from (f"  {count:>6,}  {text}" for text, count in changed.most_common())


def conversation_lines(one: Conversation) -> Iterator[str]:
    """Yield one conversation: its sentence, its legs, and the way of its ending."""
    path = printable(one.legs[0].connection.handshake.target or "")
    yield f"#{one.id} {path}{' ' if path else ''}{one.sentence}"
    if len(one.legs) > 1:
        yield f"    {one.match.meaning}"
    if one.order == CAPTURES:
        yield f"    {ORDER_UNSURE}"
    names = places(len(one.legs))
    for i, leg in enumerate(one.legs):
        yield _leg(leg, names[i], names[i + 1])
    yield from (_step(step) for step in one.steps)


def _clock(clock: Clock, paths: Sequence[str]) -> str:
    named = f"capture {clock.capture}: {', '.join(printable(path) for path in paths)}"
    if clock.capture == 0:
        return named
    if clock.offset is None:
        return f"{named}; clock not compared: {clock.problem}"
    ahead = "ahead" if clock.offset >= 0 else "behind"
    seen = f"from {clock.pairs:,} things seen at both points"
    if clock.error is None:
        return f"{named}; clock about {exact(clock.offset)} {ahead}, {seen}: {clock.problem}"
    return f"{named}; clock {exact(clock.offset)} ± {exact(clock.error)} {ahead}, {seen}"


def exact(nanoseconds: int) -> str:
    """Return a small duration with its microseconds.

    Examples
    --------
    >>> exact(-1_234_567), exact(800), exact(3_600_000_000_000)
    ('1.235 ms', '0.001 ms', '3600.000 s')
    """
    size = abs(nanoseconds)
    return f"{size / 1e6:.3f} ms" if size < 1_000_000_000 else f"{size / 1e9:.3f} s"


def _leg(leg: Leg, near: str, far: str) -> str:
    one = leg.connection
    seen = ", ".join(f"{sight.capture} as #{sight.connection.id}" for sight in leg.sightings)
    ends = f"{near} {one.client} → {far} {one.server}"
    return f"    leg {ends}, in capture {seen}: {one.ending.sentence}"


def _step(step: Step) -> str:
    at = (iso(step.at) or "")[11:-4] or "(time not known)"
    waited = f", held {held(step)}" if step.held is not None else ""
    where = "" if step.packet is None else f", capture {step.capture} packet {step.packet}"
    changed = f"; {step.changed}" if step.changed else ""
    when = f"{at} " if step.what else ""
    return f"    {when}{step.sender} → {step.receiver}: {what(step)}{waited}{where}{changed}"
