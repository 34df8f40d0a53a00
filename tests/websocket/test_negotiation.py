"""Which framing an opening handshake leads to (RULES D2)."""

from __future__ import annotations

import pytest

from analyzer.http.handshake import OpeningHandshake
from analyzer.http.message import Head, parse_head
from analyzer.websocket.deflate import DeflateStreamDecoder
from analyzer.websocket.early import EarlyHybiDecoder
from analyzer.websocket.finder import FrameFinder
from analyzer.websocket.hixie import HixieDecoder
from analyzer.websocket.hixie_finder import HixieFinder
from analyzer.websocket.hybi import HybiDecoder
from analyzer.websocket.log import FrameLog
from analyzer.websocket.message_log import message_log
from analyzer.websocket.negotiation import (
    choose_framing,
    first_byte_framing,
    make_decoder,
    make_finder,
    may_be_hybi_01,
    version_number,
)
from analyzer.websocket.registry import Framing
from decoding import opening
from upgrade import KEY1, request_bytes, response_bytes
from wire import FRAMINGS


def asked(*headers: tuple[str, str]) -> Head:
    return parse_head(request_bytes("/", list(headers)))


def answered(*headers: tuple[str, str]) -> Head:
    return parse_head(response_bytes(101, list(headers)))


@pytest.mark.parametrize("framing", FRAMINGS)
def test_framing_follows_from_the_handshake(framing: str) -> None:
    handshake = opening(framing)
    # hybi-01 looks like hixie-76 until the first frame.
    assert str(choose_framing(handshake)) == ("hixie-76" if framing == "hybi-01" else framing)
    assert may_be_hybi_01(handshake) == (framing in {"hybi-01", "hixie-76"})


@pytest.mark.parametrize(
    ("handshake", "framing"),
    [
        (OpeningHandshake(asked(("Sec-WebSocket-Version", "8"))), "rfc6455"),
        (OpeningHandshake(asked(("Sec-WebSocket-Version", "99"))), "rfc6455"),
        (
            OpeningHandshake(asked(("Sec-WebSocket-Version", "x"), ("Sec-WebSocket-Key", "k"))),
            "rfc6455",
        ),
        (OpeningHandshake(asked(("Sec-WebSocket-Draft", "7"))), "hybi-03"),
        (OpeningHandshake(asked(("Sec-WebSocket-Key1", KEY1))), "hixie-76"),
        (OpeningHandshake(asked()), "hixie-75"),
        # Only the answer was captured.
        (OpeningHandshake(None, answered(("Sec-WebSocket-Accept", "x"))), "rfc6455"),
        (OpeningHandshake(None, answered(("Sec-WebSocket-Nonce", "x"))), "hybi-04"),
        (OpeningHandshake(None, answered(("Sec-WebSocket-Location", "ws://a"))), "hixie-76"),
        (OpeningHandshake(None, answered(("WebSocket-Origin", "http://a"))), "hixie-75"),
        (OpeningHandshake(None, answered()), "rfc6455"),
        (OpeningHandshake(), "rfc6455"),
    ],
)
def test_whatever_there_is_of_it_decides(handshake: OpeningHandshake, framing: str) -> None:
    assert str(choose_framing(handshake)) == framing


@pytest.mark.parametrize(
    ("sent", "number"), [("13", 13), (" 8 ", 8), ("", 0), ("13, 8", 0), ("-1", 0), ("9" * 5000, 0)]
)
def test_version_is_a_small_number(sent: str, number: int) -> None:
    assert version_number(OpeningHandshake(asked(("Sec-WebSocket-Version", sent)))) == number
    assert version_number(OpeningHandshake()) == 0


@pytest.mark.parametrize(
    ("byte", "framing"),
    [
        (0x00, "hixie-76"),
        (0xFF, "hixie-76"),
        (0x80, "hixie-76"),
        (0x04, "hybi-01"),
        (0x81, "hybi-01"),
    ],
)
def test_first_byte_tells_the_two_apart(byte: int, framing: str) -> None:
    assert str(first_byte_framing(byte)) == framing


@pytest.mark.parametrize("framing", Framing)
def test_every_framing_has_its_decoder_and_finder(framing: Framing) -> None:
    log = FrameLog(framing, 13, None)
    decoder = make_decoder(0, log, None)
    finder = make_finder(decoder, framing, 0)
    if framing.is_hixie:
        assert isinstance(decoder, HixieDecoder)
        assert isinstance(finder, HixieFinder)
        assert decoder.closes == (framing is Framing.HIXIE_76)
    elif framing is Framing.RFC_6455:
        assert isinstance(decoder, HybiDecoder)
        assert isinstance(finder, FrameFinder)
        assert decoder.rsv_allowed == 7
    else:
        assert isinstance(decoder, EarlyHybiDecoder)
        assert finder is None


def test_accepted_extensions_shape_the_decoder() -> None:
    log = FrameLog(Framing.RFC_6455, 13, None)
    plain = make_decoder(1, log, opening("rfc6455"))
    deflate = make_decoder(1, log, opening("rfc6455", extensions="permessage-deflate"))
    stream = make_decoder(1, log, opening("rfc6455", version=8, extensions="deflate-stream"))
    assert (plain.rsv_allowed, deflate.rsv_allowed) == (0, 4)  # type: ignore[attr-defined]
    assert isinstance(stream, DeflateStreamDecoder)
    assert make_finder(stream, Framing.RFC_6455, 5) is None


@pytest.mark.parametrize("framing", list(Framing))
def test_payload_goes_where_somebody_asked_for_it(framing: Framing) -> None:
    handshake = opening(str(framing), extensions="permessage-deflate")
    log = FrameLog(framing, 13, None)
    assert make_decoder(0, log, handshake).payload_to is None
    log.messages = message_log(log.anomalies, handshake, 13, last=None)
    for side in (0, 1):
        decoder = make_decoder(side, log, handshake)
        assert decoder.payload_to is log.messages.readers[side]


def test_payload_under_deflate_stream_is_that_of_the_frames() -> None:
    handshake = opening("rfc6455", version=8, extensions="deflate-stream")
    log = FrameLog(Framing.RFC_6455, 8, None)
    log.messages = message_log(log.anomalies, handshake, 8, last=None)
    stream = make_decoder(1, log, handshake)
    assert isinstance(stream, DeflateStreamDecoder)
    assert stream.payload_to is None
    assert stream._inner.payload_to is log.messages.readers[1]


def test_hybi_04_without_a_nonce_is_not_masked() -> None:
    log = FrameLog(Framing.HYBI_04, 4, None)
    handshake = OpeningHandshake(asked(("Sec-WebSocket-Version", "4")), answered())
    assert not make_decoder(0, log, handshake).masked
    assert make_decoder(0, log, opening("hybi-04")).masked
