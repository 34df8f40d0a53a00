"""The protocol's numbers."""

from __future__ import annotations

from analyzer.websocket.registry import (
    CLOSE_CODE_TITLES,
    CloseCode,
    Framing,
    Opcode,
    close_code_title,
    is_legal_close_code,
)


def test_framings_are_the_words_of_the_record() -> None:
    assert [str(one) for one in Framing] == [
        *("hixie-75", "hixie-76"),
        *(f"hybi-0{number}" for number in range(1, 7)),
        "rfc6455",
    ]
    assert {one for one in Framing if one.is_hixie} == {Framing.HIXIE_75, Framing.HIXIE_76}


def test_opcodes_are_those_of_section_11_8() -> None:
    assert {one.name: int(one) for one in Opcode} == {
        "CONTINUATION": 0, "TEXT": 1, "BINARY": 2, "CLOSE": 8, "PING": 9, "PONG": 10,
    }  # fmt: skip


def test_every_code_has_its_title() -> None:
    assert set(CLOSE_CODE_TITLES) == set(CloseCode)
    titles = {
        1001: "Going Away",
        1012: "Service Restart",
        3500: "registered range",
        4321: "private use",
    }
    assert {code: close_code_title(code) for code in titles} == titles
    assert close_code_title(999) == close_code_title(2000) == close_code_title(70000) == ""


def test_codes_that_may_be_sent() -> None:
    legal = {code for code in range(70000) if is_legal_close_code(code)}
    expected = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}
    assert legal == expected
