"""What close frames say, and what stands behind them, told by packets."""

from __future__ import annotations

import pytest

from analyzer.findings.close_content import (
    changed_codes,
    data_after_close,
    forbidden_codes,
    protocol_error,
)
from analyzer.findings.finding import Finding, Given
from conversation import Conversation
from told import closed, found_in, opened
from wire import CLOSE, MASK, TEXT, close_body, frame


def all_of(talk: Conversation) -> list[Finding]:
    given = Given(found_in(talk.packets))
    rules = (changed_codes, data_after_close, forbidden_codes, protocol_error)
    return [found for rule in rules for found in rule(given)]


def answered(server: bytes, client: bytes) -> Conversation:
    talk = opened().server(frame(CLOSE, server))
    return talk.client(frame(CLOSE, client, mask=MASK)).close_tcp("server")


def test_good_order_has_no_finding() -> None:
    given = Given(found_in(closed()))
    assert [data_after_close(given), forbidden_codes(given), changed_codes(given)] == [[], [], []]


def test_data_behind_a_close_is_told() -> None:
    talk = opened().server(frame(CLOSE, close_body(1000)) + frame(TEXT, b"late"))
    talk.client(frame(CLOSE, close_body(1000), mask=MASK)).close_tcp("server")
    (found,) = all_of(talk)
    assert (found.name, found.numbers) == ("data-after-close", {"frames": 1})
    assert found.sentence.startswith("the server of 1 connection sent data behind its own close")


@pytest.mark.parametrize(
    "body", [close_body(1006), close_body(1005), b"\x03", close_body(1000) + b"\xff"]
)
def test_what_no_close_may_carry(body: bytes) -> None:
    (found,) = all_of(answered(body, close_body(1002)))
    assert found.name == "close-code-forbidden"


def test_an_answer_with_another_code() -> None:
    (found,) = all_of(answered(close_body(1001), close_body(1000)))
    assert (
        found.sentence
        == "the client of 1 connection answered a Close with another code: 1001 with 1000"
    )
    (found,) = all_of(answered(b"", close_body(1000)))
    assert found.numbers == {"no code with 1000": 1}
    assert all_of(answered(close_body(1001), close_body(1001))) == []


def test_a_frame_that_breaks_the_protocol_and_who_said_so() -> None:
    bad = frame(TEXT, b"not masked")
    silent = opened().client(bad).ack("server").close_tcp("server")
    (found,) = all_of(silent)
    assert found.sentence == (
        "a frame broke the protocol in 1 connection (client_frame_unmasked of the client);"
        " the other side hung up without a word about it"
    )
    # By hand: SYN, SYN/ACK, ACK, request, answer, text, ACK, then the frame.
    assert found.evidence == (8,)
    told = opened().client(bad).server(frame(CLOSE, close_body(1002)))
    told.client(frame(CLOSE, close_body(1002), mask=MASK)).close_tcp("server")
    (found,) = all_of(told)
    assert found.sentence.endswith("its sender was told so by a Close")


def test_who_puts_up_with_a_wrong_frame_is_told_apart() -> None:
    talk = opened().client(frame(TEXT, b"not masked")).ack("server").wait(2)
    talk.server(frame(TEXT, b"fine")).ack("client").wait(1).close_tcp("client")
    (found,) = all_of(talk)
    assert found.sentence.endswith("; the other side did nothing about it")
