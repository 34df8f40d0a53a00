"""Which leg is nearer to the client."""

from __future__ import annotations

from functools import cmp_to_key
from itertools import pairwise

from analyzer.legs.conversation import Leg

# What tells it, from the surest on.
TIMES, ADDRESSES, CAPTURES = "times", "addresses", "captures"
BASES = (TIMES, ADDRESSES, CAPTURES)


def in_order(legs: tuple[Leg, ...]) -> tuple[tuple[Leg, ...], str]:
    """Return legs from the client to the server, and the weakest of what tells that order."""
    ordered = tuple(sorted(legs, key=cmp_to_key(_nearer)))
    told = [_compare(a, b)[1] for a, b in pairwise(ordered)]
    return ordered, max(told, key=BASES.index) if told else ""


def _nearer(one: Leg, other: Leg) -> int:
    return _compare(one, other)[0]


def _compare(one: Leg, other: Leg) -> tuple[int, str]:
    """Return -1 where the first leg is nearer to the client, and what tells that."""
    by_request = _requested_first(one, other)
    if by_request:
        return by_request, TIMES
    by_address = _addresses(one, other)
    if by_address:
        return by_address, ADDRESSES
    by_wait = _waited_longer(one, other)
    if by_wait:
        return by_wait, TIMES
    return one.sightings[0].capture - other.sightings[0].capture or -1, CAPTURES


def _requested_first(one: Leg, other: Leg) -> int:
    """Compare by one clock: a proxy asks after it was asked."""
    for sighting in one.sightings:
        there = other.at(sighting.capture)
        here_at = sighting.connection.handshake.requested_at
        there_at = there.connection.handshake.requested_at if there else None
        if here_at is not None and there_at is not None and here_at != there_at:
            return -1 if here_at < there_at else 1
    return 0


def _addresses(one: Leg, other: Leg) -> int:
    a, b = one.connection, other.connection
    return (b.server.ip == a.client.ip) - (a.server.ip == b.client.ip)


def _waited_longer(one: Leg, other: Leg) -> int:
    """Compare by two clocks: who waits for the proxy waits longer than the proxy itself."""
    a, b = one.connection.timing.upgrade, other.connection.timing.upgrade
    return 0 if a is None or b is None else (b > a) - (a > b)
