"""Closing handshakes that went wrong, told by packets."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from hyperframe.frame import DataFrame, RstStreamFrame

from analyzer.capture.record import CaptureRecord
from analyzer.findings.closing import close_overtaken, close_unanswered, half_closed, tcp_kept
from analyzer.findings.finding import Given
from conversation import Conversation
from http2_peers import Peers
from told import SECOND, closed, found_in, opened
from wire import CLOSE, MASK, close_body, frame

SIDES: tuple[Literal["client"], Literal["server"]] = ("client", "server")
BYE = frame(CLOSE, close_body(1000), mask=MASK)
BYE_TOO = frame(CLOSE, close_body(1000))


def given(talk: Conversation) -> Given:
    return Given(found_in(talk.packets))


def names(given: Given) -> list[str]:
    found = [*close_unanswered(given), *close_overtaken(given), *tcp_kept(given)]
    return [one.name for one in found]


def test_a_closing_handshake_in_good_order_has_no_fault() -> None:
    assert names(Given(found_in(closed()))) == []


def test_a_client_that_gave_up_after_ten_seconds() -> None:
    talk = opened().client(BYE).ack("server").wait(10).close_tcp("client")
    (found,) = close_unanswered(given(talk))
    assert found.sentence == (
        "the client's close frame was never answered in 1 connection; it gave up after 10.0 s,"
        " consistent with websockets (Python) close_timeout, 10 s or Vert.x client closing timeout,"
        " 10 s"
    )
    assert found.numbers["case"] == "gave up"
    # By hand: SYN, SYN/ACK, ACK, request, answer, text, ACK, Close.
    assert found.evidence == (8,)


def test_a_server_that_never_ends_its_half_either() -> None:
    talk = opened().client(BYE).ack("server").wait(4).fin("client").ack("server")
    (found,) = close_unanswered(given(talk))
    assert found.sentence.endswith("it gave up after 4.0 s")


def test_a_server_that_hangs_up_instead_of_answering() -> None:
    (found,) = close_unanswered(given(opened().client(BYE).ack("server").close_tcp("server")))
    assert found.sentence.endswith("the server closed TCP instead (1 by FIN)")
    (found,) = close_unanswered(given(opened().client(BYE).rst("server")))
    assert found.sentence.endswith("(1 by RST)")


def test_a_close_that_nobody_waited_for() -> None:
    talk = opened().server(BYE_TOO).fin("server").ack("client").wait(2).fin("client").ack("server")
    (found,) = close_unanswered(given(talk))
    assert found.numbers["case"] == "not waited"


def test_a_close_with_the_capture_at_its_end_is_no_fault() -> None:
    assert names(given(opened().client(BYE).ack("server"))) == []


def test_a_reset_behind_ones_own_close() -> None:
    talk = opened().server(BYE_TOO).rst("server")
    assert names(given(talk)) == ["close-overtaken"]
    # A reset against an answer that came is no such thing: browsers do it all the time.
    late = opened().client(BYE).fin("client").server(BYE_TOO).rst("client")
    assert names(given(late)) == []


def test_a_server_that_keeps_tcp() -> None:
    talk = opened().client(BYE).server(BYE_TOO).ack("client").wait(2).close_tcp("client")
    (found,) = tcp_kept(given(talk))
    assert found.sentence == (
        "the server of 1 connection did not close TCP behind the closing handshake; the client did"
        " after 2.0 s, consistent with Chromium, 2 s"
    )
    soon = opened().client(BYE).server(BYE_TOO).ack("client").wait(0.5).close_tcp("client")
    assert names(given(soon)) == []


def test_a_side_that_never_closes_tcp() -> None:
    (one,) = found_in(opened().fin("client").ack("server").packets)
    end = one.last_at
    long, soon = (CaptureRecord("a", last_at=end + seconds * SECOND) for seconds in (11, 5))
    (found,) = half_closed(Given([one], [long]))
    assert found.sentence == (
        "the server of 1 connection never closed TCP behind the client's FIN, for up to 11.0 s till"
        " the capture ends"
    )
    assert half_closed(Given([one], [soon])) == []
    assert half_closed(Given(found_in(closed()), [long])) == []


def test_on_http2_tcp_is_kept_for_other_streams() -> None:
    talk = opened().client(BYE).server(BYE_TOO).ack("client").wait(2).close_tcp("client")
    (one,) = found_in(talk.packets)
    assert tcp_kept(Given([one])) != []
    assert tcp_kept(Given([replace(one, h2_stream=1)])) == []


class Streams:
    """WebSockets on streams of one HTTP/2 connection."""

    def __init__(self, number: int = 1) -> None:
        self.talk = Conversation().handshake()
        self.peers = Peers(lambda side, data: self.talk.say(SIDES[side], data))
        self.streams = [self.peers.open(f"/{i}") for i in range(number)]

    def close(self, *, end: bool = False) -> None:
        for stream in self.streams:
            self.peers.say(stream, 0, BYE, end=end)
        self.talk.ack("server")


def test_on_http2_the_other_side_ends_the_stream_instead_of_answering() -> None:
    # Of four WebSockets, and in the order of streams: END_STREAM (the client had put its own on its
    # Close, and could still have been answered), RST_STREAM, RST_STREAM behind END_STREAM as Node
    # sends it, and an answer.
    way = Streams(4)
    way.close(end=True)
    first, second, third, last = way.streams
    way.peers.end(first, 1)
    way.peers.reset(second, 1)
    way.peers.raw(1, DataFrame(third, flags=["END_STREAM"]))
    way.peers.raw(1, RstStreamFrame(third, 2))
    way.peers.say(last, 1, BYE_TOO, end=True)
    way.talk.ack("client")
    (found,) = close_unanswered(given(way.talk))
    assert found.sentence == (
        "the client's close frame was not answered in 3 connections: the server ended the stream"
        " instead (1 by END_STREAM and 2 by RST_STREAM)"
    )
    assert found.numbers == {
        "case": "stream closed instead",
        "fin_connections": 0,
        "rst_connections": 0,
        "end_stream_connections": 1,
        "rst_stream_connections": 2,
    }


def test_on_http2_a_goaway_comes_instead_of_the_answer() -> None:
    way = Streams()
    way.close()
    way.peers.goaway(1, 11)
    way.talk.fin("server").fin("client").ack("server")
    (found,) = close_unanswered(given(way.talk))
    assert found.sentence.endswith("the server ended the stream instead (1 by GOAWAY)")


def test_end_stream_behind_a_close_leaves_the_other_side_free_to_answer() -> None:
    way = Streams()
    way.close(end=True)
    assert close_unanswered(given(way.talk)) == []


@pytest.mark.parametrize(
    ("waited", "said"),
    [
        (
            10,
            "the client's close frame was never answered in 1 connection; it gave up after 10.0 s",
        ),
        (0, "the client of 1 connection ended the stream (1 by RST_STREAM) right behind its own"),
    ],
)
def test_on_http2_a_client_gives_up_by_resetting_the_stream(waited: int, said: str) -> None:
    way = Streams()
    way.close()
    way.talk.wait(waited)
    way.peers.reset(way.streams[0], 0)
    way.talk.ack("server")
    (found,) = close_unanswered(given(way.talk))
    assert found.sentence.startswith(said)


def test_tcp_that_ends_below_several_websockets_is_counted_once() -> None:
    way = Streams(3)
    way.close()
    way.talk.fin("server").fin("client").ack("server")
    (found,) = close_unanswered(given(way.talk))
    assert found.sentence.startswith(
        "the client's close frame was not answered in 3 connections (on 1 TCP connection): the"
        " server closed TCP instead"
    )


def test_streams_and_tcp_that_end_instead_of_an_answer_are_told_together() -> None:
    way = Streams(2)
    way.close()
    way.peers.end(way.streams[0], 1)
    way.talk.fin("server").fin("client").ack("server")
    (found,) = close_unanswered(given(way.talk))
    assert found.sentence.endswith(
        "the server ended the connection instead (1 by FIN and 1 by END_STREAM)"
    )
