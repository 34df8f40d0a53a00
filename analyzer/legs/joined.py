"""Connections of several captures in; their legs joined, their clocks compared, out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from analyzer.legs.clocks import Clock, Offset, offset_between, set_clocks
from analyzer.legs.conversation import Conversation, Leg, Sighting, places
from analyzer.legs.events import Pair, forwarded, same_packets
from analyzer.legs.journey import hops_of, origin_of, steps_of
from analyzer.legs.match import Bundle, by_key, by_traffic, legs_of
from analyzer.legs.order import CAPTURES, in_order
from analyzer.legs.sentence import sentence_of
from analyzer.record import Connection

Pairs = dict[tuple[int, int], list[Pair]]


@dataclass(frozen=True, slots=True)
class Joined:
    """Conversations over all their hops.

    Times in `Step.at` are by the clock of the first capture; connections keep the times of their
    own captures.

    Attributes
    ----------
    clocks : list of Clock
        One for each capture, in their order.
    conversations : list of Conversation
        In order of time.
    """

    clocks: list[Clock]
    conversations: list[Conversation]


def join_captures(captures: Sequence[Iterable[Connection]]) -> Joined:
    """Join the connections of captures that were read apart.

    Parameters
    ----------
    captures : sequence of iterables of Connection
        Each capture's connections, with their frames: without these only the handshakes and
        closes are compared.
    """
    legs = legs_of(captures)
    bundles, left = by_key(legs)
    clocks = set_clocks(len(captures), offsets_of(legs, bundles))
    bundles += by_traffic(left, clocks)
    found = [_conversation(bundle, clocks) for bundle in bundles]
    found.sort(key=lambda one: _began(one.legs[0], clocks))
    return Joined(
        clocks,
        [
            Conversation(i, one.legs, one.match, one.order, one.first, one.steps, one.sentence)
            for i, one in enumerate(found)
        ],
    )


def offsets_of(legs: Sequence[Leg], bundles: Sequence[Bundle]) -> dict[tuple[int, int], Offset]:
    """Return how far the clocks of each two captures are apart, where something tells.

    The same TCP connection seen twice tells it best; what a proxy passed on tells it, too, but
    the time that the proxy took makes the error larger.
    """
    same, passed_on = _seen_twice(legs), _passed_on(bundles)
    offsets: dict[tuple[int, int], Offset] = {}
    for pair, found in passed_on.items():
        offset = offset_between(found, nearer_known=True)
        if offset is not None:
            offsets[pair] = offset
    for pair, found in same.items():
        offset = offset_between(found, nearer_known=False)
        if offset is not None and (offset.error is not None or pair not in offsets):
            offsets[pair] = offset
    return offsets


def _seen_twice(legs: Sequence[Leg]) -> Pairs:
    pairs: Pairs = defaultdict(list)
    for leg in legs:
        for one, other in combinations(leg.sightings, 2):
            found = same_packets(one.connection, other.connection)
            pairs[one.capture, other.capture].extend(found)
    return pairs


def _passed_on(bundles: Sequence[Bundle]) -> Pairs:
    pairs: Pairs = defaultdict(list)
    for bundle in bundles:
        ordered, told_by = in_order(bundle.legs)
        if told_by == CAPTURES:
            continue  # nothing but how they were given says who forwarded to whom
        for outer, inner in combinations(ordered, 2):
            for one in outer.sightings:
                for other in inner.sightings:
                    _add(pairs, one, other)
    return pairs


def _add(pairs: Pairs, outer: Sighting, inner: Sighting) -> None:
    a, b = outer.capture, inner.capture
    found = forwarded(outer.connection, inner.connection, answers=True)
    if a < b:
        pairs[a, b].extend(found)
    elif b < a:
        # Seen from the other end, what goes to the server goes away from the first capture.
        pairs[b, a].extend((side.other, there, here) for side, here, there in found)


def _conversation(bundle: Bundle, clocks: Sequence[Clock]) -> Conversation:
    legs, order = in_order(bundle.legs)
    hops = hops_of(legs, clocks)
    origin = origin_of(hops)
    steps = steps_of(hops, origin)
    first = None if origin is None else places(len(legs))[origin]
    sentence = sentence_of(legs, first, steps)
    return Conversation(0, legs, bundle.match, order, first, steps, sentence)


def _began(leg: Leg, clocks: Sequence[Clock]) -> tuple[int, int]:
    sighting = leg.sightings[0]
    at = sighting.connection.first_at
    corrected = clocks[sighting.capture].corrected(at)
    return (at if corrected is None else corrected), sighting.connection.id
