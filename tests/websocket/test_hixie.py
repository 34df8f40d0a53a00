"""Frames of hixie-75 and hixie-76, by RULES H1 to H7 of the drafts."""

from __future__ import annotations

import pytest

from analyzer.websocket.hixie import DISCARDED, HixieDecoder
from decoding import Collector, Taken, chunk, feed
from wire import HIXIE_CLOSE, hixie_sized, hixie_text

TEXT, CLOSE = 1, 8


def frames(data: bytes, *, closes: bool = True) -> list[tuple[int, int, bytes]]:
    whole, bytewise = Collector(), Collector()
    feed(HixieDecoder(0, whole, closes), [data])
    feed(HixieDecoder(0, bytewise, closes), [bytes([byte]) for byte in data])
    assert (whole.frames, whole.places) == (bytewise.frames, bytewise.places)
    return whole.frames


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (hixie_text("hä"), [(TEXT, 3, b"")]),
        (hixie_text("a") + hixie_text("b"), [(TEXT, 1, b""), (TEXT, 1, b"")]),
        (hixie_text("a") + HIXIE_CLOSE, [(TEXT, 1, b""), (CLOSE, 0, b"")]),
        (b"\x7fskipped\xff", [(DISCARDED, 7, b"")]),
        (hixie_sized(0x80, b"\xff" * 300), [(DISCARDED, 300, b"")]),
        (b"\xff\x01x", [(DISCARDED, 1, b"")]),
        (b"\x80\x00", [(DISCARDED, 0, b"")]),
        # Zero in more digits than it needs is zero still.
        (b"\xff\x80\x80\x00", [(CLOSE, 0, b"")]),
    ],
)
def test_type_byte_says_how_a_frame_ends(data: bytes, expected: list[object]) -> None:
    assert frames(data) == expected


def test_hixie_75_discards_what_closes_in_76() -> None:
    sink = Collector()
    feed(HixieDecoder(1, sink, closes=False), [HIXIE_CLOSE])
    assert (sink.frames, sink.odd) == ([(DISCARDED, 0, b"")], ["close_in_hixie_75"])


def test_ff_at_the_end_is_half_a_close() -> None:
    decoder = HixieDecoder(1, Collector(), closes=True)
    decoder.data(chunk(hixie_text("a") + b"\xff"))
    assert decoder.may_be_close()
    assert not decoder.interrupted_close()
    decoder.data(chunk(b"\x00"))
    assert (decoder.may_be_close(), decoder.opcode) == (False, CLOSE)


def test_length_without_end_loses_the_place() -> None:
    sink = Collector()
    decoder = HixieDecoder(1, sink, closes=True)
    decoder.data(chunk(b"\x80" + b"\xff" * 20))
    assert (decoder.lost, sink.odd) == (True, ["frame_length_too_large"])


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_text_is_handed_on_and_nothing_else(size: int) -> None:
    data = hixie_text("hä") + b"\x7fskipped\xff" + hixie_sized(0x80, b"too") + hixie_text("llo")
    decoder, taken = HixieDecoder(0, Collector(), closes=True), Taken()
    decoder.payload_to = taken
    feed(decoder, [data[start : start + size] for start in range(0, len(data), size)])
    assert taken.bytes_of == {TEXT: "hällo".encode()}


def test_gap_is_harmless_only_where_the_length_is_known() -> None:
    sink = Collector()
    decoder = HixieDecoder(1, sink, closes=True)
    decoder.data(chunk(hixie_sized(0x80, b"x" * 10)[:4]))
    assert decoder.gap(8)
    assert sink.frames == [(DISCARDED, 10, b"")]
    decoder.data(chunk(b"\x00ab"))
    assert not decoder.gap(1)
    assert not decoder.gap(1)
    decoder.resume()
    decoder.data(chunk(hixie_text("c")))
    assert sink.frames[1:] == [(TEXT, 1, b"")]
