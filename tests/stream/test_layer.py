"""The face between layers."""

from __future__ import annotations

from analyzer.stream.layer import Chunk, Layer, Stack


def test_a_copy_keeps_its_own_bytes_and_all_that_is_known_of_them() -> None:
    chunk = Chunk()
    chunk.buffer, chunk.start, chunk.end = b"..hello..", 2, 7
    chunk.time_ns, chunk.packet, chunk.offset, chunk.acknowledged = 5, 6, 7, 8
    copy = chunk.copy()
    chunk.buffer = b""
    assert (copy.buffer, copy.start, copy.end) == (b"hello", 0, 5)
    assert (copy.time_ns, copy.packet, copy.offset, copy.acknowledged) == (5, 6, 7, 8)


def test_bytes_taken_off_the_front_move_the_offset() -> None:
    chunk = Chunk()
    chunk.buffer, chunk.end, chunk.offset = b"hello", 5, 100
    chunk.advance(2)
    assert (chunk.start, chunk.offset) == (2, 102)


def test_a_layer_may_ignore_everything() -> None:
    layer = Layer()
    layer.data(0, Chunk())
    layer.gap(0, 1, 2, 3)
    layer.shutdown(0, 1, False)
    layer.closed(0)
    layer.finish()
    assert Stack(None).top is None
