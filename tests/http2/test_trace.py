"""HTTP/2 without its beginning is recognised by its frames, and by nothing less."""

from __future__ import annotations

from random import Random

import pytest
from hyperframe.frame import DataFrame, Frame, HeadersFrame, PingFrame, WindowUpdateFrame

from analyzer.http2.trace import FrameTrace, UnfollowedLayer
from analyzer.side import Side
from analyzer.stream.layer import Chunk, Stack


def chunk(data: bytes, packet: int = 1) -> Chunk:
    one = Chunk()
    one.buffer, one.end, one.packet, one.time_ns = data, len(data), packet, packet * 1000
    return one


def said(*frames: Frame) -> bytes:
    return b"".join(frame.serialize() for frame in frames)


PING = PingFrame(0, b"12345678")


def test_frames_that_lead_from_one_to_the_next_are_http2() -> None:
    trace = FrameTrace()
    assert trace.take(0, chunk(said(DataFrame(5, b"x" * 10)), 7))
    assert not trace.sure
    assert trace.take(1, chunk(said(DataFrame(5, b"y" * 20), PING), 8))
    assert trace.sure
    assert (trace.streams, trace.at, trace.packet) == ({5}, 7000, 7)


def test_a_frame_may_be_in_several_segments() -> None:
    trace = FrameTrace()
    data = said(PING, DataFrame(1, bytes(5000)), WindowUpdateFrame(0, window_increment=5))
    parts = [data[start : start + 1400] for start in range(0, len(data), 1400)]
    assert all(trace.take(0, chunk(part)) for part in parts[:-1])
    assert not trace.sure  # one length led to a header, and may have done so by chance
    trace.take(0, chunk(parts[-1]))
    assert (trace.sure, trace.streams) == (True, {1})


@pytest.mark.parametrize("size", [1, 5, 9, 40, 1400])
def test_a_header_may_be_in_several_segments(size: int) -> None:
    trace = FrameTrace()
    data = said(DataFrame(5, bytes(range(100))), PING, DataFrame(7, b"x" * 2000), PING)
    # A first header is looked for where it is whole.
    trace.take(0, chunk(data[:9], 3))
    for start in range(9, len(data), size):
        trace.take(0, chunk(data[start : start + size], 4))
    assert (trace.sure, trace.streams, trace.packet) == (True, {5, 7}, 3)


@pytest.mark.parametrize("size", [120, 536, 1448])
def test_the_capture_may_begin_within_a_frame(size: int) -> None:
    random = Random(size)
    frames = [DataFrame(stream, random.randbytes(1000)) for stream in (3, 5, 3, 9, 11)]
    data = said(*frames)[500:]  # the rest of the first, on stream 3, is no frame to see
    trace = FrameTrace()
    for start in range(0, len(data), size):
        trace.take(0, chunk(data[start : start + size]))
    assert trace.sure
    assert {5, 3, 9, 11} >= trace.streams > {9}


def test_a_first_header_in_the_middle_of_a_segment_counts_less() -> None:
    trace = FrameTrace()
    assert not trace.take(0, chunk(b"rest of a body" + said(DataFrame(1, b"abc"))))
    assert trace.take(0, chunk(said(DataFrame(1, b"abc"))))
    assert not trace.sure  # two lengths led on; one of them pays for the places that were tried
    trace = FrameTrace()
    trace.take(0, chunk(said(DataFrame(1, b"abc"))))
    trace.take(0, chunk(said(PING)))
    assert trace.sure


def test_a_gap_within_a_body_loses_nothing() -> None:
    data = said(PING, DataFrame(1, bytes(5000)), PING)
    trace = FrameTrace()
    trace.take(0, chunk(data[:1000]))
    trace.gap(0, 1000)
    trace.take(0, chunk(data[2000:]))
    assert (trace.sure, trace.streams) == (True, {1})


def test_one_false_header_names_no_stream() -> None:
    trace = FrameTrace()
    trace.take(0, chunk(said(DataFrame(1, b"abc"), PING)))
    assert trace.sure
    trace.gap(0, 0)
    trace.take(0, chunk(bytes.fromhex("000100 00 00 00000023") + b"no frame"))
    trace.gap(0, 0)
    assert trace.streams == {1}


@pytest.mark.parametrize(
    "header",
    [
        "000000 00 00 00000000",  # DATA on stream 0: what zeros would be
        "000008 06 00 00000001",  # PING on a stream
        "000007 06 00 00000000",  # PING of another length
        "000004 08 01 00000001",  # WINDOW_UPDATE with a flag
        "000004 0a 00 00000001",  # a type that RFC 9113 does not define
        "004001 00 00 00000001",  # longer than the size that all may send
        "000001 00 00 80000001",  # the reserved bit
        "000001 00 00 00000002",  # a stream that no client begins (section 5.1.1)
        "000000 01 04 00000001",  # HEADERS without a header
        "000005 04 00 00000000",  # SETTINGS that are no multiple of 6
        "000006 04 01 00000000",  # SETTINGS with ACK, and a body
    ],
)
def test_what_breaks_the_rules_of_a_header_begins_anew(header: str) -> None:
    trace = FrameTrace()
    trace.take(0, chunk(said(PING)))
    assert not trace.take(0, chunk(bytes.fromhex(header)))
    trace.take(0, chunk(said(PING)))
    assert not trace.sure


def test_a_gap_begins_anew() -> None:
    trace = FrameTrace()
    trace.take(0, chunk(said(PING)))
    trace.gap(0, 0)
    assert trace.take(0, chunk(said(PING)))
    assert not trace.sure


def test_chains_that_lead_nowhere_are_not_followed_without_end() -> None:
    # Every place but the last begins thousands of frames without a body, and none of them leads on.
    data = b"x" + said(*[DataFrame(1)] * 7000) + b"\xff" * 9
    trace = FrameTrace()
    for _ in range(100):  # takes minutes where each is tried again and again
        trace.take(0, chunk(data))
    assert not trace.sure


def test_random_bytes_are_none() -> None:
    random = Random(5)
    trace = FrameTrace()
    for _ in range(20_000):
        data = bytes(random.choices(range(10), k=30))  # small numbers, as in binary protocols
        trace.take(random.randrange(2), chunk(data))
        assert not trace.sure


def test_it_says_at_its_end_what_was_seen_and_what_was_not() -> None:
    told: list[tuple[object, ...]] = []

    def unseen(stack: Stack, side: Side | None, at: int, packet: int, why: str) -> None:
        told.append((stack, side, at, packet, why))

    trace, stack = FrameTrace(), Stack(None)
    trace.take(0, chunk(said(PING, HeadersFrame(3, b"\x82", flags=["END_HEADERS"])), 4))
    layer = UnfollowedLayer(stack, trace, unseen)
    stack.top = layer
    for stream in range(1, 21, 2):
        layer.data(1, chunk(said(DataFrame(stream, b"z")), 5))
    layer.finish()
    ((*where, why),) = told
    assert where == [stack, None, 4000, 4]
    assert why == (
        "HTTP/2 began before the capture, so its header compression cannot be followed; nor is known"
        " what its streams carry that were open by then (DATA passed on 1, 3, 5, 7, 9, 11, 13, 15 and"
        " 2 more)"
    )
    assert stack.top is None
