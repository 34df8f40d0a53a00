"""Decoders of every framing, against the second decoder that was written from the documents alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from analyzer.http.handshake import OpeningHandshake
from analyzer.http.message import parse_head
from analyzer.stream.layer import Chunk
from analyzer.websocket.decoder import FrameDecoder, FrameSink
from analyzer.websocket.hixie import HixieDecoder
from analyzer.websocket.hybi import HybiDecoder
from analyzer.websocket.log import FrameLog
from analyzer.websocket.negotiation import make_decoder
from analyzer.websocket.registry import Framing
from upgrade import upgrade
from wire import FRAMINGS, MASK, close_body, frame, hixie_sized, hixie_text


class Collector(FrameSink):
    """Writes down frames and oddities."""

    def __init__(self) -> None:
        self.frames: list[tuple[Any, ...]] = []
        self.odd: list[str] = []

    def frame(self, decoder: FrameDecoder) -> None:
        self.frames.append((decoder.opcode, decoder.payload_length, decoder.body, decoder.packet))

    def oddity(self, decoder: FrameDecoder, name: str, detail: str) -> None:  # noqa: ARG002
        self.odd.append(name)


def feed(decoder: FrameDecoder, data: bytes, cuts: list[int] | None = None) -> None:
    bounds = sorted({0, len(data), *(cut for cut in cuts or [] if cut < len(data))})
    for packet, (low, high) in enumerate(zip(bounds, bounds[1:], strict=False), 1):
        chunk = Chunk()
        chunk.buffer, chunk.end, chunk.offset = data[low:high], high - low, low
        chunk.packet, chunk.time_ns = packet, packet
        decoder.data(chunk)


def opening(framing: str) -> OpeningHandshake:
    agreed = upgrade(framing)  # type: ignore[arg-type]
    return OpeningHandshake(parse_head(agreed.request), parse_head(agreed.response))


KINDS = {0: "continuation", 1: "text", 2: "binary", 3: "other", 8: "close", 9: "ping", 10: "pong"}

kinds = st.sampled_from(["text", "ping", "pong", "close"])
sends = st.lists(st.tuples(kinds, st.text(max_size=30) | st.just("x" * 200)), max_size=8)


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("side", ["client", "server"])
@given(said=sends, cuts=st.lists(st.integers(1, 600), max_size=8))
def test_frames_are_those_of_the_reference(
    framing: str, side: Any, said: list[tuple[str, str]], cuts: list[int]
) -> None:
    agreed = upgrade(framing)  # type: ignore[arg-type]
    writer = agreed.frames()
    data = b""
    for kind, text in said:
        if kind == "text":
            data += writer.text(side, text)
        elif kind == "close" and framing != "hixie-75":
            data += writer.close(side, 1000 if framing in {"hybi-06", "rfc6455"} else None)
        elif kind in {"ping", "pong"} and not framing.startswith("hixie"):
            data += getattr(writer, kind)(side, text.encode()[:125])
    sides = {"client": b"", "server": b"", side: data}
    reading = reference.read(agreed.request + sides["client"], agreed.response + sides["server"])
    expected = [(one.kind, len(one.payload)) for one in getattr(reading, side)]
    sink = Collector()
    log = FrameLog(Framing(framing), 13, None)
    decoder = make_decoder(int(side == "server"), log, opening(framing))
    decoder.sink = sink
    feed(decoder, data, cuts)
    assert [(KINDS[one[0]], one[1]) for one in sink.frames] == expected
    assert not decoder.in_frame


@pytest.mark.parametrize(
    ("side", "data", "expected"),
    [
        # RFC 6455, section 5.7.
        (1, bytes.fromhex("810548656c6c6f"), [(1, 5, b"")]),
        (0, bytes.fromhex("818537fa213d7f9f4d5158"), [(1, 5, b"")]),
        (1, bytes.fromhex("010348656c80026c6f"), [(1, 3, b""), (0, 2, b"")]),
        (1, bytes.fromhex("890548656c6c6f"), [(9, 5, b"Hello")]),
        (0, bytes.fromhex("8a8537fa213d7f9f4d5158"), [(10, 5, b"Hello")]),
        (1, bytes.fromhex("827e0100") + bytes(256), [(2, 256, b"")]),
        (1, bytes.fromhex("827f0000000000010000") + bytes(65536), [(2, 65536, b"")]),
    ],
)
def test_the_examples_of_rfc_6455(side: int, data: bytes, expected: list[Any]) -> None:
    for cuts in ([], list(range(min(len(data), 30)))):
        sink = Collector()
        feed(HybiDecoder(side, sink, 13, 0), data, cuts)
        assert [one[:3] for one in sink.frames] == expected
        assert sink.odd == []


@pytest.mark.parametrize(
    ("side", "data", "odd"),
    [
        (0, frame(1, b"x"), "client_frame_unmasked"),
        (1, frame(1, b"x", mask=MASK), "server_frame_masked"),
        (1, frame(1, b"x", rsv=4), "reserved_bit_set"),
        (1, frame(3, b"x"), "opcode_unknown"),
        (1, frame(9, b"x" * 126), "control_frame_too_long"),
        (1, frame(9, b"x", fin=False), "control_frame_fragmented"),
        (1, frame(0, b"x"), "continuation_without_start"),
        (1, frame(1, b"x", fin=False) + frame(1, b"y"), "message_interrupted"),
        (1, frame(1, b"x", length_bytes=2), "length_not_minimal"),
        (1, frame(1, b"x" * 300, length_bytes=8), "length_not_minimal"),
        (1, b"\x81\x7f\xff" + bytes(7), "frame_length_too_large"),
    ],
)
def test_what_version_13_forbids_has_a_name(side: int, data: bytes, odd: str) -> None:
    sink = Collector()
    feed(HybiDecoder(side, sink, 13, 0), data)
    assert sink.odd == [odd]


@pytest.mark.parametrize(
    ("side", "data"),
    [
        (0, frame(1, b"x")),
        (1, frame(1, b"x", mask=MASK)),
        (1, frame(1, b"x", rsv=4)),
        (1, frame(1, b"x", length_bytes=2)),
    ],
)
def test_duties_that_came_later_bind_no_older_version(side: int, data: bytes) -> None:
    sink = Collector()
    feed(HybiDecoder(side, sink, 8, 0), data)
    assert (sink.odd, len(sink.frames)) == ([], 1)


def test_a_ping_between_fragments_is_legal() -> None:
    sink = Collector()
    data = frame(1, b"a", fin=False) + frame(9, b"p") + frame(0, b"b")
    feed(HybiDecoder(1, sink, 13, 0), data)
    assert (sink.odd, [one[0] for one in sink.frames]) == ([], [1, 9, 0])


def test_rsv1_is_legal_with_a_compressing_extension() -> None:
    sink = Collector()
    feed(HybiDecoder(1, sink, 13, 4), frame(1, b"x", rsv=4))
    assert sink.odd == []


DATA = frame(1, b"hello") + frame(8, close_body(1000, "done")) + frame(2, b"y" * 40)


@given(st.integers(0, len(DATA) - 1), st.integers(1, len(DATA)))
def test_around_a_gap_only_true_frames_are_told(start: int, length: int) -> None:
    """In step when the gap lies inside a payload; lost, and silent, otherwise."""
    length = min(length, len(DATA) - start)
    whole = Collector()
    feed(HybiDecoder(1, whole, 13, 0), DATA)
    sink = Collector()
    decoder = HybiDecoder(1, sink, 13, 0)
    feed(decoder, DATA[:start])
    in_step = decoder.gap(length)
    if in_step:
        feed(decoder, DATA[start + length :])
        assert [one[:2] for one in sink.frames] == [one[:2] for one in whole.frames]
        for (opcode, _, body, _), (_, _, true_body, _) in zip(
            sink.frames, whole.frames, strict=True
        ):
            assert opcode < 8 or true_body.startswith(body)
    else:
        assert decoder.lost
        assert [one[:3] for one in sink.frames] == [
            one[:3] for one in whole.frames[: len(sink.frames)]
        ]


def test_ff_00_between_two_texts_is_no_close() -> None:
    sink = Collector()
    feed(HixieDecoder(0, sink, closes=True), hixie_text("a") + hixie_text("") + hixie_text("b"))
    assert [one[0] for one in sink.frames] == [1, 1, 1]


@pytest.mark.parametrize("cuts", [[], [1], list(range(20))])
def test_hixie_frames_with_a_length_are_discarded_and_only_ff_00_closes(cuts: list[int]) -> None:
    data = (
        hixie_sized(0x80, b"\xff\x00" * 100) + hixie_sized(0xFF, b"xy") + b"\x01skipped\xff\xff\x00"
    )
    sink = Collector()
    feed(HixieDecoder(0, sink, closes=True), data, cuts)
    assert [(one[0], one[1]) for one in sink.frames] == [(3, 200), (3, 2), (3, 7), (8, 0)]


def test_hixie_75_knows_no_close() -> None:
    sink = Collector()
    feed(HixieDecoder(0, sink, closes=False), b"\xff\x00")
    assert (sink.odd, [one[0] for one in sink.frames]) == (["close_in_hixie_75"], [3])


def test_half_a_hixie_close_is_none() -> None:
    sink = Collector()
    decoder = HixieDecoder(0, sink, closes=True)
    feed(decoder, b"\xff")
    assert (sink.frames, decoder.in_frame) == ([], True)


@pytest.mark.parametrize("framing", FRAMINGS)
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_bytes_make_a_decoder_fail(framing: str, pieces: list[bytes]) -> None:
    for side in (0, 1):
        decoder = make_decoder(side, FrameLog(Framing(framing), 13, None), opening(framing))
        for piece in pieces:
            if not decoder.lost:
                feed(decoder, piece)
            decoder.interrupted_close()
            decoder.interrupted_body()
            if not decoder.lost:
                decoder.gap(len(piece) + 1)
