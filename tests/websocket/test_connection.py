"""The layer behind an upgrade: gaps at every place of a small conversation, and what is made of them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from decoding import Talk
from wire import BINARY, CLOSE, MASK, PING, TEXT, close_body, frame, hixie_text

SERVER = 1
FRAMES = [
    frame(TEXT, b"hello"),
    frame(PING, b"1234"),
    frame(BINARY, bytes(range(60))),
    frame(TEXT, "Ártíçulo ÁÁ".encode()),
    frame(CLOSE, close_body(1001, "bye")),
]
# Opcode and payload length, by hand.
ROWS = [(1, 5), (9, 4), (2, 60), (1, 16), (8, 5)]
DATA = b"".join(FRAMES)
STARTS = [sum(map(len, FRAMES[:index])) for index in range(len(FRAMES) + 1)]


def is_part(found: list[tuple[int, int]], true: list[tuple[int, int]]) -> bool:
    rest = iter(true)
    return all(one in rest for one in found)


def with_gap(start: int, length: int, size: int) -> Talk:
    talk = Talk()
    for low in range(0, start, size):
        talk.say(SERVER, DATA[low : min(low + size, start)])
    talk.gap(SERVER, length)
    for low in range(start + length, len(DATA), size):
        talk.say(SERVER, DATA[low : low + size])
    talk.end()
    return talk


@pytest.mark.parametrize("size", [1000, 7, 1])
def test_around_every_gap_only_true_frames_are_told(size: int) -> None:
    for start in range(len(DATA)):
        for length in range(1, len(DATA) - start + 1):
            talk = with_gap(start, length, size)
            log, place = talk.log.server, (start, length)
            assert is_part(talk.rows(SERVER), ROWS), place
            whole = [
                row for row, (_, end) in zip(ROWS, pairwise(STARTS), strict=True) if end <= start
            ]
            assert talk.rows(SERVER)[: len(whole)] == whole, place
            if log.close is None:
                assert log.hidden or start + length == len(DATA), place
            elif log.close.complete:
                assert (log.close.code, log.close.reason) == (1001, "bye"), place
            assert log.bytes == len(DATA), place


def test_close_that_begins_a_segment_behind_any_gap_is_found() -> None:
    begin = STARTS[-2]
    for start in range(begin):
        talk = with_gap(start, begin - start, 1000)
        assert talk.log.server.close is not None
        assert (talk.log.server.close.code, talk.log.server.close.complete) == (1001, True)
        assert not talk.log.server.hidden


@pytest.mark.parametrize(
    ("side", "close"),
    [
        (0, frame(CLOSE, b"", mask=MASK)),
        (1, frame(CLOSE, b"")),
        (0, frame(CLOSE, close_body(1000), mask=MASK)),
        (1, frame(CLOSE, close_body(4321, "über"))),
        (1, frame(CLOSE, close_body(1000)) + frame(TEXT, b"late")),
        (1, frame(CLOSE, close_body(1006))),
    ],
)
@pytest.mark.parametrize("spoken", [True, False])
def test_every_kind_of_close_is_found_behind_a_gap(side: int, close: bytes, spoken: bool) -> None:
    talk = Talk()
    if spoken:
        talk.say(side, frame(TEXT, b"hi", mask=MASK if side == 0 else None))
    talk.gap(side, 5000)
    talk.say(side, close)
    assert talk.end().of(side).close is not None


def test_close_cut_by_a_gap_is_told_as_such() -> None:
    talk = Talk()
    talk.say(SERVER, FRAMES[-1][:4])
    talk.gap(SERVER, 1)
    talk.say(SERVER, FRAMES[-1][5:])
    close = talk.end().server.close
    assert close is not None
    assert (close.code, close.complete, close.end_offset) == (1001, False, 7)


def test_stream_that_ends_inside_a_close_has_one_that_is_cut_off() -> None:
    talk = Talk()
    talk.say(SERVER, FRAMES[-1][:1])
    close = talk.end().server.close
    assert close is not None
    assert (str(close), talk.odd) == ("Close (cut off)", ["frame_cut_off"])


def test_letters_that_look_like_a_frame_are_none() -> None:
    # 0xC3 0x81 is a letter; 0x81 and a length of 46 would end where the segment does.
    text = b"x" * 30 + "Á".encode() + b"." + b"y" * 46
    talk = Talk()
    talk.say(SERVER, frame(TEXT, b"a" * 200)[:20])
    talk.gap(SERVER, 400)
    talk.say(SERVER, text)
    talk.end()
    assert talk.rows(SERVER) == []
    assert talk.log.server.hidden


def hixie_with_gap(start: int, length: int, size: int, data: bytes) -> Talk:
    talk = Talk("hixie-76")
    talk.say(0, hixie_text("first"))
    for low in range(0, start, size):
        talk.say(SERVER, data[low : min(low + size, start)])
    talk.gap(SERVER, length)
    for low in range(start + length, len(data), size):
        talk.say(SERVER, data[low : low + size])
    talk.end()
    return talk


@pytest.mark.parametrize("size", [1000, 3, 1])
def test_around_every_gap_in_hixie_texts_only_true_frames_are_told(size: int) -> None:
    data = hixie_text("hello") + hixie_text("") + hixie_text("wörld!!") + b"\xff\x00"
    rows = [(1, 5), (1, 0), (1, 8), (8, 0)]
    for start in range(len(data)):
        for length in range(1, len(data) - start + 1):
            talk = hixie_with_gap(start, length, size, data)
            assert is_part(talk.rows(SERVER), rows), (start, length)
            if start + length <= len(data) - 2:
                assert talk.log.server.close is not None, (start, length)


def test_end_of_a_text_and_beginning_of_the_next_in_one_segment_is_no_close() -> None:
    data = hixie_text("hello") + hixie_text("world")
    talk = Talk("hixie-76")
    talk.say(SERVER, data[:3])
    talk.gap(SERVER, 3)
    talk.say(SERVER, data[6:8])  # FF 00
    talk.say(SERVER, data[8:])
    talk.end()
    assert (talk.log.server.close, talk.rows(SERVER)) == (None, [(1, 5)])


def test_half_a_hixie_close_is_named_and_is_no_close() -> None:
    talk = Talk("hixie-76")
    talk.say(SERVER, hixie_text("a") + b"\xff")
    talk.end()
    assert (talk.log.server.close, talk.odd) == (None, ["close_truncated"])


def test_first_byte_tells_hybi_01_from_hixie_76() -> None:
    talk = Talk("hybi-01")
    talk.say(SERVER, b"\x04\x02hi")
    talk.say(0, b"\x01\x00")
    assert str(talk.end().framing) == "hybi-01"
    assert (talk.rows(SERVER), talk.rows(0)) == ([(1, 2)], [(8, 0)])


def test_byte_behind_a_gap_decides_nothing() -> None:
    talk = Talk("hixie-76")
    talk.gap(SERVER, 10)
    talk.say(SERVER, b"\x04lo\xff\x00world\xff")
    assert str(talk.end().framing) == "hixie-76"
    assert talk.rows(SERVER) == [(1, 5)]


def test_side_that_lost_its_place_stays_lost_when_the_other_decides() -> None:
    talk = Talk("hybi-01")
    talk.gap(SERVER, 10)
    talk.say(0, b"\x04\x02hi")
    talk.say(SERVER, b"\x01\x00")
    talk.end()
    assert talk.rows(SERVER) == []
    assert talk.log.server.hidden


def test_length_that_cannot_be_starts_a_search() -> None:
    talk = Talk()
    talk.say(SERVER, b"\x82\x7f\xff" + bytes(7))
    talk.say(SERVER, FRAMES[-1])
    assert talk.end().server.close is not None
    assert talk.odd == ["frame_length_too_large", "decoding_resumed"]


def test_layer_is_finished_once() -> None:
    talk = Talk()
    talk.layer.shutdown(0, 5, False)
    talk.end()
    assert (talk.finished, talk.log.down_at) == ([talk.layer], 5)
