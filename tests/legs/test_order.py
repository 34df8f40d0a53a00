"""Which leg is nearer to the client, and what tells it."""

from __future__ import annotations

from analyzer.legs.conversation import Leg, Sighting
from analyzer.legs.order import in_order
from conversation import START_NS
from legs_paths import CLIENT, INNER, MS, PROXY, SERVER, connections, key_of, leg

ELSEWHERE = ("10.7.0.1", 50000)


def seen_in(capture: int, talk_at: int = 0, *, step: int = 1, ends: object = None) -> Leg:
    client, server = ends or (CLIENT, PROXY)  # type: ignore[misc]
    talk = leg(client, server, key=key_of(1), start_ns=START_NS + talk_at, step_ns=step * MS)
    return Leg((Sighting(capture, connections(talk.packets)[0]),))


def test_one_clock_tells_who_asked_first() -> None:
    outer, inner = seen_in(0), seen_in(0, 5 * MS, ends=(ELSEWHERE, SERVER))
    assert in_order((inner, outer)) == ((outer, inner), "times")


def test_the_proxys_address_tells_it_across_captures() -> None:
    outer, inner = seen_in(1, 5 * MS), seen_in(0, ends=(INNER, SERVER))
    assert in_order((inner, outer)) == ((outer, inner), "addresses")


def test_who_waits_for_the_proxy_waits_longer_than_the_proxy() -> None:
    outer, inner = seen_in(1, step=3), seen_in(0, ends=(ELSEWHERE, SERVER))
    assert in_order((inner, outer)) == ((outer, inner), "times")


def test_where_nothing_tells_the_order_of_the_captures_is_taken_and_said() -> None:
    outer, inner = seen_in(0), seen_in(1, ends=(ELSEWHERE, SERVER))
    assert in_order((inner, outer)) == ((outer, inner), "captures")


def test_one_leg_needs_no_order() -> None:
    one = seen_in(0)
    assert in_order((one,)) == ((one,), "")
