"""Frames are stepped through however they are cut; what is not asked for is passed over."""

from __future__ import annotations

import pytest
from hyperframe.frame import DataFrame, Frame, HeadersFrame, PingFrame, SettingsFrame
from hypothesis import given
from hypothesis import strategies as st

from analyzer.http2.frames import BODY, END, FOREIGN, HEADER, NOTHING, PIECE, FrameReader
from analyzer.http2.registry import PREFACE
from analyzer.stream.layer import Chunk


def chunk_of(data: bytes, offset: int = 0) -> Chunk:
    chunk = Chunk()
    chunk.buffer, chunk.end, chunk.offset = data, len(data), offset
    return chunk


class Reading:
    """Feeds a reader, asks for DATA piece by piece and for all else as a whole, writes all down."""

    def __init__(self, reader: FrameReader | None = None) -> None:
        self.reader = reader or FrameReader()
        self.offset = 0
        self.payload = b""
        self.found: list[tuple[int, int, bytes]] = []
        self.misfits = 0
        self.foreign = False

    def feed(self, data: bytes) -> Reading:
        chunk = chunk_of(data, self.offset)
        self.offset += len(data)
        while (event := self.reader.take(chunk)) != NOTHING:
            self.take(event, chunk)
            if event == FOREIGN:
                break
        return self

    def take(self, event: int, chunk: Chunk) -> None:
        reader = self.reader
        if event == HEADER:
            if reader.type == 0:
                reader.want_payload()
            elif reader.type != 6:  # PING is passed over
                reader.want_body()
        elif event == PIECE:
            self.payload += chunk.buffer[reader.piece_start : reader.piece_end]
        elif event == BODY:
            self.found.append((reader.type, reader.stream, reader.body))
        elif event == END:
            self.found.append((0, reader.stream, self.payload))
            self.payload = b""
            self.misfits += reader.misfit
        else:
            self.foreign = True

    def lose(self, length: int) -> int:
        self.offset += length
        return self.reader.gap(length)


def frames() -> list[Frame]:
    padded = DataFrame(3, b"padded", pad_length=9, flags=["PADDED"])
    empty = DataFrame(3, b"", flags=["END_STREAM"])
    return [
        SettingsFrame(0, {4: 1000}),
        HeadersFrame(1, b"block", flags=["END_HEADERS"]),
        DataFrame(1, b"x" * 300),
        PingFrame(0, b"12345678"),
        padded,
        DataFrame(5, b"", pad_length=0, flags=["PADDED"]),
        empty,
    ]


EXPECTED = [
    (4, 0, bytes.fromhex("0004 000003e8")),
    (1, 1, b"block"),
    (0, 1, b"x" * 300),
    (0, 3, b"padded"),
    (0, 5, b""),
    (0, 3, b""),
]


@pytest.mark.parametrize("step", [1, 2, 8, 9, 10, 100, 10_000])
def test_all_frames_are_found_however_they_are_cut(step: int) -> None:
    data = PREFACE + b"".join(frame.serialize() for frame in frames())
    reading = Reading(FrameReader(True))
    for start in range(0, len(data), step):
        reading.feed(data[start : start + step])
    assert reading.found == EXPECTED
    assert (reading.reader.position, reading.reader.lost) == (len(data), False)


def test_rest_of_a_preface_that_was_begun_elsewhere() -> None:
    reading = Reading(FrameReader(True, 18)).feed(PREFACE[18:] + frames()[0].serialize())
    assert reading.found == EXPECTED[:1]


@pytest.mark.parametrize("step", [1, 100])
def test_other_first_bytes_are_foreign(step: int) -> None:
    reading = Reading(FrameReader(True))
    data = PREFACE[:20] + b"no"
    for start in range(0, len(data), step):
        reading.feed(data[start : start + step])
    assert reading.foreign


def test_reserved_bit_of_a_stream_identifier_is_ignored() -> None:
    # RFC 9113, section 4.1.
    reading = Reading().feed(bytes.fromhex("000000 00 01 80000007"))
    assert reading.found == [(0, 7, b"")]


@pytest.mark.parametrize("body", ["", "05", "0601020304"])
def test_padding_longer_than_its_frame_is_told(body: str) -> None:
    # By hand: flags 0x8; a pad length of 5 with nothing behind it, of 6 with 4 bytes behind it.
    data = bytes.fromhex(body)
    reading = Reading().feed(len(data).to_bytes(3, "big") + bytes.fromhex("00 08 00000001") + data)
    reading.feed(frames()[0].serialize())
    assert (reading.misfits, reading.found) == (1, [(0, 1, b""), EXPECTED[0]])


def test_a_gap_inside_data_keeps_the_place() -> None:
    data = DataFrame(1, b"x" * 100).serialize()
    reading = Reading().feed(data[:29])
    assert reading.lose(50) == 50
    reading.feed(data[79:] + frames()[0].serialize())
    assert reading.found == [(0, 1, b"x" * 50), EXPECTED[0]]


def test_a_gap_in_padding_is_none_of_the_payload() -> None:
    data = DataFrame(1, b"abc", pad_length=100, flags=["PADDED"]).serialize()
    reading = Reading().feed(data[:12])  # 9 of header, the pad length, two of payload
    assert reading.lose(50) == 1
    reading.feed(data[62:] + frames()[0].serialize())
    assert reading.found == [(0, 1, b"ab"), EXPECTED[0]]


def test_where_the_length_of_padding_is_missing_the_payload_is_uncertain() -> None:
    data = DataFrame(1, b"abc", pad_length=100, flags=["PADDED"]).serialize()
    reading = Reading().feed(data[:9])
    assert reading.lose(20) == 20
    assert reading.reader.uncertain
    reading.feed(data[29:] + frames()[0].serialize())
    assert reading.found == [(0, 1, b""), EXPECTED[0]]


def test_a_gap_inside_another_frame_breaks_it_alone() -> None:
    data = HeadersFrame(1, b"x" * 100).serialize()
    reading = Reading().feed(data[:20])
    assert reading.lose(30) == 0
    reading.feed(data[50:])
    assert reading.reader.broken
    reading.feed(frames()[0].serialize())
    assert (reading.found[-1], reading.reader.broken) == (EXPECTED[0], False)


@pytest.mark.parametrize("before", [0, 5, 9, 20])
def test_a_gap_over_a_frame_header_loses_the_place_for_good(before: int) -> None:
    data = DataFrame(1, b"x" * 20).serialize()
    reading = Reading().feed(data[:before])
    lost = len(data) - before + 3
    assert reading.lose(lost) == min(max(len(data) - before, 0), 20) * (before >= 9)
    reading.feed(frames()[0].serialize() * 3)
    assert (reading.reader.lost, reading.found) == (True, [])


def test_a_gap_of_unknown_length_loses_the_place() -> None:
    reading = Reading().feed(DataFrame(1, b"x" * 20).serialize()[:15])
    assert reading.lose(0) == 0
    assert reading.reader.lost


@given(st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 30)), max_size=20), st.booleans())
def test_any_bytes_and_gaps_are_taken(parts: list[bytes | int], preface: bool) -> None:
    reading = Reading(FrameReader(preface))
    for part in parts:
        if isinstance(part, int):
            assert 0 <= reading.lose(part) <= part
        else:
            reading.feed(part)
        if reading.foreign:
            return
