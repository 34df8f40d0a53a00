"""Stepping through the messages of one side, however they are cut into chunks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.http.reader import FOREIGN, SEEK, START, UNTIL_CLOSE, MessageReader, chunk_size
from analyzer.stream.layer import Chunk

MESSAGES = b"".join(
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"\r\nHTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"5;x=y\r\nHTTP/\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ]
)


def chunk_of(data: bytes, packet: int = 1) -> Chunk:
    chunk = Chunk()
    chunk.buffer, chunk.end, chunk.packet, chunk.time_ns = data, len(data), packet, packet * 10
    return chunk


def heads(reader: MessageReader, chunk: Chunk) -> list[str]:
    found = []
    while (head := reader.take(chunk)) is not None:
        found.append(head.start_line)
    return found


def test_bodies_are_passed_over_even_when_they_look_like_heads() -> None:
    assert heads(MessageReader(), chunk_of(MESSAGES)) == [
        "HTTP/1.1 100 Continue",
        "HTTP/1.1 200 OK",
        "HTTP/1.1 204 No Content",
        "HTTP/1.1 200 OK",
        "HTTP/1.1 404 Not Found",
    ]


@given(st.lists(st.integers(0, len(MESSAGES)), max_size=20))
def test_cuts_change_nothing(cuts: list[int]) -> None:
    bounds = sorted({0, len(MESSAGES), *cuts})
    reader, found = MessageReader(), []
    for low, high in pairwise(bounds):
        found += heads(reader, chunk_of(MESSAGES[low:high]))
    assert found == heads(MessageReader(), chunk_of(MESSAGES))
    assert reader.state == START


def test_a_head_knows_its_packets() -> None:
    reader = MessageReader()
    assert reader.take(chunk_of(b"GET / HT", 1)) is None
    head = reader.take(chunk_of(b"TP/1.1\r\n\r\n", 4))
    assert head is not None
    assert (head.first_packet, head.packet, head.first_at, head.at) == (1, 4, 10, 40)


def test_the_bytes_behind_a_hixie_76_head_belong_to_it() -> None:
    reader = MessageReader()
    chunk = chunk_of(b"GET / HTTP/1.1\r\nSec-WebSocket-Key1: 1\r\n\r\n12345678\x00hi\xff")
    head = reader.take(chunk)
    assert head is not None
    assert head.challenge == b"12345678"
    assert chunk.buffer[chunk.start :] == b"\x00hi\xff"


def test_a_body_without_length_lasts_until_the_end() -> None:
    reader = MessageReader()
    heads(reader, chunk_of(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"))
    assert reader.state == UNTIL_CLOSE
    assert reader.gap(1000)


def test_a_gap_inside_a_body_is_passed_over() -> None:
    reader = MessageReader()
    heads(reader, chunk_of(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + bytes(40)))
    assert reader.take(chunk_of(bytes(40))) is None
    assert reader.gap(20)
    assert heads(reader, chunk_of(b"HTTP/1.1 201 OK\r\n\r\n")) == ["HTTP/1.1 201 OK"]


def test_behind_any_other_gap_a_message_begins_with_a_chunk() -> None:
    reader = MessageReader()
    assert not reader.gap(20)
    assert reader.state == SEEK
    assert heads(reader, chunk_of(b"rest of something")) == []
    assert heads(reader, chunk_of(b"GET / HTTP/1.1\r\n\r\n")) == ["GET / HTTP/1.1"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot hex\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 9000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1_0\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x10\r\n",
    ],
)
def test_what_is_not_http_is_foreign(data: bytes) -> None:
    reader = MessageReader()
    for start in range(0, len(data), 1000):
        heads(reader, chunk_of(data[start : start + 1000]))
    assert reader.state == FOREIGN


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_no_bytes_make_it_fail(pieces: list[bytes]) -> None:
    reader = MessageReader(SEEK)
    for piece in pieces:
        heads(reader, chunk_of(piece))
        reader.gap(len(piece))
        reader.cut_head(0, 0)


@pytest.mark.parametrize("step", [1, 2, 5, 16])
def test_behind_a_gap_a_head_is_found_in_small_pieces_too(step: int) -> None:
    reader, found = MessageReader(SEEK), []
    data = b"GET /a HTTP/1.1\r\nHost: b\r\n\r\n"
    for start in range(0, len(data), step):
        found += heads(reader, chunk_of(data[start : start + step]))
    assert found == ["GET /a HTTP/1.1"]


def test_behind_a_gap_what_proves_to_be_no_head_is_passed_over() -> None:
    reader = MessageReader(SEEK)
    assert heads(reader, chunk_of(b"GET rich quick")) == []
    assert heads(reader, chunk_of(b", they said\r\n")) == []
    assert reader.state == SEEK
    assert heads(reader, chunk_of(b"GET / HTTP/1.1\r\n\r\n")) == ["GET / HTTP/1.1"]
    assert not reader.lost


def test_a_head_too_long_behind_a_gap_is_passed_over() -> None:
    reader = MessageReader(SEEK)
    for piece in (b"GET / HTTP/1.1\r\n", *[b"a: b\r\n" * 1000] * 12):
        heads(reader, chunk_of(piece))
    assert reader.state == SEEK


@pytest.mark.parametrize(
    ("line", "size"),
    [
        (b"1a", 26),
        (b"5;x=y", 5),
        (b"5 ;x", 5),
        (b"0", 0),
        (b"0000000000000000000000001", 1),
        (b"fffffffffffffff", 2**60 - 1),
        (b"1fffffffffffffff", -1),
        (b"", -1),
        (b";", -1),
        (b"+5", -1),
        (b"5 5", -1),
    ],
)
def test_sizes_of_the_chunked_coding(line: bytes, size: int) -> None:
    assert chunk_size(line) == size
