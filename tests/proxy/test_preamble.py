"""What stands before the real conversation is kept, bounded, and handed on where it belongs."""

from __future__ import annotations

import pytest

from analyzer.proxy.hop import Hop
from analyzer.proxy.preamble import FOREIGN, MAX_BYTES, MORE, PreambleLayer
from proxy.reading import Rooms


class Counting(PreambleLayer):
    """Two messages of two bytes: one of each side."""

    def read(self, data: bytes) -> int:
        if data[:1] == b"!":
            return FOREIGN
        if len(data) < 2:
            return MORE
        if self.asks == 1:
            self.hop = Hop("test", asked_at=self.at, packet=self.packet)
        self.asks = 1
        return 2


def counting() -> Rooms:
    rooms = Rooms()
    rooms.stack.top = Counting(rooms.stack, rooms)
    return rooms


def test_bytes_beyond_the_preamble_go_on_in_their_order() -> None:
    rooms = counting().talk([(0, b"abc"), (0, b"d"), (1, b"ABCD"), (0, b"e")])
    told = [event[1:3] for event in rooms.top.events]
    assert told == [(0, b"c"), (0, b"d"), (1, b"CD"), (0, b"e")]
    assert rooms.hops == [Hop("test", asked_at=30, packet=3)]


def test_something_else_is_handed_on_whole() -> None:
    rooms = counting().talk([(0, b"ab"), (0, b"c"), (1, b"!")])
    assert rooms.top.bytes == [b"abc", b"!"]
    assert rooms.hops == []


def test_a_side_that_talks_to_nobody_is_not_kept_for_ever() -> None:
    rooms = counting().talk([(0, bytes(MAX_BYTES // 2))] * 3)
    assert rooms.usual_asked == 1
    assert rooms.top.bytes == [bytes(MAX_BYTES // 2 * 3), b""]


def test_many_small_pieces_are_bounded_as_well() -> None:
    assert counting().talk([(0, b"x")] * 400).usual_asked == 1


def test_a_gap_loses_the_place() -> None:
    rooms = counting().talk([(0, b"ab")])
    assert rooms.stack.top is not None
    rooms.stack.top.gap(1, 7, 0, 0)
    assert (rooms.lost_asked, rooms.top.gaps) == (1, [[], [7]])
    assert rooms.top.bytes == [b"", b""]


def test_a_preamble_without_an_end_is_nothing() -> None:
    rooms = counting().talk([(0, b"a")])
    assert rooms.stack.top is not None
    rooms.stack.top.finish()
    assert rooms.stack.top is None


def test_reading_is_left_to_who_knows_the_messages() -> None:
    rooms = Rooms()
    with pytest.raises(NotImplementedError):
        PreambleLayer(rooms.stack, rooms).read(b"")
