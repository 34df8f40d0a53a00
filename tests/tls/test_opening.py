from __future__ import annotations

import pytest

from analyzer.stream.layer import Chunk, Layer, Stack
from analyzer.tls.opening import OpeningLayer
from tls import rfc8448
from tls.driving import Above


class Opened:
    def __init__(self) -> None:
        self.stack = Stack(None)
        self.plain, self.secure = Above(), Above()
        self.stack.top = OpeningLayer(self.stack, lambda _: self.plain, lambda _: self.secure)
        self.offset = 0

    def send(self, side: int, data: bytes) -> None:
        chunk = Chunk()
        chunk.buffer, chunk.end, chunk.offset = data, len(data), self.offset
        self.offset += len(data)
        top: Layer | None = self.stack.top
        assert top is not None
        top.data(side, chunk)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 1000])
@pytest.mark.parametrize(
    ("data", "secure"),
    [
        (rfc8448.CLIENT_HELLO_RECORD, True),
        (b"GET / HTTP/1.1\r\n\r\n", False),
        (b"\x16\x03 no hello at all", False),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", False),
    ],
)
def test_first_bytes_decide_and_none_is_lost(data: bytes, secure: bool, size: int) -> None:
    opened = Opened()
    for at in range(0, len(data), size):
        opened.send(0, data[at : at + size])
    taken, other = (opened.secure, opened.plain) if secure else (opened.plain, opened.secure)
    assert taken.text(0) == data
    assert [piece.offset for piece in taken.pieces] == list(range(0, len(data), size))
    assert other.pieces == []


def test_server_that_speaks_first_decides_as_well() -> None:
    opened = Opened()
    opened.send(1, rfc8448.SERVER_HELLO_RECORD)
    opened.send(0, b"\x16")
    assert opened.secure.text(1) == rfc8448.SERVER_HELLO_RECORD
    assert opened.secure.text(0) == b"\x16"


def test_ends_and_gaps_reach_the_layer() -> None:
    opened = Opened()
    top = opened.stack.top
    assert top is not None
    opened.send(0, b"\x16")
    top.shutdown(0, 5, reset=False)
    top.gap(0, 100, 6, 2)
    assert opened.secure.text(0) == b"\x16"
    assert opened.secure.ends == [(0, 5, False)]
    assert opened.secure.gaps == [(0, 100)]


def test_gap_before_everything_is_not_tls() -> None:
    opened = Opened()
    top = opened.stack.top
    assert top is not None
    top.gap(0, 100, 6, 2)
    assert opened.plain.gaps == [(0, 100)]


def test_silent_stream_ends_as_one_without_tls() -> None:
    opened = Opened()
    top = opened.stack.top
    assert top is not None
    top.finish()
    assert opened.plain.finished == 1
    assert opened.secure.finished == 0


def test_layer_that_nobody_wants_ends_the_work() -> None:
    stack = Stack(None)
    stack.top = OpeningLayer(stack, lambda _: None, lambda _: None)
    chunk = Chunk()
    chunk.buffer, chunk.end = b"GET", 3
    stack.top.data(0, chunk)
    assert stack.top is None
