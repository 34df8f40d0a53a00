"""Opening handshakes: the proofs are those of the documents."""

from __future__ import annotations

import pytest

from analyzer.http.handshake import (
    OpeningHandshake,
    accept_of,
    challenge_answer,
    is_upgrade,
    key_number,
)
from analyzer.http.message import Head, parse_head
from upgrade import upgrade
from wire import FRAMINGS


def handshake(request: bytes, response: bytes) -> OpeningHandshake:
    heads = []
    for data in (request, response):
        end = data.index(b"\r\n\r\n") + 4
        head = parse_head(data[:end])
        head.challenge = data[end:]
        heads.append(head)
    return OpeningHandshake(*heads)


def test_accept_is_rfc_6455s_example() -> None:
    assert accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_challenge_is_hixie_76s_example() -> None:
    answer = challenge_answer("4 @1  46546xW%0l 1 5", "12998 5 Y3 1  .P00", b"^n:ds[4U")
    assert answer == b"8jKS'y:G*Co,Wxa-"


@pytest.mark.parametrize("key", ["", "no digits", "123", "1 0 3", "9999999999999 ", "9" * 30 + " "])
def test_a_key_that_hides_no_number(key: str) -> None:
    assert key_number(key) is None
    assert challenge_answer(key, "4 @1  46546xW%0l 1 5", b"12345678") is None


@pytest.mark.parametrize("framing", FRAMINGS)
def test_proofs_of_every_version_are_checked(framing: str) -> None:
    agreed = upgrade(framing)  # type: ignore[arg-type]
    good = handshake(agreed.request, agreed.response)
    assert is_upgrade(good.request or Head(""))
    assert good.accept_valid is (None if framing == "hixie-75" else True)


def test_a_wrong_or_missing_proof_is_not_valid() -> None:
    agreed = upgrade()
    wrong = agreed.response.replace(b"s3pP", b"XXXX")
    assert handshake(agreed.request, wrong).accept_valid is False
    without = agreed.request.replace(b"Sec-WebSocket-Key:", b"X-Other:")
    assert handshake(without, agreed.response).accept_valid is False


def test_where_there_is_nothing_to_check_nothing_is_said() -> None:
    agreed = upgrade()
    both = handshake(agreed.request, agreed.response)
    assert OpeningHandshake(request=both.request).accept_valid is None
    assert OpeningHandshake(response=both.response).accept_valid is None
    assert both.response is not None
    both.response.cut = True
    assert both.accept_valid is None


def test_what_was_offered_and_what_was_agreed() -> None:
    agreed = upgrade(
        extensions="permessage-deflate; client_max_window_bits=12, x",
        request_headers=[("Sec-WebSocket-Protocol", "a, b")],
        response_headers=[("Sec-WebSocket-Protocol", "b")],
    )
    both = handshake(agreed.request, agreed.response)
    assert both.offered_subprotocols == ["a", "b"]
    assert both.subprotocol == "b"
    assert both.extensions == ["permessage-deflate; client_max_window_bits=12", "x"]
