"""A stream hands its bytes to the layer on it, and keeps what comes before there is one."""

from __future__ import annotations

from analyzer.http.handshake import OpeningHandshake
from analyzer.http2.stream import HELD_BYTES, StreamStack
from analyzer.stream.layer import Chunk, Stack
from segments import Recorder


def stream() -> StreamStack:
    return StreamStack(Stack(None), 5, OpeningHandshake(), (100, 200))


def piece(data: bytes, offset: int) -> Chunk:
    chunk = Chunk()
    chunk.buffer, chunk.end, chunk.offset = data, len(data), offset
    return chunk


def test_bytes_before_the_answer_wait_for_it_in_their_order() -> None:
    one = stream()
    one.push(0, piece(b"early", 10))
    one.skip(0, 3, 7, 1)
    one.push(0, piece(b"bird", 30))
    one.push(1, piece(b"of a server that has not answered", 0))
    one.top = Recorder()
    one.release()
    one.push(1, piece(b"server", 50))
    assert one.top.bytes == [b"earlybird", b"server"]
    assert one.top.gaps == [[3], []]


def test_what_waits_is_bounded() -> None:
    one = stream()
    for number in range(1000):
        one.push(0, piece(bytes(1000), number * 1000))
    one.top = Recorder()
    one.release()
    assert len(one.top.bytes[0]) < HELD_BYTES
    assert one.top.gaps == [[0], []]


def test_bytes_behind_an_offset_are_counted_without_headers_of_frames() -> None:
    # By hand: three pieces at 100, 209 and 318 of the TCP stream, nine bytes of header between.
    one = stream()
    for offset in (100, 209, 318):
        one.push(0, piece(bytes(100), offset))
    assert [one.behind(0, at) for at in (418, 400, 318, 309, 300, 209, 150)] == [
        0, 18, 100, 100, 109, 200, 250,
    ]  # fmt: skip
    assert one.behind(1, 0) == 0


def test_bytes_behind_an_offset_are_exact_for_the_last_pieces_and_never_too_many_before() -> None:
    # By hand: 100 pieces of ten bytes behind nine of header; the last 64 are remembered.
    one = stream()
    for number in range(100):
        one.push(0, piece(bytes(10), 19 * number + 9))
    last = 19 * 100
    assert [one.behind(0, at) for at in (last, last - 4, last - 19, last - 19 * 63)] == [
        0, 4, 10, 630,
    ]  # fmt: skip
    # What stood in front of the oldest that is remembered is not known any more.
    assert one.behind(0, 0) == 630


def test_over_is_when_both_ended_or_one_reset() -> None:
    one = stream()
    assert (one.over, one.last_at) == (False, 0)
    one.sides[0].ended_at = 5
    assert (one.over, one.last_at) == (False, 0)
    one.sides[1].ended_at = 9
    assert (one.over, one.reset, one.last_at) == (True, False, 9)
    other = stream()
    other.sides[1].reset_at = 4
    assert (other.over, other.reset, other.last_at) == (True, True, 4)
    assert [side.window.left for side in other.sides] == [100, 200]
