"""How an ending travelled: who began it, what each hop made of it, how long each held it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from analyzer.ending.rules import EndingKind
from analyzer.findings.ends import ends_by
from analyzer.http2.registry import ErrorCode
from analyzer.legs.clocks import Clock
from analyzer.legs.conversation import Leg, Sighting, Step, places, sign
from analyzer.legs.events import close_of
from analyzer.record import Connection
from analyzer.side import Side

# Of these a leg may hold an end that the capture does not show.
HIDDEN = frozenset({EndingKind.UNDETERMINED, EndingKind.VANISHED})
NO_WEBSOCKET = frozenset({EndingKind.REFUSED, EndingKind.UNANSWERED})


@dataclass(frozen=True, slots=True)
class Mark:
    """The first sign of the end that one side of a leg sent."""

    what: str
    code: int | None
    reason: str
    at: int
    packet: int

    @property
    def sense(self) -> tuple[str, int | None]:
        """What it says, whatever carries the WebSocket (RFC 8441, section 5)."""
        if self.what == "end_stream":
            return "fin", None
        if self.what == "rst_stream" and self.code == ErrorCode.CANCEL:
            return "rst", None
        return self.what, self.code

    def __str__(self) -> str:
        return sign(self.what, self.code)


@dataclass(frozen=True, slots=True)
class Hop:
    """One leg, as one capture holds it, with the first sign of each side."""

    sighting: Sighting
    clock: Clock
    client: Mark | None
    server: Mark | None

    @property
    def first(self) -> Side | None:
        """Which side of this leg sent a sign first."""
        if self.client is None or self.server is None:
            sent = self.client or self.server
            return None if sent is None else Side.CLIENT if self.client else Side.SERVER
        return Side.CLIENT if self.client.packet <= self.server.packet else Side.SERVER

    def of(self, side: Side) -> Mark | None:
        """Return the first sign of a side."""
        return self.client if side is Side.CLIENT else self.server


def marks_of(connection: Connection, side: Side) -> Mark | None:
    """Return what a side sent first of all that ends a connection.

    A close frame, FIN or RST; on HTTP/2 also END_STREAM, RST_STREAM, or GOAWAY with an error.
    """
    close = close_of(connection, side)
    found = [
        Mark(end.name.lower(), end.code, "", end.moment.at, end.moment.packet)
        for end in ends_by(connection, side)
    ]
    if close is not None:
        found.insert(0, Mark("close", close.code, close.reason, close.at, close.packet))
    return min(found, key=lambda mark: mark.packet, default=None)  # a Close and its FIN may share


def hops_of(legs: Sequence[Leg], clocks: Sequence[Clock]) -> list[Hop]:
    """Return the legs, as far as possible by the capture that holds most of them: one clock."""
    held = Counter(sighting.capture for leg in legs for sighting in leg.sightings)

    def worth(sighting: Sighting) -> tuple[int, bool, int, int]:
        error = clocks[sighting.capture].error
        return -held[sighting.capture], error is None, error or 0, sighting.capture

    chosen = [min(leg.sightings, key=worth) for leg in legs]
    return [
        Hop(
            one,
            clocks[one.capture],
            marks_of(one.connection, Side.CLIENT),
            marks_of(one.connection, Side.SERVER),
        )
        for one in chosen
    ]


def between(a: Hop, mark: Mark, b: Hop, other: Mark) -> tuple[int | None, int | None]:
    """Return the time from a sign on one leg to a sign on another, and its error."""
    if a.sighting.capture == b.sighting.capture:
        return other.at - mark.at, 0
    start, end = a.clock.corrected(mark.at), b.clock.corrected(other.at)
    if start is None or end is None:
        return None, None
    if a.clock.error is None or b.clock.error is None:
        return end - start, None
    return end - start, a.clock.error + b.clock.error


def origin_of(hops: Sequence[Hop]) -> int | None:
    """Return which place the ending came from, 0 for the client; None where that cannot be told.

    On every leg the first sign comes from the side where the ending came from. Where legs disagree,
    or times contradict, the earliest sign decides, if the clocks are good enough for that.
    """
    if any(hop.sighting.connection.ending.kind in NO_WEBSOCKET for hop in hops):
        return None
    firsts = [hop.first for hop in hops]
    told = [i for i, first in enumerate(firsts) if first is not None]
    if not told:
        return None
    silent = [hop for hop in hops if hop.first is None]
    if any(hop.sighting.connection.ending.kind in HIDDEN for hop in silent):
        return None
    to_client = [i for i in told if firsts[i] is Side.SERVER]
    to_server = [i for i in told if firsts[i] is Side.CLIENT]
    origin = to_client[-1] + 1 if to_client else to_server[0]
    chained = not to_client or not to_server or to_client[-1] < to_server[0]
    if (
        chained
        and _in_time(hops, [i for i in told if i >= origin])
        and _in_time(hops, [i for i in reversed(told) if i < origin])
    ):
        return origin
    return _earliest(hops, told)


def _first_mark(hop: Hop) -> Mark | None:
    return None if hop.first is None else hop.of(hop.first)


def _in_time(hops: Sequence[Hop], way: Sequence[int]) -> bool:
    """Whether signs along a way may have caused each other: none before the one that caused it."""
    for i, j in pairwise(way):
        one, other = _first_mark(hops[i]), _first_mark(hops[j])
        if one is None or other is None:
            continue
        apart, error = between(hops[i], one, hops[j], other)
        if apart is not None and error is not None and apart < -error:
            return False
    return True


def _earliest(hops: Sequence[Hop], told: Sequence[int]) -> int | None:
    for i in told:
        mark = _first_mark(hops[i])
        others = [j for j in told if j != i]
        if mark is not None and all(_surely_before(hops[i], mark, hops[j]) for j in others):
            return i if hops[i].first is Side.CLIENT else i + 1
    return None


def _surely_before(hop: Hop, mark: Mark, other: Hop) -> bool:
    later = _first_mark(other)
    if later is None:
        return True
    apart, error = between(hop, mark, other, later)
    return apart is not None and error is not None and apart > error


def steps_of(hops: Sequence[Hop], origin: int | None) -> tuple[Step, ...]:
    """Return the ending's way from where it came from to both ends."""
    if origin is None:
        return ()
    right = _way(hops, range(origin, len(hops)), Side.CLIENT)
    left = _way(hops, range(origin - 1, -1, -1), Side.SERVER)
    if left and right and (left[0].at or 0) < (right[0].at or 0):
        return (*left, *right)
    return (*right, *left)


def _way(hops: Sequence[Hop], way: Sequence[int], side: Side) -> list[Step]:
    names = places(len(hops))
    steps: list[Step] = []
    before: tuple[Hop, Mark] | None = None
    for i in way:
        ends = (names[i], names[i + 1]) if side is Side.CLIENT else (names[i + 1], names[i])
        mark = hops[i].of(side)
        steps.append(_step(i, ends, hops[i], mark, before, caused=i != way[0]))
        before = None if mark is None else (hops[i], mark)
    return steps


def _step(
    leg: int,
    ends: tuple[str, str],
    hop: Hop,
    mark: Mark | None,
    before: tuple[Hop, Mark] | None,
    *,
    caused: bool,
) -> Step:
    if mark is None:
        hidden = hop.sighting.connection.ending.kind in HIDDEN
        if before is None or not caused or hidden:
            return Step(leg, *ends, None)
        return Step(leg, *ends, None, changed=f"{before[1]} was not passed on")
    held: int | None = None
    error: int | None = None
    changed = None
    if before is not None:
        held, error = between(before[0], before[1], hop, mark)
        if held is not None and error is not None and held < -error:
            held = error = None  # it was under way already
        elif before[1].sense != mark.sense:
            changed = f"{before[1]} became {mark}"
    return Step(
        leg,
        *ends,
        mark.what,
        mark.code,
        mark.reason,
        hop.clock.corrected(mark.at),
        hop.sighting.capture,
        mark.packet,
        held,
        error,
        changed,
    )
