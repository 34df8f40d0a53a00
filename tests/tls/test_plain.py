from __future__ import annotations

from analyzer.stream.layer import Chunk, Layer, Stack
from analyzer.tls.channel import Lost
from analyzer.tls.plain import EARLY_BYTES, Plaintext
from tls.driving import Above


def at(offset: int, packet: int = 1) -> Chunk:
    chunk = Chunk()
    chunk.offset, chunk.packet, chunk.time_ns, chunk.acknowledged = offset, packet, packet * 10, 77
    return chunk


class Up:
    def __init__(self) -> None:
        self.outer, self.inner = Stack(None), Stack(None)
        self.above = Above()
        self.whole: list[bool] = []
        self.plain = Plaintext(self.outer, self.inner, self.first)

    def first(self, whole: bool) -> Layer:
        self.whole.append(whole)
        return self.above


def test_chunk_ends_where_its_record_does() -> None:
    up = Up()
    up.plain.data(0, b"hello, and padding", 5, at(100, packet=3))
    (piece,) = up.above.pieces
    assert (piece.data, piece.offset, piece.packet, piece.time_ns) == (b"hello", 95, 3, 30)
    assert piece.acknowledged == 77
    assert up.whole == [True]


def test_gap_before_the_first_byte_is_told_when_the_layer_is_made() -> None:
    up = Up()
    up.plain.gap(1, Lost(10, exact=True), 5, 1)
    up.plain.data(0, b"x", 1, at(100))
    assert up.whole == [False]
    assert up.above.gaps == []


def test_gap_of_known_length_is_one_and_of_unknown_length_two() -> None:
    up = Up()
    up.plain.data(0, b"x", 1, at(100))
    up.plain.gap(1, Lost(10, exact=True), 5, 1)
    assert up.above.gaps == [(1, 10)]
    # The second one fits into no frame: the next must be searched.
    up.plain.gap(0, Lost(20, exact=False), 5, 1)
    assert up.above.gaps == [(1, 10), (0, 20), (0, 0)]


def test_early_data_wait_for_the_servers_word() -> None:
    up = Up()
    up.plain.early(b"early", 5, at(50))
    assert up.above.pieces == []
    up.plain.settle_early(True)
    assert [(piece.data, piece.offset) for piece in up.above.pieces] == [(b"early", 45)]
    up.plain.early(b"late", 4, at(60))
    up.plain.settle_early(False)
    up.plain.settle_early(True)
    assert up.above.text(0) == b"early"


def test_early_data_are_bounded() -> None:
    up = Up()
    for number in range(100):
        up.plain.early(bytes(EARLY_BYTES // 10), EARLY_BYTES // 10, at(number * EARLY_BYTES))
    up.plain.settle_early(True)
    assert len(up.above.text(0)) <= EARLY_BYTES * 1.2
    assert up.whole == [False]


def test_ends_wait_for_the_layer_and_then_pass() -> None:
    up = Up()
    up.plain.shutdown(1, 5, reset=False)
    up.plain.closed(1)
    assert up.above.ends == []
    up.plain.data(0, b"x", 1, at(100))
    up.plain.shutdown(0, 6, reset=True)
    up.plain.closed(0)
    up.plain.finish()
    assert up.above.ends == [(1, 5, False), (0, 6, True)]
    assert (up.above.closes, up.above.finished) == ([0], 1)


def test_layer_that_turns_the_sides_turns_them_outside_as_well() -> None:
    class Turning(Above):
        def data(self, side: int, chunk: Chunk) -> None:
            super().data(side, chunk)
            if len(self.pieces) == 1:
                up.inner.flipped ^= 1

    up = Up()
    up.above = Turning()
    up.plain.data(1, b"GET", 3, at(100))
    assert (up.inner.flipped, up.outer.flipped, up.plain.turned) == (0, 1, 1)
    up.plain.data(1, b"more", 4, at(110))
    up.plain.gap(1, Lost(3, exact=True), 0, 0)
    assert [piece.side for piece in up.above.pieces] == [1, 0]
    assert up.above.gaps == [(0, 3)]


def test_nobody_above_means_given_up() -> None:
    up = Up()
    up.plain = Plaintext(up.outer, up.inner, lambda _: None)
    up.plain.data(0, b"x", 1, at(100))
    assert up.plain.given_up


def test_plaintext_behind_an_offset_is_counted() -> None:
    up = Up()
    for number in range(1, 4):
        up.plain.data(0, bytes(10), 10, at(number * 40))
    assert [up.plain.behind(0, offset) for offset in (120, 115, 110, 80, 40, 35, 5)] == [
        0,
        5,
        10,
        10,
        20,
        25,
        30,
    ]
    assert up.plain.behind(1, 0) == 0


def test_count_behind_an_old_offset_is_at_least_what_is_remembered() -> None:
    up = Up()
    for number in range(1, 75):
        up.plain.data(0, b"x", 1, at(number * 20))
    assert up.plain.behind(0, 20 * 69) == 5
    assert 63 <= up.plain.behind(0, 20) <= 73
