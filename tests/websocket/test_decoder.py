"""The face that all decoders share."""

from __future__ import annotations

import pytest

from analyzer.websocket.decoder import FrameDecoder, FrameSink
from decoding import Collector, chunk


def test_beginning_and_end_of_a_frame_are_noted() -> None:
    decoder = FrameDecoder(1, Collector())
    first, second = chunk(b"abcdef", offset=100, packet=4, acknowledged=7), chunk(b"g", packet=9)
    decoder.begin(first, first.start + 2)
    assert (decoder.in_frame, decoder.frame_offset, decoder.end_offset) == (True, 102, 104)
    assert (decoder.first_packet, decoder.packet, decoder.acknowledged) == (4, 4, 7)
    decoder.touch(second)
    assert (decoder.first_packet, decoder.packet, decoder.acknowledged) == (4, 9, -1)


def test_late_packet_that_fills_a_hole_is_not_the_last() -> None:
    decoder = FrameDecoder(1, Collector())
    decoder.begin(chunk(b"a", packet=9), 1)
    decoder.touch(chunk(b"b", packet=5))
    assert (decoder.packet, decoder.time_ns) == (9, 9_000_000)


def test_nothing_is_read_without_a_framing() -> None:
    decoder = FrameDecoder(0, FrameSink())
    with pytest.raises(NotImplementedError):
        decoder.data(chunk(b"a"))
    with pytest.raises(NotImplementedError):
        decoder.gap(1)
    decoder.lost = True
    decoder.resume()
    assert (decoder.lost, decoder.interrupted_close(), decoder.may_be_close()) == (
        False,
        False,
        False,
    )
    assert decoder.interrupted_body() == b""


def test_sink_that_asks_for_nothing_takes_everything() -> None:
    sink = FrameSink()
    sink.frame(FrameDecoder(0, sink))
    sink.oddity(FrameDecoder(0, sink), "name", "detail")
