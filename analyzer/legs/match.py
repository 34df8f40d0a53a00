"""Connections in captures to legs, and legs to the conversations that they carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer.http.handshake import accept_of
from analyzer.legs.clocks import Clock, offset_between
from analyzer.legs.conversation import Leg, Match, Sighting
from analyzer.legs.events import alike, forwarded, frames_of
from analyzer.record import Connection
from analyzer.side import SIDES, Side

# A proxy that asks its server later than this after it was asked itself is not recognised by time.
LATEST_NS = 5_000_000_000
# So many requests before and after are looked at: the time must not grow with its square.
LOOKED = 32
# Of two requests, the nearer one is taken only if the other is this much farther.
CLEARLY = 10
# So many messages of equal lengths are more than chance.
DISTINCT = 3


@dataclass(frozen=True, slots=True)
class Bundle:
    """Legs of one conversation, not yet in order."""

    legs: tuple[Leg, ...]
    match: Match


def legs_of(captures: Sequence[Iterable[Connection]]) -> list[Leg]:
    """Return every TCP connection that carried a WebSocket once, wherever it was seen.

    The same addresses and ports at both points, and the same key; where the upgrade was not
    captured, the addresses and their turn.
    """
    found: defaultdict[tuple[object, ...], list[Sighting]] = defaultdict(list)
    for number, connections in enumerate(captures):
        turns: defaultdict[tuple[object, ...], int] = defaultdict(int)
        for one in connections:
            name = (one.client, one.server, one.h2_stream, name_of(one))
            turns[name] += 1
            found[*name, turns[name]].append(Sighting(number, one))
    return [Leg(tuple(sightings)) for sightings in found.values()]


def name_of(connection: Connection) -> str:
    """Return the accept that names a handshake; from its key, or as sent; empty for neither."""
    shake = connection.handshake
    if shake.key:
        return accept_of(shake.key) if shake.key.isascii() else ""
    return shake.accept or ""


def by_key(legs: Sequence[Leg]) -> tuple[list[Bundle], list[Leg]]:
    """Return the conversations whose legs name the same handshake, and the legs that are left.

    A key that a client wrote more than once, for connections of their own, names nothing.
    """
    groups: defaultdict[str, list[Leg]] = defaultdict(list)
    for leg in legs:
        groups[name_of(leg.connection)].append(leg)
    bundles, left = [], []
    for name, group in groups.items():
        if not name or len(group) == 1 or _is_worn(group):
            left += group
        else:
            keys = all(any(one.connection.handshake.key for one in leg.sightings) for leg in group)
            bundles.append(Bundle(tuple(group), Match.KEY if keys else Match.ACCEPT))
    return bundles, left


def _is_worn(group: Sequence[Leg]) -> bool:
    servers = [leg.connection.server for leg in group]
    return len(set(servers)) < len(servers)


def by_traffic(legs: Sequence[Leg], clocks: Sequence[Clock]) -> list[Bundle]:
    """Return the other conversations: two legs where just one fits, and single ones."""
    times = [corrected_request(leg.sightings[0], clocks) for leg in legs]
    by_path: defaultdict[object, list[int]] = defaultdict(list)
    for i, leg in enumerate(legs):
        if times[i] is not None:
            by_path[leg.connection.handshake.target, leg.connection.framing].append(i)
    wanted: dict[int, tuple[int, Match]] = {}
    for group in by_path.values():
        group.sort(key=lambda i: times[i] or 0)
        for place, i in enumerate(group):
            near = group[max(0, place - LOOKED) : place + LOOKED + 1]
            found = _only_fitting(legs, i, near, clocks)
            if found is not None:
                wanted[i] = found
    bundles, taken = [], set()
    for i, (j, match) in wanted.items():
        if i not in taken and wanted.get(j, (None,))[0] == i:
            bundles.append(Bundle((legs[i], legs[j]), match))
            taken |= {i, j}
    return bundles + [Bundle((leg,), Match.SINGLE) for i, leg in enumerate(legs) if i not in taken]


def _only_fitting(
    legs: Sequence[Leg], i: int, near: Sequence[int], clocks: Sequence[Clock]
) -> tuple[int, Match] | None:
    fitting = []
    for j in near:
        if not _could_be_two(legs[i].connection, legs[j].connection):
            continue
        found = _fit(legs[i], legs[j], clocks)
        if found is not None:
            fitting.append((found[0], j, found[1]))
    fitting.sort(key=lambda one: one[:2])
    if not fitting or (len(fitting) > 1 and fitting[1][0] < CLEARLY * fitting[0][0]):
        return None  # none, or several that would do as well
    return fitting[0][1], fitting[0][2]


def _fit(one: Leg, other: Leg, clocks: Sequence[Clock]) -> tuple[int, Match] | None:
    """Return how far apart two requests are, and what says that they are of one conversation."""
    a, b = one.connection, other.connection
    apart = _requests_apart(one, other, clocks)
    if apart is None or not _same_data(a, b):
        return None
    distinct, nested = _distinct(a, b), _nested(one, other)
    if nested is False or not (_chained(a, b) or (distinct and nested)):
        return None
    return apart, Match.TRAFFIC if distinct else Match.TIME


def _could_be_two(a: Connection, b: Connection) -> bool:
    """Whether they are not just two connections of one client, or of one proxy."""
    if a.server == b.server or a.client == b.client:
        return False
    return _chained(a, b) or (a.client.ip != b.client.ip and a.server.ip != b.server.ip)


def _chained(a: Connection, b: Connection) -> bool:
    """Whether one's server has the other's client's address, as a proxy with one address has."""
    return a.server.ip == b.client.ip or b.server.ip == a.client.ip


def _nested(one: Leg, other: Leg) -> bool | None:
    """Whether every message passed the legs in the order of its way, by one clock.

    To the server first on the outer leg, to the client first on the inner one. None where that
    cannot be told: no capture holds both, or they say too little.
    """
    for sighting in one.sightings:
        there = other.at(sighting.capture)
        if there is None:
            continue
        pairs = forwarded(sighting.connection, there.connection, answers=False)
        found = offset_between(pairs, nearer_known=False)
        if found is None or found.one_way:
            return None
        return found.error is not None and abs(found.value) <= found.error
    return None


def _requests_apart(one: Leg, other: Leg, clocks: Sequence[Clock]) -> int | None:
    shared = {sighting.capture for sighting in one.sightings} & {
        sighting.capture for sighting in other.sightings
    }
    if shared:
        number = min(shared)
        here, there = one.at(number), other.at(number)
    else:
        here, there = one.sightings[0], other.sightings[0]
    times = [corrected_request(sighting, clocks) for sighting in (here, there) if sighting]
    if len(times) < 2 or times[0] is None or times[1] is None:
        return None
    apart = abs(times[0] - times[1])
    return apart if apart <= LATEST_NS else None


def corrected_request(sighting: Sighting, clocks: Sequence[Clock]) -> int | None:
    """Return when the request passed, by the clock of the first capture."""
    at = sighting.connection.handshake.requested_at
    return None if at is None else clocks[sighting.capture].corrected(at)


def _same_data(a: Connection, b: Connection) -> bool:
    if a.handshake.extensions != b.handshake.extensions:
        return True  # compressed on one leg alone: lengths say nothing
    return all(
        alike(frames_of(a, side, data_only=True), frames_of(b, side, data_only=True))
        for side in SIDES
    )


def _distinct(a: Connection, b: Connection) -> bool:
    if a.handshake.extensions != b.handshake.extensions:
        return False
    counts = [
        len(frames_of(one, Side.CLIENT, data_only=True))
        + len(frames_of(one, Side.SERVER, data_only=True))
        for one in (a, b)
    ]
    return min(counts) >= DISTINCT and abs(counts[0] - counts[1]) <= 1
