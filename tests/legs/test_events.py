"""What is recognised again at another point."""

from __future__ import annotations

from analyzer.legs.events import Sent, alike, forwarded, frames_of, same_packets
from analyzer.side import Side
from legs_paths import CLIENT, INNER, MS, SERVER, closed, connections, key_of, leg, seen
from wire import PING, frame


def test_the_same_packets_are_recognised_one_by_one() -> None:
    talk = closed(leg(key=key_of(1)))
    (one,) = connections(talk.packets)
    (other,) = connections(seen(talk.packets, CLIENT, ahead=7 * MS))
    pairs = list(same_packets(one, other))
    # SYN, request, answer, four texts, two closes.
    assert len(pairs) == 9
    assert {there - here for _, here, there in pairs} == {7 * MS}


def test_a_capture_that_begins_in_mid_stream_shares_the_closes() -> None:
    talk = closed(leg(key=key_of(1)))
    (one,) = connections(talk.packets)
    (late,) = connections(talk.packets[6:])
    assert late.seen_from == "midstream"
    assert len(list(same_packets(one, late))) == 2


def test_a_proxys_own_pings_are_not_taken_for_what_it_passed_on() -> None:
    outer = leg(key=key_of(1), texts=(5,)).server(frame(PING, b"p")).server(frame(1, b"x"))
    inner = leg(INNER, SERVER, key=key_of(1), texts=(5,)).server(frame(1, b"x"))
    found = list(forwarded(*connections(outer.packets), *connections(inner.packets), answers=True))
    # Request, answer, a text of either side.
    assert [side for side, _, _ in found] == [Side.CLIENT, Side.SERVER, Side.CLIENT, Side.SERVER]


def test_frames_are_not_counted_where_some_may_lack() -> None:
    talk = leg(key=key_of(1), texts=(5, 7))
    talk.client(frame(1, b"lost", mask=b"abcd"), captured=False).client(frame(1, b"", mask=b"abcd"))
    (one,) = connections(talk.packets)
    assert frames_of(one, Side.CLIENT) == []
    assert len(frames_of(one, Side.SERVER)) == 1


def test_lists_are_alike_as_far_as_the_shorter_goes() -> None:
    a, b = Sent(1, 5, 0), Sent(1, 6, 0)
    assert alike([a, b], [a])
    assert not alike([a, b], [b])
