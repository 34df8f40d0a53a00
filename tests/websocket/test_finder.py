"""Where a frame provably begins: what is believed, what is not, what is handed on."""

from __future__ import annotations

from random import Random

import pytest

from analyzer.websocket.finder import KEPT_BYTES, FrameFinder
from decoding import chunk
from wire import BINARY, CLOSE, MASK, PING, PONG, TEXT, close_body, frame


def found(finder: FrameFinder) -> bytes:
    return b"".join(one.buffer[one.start : one.end] for one in finder.take())


def feed(finder: FrameFinder, *pieces: bytes) -> bytes | None:
    """Give the bytes from the frame on, as soon as the finder believes; None if it never does."""
    for packet, piece in enumerate(pieces, 1):
        if finder.data(chunk(piece, packet=packet)):
            return found(finder)
    return None


@pytest.mark.parametrize(
    "frames",
    [
        frame(CLOSE, close_body(1000)),
        frame(CLOSE),
        frame(TEXT, b'{"id": 1, "text": "hello"}'),
        frame(PING, b"12") + frame(PING, b"34"),
        frame(BINARY, bytes(70_000)),
        frame(CLOSE, close_body(1001), mask=MASK),
    ],
)
def test_frames_at_the_beginning_of_a_segment_are_believed(frames: bytes) -> None:
    assert feed(FrameFinder(), frames) == frames


@pytest.mark.parametrize(
    "data",
    [
        b"\x88\x02\x00\x05",  # a code that nobody may send
        b"\x89\x7e\x01\x00" + bytes(256),  # a long ping
        b"\xb1\x00\xb1\x00",  # reserved bits
        b"\x83\x02ab\x83\x02ab",  # an opcode that is none
        b"\x81\x7e\x00\x05hello",  # a length longer than it must be
        b"\x81\x19" + b"\xff" * 25,  # text that is none
        bytes(500),
        b"\x81" * 500,
        b"\x82" * 500,
    ],
)
def test_what_breaks_a_rule_is_not_believed(data: bytes) -> None:
    assert feed(FrameFinder(), data) is None


def test_rule_that_masks_the_side_holds() -> None:
    assert feed(FrameFinder(masked=0), frame(CLOSE, close_body(1000), mask=MASK)) is None
    assert feed(FrameFinder(masked=1), frame(CLOSE, close_body(1000))) is None


def test_frame_over_several_segments_is_handed_on_whole() -> None:
    data = frame(TEXT, b"hello world, this is a long text " * 9)
    assert feed(FrameFinder(), data[:3], data[3:100], data[100:]) == data


def test_two_frames_in_the_middle_of_a_segment_are_found() -> None:
    frames = frame(TEXT, b"a text that is long enough") + frame(CLOSE, close_body(1000, "bye"))
    finder = FrameFinder(0, anywhere=True)
    assert feed(finder, b"\xf5rest of another" + frames) == frames


def test_empty_last_fragment_is_a_frame() -> None:
    frames = frame(TEXT, b"begin", fin=False) + frame(0, b"") + frame(CLOSE, close_body(1000))
    assert feed(FrameFinder(0), frames) == frames


def test_one_frame_that_the_snap_length_cuts_fits_the_gap_behind_it() -> None:
    data = frame(TEXT, b"hello world, this is a long text")
    finder = FrameFinder(0)
    assert not finder.data(chunk(data[:20]))
    assert finder.gap(len(data) - 20)
    assert found(finder) == data[:20]


def test_gap_that_fits_nothing_makes_it_forget() -> None:
    finder = FrameFinder(0)
    assert not finder.data(chunk(frame(TEXT, b"hello world")[:9]))
    assert not finder.gap(77)
    assert (finder.best, finder.discarded) == (None, True)


def test_what_is_kept_is_bounded() -> None:
    finder = FrameFinder(0)
    begin = b"\x82\x7f\x00\x00\x00\x10\x00\x00\x00\x00"  # 64 GiB to come
    for piece in (begin, *[bytes([130]) * 60_000] * 20):
        finder.data(chunk(piece))
        assert sum(one.end - one.start for one in finder.kept()) <= KEPT_BYTES


def test_random_bytes_are_believed_about_once_in_a_million() -> None:
    random = Random(6455)
    claims = 0
    for _ in range(4000):
        finder = FrameFinder(0, anywhere=True)
        claims += finder.data(chunk(random.randbytes(random.choice([2, 4, 20, 200]))))
    assert claims == 0


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_same_masked_frame_again_proves_nothing(opcode: int) -> None:
    one = frame(opcode, b"", mask=MASK)
    once, often = FrameFinder(needed=1e9), FrameFinder(needed=1e9)
    once.data(chunk(one))
    often.data(chunk(one * 20))
    assert once.best is not None
    assert often.best is not None
    # The mask bit is a bit once it is known.
    assert often.best.bits <= once.best.bits + 6


def test_end_of_the_stream_is_no_evidence() -> None:
    assert not FrameFinder().finish()
