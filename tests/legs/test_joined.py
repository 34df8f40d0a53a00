"""Legs of one conversation are found, in order, by key and without, or are left alone."""

from __future__ import annotations

import pytest

from analyzer.legs import Joined, join_captures
from analyzer.legs.conversation import Match
from conversation import START_NS
from legs_paths import (
    CLIENT,
    INNER,
    MS,
    PROXY,
    SERVER,
    closed,
    connections,
    key_of,
    lagging,
    leg,
    seen,
)


def two_legs(number: int = 1, *, own_key: bool = False, at: int = START_NS) -> tuple[object, ...]:
    outer = leg((CLIENT[0], CLIENT[1] + number), PROXY, key=key_of(number), start_ns=at)
    inner = leg(
        (INNER[0], INNER[1] + number),
        SERVER,
        key=key_of(number + 500 if own_key else number),
        start_ns=at + 2 * MS,
    )
    return lagging(closed(outer)), closed(inner).packets


def together(*talks: object) -> Joined:
    packets = sorted((p for talk in talks for p in talk), key=lambda p: p.time_ns)  # type: ignore[attr-defined]
    return join_captures([connections(packets)])


def test_legs_with_one_key_are_one_conversation() -> None:
    outer, inner = two_legs()
    (one,) = together(outer, inner).conversations
    assert (one.match, one.order, len(one.legs)) == (Match.KEY, "times", 2)
    assert [leg.connection.server.ip for leg in one.legs] == [PROXY[0], SERVER[0]]


def test_where_a_proxy_writes_its_own_key_messages_and_times_tell() -> None:
    outer, inner = two_legs(own_key=True)
    (one,) = together(outer, inner).conversations
    assert (one.match, len(one.legs)) == (Match.TRAFFIC, 2)


def test_without_messages_only_the_times_tell_and_that_is_said() -> None:
    outer = closed(leg(key=key_of(1), texts=()).wait(0.1)).packets
    inner = closed(leg(INNER, SERVER, key=key_of(2), texts=(), start_ns=START_NS + MS)).packets
    (one,) = together(outer, inner).conversations
    assert one.match is Match.TIME
    assert one.match.meaning.startswith("possible")


def test_two_that_fit_equally_well_are_not_joined() -> None:
    one = two_legs(1, own_key=True)
    other = two_legs(2, own_key=True, at=START_NS + MS)
    joined = together(*one, *other)
    assert {(found.match, len(found.legs)) for found in joined.conversations} == {(Match.SINGLE, 1)}
    assert len(joined.conversations) == 4


def test_two_tabs_of_one_client_are_not_two_legs() -> None:
    # The same path, the same messages and nearly the same time, but the same server.
    one = closed(leg(key=key_of(1))).packets
    other = closed(leg((CLIENT[0], 40001), key=key_of(2), start_ns=START_NS + MS)).packets
    assert [len(found.legs) for found in together(one, other).conversations] == [1, 1]


def test_a_key_that_a_client_writes_every_time_joins_nothing_by_itself() -> None:
    at = [START_NS, START_NS + 60_000 * MS]
    talks = []
    for number, start in enumerate(at):
        outer = leg((CLIENT[0], 40000 + number), PROXY, key=key_of(7), start_ns=start)
        inner = leg((INNER[0], 50000 + number), SERVER, key=key_of(7), start_ns=start + 2 * MS)
        talks += [lagging(closed(outer)), closed(inner).packets]
    found = together(*talks).conversations
    assert [(one.match, len(one.legs)) for one in found] == [(Match.TRAFFIC, 2)] * 2


def test_an_answer_alone_names_the_handshake() -> None:
    outer, inner = two_legs()
    half = [one for one in inner if one.data[26:30] != bytes((10, 0, 0, 5))]
    found = join_captures([connections(outer), connections(half)]).conversations
    assert [(one.match, len(one.legs)) for one in found] == [(Match.ACCEPT, 2)]


def test_one_leg_seen_at_two_points_is_one_leg() -> None:
    outer, inner = two_legs()
    at_client = seen(outer, CLIENT)
    at_proxy = sorted([*seen(outer, CLIENT, out=MS, back=MS), *inner], key=lambda p: p.time_ns)
    joined = join_captures([connections(at_client), connections(at_proxy), connections(inner)])
    (one,) = joined.conversations
    assert [[s.capture for s in leg.sightings] for leg in one.legs] == [[0, 1], [1, 2]]


@pytest.mark.parametrize("ahead", [0, 250 * MS, -3_600_000 * MS])
def test_clocks_do_not_matter_for_what_one_capture_holds(ahead: int) -> None:
    outer, inner = two_legs()
    at_client = seen(outer, CLIENT)
    at_proxy = seen(sorted([*outer, *inner], key=lambda p: p.time_ns), CLIENT, ahead=ahead)
    joined = join_captures([connections(at_client), connections(at_proxy)])
    (one,) = joined.conversations
    assert (one.first, len(one.legs), one.steps[1].held_error) == ("server", 2, 0)
    assert joined.clocks[1].offset is not None
    assert abs(joined.clocks[1].offset - ahead) <= (joined.clocks[1].error or 0)


def test_nothing_to_join_is_nothing() -> None:
    assert join_captures([[], []]).conversations == []
    assert join_captures([[], []]).clocks[1].offset is None


def test_a_proxy_with_two_addresses_is_recognised_by_what_it_passes_on() -> None:
    outer = lagging(closed(leg(key=key_of(1))))
    inside = (("192.168.7.1", 50000), ("192.168.7.9", 8080))
    inner = closed(leg(*inside, key=key_of(2), start_ns=START_NS + 2 * MS)).packets
    (one,) = together(outer, inner).conversations
    assert (one.match, len(one.legs)) == (Match.TRAFFIC, 2)


def test_strangers_who_say_the_same_at_the_same_time_are_not_joined() -> None:
    # Not in the order of a way: both directions pass the first one 2 ms before the second.
    one = closed(leg(key=key_of(1))).packets
    strangers = (("192.168.7.1", 50000), ("192.168.7.9", 8080))
    other = closed(leg(*strangers, key=key_of(2), start_ns=START_NS + 2 * MS)).packets
    assert [len(found.legs) for found in together(one, other).conversations] == [1, 1]
