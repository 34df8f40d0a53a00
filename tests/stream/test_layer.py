"""Chunks, and the layer that does nothing."""

from __future__ import annotations

from analyzer.stream.layer import Chunk, Layer, Stack


def chunk_of(data: bytes) -> Chunk:
    chunk = Chunk()
    chunk.buffer = b"xx" + data + b"yy"
    chunk.start, chunk.end = 2, 2 + len(data)
    chunk.time_ns, chunk.packet, chunk.offset, chunk.acknowledged = 5, 6, 100, 7
    return chunk


def test_advancing_moves_start_and_offset_together() -> None:
    chunk = chunk_of(b"hello")
    chunk.advance(2)
    assert chunk.buffer[chunk.start : chunk.end] == b"llo"
    assert chunk.offset == 102


def test_copy_lasts_when_its_original_is_filled_anew() -> None:
    chunk = chunk_of(b"hello")
    chunk.advance(1)
    copy = chunk.copy()
    chunk.buffer, chunk.start, chunk.end, chunk.offset = b"", 0, 0, 0
    assert copy.buffer[copy.start : copy.end] == b"ello"
    assert (copy.time_ns, copy.packet, copy.offset, copy.acknowledged) == (5, 6, 101, 7)


def test_layer_that_overrides_nothing_takes_everything() -> None:
    layer = Layer()
    layer.data(0, chunk_of(b"a"))
    layer.gap(1, 10, 5, 6)
    layer.shutdown(0, 5, True)
    layer.closed(0)
    layer.finish()


def test_stack_begins_without_a_layer_and_not_flipped() -> None:
    below = object()
    stack = Stack(below)
    assert stack.top is None
    assert stack.flipped == 0
    assert stack.stream is below


class Heir(Layer):
    """Puts another layer in its place with whatever it is told; writes it down."""

    def __init__(self, stack: Stack, told: list[tuple[object, ...]]) -> None:
        self.stack = stack
        self.told = told

    def _inherit(self, *what: object) -> None:
        self.told.append(what)
        self.stack.top = Heir(self.stack, self.told)

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:
        self._inherit("gap", side, length, time_ns, packet)

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        self._inherit("shutdown", side, time_ns, reset)

    def closed(self, side: int) -> None:
        self._inherit("closed", side)

    def finish(self) -> None:
        self._inherit("finish")


def test_stack_tells_whoever_is_on_top_and_lets_go_in_the_end() -> None:
    stack, told = Stack(None), list[tuple[object, ...]]()
    stack.gap(0, 1, 2, 3)
    stack.finish()
    stack.top = Heir(stack, told)
    stack.gap(0, 10, 5, 6)
    stack.shutdown(1, 5, True)
    stack.closed(1)
    stack.finish()
    stack.closed(0)
    assert told == [("gap", 0, 10, 5, 6), ("shutdown", 1, 5, True), ("closed", 1), ("finish",)]
    assert stack.top is None
