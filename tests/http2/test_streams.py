"""WebSockets begin and end on their streams as RFC 8441 says."""

from __future__ import annotations

import pytest
from hyperframe.frame import GoAwayFrame, RstStreamFrame

from analyzer.http2 import streams
from analyzer.http2.streams import LINGER_NS, PATIENCE_NS
from http2.driving import REQUEST, Driven


def test_an_accepted_request() -> None:
    wire = Driven()
    wire.headers(0, 1, REQUEST)
    (stream,) = wire.opened_streams
    assert stream.handshake.request is not None
    assert (stream.handshake.request.at, stream.handshake.request.packet) == (wire.now, wire.packet)
    wire.headers(1, 1, [(":status", "103")])  # not the answer yet (RFC 9113, section 8.1)
    assert wire.results == []
    wire.headers(1, 1, [(":status", "204")])  # RFC 8441, section 5: "a successful ... 2xx"
    assert wire.results == [("accepted", 0, 204)]


@pytest.mark.parametrize("status", ["302", "400", "503"])
def test_a_refused_request(status: str) -> None:
    wire = Driven()
    wire.headers(0, 1, REQUEST)
    wire.headers(1, 1, [(":status", status)])
    wire.body(1, 1, b"no WebSocket", end=True)
    wire.finish()
    assert wire.results == [("failed", 0, int(status))]


def test_an_unanswered_request() -> None:
    wire = Driven()
    wire.headers(0, 1, REQUEST)
    wire.body(0, 1, b"early")
    wire.finish()
    assert wire.results == [("failed", 0, None)]


def test_answers_that_the_capture_lacks_are_hidden() -> None:
    wire = Driven()
    wire.headers(0, 1, REQUEST)
    wire.lose(1, 5)
    wire.headers(0, 3, REQUEST)
    assert wire.results == []
    wire.body(0, 1, b"nobody sends on a stream that was refused")
    assert wire.results == [("accepted", 0, "hidden")]
    wire.finish()
    assert wire.results[1:] == [("accepted", 1, "hidden")]
    assert wire.above[0].gaps == [[], [0, 0]]


def test_a_request_that_is_reset_waits_for_the_answer_that_is_on_its_way() -> None:
    wire = Driven()
    for number, status in ((1, "403"), (3, "200")):
        wire.headers(0, number, REQUEST)
        wire.say(0, RstStreamFrame(number, error_code=8))
        wire.headers(1, number, [(":status", status)])
    assert wire.results == [("failed", 0, 403), ("accepted", 1, 200)]
    assert wire.above[1].events == [("rst", 0)]
    wire.headers(0, 5, REQUEST)
    wire.say(0, RstStreamFrame(5, error_code=8))
    wire.now += LINGER_NS
    wire.body(1, 9, b"of another")
    assert wire.results[2:] == [("failed", 2, None)]
    assert wire.above[1].events == [("rst", 0), ("finish",)]


def test_an_answer_may_be_in_a_gap_that_is_told_after_the_reset() -> None:
    wire = Driven()
    wire.headers(0, 1, REQUEST)
    wire.say(0, RstStreamFrame(1, error_code=8))
    wire.lose(1, 5)
    wire.finish()
    assert wire.results == [("accepted", 0, "hidden")]
    assert wire.above[0].events[-2:] == [("rst", 0), ("finish",)]


def test_a_stream_that_both_ended_is_finished_when_all_was_acknowledged() -> None:
    wire = Driven()
    wire.open(1)
    wire.body(0, 1, b"bye", end=True)
    wire.body(1, 1, b"bye", end=True)
    assert wire.above[0].events[-1] == ("fin", 1)
    wire.open(3)  # whose packets acknowledge
    assert wire.above[0].events[-1] == ("finish",)


def test_a_stream_that_was_reset_waits_for_what_was_on_its_way() -> None:
    wire = Driven()
    wire.open(1)
    wire.say(1, RstStreamFrame(1, error_code=8))
    wire.body(0, 1, b"on its way")
    assert wire.above[0].bytes[0] == b"on its way"
    wire.now += LINGER_NS
    wire.open(3)
    assert wire.above[0].events[-1] == ("finish",)
    (side,) = [side for side in wire.opened_streams[0].sides if side.reset_at]
    assert (side.reset_code, side.reset_packet) == (8, 6)


def test_a_stream_that_nobody_acknowledges_is_finished_in_the_end() -> None:
    wire = Driven()
    wire.open(1)
    wire.body(0, 1, b"", end=True)
    wire.body(1, 1, b"", end=True)
    wire.body(1, 9, b"of another")
    assert wire.above[0].events[-1] == ("fin", 1)
    wire.now += PATIENCE_NS
    wire.body(1, 9, b"of another")
    assert wire.above[0].events[-1] == ("finish",)


def test_goaway_concerns_the_streams_in_use() -> None:
    wire = Driven()
    wire.open(1)
    wire.say(1, GoAwayFrame(0, 2**31 - 1, 0, b"soon"))
    wire.open(3)
    wire.say(1, GoAwayFrame(0, 1, 2, b"now" * 1000))
    wire.say(1, GoAwayFrame(0, 1, 0, b"too late"))
    found = [
        (stream.sides[1].goaway_last, stream.sides[1].goaway_code, stream.sides[1].goaway_debug)
        for stream in wire.opened_streams
    ]
    # The first with an error counts; of what it says a kilobyte is kept.
    assert found == [(1, 2, (b"now" * 1000)[:1024])] * 2
    assert wire.above[0].events[-1] == ("rst", 1)


def test_how_many_the_end_of_tcp_took_is_counted() -> None:
    wire = Driven()
    for number in (1, 3, 5, 7):
        wire.open(number)
    wire.headers(0, 9, REQUEST)
    wire.say(0, RstStreamFrame(1))
    wire.finish()
    assert [stream.shared for stream in wire.opened_streams] == [0, 2, 2, 2, 0]


def test_more_streams_than_anybody_uses_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_STREAMS", 2)
    wire = Driven()
    for number in (1, 3, 5):
        wire.open(number)
    assert len(wire.opened_streams) == 2
    assert wire.unseen_for == ["more than 2 WebSockets at once"]
