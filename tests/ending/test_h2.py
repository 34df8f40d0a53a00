"""What ended a stream of HTTP/2 has its own words."""

from __future__ import annotations

import pytest

from analyzer.ending.facts import Facts, Goaway, Moment, SideFacts, StreamFacts, StreamReset
from analyzer.ending.h2 import (
    NO_HTTP2,
    Http2End,
    closed_by,
    ends_with_connection,
    goaway_name,
    http2_dict,
    http2_end,
    reset_by,
)

FIN, RST = Moment(1, 1), Moment(2, 2)
RESET, AWAY = StreamReset(3, 3, 8), Goaway(4, 4, 5, 11, b"calm\x1b")


def side(fin: Moment | None = None, rst: Moment | None = None, **h2: object) -> SideFacts:
    return SideFacts(fin=fin, rst=rst, h2=StreamFacts(**h2))  # type: ignore[arg-type]


def test_fin_and_rst_keep_their_names_where_they_are_those_of_tcp() -> None:
    plain = SideFacts(fin=FIN, rst=RST)
    assert (closed_by(plain), reset_by(plain)) == (("closed TCP", "FIN"), ("reset TCP", "RST"))
    streamed = side(FIN, RST, tcp_fin=FIN, tcp_rst=RST)
    assert (closed_by(streamed), reset_by(streamed)) == (closed_by(plain), reset_by(plain))


def test_frames_of_http2_have_names_of_their_own() -> None:
    assert closed_by(side(FIN, end_stream=FIN)) == ("ended the stream", "END_STREAM")
    assert reset_by(side(rst=RESET, reset=RESET)) == ("reset the stream", "RST_STREAM CANCEL")
    name = 'GOAWAY ENHANCE_YOUR_CALM "calm\\x1b"'
    assert reset_by(side(rst=AWAY, goaway=AWAY)) == ("ended HTTP/2", name)


def test_long_debug_data_is_cut() -> None:
    text = goaway_name(Goaway(0, 1, 0, 0, b"x" * 500))
    assert text == f'GOAWAY NO_ERROR "{"x" * 120}…"'


@pytest.mark.parametrize(
    ("client", "server", "taken"),
    [
        (side(FIN, end_stream=FIN), side(FIN, end_stream=FIN), False),
        (side(RST, rst=RESET, reset=RESET), side(), False),
        (side(FIN, end_stream=FIN), side(FIN, tcp_fin=FIN), True),
        (side(), side(rst=RST, tcp_rst=RST), True),
        (side(), side(rst=AWAY, goaway=AWAY), True),
        (side(), side(goaway=Goaway(4, 4, 5, 0)), False),
        (SideFacts(fin=FIN), SideFacts(), False),
    ],
)
def test_streams_that_end_with_their_connection(
    client: SideFacts, server: SideFacts, taken: bool
) -> None:
    facts = Facts(client=client, server=server, shared=3)
    assert ends_with_connection(facts) is taken
    assert http2_end(facts).shared == (3 if taken else None)


def test_record_has_the_same_names_with_and_without_http2() -> None:
    end = Http2End(FIN, None, None, RESET, AWAY, None, 2)
    record = http2_dict(end)
    assert record.keys() == http2_dict(NO_HTTP2).keys()
    assert set(http2_dict(NO_HTTP2).values()) == {None}
    assert (record["client_end_stream_packet"], record["server_reset_code"]) == (1, 8)
    assert (record["client_goaway_last_stream"], record["client_goaway_code"]) == (5, 11)
    assert (record["client_goaway_debug"], record["shared"]) == ("calm\x1b", 2)


def test_what_an_end_is_made_of() -> None:
    assert (NO_HTTP2.closed_with, NO_HTTP2.reset_with) == ("TCP FIN", "TCP RST")
    assert Http2End(server_end_stream=FIN).closed_with == "END_STREAM"
    assert Http2End(client_reset=RESET).reset_with == "RST_STREAM"
    assert Http2End(client_goaway=AWAY).reset_with == "GOAWAY"
    assert Http2End(client_goaway=Goaway(1, 1, 1, 0)).reset_with == "TCP RST"
