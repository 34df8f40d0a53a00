"""The face that all decoders share."""

from __future__ import annotations

import pytest

from analyzer.websocket.decoder import FrameDecoder, FrameSink, PayloadSink
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
        decoder.complete()
    assert not decoder.gap(1)
    decoder.remaining = 5
    decoder.resume()
    assert decoder.remaining == 0
    assert (decoder.lost, decoder.interrupted_close(), decoder.may_be_close()) == (
        False,
        False,
        False,
    )
    assert decoder.interrupted_body() == b""


class Gaps(PayloadSink):
    def __init__(self) -> None:
        self.lengths: list[int] = []

    def missing(self, decoder: FrameDecoder, length: int) -> None:
        assert decoder.in_frame
        self.lengths.append(length)


class Payload(FrameDecoder):
    """In the middle of a data frame that lacks ten bytes."""

    def __init__(self, opcode: int = 1) -> None:
        super().__init__(0, Collector())
        self.gaps = self.payload_to = Gaps()
        self.opcode, self.in_frame, self.remaining = opcode, True, 10
        self.completed = 0

    def complete(self) -> None:
        self.in_frame = False
        self.completed += 1


def test_gap_inside_a_payload_is_counted_and_told() -> None:
    decoder = Payload()
    assert decoder.gap(4)
    assert (decoder.remaining, decoder.gap_in_frame, decoder.completed) == (6, 4, 0)
    assert decoder.gap(6)
    assert (decoder.remaining, decoder.gap_in_frame, decoder.completed) == (0, 10, 1)
    assert decoder.gaps.lengths == [4, 6]
    assert not decoder.gap(1)
    assert decoder.lost


@pytest.mark.parametrize("length", [0, 11, 1 << 40])
def test_gap_that_reaches_further_loses_the_place_for_good(length: int) -> None:
    decoder = Payload()  # a gap of length 0 stands for one of unknown length
    assert not decoder.gap(length)
    assert not decoder.gap(1)
    assert (decoder.lost, decoder.completed, decoder.gaps.lengths) == (True, 0, [])


def test_gap_in_a_control_frame_is_nobodys_payload() -> None:
    decoder = Payload(opcode=9)
    assert decoder.gap(10)
    assert (decoder.completed, decoder.gaps.lengths) == (1, [])


def test_sink_that_asks_for_nothing_takes_everything() -> None:
    sink = FrameSink()
    sink.frame(FrameDecoder(0, sink))
    sink.oddity(FrameDecoder(0, sink), "name", "detail")
    PayloadSink().payload(FrameDecoder(0, sink), b"data")
    PayloadSink().missing(FrameDecoder(0, sink), 1)
