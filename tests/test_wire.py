"""Frame and handshake bytes against published examples; the rest is in test_reference.py."""

from __future__ import annotations

import pytest

from upgrade import KEY, KEY1, KEY2, KEY3, accept, challenge_answer, refusal, upgrade
from wire import (
    FRAMINGS,
    MASK,
    PONG,
    TEXT,
    Frames,
    Framing,
    close_body,
    draft_frame,
    frame,
    hixie_sized,
    hixie_text,
    hybi_05_masked,
)


def test_the_examples_of_rfc_6455_section_5_7() -> None:
    assert frame(TEXT, b"Hello").hex() == "810548656c6c6f"
    assert frame(TEXT, b"Hello", mask=MASK).hex() == "818537fa213d7f9f4d5158"
    assert frame(TEXT, b"Hel", fin=False).hex() == "010348656c"
    assert frame(PONG, b"Hello", mask=MASK).hex() == "8a8537fa213d7f9f4d5158"
    assert frame(2, bytes(256))[:4].hex() == "827e0100"
    assert frame(2, bytes(65536))[:10].hex() == "827f0000000000010000"


def test_rsv_bits_and_lengths_that_are_longer_than_needed() -> None:
    assert frame(TEXT, b"a", rsv=4).hex() == "c10161"
    assert frame(TEXT, b"a", length_bytes=2).hex() == "817e000161"
    assert frame(TEXT, b"a", length_bytes=8).hex() == "817f000000000000000161"
    assert frame(TEXT, b"", length_bytes=2, mask=bytes(4)).hex() == "81fe000000000000"


def test_the_body_of_a_close() -> None:
    assert close_body() == b""
    assert close_body(1001, "weg").hex() == "03e9776567"


def test_hixie_frames() -> None:
    assert hixie_text("a") == b"\x00a\xff"
    assert hixie_sized(0xFF) == b"\xff\x00"
    assert hixie_sized(0x80, bytes(130))[:3] == b"\x80\x81\x02"


def test_more_and_fin() -> None:
    assert draft_frame("hybi-01", 4, b"a").hex() == "040161"
    assert draft_frame("hybi-01", 4, b"a", last=False).hex() == "840161"
    assert draft_frame("hybi-06", 4, b"a").hex() == "840161"


def test_a_whole_frame_is_masked_in_hybi_05() -> None:
    assert (
        hybi_05_masked(bytes.fromhex("810143"), bytes.fromhex("01020304")).hex() == "01020304800340"
    )


@pytest.mark.parametrize(
    ("framing", "expected"),
    [
        ("hixie-76", "ff00"),
        ("hybi-01", "0100"),
        ("hybi-03", "0100"),
        ("hybi-04", "8100"),
        ("hybi-05", "810153"),
        ("hybi-06", "810203e8"),
        ("rfc6455", "880203e8"),
    ],
)
def test_the_servers_close_of_each_version(framing: Framing, expected: str) -> None:
    assert Frames(framing).close("server", 1000).hex() == expected


def test_what_hixie_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no close"):
        Frames("hixie-75").close("client")
    with pytest.raises(ValueError, match="no ping"):
        Frames("hixie-76").ping("client")


def test_the_answers_to_the_published_keys() -> None:
    assert accept(KEY) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert challenge_answer(KEY1, KEY2, KEY3) == b"8jKS'y:G*Co,Wxa-"


@pytest.mark.parametrize("framing", FRAMINGS)
def test_headers_can_be_added_to_every_handshake(framing: Framing) -> None:
    agreed = upgrade(framing, path="/x", protocol="chat", response_headers=[("Server", "s")])
    assert agreed.request.startswith(b"GET /x HTTP/1.1\r\nHost: example.com\r\n")
    assert b"Sec-WebSocket-Protocol: chat\r\n" in agreed.request
    assert agreed.response.startswith(b"HTTP/1.1 101 ")
    assert b"Server: s\r\n" in agreed.response


def test_a_refusal_has_a_body_with_its_length() -> None:
    assert refusal(404, b"nothing").endswith(b"Content-Length: 7\r\n\r\nnothing")
