"""What happens to a TCP connection is told once, however many WebSockets are on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzer.ending.facts import Goaway, Moment, Reset, StreamReset
from analyzer.ending.h2 import Http2End
from analyzer.findings.ends import end_at, end_moment, way_of
from analyzer.findings.finding import Given
from analyzer.findings.half_open import half_open
from analyzer.findings.loss import loss
from analyzer.findings.mass_end import mass_end
from analyzer.findings.shared_tcp import counted_on_tcp, each_tcp, tcp_of
from analyzer.findings.who_sent_rst import who_sent_rst
from analyzer.record import Connection
from analyzer.side import Side
from population import at, connection, with_ending, with_traffic


def streamed(number: int, kind: str = "fin", tcp: int = 0, **fields: Any) -> Connection:
    """Give a WebSocket on a stream of the HTTP/2 connection `tcp`."""
    one = connection(number, kind, **fields)
    client = replace(one.client, port=40000 + tcp)
    return replace(one, tcp_stream=tcp, client=client, carrier="h2", h2_stream=2 * number + 1)


def test_one_for_each_tcp_connection_is_that_which_saw_most_of_it() -> None:
    early, late = streamed(0), with_traffic(streamed(1), Side.SERVER, segments=70)
    other = streamed(2, tcp=9)
    assert each_tcp([early, late, other]) == [late, other]
    assert (tcp_of(early) == tcp_of(late), tcp_of(early) == tcp_of(other)) == (True, False)
    assert counted_on_tcp([early, late, other]) == "3 connections (on 2 TCP connections)"
    assert counted_on_tcp([early, other]) == "2 connections"


def test_without_http2_each_is_one() -> None:
    ones = [connection(0), connection(1)]
    assert each_tcp(ones) == ones


def lossy(number: int, kind: str, tcp: int, again: int, segments: int) -> Connection:
    one = with_traffic(streamed(number, kind, tcp), Side.CLIENT, segments=0)
    return with_traffic(one, Side.SERVER, segments=segments, retransmitted_segments=again)


def test_segments_that_were_sent_again_count_once() -> None:
    # Five WebSockets on one TCP connection of which 20 of 200 segments were sent again: two ended
    # without a close frame. By hand, 20 of 200 in one that ended badly, and 1 of 400 in another.
    shared = [lossy(i, "rst" if i < 2 else "hybi_close", 0, 20, 200) for i in range(5)]
    (found,) = loss(Given([*shared, lossy(9, "hybi_close", 1, 1, 400)]))
    assert found.sentence.startswith(
        "segments were sent again in 5 connections (on 1 TCP connection), up to 10.0 % of all"
    )
    assert (found.numbers["bad_share"], found.numbers["good_share"]) == (0.1, 0.0025)
    assert (found.numbers["bad_connections"], found.numbers["good_connections"]) == (1, 1)


def test_websockets_that_one_tcp_connection_takes_are_no_mass_ending() -> None:
    others = [connection(100 + i, "open", None, begin=-5.0 * i, open_s=500) for i in range(4)]
    taken = [streamed(i, begin=-20.0 * i, open_s=100 + 20.0 * i) for i in range(8)]
    assert mass_end(Given([*taken, *others])) == []


def test_a_mass_ending_of_tcp_connections_tells_both_numbers_and_what_was_on_the_wire() -> None:
    # Eight TCP connections with two WebSockets each; the server ends all streams at 100 s.
    ones = [
        with_ending(
            streamed(i, "fin", i // 2, begin=-9.0 * i, open_s=100 + 9.0 * i),
            h2=Http2End(server_end_stream=Moment(at(100), 5)),
        )
        for i in range(16)
    ]
    (found,) = mass_end(Given(ones))
    assert found.sentence.startswith("16 connections (on 8 TCP connections) ended within")
    assert ": by END_STREAM, cut by the server" in found.sentence


def test_a_rst_that_took_many_is_one_packet_of_one_tcp_connection() -> None:
    rst = Reset(at(30), 77, True, 64, 64, 0, 0, 0, 1_000_000)
    ones = [streamed(i, "rst") for i in range(3)]
    ones = [with_ending(one, tcp=replace(one.ending.tcp, server_rst=rst)) for one in ones]
    (found,) = who_sent_rst(Given(ones))
    assert found.sentence.startswith(
        "3 connections (on 1 TCP connection) ended by a RST of the server"
    )
    assert found.evidence == (77,)


def test_a_rst_behind_a_goaway_ended_no_websocket() -> None:
    rst = Reset(at(30), 77, True, 64, 64, 0, 0, 0, 1_000_000)
    one = streamed(0, "rst")
    one = with_ending(one, tcp=replace(one.ending.tcp, server_rst=rst))
    away = Goaway(at(29), 70, 1, 11, b"")
    assert who_sent_rst(Given([with_ending(one, h2=Http2End(server_goaway=away))])) == []
    # One that tells of no error ends nothing.
    away = replace(away, code=0)
    assert len(who_sent_rst(Given([with_ending(one, h2=Http2End(server_goaway=away))]))) == 1


def test_segments_into_nothing_count_once() -> None:
    ones = [streamed(i, "vanished", first=Side.CLIENT) for i in range(3)]
    ones = [with_traffic(one, Side.CLIENT, last_at=at(10)) for one in ones]
    ones = [
        with_traffic(one, Side.SERVER, last_at=at(40), segments=50, unanswered_segments=6)
        for one in ones
    ]
    (found,) = half_open(Given(ones))
    assert "3 connections (on 1 TCP connection)" in found.sentence
    assert found.numbers["unanswered_segments"] == 6


@pytest.mark.parametrize(
    ("kind", "end", "way"),
    [
        ("fin", Http2End(client_end_stream=Moment(at(9), 8)), "END_STREAM"),
        ("fin", Http2End(), "FIN"),
        ("rst", Http2End(server_reset=StreamReset(at(9), 8, 8)), "RST_STREAM"),
        ("rst", Http2End(server_goaway=Goaway(at(9), 8, 1, 11, b"")), "GOAWAY"),
        ("rst", Http2End(server_goaway=Goaway(at(9), 8, 1, 0, b"")), "RST"),
    ],
)
def test_the_end_of_a_stream_is_named_and_timed_by_what_ended_it(
    kind: str, end: Http2End, way: str
) -> None:
    one = with_ending(streamed(0, kind, open_s=30), h2=end)
    assert way_of(one) == way
    # `connection` lets TCP end at 30 s, in packet 91.
    expected = (at(30), 91) if way in {"FIN", "RST"} else (at(9), 8)
    found = end_moment(one)
    assert (found.at, found.packet) == expected
    assert end_at(one) == expected[0]
