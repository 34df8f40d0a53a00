"""Frames of hybi-07 to RFC 6455."""

from __future__ import annotations

import pytest

from analyzer.websocket.hybi import HybiDecoder, header_size, unmask
from decoding import Collector, Taken, chunk, feed
from wire import BINARY, CLOSE, MASK, PING, TEXT, close_body, exclusive_or, frame


@pytest.mark.parametrize(
    ("header", "size"),
    [
        # RFC 6455, section 5.2, added up by hand.
        ("", 2),
        ("81", 2),
        ("8105", 2),
        ("817e", 4),
        ("817f", 10),
        ("8185", 6),
        ("81fe", 8),
        ("81ff", 14),
    ],
)
def test_second_byte_tells_how_long_a_header_is(header: str, size: int) -> None:
    data = bytes.fromhex(header)
    assert header_size(data, 0, len(data)) == size


def test_key_repeats_every_four_bytes() -> None:
    # RFC 6455, section 5.7.
    assert unmask(bytes.fromhex("37fa213d"), bytes.fromhex("7f9f4d5158")) == b"Hello"


@pytest.mark.parametrize("size", [4, 20])
def test_key_is_applied_from_any_place(size: int) -> None:
    key, data = bytes(range(1, size + 1)), bytes(range(100, 200))
    whole = exclusive_or(data, key)
    assert unmask(key, data) == whole
    for start in range(len(data)):
        assert unmask(key, data[start:], start) == whole[start:]
    assert unmask(key, b"") == unmask(b"", b"") == b""


@pytest.mark.parametrize("mask", [None, MASK])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_payload_of_data_frames_is_handed_on_unmasked(mask: bytes | None, size: int) -> None:
    sent = [(TEXT, b"hello"), (PING, b"ping"), (BINARY, bytes(range(200)))]
    data = b"".join(frame(opcode, body, mask=mask) for opcode, body in sent)
    decoder, taken = HybiDecoder(0, Collector(), 0, 0), Taken()
    decoder.payload_to = taken
    feed(decoder, [data[start : start + size] for start in range(0, len(data), size)])
    assert taken.bytes_of == {TEXT: b"hello", BINARY: bytes(range(200))}


@pytest.mark.parametrize("mask", [None, MASK])
def test_close_split_anywhere_is_read(mask: bytes | None) -> None:
    data = frame(CLOSE, close_body(1001, "bye"), mask=mask)
    for cut in range(1, len(data)):
        sink = Collector()
        feed(HybiDecoder(0, sink, 0, 0), [data[:cut], data[cut:]], offset=70)
        assert sink.frames == [(8, 5, b"\x03\xe9bye")]
        assert sink.places == [(70, 70 + len(data))]


def test_frame_is_timed_by_its_first_and_its_last_byte() -> None:
    decoder = HybiDecoder(1, Collector(), 13, 0)
    data = frame(TEXT, b"hello")
    feed(decoder, [data[:1], data[1:3], data[3:]])
    assert (decoder.first_packet, decoder.packet) == (1, 3)
    assert (decoder.first_at, decoder.time_ns) == (1_000_000, 3_000_000)


@pytest.mark.parametrize("cut", range(1, 12))
def test_close_that_never_becomes_whole_is_known_by_its_first_byte(cut: int) -> None:
    data = frame(CLOSE, close_body(1000, "done"), mask=MASK)
    decoder = HybiDecoder(0, Collector(), 13, 0)
    decoder.data(chunk(data[:cut], offset=40))
    assert decoder.interrupted_close()
    # Six bytes of header, then what there is of the body.
    assert decoder.interrupted_body() == close_body(1000, "done")[: max(cut - 6, 0)]
    # Its end is known once the length is; every frame has two bytes.
    assert decoder.end_offset == (40 + len(data) if cut >= 6 else 42)
    assert not decoder.gap(100)


def test_gap_inside_a_close_leaves_the_code() -> None:
    data = frame(CLOSE, close_body(1000, "done"))
    sink = Collector()
    decoder = HybiDecoder(1, sink, 13, 0)
    decoder.data(chunk(data[:4]))
    assert decoder.gap(2)
    decoder.data(chunk(data[6:], offset=6))
    assert sink.frames == [(8, 6, close_body(1000))]
    assert not decoder.body_complete


def test_longest_length_that_is_allowed_is_waited_for() -> None:
    sink = Collector()
    decoder = HybiDecoder(1, sink, 13, 0)
    decoder.data(chunk(b"\x82\x7f\x3f" + b"\xff" * 7))
    assert (decoder.payload_length, decoder.lost) == (2**62 - 1, False)
    assert decoder.gap(2**61)
    assert sink.frames == []


def test_length_beyond_that_loses_the_place() -> None:
    sink = Collector()
    decoder = HybiDecoder(1, sink, 13, 0)
    decoder.data(chunk(b"\x82\x7f\x40" + bytes(7) + b"rest"))
    assert (decoder.lost, sink.odd) == (True, ["frame_length_too_large"])
    decoder.resume()
    decoder.data(chunk(frame(TEXT, b"again")))
    assert sink.frames == [(1, 5, b"")]


def test_oversize_control_frame_is_read_to_its_end() -> None:
    sink = Collector()
    data = frame(CLOSE, close_body(1000, "x" * 9000)) + frame(PING, b"p")
    feed(HybiDecoder(1, sink, 13, 0), [data[start : start + 500] for start in range(0, 9999, 500)])
    (opcode, length, body), ping = sink.frames
    assert (opcode, length, body[:3], ping) == (8, 9002, b"\x03\xe8x", (9, 1, b"p"))
    assert len(body) < 5000
    assert sink.odd == ["control_frame_too_long"]


def test_rsv1_on_a_control_frame_is_no_compression() -> None:
    # RFC 7692, section 6.1.
    sink = Collector()
    feed(HybiDecoder(1, sink, 13, 4), [frame(TEXT, b"x", rsv=4) + frame(PING, b"x", rsv=4)])
    assert sink.odd == ["reserved_bit_set"]


def test_fragments_are_not_missed_behind_a_gap() -> None:
    sink = Collector()
    decoder = HybiDecoder(1, sink, 13, 0)
    decoder.data(chunk(frame(TEXT, b"a", fin=False)))
    assert not decoder.gap(9)
    decoder.resume()
    decoder.data(chunk(frame(0, b"b") + frame(TEXT, b"c")))
    assert (sink.odd, len(sink.frames)) == ([], 3)
