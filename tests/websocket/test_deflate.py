"""Extensions that compress: reserved bits, and the stream that is compressed whole."""

from __future__ import annotations

import zlib

import pytest

from analyzer.websocket.deflate import (
    ANY_RSV,
    MAX_INFLATED,
    RSV1,
    DeflateStreamDecoder,
    extension_names,
    reserved_bits,
)
from analyzer.websocket.hybi import HybiDecoder
from decoding import Collector, Talk, chunk, feed
from wire import CLOSE, TEXT, close_body, frame


@pytest.mark.parametrize(
    ("extensions", "bits"),
    [
        ([], 0),
        (["permessage-deflate; client_max_window_bits=12"], RSV1),
        (["X-WebKit-Deflate-Frame"], RSV1),
        (["permessage-deflate", "something-new"], ANY_RSV),
    ],
)
def test_bits_that_extensions_use(extensions: list[str], bits: int) -> None:
    assert reserved_bits(extensions) == bits


def test_names_stand_before_the_parameters() -> None:
    assert extension_names(["A; b=c", " d "]) == {"a", "d"}


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def decoder(sink: Collector) -> DeflateStreamDecoder:
    return DeflateStreamDecoder(HybiDecoder(1, sink, 8, 0))


FRAMES = frame(TEXT, b"hello" * 20) + frame(CLOSE, close_body(1000, "bye"))


def test_frames_are_read_through_deflate_stream() -> None:
    whole, bytewise = Collector(), Collector()
    feed(decoder(whole), [deflated(FRAMES)])
    feed(decoder(bytewise), [bytes([byte]) for byte in deflated(FRAMES)])
    assert whole.frames == bytewise.frames == [(1, 100, b""), (8, 5, b"\x03\xe8bye")]


def test_end_of_a_frame_is_told_in_tcp_bytes() -> None:
    sink = Collector()
    data = deflated(FRAMES)
    decoder(sink).data(chunk(data, offset=50))
    assert sink.places[-1][1] == 50 + len(data)


def test_gap_makes_everything_behind_it_unreadable() -> None:
    talk = Talk("rfc6455", version=8, extensions="deflate-stream")
    talk.say(1, deflated(FRAMES)[:-6])
    talk.gap(1, 3)
    talk.say(1, b"\x88\x02\x03\xe8")
    talk.end()
    assert talk.log.server.close is None
    assert talk.log.server.hidden


@pytest.mark.parametrize("data", [b"\xff" * 50, deflated(bytes(MAX_INFLATED + 100))])
def test_broken_stream_is_told_where_it_breaks(data: bytes) -> None:
    talk = Talk("rfc6455", version=8, extensions="deflate-stream")
    talk.say(1, data)
    talk.say(1, data)
    talk.end()
    (odd,) = [one for one in talk.log.anomalies if one.name == "deflate_stream_broken"]
    assert (odd.packet, odd.time_ns) == (1, 1_000_000)


def test_what_is_inside_may_lose_its_place_too() -> None:
    sink = Collector()
    lost = decoder(sink)
    feed(lost, [deflated(b"\x82\x7f\xff" + bytes(7)), deflated(FRAMES)])
    assert (lost.lost, sink.odd, sink.frames) == (True, ["frame_length_too_large"], [])
    lost.resume()
    assert lost.lost
    assert not lost.gap(1)
