"""What may be a leg of what, asked of the rules one by one."""

from __future__ import annotations

import time
from dataclasses import replace

from analyzer.legs.clocks import Clock
from analyzer.legs.conversation import Match
from analyzer.legs.match import LATEST_NS, by_key, by_traffic, legs_of, name_of
from analyzer.record import Endpoint
from conversation import START_NS
from legs_paths import INNER, MS, SERVER, closed, connections, key_of, leg

ONE_CLOCK = [Clock(0, 0, 0, 0)]


def test_key_and_accept_name_the_same_handshake() -> None:
    packets = closed(leg(key="dGhlIHNhbXBsZSBub25jZQ==")).packets
    (one,) = connections(packets)
    # RFC 6455, section 1.3: this key is answered by this accept.
    assert name_of(one) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert (one.handshake.key, one.handshake.accept) == ("dGhlIHNhbXBsZSBub25jZQ==", name_of(one))


def test_a_proxy_that_asks_too_late_is_not_recognised_by_time() -> None:
    outer = closed(leg(key=key_of(1), texts=())).packets
    for late, legs in ((LATEST_NS - MS, 2), (LATEST_NS + MS, 1)):
        inner = closed(
            leg(INNER, SERVER, key=key_of(2), texts=(), start_ns=START_NS + late)
        ).packets
        both = sorted([*outer, *inner], key=lambda p: p.time_ns)
        bundles = by_traffic(legs_of([connections(both)]), ONE_CLOCK)
        assert max(len(one.legs) for one in bundles) == legs


def test_other_messages_or_another_path_do_not_fit() -> None:
    outer = closed(leg(key=key_of(1))).packets
    for change in ({"texts": (5, 8, 9, 11)}, {"path": "/other"}):
        inner = closed(leg(INNER, SERVER, key=key_of(2), start_ns=START_NS + MS, **change)).packets  # type: ignore[arg-type]
        both = sorted([*outer, *inner], key=lambda p: p.time_ns)
        bundles = by_traffic(legs_of([connections(both)]), ONE_CLOCK)
        assert [one.match for one in bundles] == [Match.SINGLE, Match.SINGLE]


def test_captures_whose_clocks_are_not_known_are_not_matched_by_time() -> None:
    outer = connections(closed(leg(key=key_of(1))).packets)
    inner = connections(closed(leg(INNER, SERVER, key=key_of(2))).packets)
    clocks = [Clock(0, 0, 0, 0), Clock(1, None, None, 0)]
    assert len(by_traffic(legs_of([outer, inner]), clocks)) == 2


def test_ports_used_again_are_two_legs() -> None:
    first = closed(leg(key=key_of(1))).packets
    again = closed(leg(key=key_of(2), start_ns=START_NS + 60_000 * MS)).packets
    found = connections([*first, *again])
    legs = legs_of([found, found])
    assert [len(one.sightings) for one in legs] == [2, 2]
    assert by_key(legs) == ([], legs)


def test_many_connections_to_one_server_take_no_squared_time() -> None:
    (one,) = connections(closed(leg(key=key_of(1))).packets)
    many = [
        replace(
            one,
            client=Endpoint("10.0.0.1", number),
            handshake=replace(one.handshake, requested_at=START_NS + number),
        )
        for number in range(5000)
    ]
    asked = time.process_time()
    assert len(by_traffic(legs_of([many]), ONE_CLOCK)) == 5000
    # Squared, it would be 25 million comparisons: half a minute.
    assert time.process_time() - asked < 5
