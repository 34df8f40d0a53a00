"""Frames of hybi-01 to hybi-06: opcodes, the turned MORE bit, and masks that cover the header."""

from __future__ import annotations

import pytest

from analyzer.websocket.early import UNKNOWN_OPCODE, EarlyHybiDecoder
from analyzer.websocket.registry import Framing
from decoding import Collector, Taken, chunk, feed
from upgrade import KEY, NONCE, upgrade
from wire import FRAMINGS, Side, draft_frame

EARLY = [framing for framing in FRAMINGS if framing.startswith("hybi")]


def decoder_of(framing: str, side: str, sink: Collector) -> EarlyHybiDecoder:
    secret = f"{KEY}{NONCE}".encode()
    return EarlyHybiDecoder(int(side == "server"), sink, Framing(framing), secret)


@pytest.mark.parametrize("framing", EARLY)
@pytest.mark.parametrize("side", ["client", "server"])
def test_opcodes_become_those_of_rfc_6455(framing: str, side: Side) -> None:
    writer = upgrade(framing).frames()  # type: ignore[arg-type]
    sent = [("text", b"hi"), ("binary", b"\0" * 200), ("ping", b"p"), ("pong", b""), ("close", b"")]
    data = b"".join(writer.write(side, kind, body) for kind, body in sent)
    whole, bytewise = Collector(), Collector()
    feed(decoder_of(framing, side, whole), [data])
    feed(decoder_of(framing, side, bytewise), [bytes([byte]) for byte in data])
    expected = [(1, 2, b""), (2, 200, b""), (9, 1, b"p"), (10, 0, b""), (8, 0, b"")]
    assert whole.frames == bytewise.frames == expected
    assert whole.places[-1][1] == len(data)


@pytest.mark.parametrize("framing", EARLY)
@pytest.mark.parametrize("last", [True, False])
def test_top_bit_means_more_up_to_03_and_fin_from_04_on(framing: str, last: bool) -> None:
    decoder = decoder_of(framing, "server", Collector())
    decoder.data(chunk(draft_frame(framing, 4, b"x", last=last)))  # type: ignore[arg-type]
    assert decoder.fin is last


def test_unknown_opcode_is_told_and_passed_over() -> None:
    sink = Collector()
    feed(decoder_of("hybi-06", "server", sink), [draft_frame("hybi-06", 9, b"x") + b"\x84\x00"])
    assert (sink.frames, sink.odd) == (
        [(UNKNOWN_OPCODE + 9, 1, b"x"), (1, 0, b"")],
        ["opcode_unknown"],
    )


@pytest.mark.parametrize("framing", ["hybi-03", "hybi-04", "hybi-06"])
def test_gap_inside_a_masked_payload_keeps_the_mask_in_step(framing: str) -> None:
    writer = upgrade(framing).frames()  # type: ignore[arg-type]
    first = writer.text("client", "x" * 30)
    sink = Collector()
    decoder = decoder_of(framing, "client", sink)
    decoder.data(chunk(first[:10]))
    assert decoder.gap(11)
    decoder.data(chunk(first[21:] + writer.ping("client", b"abc")))
    assert sink.frames == [(1, 30, b""), (9, 3, b"abc")]


@pytest.mark.parametrize("framing", EARLY)
def test_payload_of_data_frames_is_handed_on_unmasked(framing: str) -> None:
    writer = upgrade(framing).frames()  # type: ignore[arg-type]
    data = writer.text("client", "x" * 30) + writer.ping("client", b"ping")
    decoder, taken = decoder_of(framing, "client", Collector()), Taken()
    decoder.payload_to = taken
    feed(decoder, [data[:15]])
    assert decoder.gap(11)
    decoder.data(chunk(data[26:]))
    assert (taken.bytes_of, taken.missing_of) == ({1: b"x" * 19}, {1: 11})


def test_gap_elsewhere_loses_the_place_for_good() -> None:
    sink = Collector()
    decoder = decoder_of("hybi-05", "client", sink)
    decoder.data(chunk(b"\1\2\3"))
    assert not decoder.gap(4)
    assert not decoder.gap(4)


def test_close_is_known_by_its_first_byte() -> None:
    decoder = decoder_of("hybi-06", "server", Collector())
    decoder.data(chunk(b"\x81\x04\x03"))
    assert (decoder.interrupted_close(), decoder.interrupted_body()) == (True, b"\x03")
    assert decoder.end_offset == 6


def test_length_with_its_top_bit_set_loses_the_place() -> None:
    sink = Collector()
    decoder = decoder_of("hybi-02", "server", sink)
    decoder.data(chunk(b"\x04\x7f\xff" + bytes(7) + b"\x04\x00"))
    assert (decoder.lost, sink.odd, sink.frames) == (True, ["frame_length_too_large"], [])
    decoder.resume()
    decoder.data(chunk(b"\x04\x00"))
    assert sink.frames == [(1, 0, b"")]
