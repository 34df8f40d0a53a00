from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.stream.layer import Chunk
from analyzer.tls.record import LONGEST_RECORD, RecordReader, is_header, may_begin

HELLO = b"\x16\x03\x01\x00\x04abcd"
DATA = b"\x17\x03\x03\x00\x0a0123456789"
EMPTY = b"\x17\x03\x03\x00\x00"


class Reading:
    """A reader, and the records that it found: kind, body, missing, skipped, end."""

    def __init__(self) -> None:
        self.reader = RecordReader()
        self.found: list[tuple[int, bytes, int, int, int]] = []
        self.offset = 0

    def push(self, data: bytes) -> Reading:
        chunk = Chunk()
        chunk.buffer = b"<" + data + b">"
        chunk.start, chunk.end, chunk.offset = 1, 1 + len(data), self.offset
        self.offset += len(data)
        while self.reader.take(chunk):
            self.note()
        assert self.reader.foreign or chunk.start == chunk.end
        return self

    def lose(self, length: int) -> Reading:
        self.offset += length
        if self.reader.gap(length):
            self.note()
        return self

    def note(self) -> None:
        reader = self.reader
        assert reader.length == len(reader.body) or reader.missing
        self.found.append(
            (reader.kind, reader.body, reader.missing, reader.skipped, reader.position)
        )


def test_records_are_found_one_behind_the_other() -> None:
    reading = Reading().push(HELLO + DATA + EMPTY + HELLO)
    assert reading.found == [
        (22, b"abcd", 0, 0, 9),
        (23, b"0123456789", 0, 0, 24),
        (23, b"", 0, 0, 29),
        (22, b"abcd", 0, 0, 38),
    ]
    assert reading.reader.header == HELLO[:5]


@given(cuts=st.lists(st.integers(1, 12), min_size=1))
def test_segmentation_does_not_matter(cuts: list[int]) -> None:
    data = HELLO + DATA + EMPTY + DATA
    reading = Reading()
    at = turn = 0
    while at < len(data):
        size = cuts[turn % len(cuts)]
        reading.push(data[at : at + size])
        at += size
        turn += 1
    assert reading.found == Reading().push(data).found


def test_gap_inside_a_body_costs_one_record() -> None:
    reading = Reading().push(HELLO + DATA[:7]).lose(3).push(DATA[10:] + HELLO)
    assert reading.found[1:] == [(23, b"", 3, 0, 24), (22, b"abcd", 0, 0, 33)]


def test_gap_that_ends_a_body_completes_the_record() -> None:
    reading = Reading().push(HELLO + DATA[:7]).lose(8)
    assert reading.found[1:] == [(23, b"", 8, 0, 24)]
    assert not reading.reader.inside
    assert reading.push(HELLO).found[2] == (22, b"abcd", 0, 0, 33)


def test_behind_a_gap_across_records_the_next_header_is_searched() -> None:
    reading = Reading().push(HELLO + DATA[:7]).lose(20)
    assert reading.reader.lost
    reading.push(b"tail of a record" + DATA + HELLO)
    # 36 bytes lie between the record that was whole and the next one.
    assert reading.found[1:] == [(23, b"0123456789", 0, 43, 67), (22, b"abcd", 0, 0, 76)]


def test_header_that_leads_nowhere_is_passed_over() -> None:
    reading = Reading().push(HELLO).lose(50)
    reading.push(b"\x17\x03\x03\x00\x04....nothing")
    assert len(reading.found) == 1
    reading.push(b"\x17\x03\x03\x00\x04...." + DATA)
    assert [body for _, body, *_ in reading.found[1:]] == [b"....", b"0123456789"]


def test_gap_inside_a_header_loses_the_place() -> None:
    reading = Reading().push(HELLO + DATA[:3]).lose(2)
    assert reading.reader.lost
    assert reading.push(DATA).found[1][:4] == (23, b"0123456789", 0, 5)


def test_stream_that_begins_otherwise_is_foreign() -> None:
    reading = Reading().push(b"GET / HTTP/1.1\r\n")
    assert reading.reader.foreign
    assert reading.found == []


def test_nonsense_behind_records_is_searched_through() -> None:
    reading = Reading().push(HELLO + b"nonsense" + DATA)
    assert not reading.reader.foreign
    assert reading.found[1][:4] == (23, b"0123456789", 0, 8)


def test_stream_whose_beginning_is_missing_is_not_foreign() -> None:
    reading = Reading().lose(10).push(b"middle" + DATA)
    assert not reading.reader.foreign
    assert reading.found[0][1] == b"0123456789"


@pytest.mark.parametrize(
    ("header", "fits"),
    [
        ((22, 3, 1, 1), True),
        ((23, 3, 3, 0), True),
        ((22, 3, 3, 0), False),
        ((19, 3, 3, 5), False),
        ((25, 3, 3, 5), False),
        ((23, 2, 3, 5), False),
        ((23, 3, 5, 5), False),
        ((23, 3, 3, LONGEST_RECORD), True),
        ((23, 3, 3, LONGEST_RECORD + 1), False),
    ],
)
def test_headers_are_told_from_others(header: tuple[int, int, int, int], fits: bool) -> None:
    assert is_header(*header) is fits


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", None),
        (b"\x16", None),
        (b"\x16\x03", None),
        (b"\x16\x03\x01\x02\x00", True),
        (b"G", False),
        (b"\x16\x02", False),
        (b"\x16\x03\x01\xff\xff", False),
        (b"\x17\x03\x03\x00\x05", False),
    ],
)
def test_beginning_of_tls_is_told_from_others(data: bytes, found: bool | None) -> None:
    assert may_begin(data) is found


@given(st.lists(st.one_of(st.binary(max_size=60), st.integers(1, 100)), max_size=20))
def test_any_bytes_are_taken(pushes: list[bytes | int]) -> None:
    reading = Reading().push(HELLO)
    for what in pushes:
        if isinstance(what, int):
            reading.lose(what)
        else:
            reading.push(what)
    assert reading.found[0][1] == b"abcd"
