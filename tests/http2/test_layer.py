"""HTTP/2 is followed frame by frame; each WebSocket gets its own bytes, with time and packet."""

from __future__ import annotations

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    HeadersFrame,
    PushPromiseFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given
from hypothesis import strategies as st

from analyzer.http2.layer import KEPT_BLOCKS, MAX_BLOCK
from analyzer.http2.registry import PREFACE
from http2.driving import GET, REQUEST, Driven


def test_data_comes_with_time_packet_and_offset_of_its_segment() -> None:
    wire = Driven()
    wire.open(1)
    data = DataFrame(1, b"0123456789").serialize()
    began = wire.offsets[1]
    wire.data(1, data[:14])
    wire.data(1, data[14:])
    first, second = wire.above[0].events
    # The header of the frame is nine bytes; both packets acknowledge all that the client sent.
    assert first == ("data", 1, b"01234", began + 9, wire.packet - 1, wire.offsets[0])
    assert second == ("data", 1, b"56789", began + 14, wire.packet, wire.offsets[0])


def test_data_of_other_requests_is_passed_over() -> None:
    wire = Driven()
    wire.headers(0, 1, GET, end=True)
    wire.headers(1, 1, [(":status", "200")])
    wire.open(3)
    wire.say(1, DataFrame(1, b"page"), DataFrame(3, b"socket"), DataFrame(1, b"more"))
    assert wire.above[0].bytes == [b"", b"socket"]


@pytest.mark.parametrize("side", [0, 1])
def test_what_does_not_begin_with_settings_is_something_else(side: int) -> None:
    wire = Driven(begun=False)
    wire.data(0, PREFACE)
    wire.say(side, DataFrame(1, b"x"))
    assert wire.stack.top is None


def test_another_preface_is_something_else() -> None:
    wire = Driven(begun=False)
    wire.data(0, b"GET / HTTP/1.1\r\n\r\n")
    assert wire.stack.top is None


def test_continuations_and_promises_keep_the_compression_right() -> None:
    wire = Driven()
    encoder = wire.encoders[0]
    block = encoder.encode([*REQUEST, ("user-agent", "long " * 50)])
    first = HeadersFrame(1, block[:5])
    middle, last = ContinuationFrame(1, block[5:9]), ContinuationFrame(1, block[9:])
    last.flags.add("END_HEADERS")
    wire.say(0, first, middle)
    wire.say(0, last)
    promised = wire.encoders[1].encode([*GET, ("x-pushed", "yes")])
    wire.say(1, PushPromiseFrame(1, 2, promised, flags=["END_HEADERS"]))
    wire.headers(1, 1, [(":status", "200"), ("sec-websocket-protocol", "yes")])
    assert wire.results == [("accepted", 0, 200)]
    (stream,) = wire.opened_streams
    assert stream.handshake.field("user-agent") == ("long " * 50).strip()
    assert stream.handshake.answer("sec-websocket-protocol") == "yes"


def test_a_frame_amid_a_header_block_loses_the_compression() -> None:
    # RFC 9113, section 6.2.
    wire = Driven()
    wire.open(1)
    wire.say(0, HeadersFrame(3, b"\x82"), WindowUpdateFrame(0, 5))
    wire.body(0, 1, b"still read")
    assert wire.above[0].bytes == [b"still read", b""]
    wire.open(5)
    assert len(wire.opened_streams) == 1
    assert len(wire.unseen_for) == 1


def test_a_header_block_without_bound_loses_the_compression() -> None:
    wire = Driven()
    wire.open(1)
    wire.say(0, HeadersFrame(3, b"\0" * 16000))
    for _ in range(MAX_BLOCK // 16000 + 1):
        wire.say(0, ContinuationFrame(3, b"\0" * 16000))
    names = [odd.name for odd in wire.opened_streams[0].anomalies]
    assert names == ["http2_headers_lost"]


def test_many_requests_to_a_server_without_websockets_are_given_up() -> None:
    # RFC 8441, section 3: without its setting no client may ask.
    wire = Driven(enabled=False)
    said = 0
    while wire.stack.top is not None and said < 10_000:
        wire.headers(0, 2 * said + 1, [*GET, ("x", str(said) * 50)], end=True)
        said += 1
    assert wire.stack.top is None
    assert said * 50 < 4 * KEPT_BLOCKS


def test_a_request_to_a_server_that_did_not_offer_it_is_seen() -> None:
    wire = Driven(enabled=False)
    wire.headers(0, 1, GET, end=True)
    wire.headers(0, 3, REQUEST)
    wire.headers(1, 1, [(":status", "200")])
    wire.headers(1, 3, [(":status", "501")], end=True)
    assert wire.results == [("failed", 0, 501)]


def test_many_requests_to_a_server_with_websockets_are_read_for_the_next_one() -> None:
    wire = Driven()
    for number in range(400):
        wire.headers(0, 2 * number + 1, [*GET, ("x", str(number) * 50)], end=True)
    wire.headers(0, 901, REQUEST)
    assert [stream.identifier for stream in wire.opened_streams] == [901]


def test_a_side_that_may_not_send_is_told() -> None:
    wire = Driven()
    wire.say(0, SettingsFrame(0, {4: 10}))
    wire.open(1)
    wire.open(3)
    wire.body(1, 1, bytes(10))
    since = wire.now
    wire.body(1, 3, bytes(10))
    wire.say(0, WindowUpdateFrame(3, 1))
    wire.finish()
    first, second = wire.opened_streams
    assert [(odd.name, odd.time_ns) for odd in first.anomalies] == [("http2_stalled", since)]
    assert list(second.anomalies) == []


def test_first_settings_of_a_client_may_stand_in_its_request_for_an_upgrade() -> None:
    wire = Driven(settings="AAQAAAAK")  # INITIAL_WINDOW_SIZE 10
    wire.open(1)
    wire.body(1, 1, bytes(9))
    wire.open(3)
    wire.body(1, 3, bytes(10))
    since = wire.now
    wire.finish()
    first, second = wire.opened_streams
    assert list(first.anomalies) == []
    assert [(odd.name, odd.time_ns) for odd in second.anomalies] == [("http2_stalled", since)]


def test_a_gap_is_told_to_those_whom_it_concerns() -> None:
    wire = Driven()
    wire.open(1)
    wire.open(3)
    data = DataFrame(1, bytes(100), flags=["END_STREAM"]).serialize()
    wire.data(0, data[:29])
    wire.lose(0, 80)  # to the end of the frame, with its END_STREAM
    wire.body(0, 3, b"other")
    assert wire.above[0].gaps == [[80], []]
    assert wire.above[0].events[-1] == ("fin", 0)
    assert wire.above[1].gaps == [[], []]
    wire.lose(0, 1)
    assert wire.above[1].gaps == [[0], []]
    assert wire.above[0].gaps == [[80], []]  # it had ended before


def test_end_of_tcp_is_told_to_all_that_are_open() -> None:
    wire = Driven()
    wire.open(1)
    wire.open(3)
    wire.body(1, 1, b"", end=True)
    wire.layer.shutdown(1, wire.now, False)
    wire.layer.shutdown(0, wire.now, True)
    wire.finish()
    assert wire.above[0].events == [("fin", 1), ("rst", 0), ("finish",)]
    assert wire.above[1].events == [("fin", 1), ("rst", 0), ("finish",)]


@given(st.data())
def test_any_frames_are_taken(data: st.DataObject) -> None:
    wire = Driven()
    wire.open(1)
    kinds, flags = st.integers(0, 11), st.integers(0, 255)
    streams = st.sampled_from([0, 1, 2, 3, 5])
    for _ in range(data.draw(st.integers(1, 12))):
        body = data.draw(st.binary(max_size=30))
        head = bytes([data.draw(kinds), data.draw(flags)]) + data.draw(streams).to_bytes(4, "big")
        side = data.draw(st.integers(0, 1))
        if data.draw(st.integers(0, 9)) == 0:
            wire.lose(side, data.draw(st.integers(0, 40)))
        wire.data(side, len(body).to_bytes(3, "big") + head + body)
    wire.finish()
    assert wire.stack.top is None
