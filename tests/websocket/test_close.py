"""What a close frame says, and what its body may not be (RFC 6455, sections 5.5.1 and 7.4)."""

from __future__ import annotations

import pytest

from analyzer.websocket.close import (
    CloseFrame,
    close_violations,
    invalid_utf8_at,
    parse_close_body,
)
from analyzer.websocket.registry import Framing

RFC = Framing.RFC_6455


@pytest.mark.parametrize(
    ("framing", "body", "expected"),
    [
        (RFC, b"", (None, "")),
        (RFC, b"\x03", (None, "")),
        (RFC, b"\x03\xe8", (1000, "")),
        (RFC, b"\x03\xe9caf\xc3\xa9", (1001, "café")),
        (RFC, b"\x03\xe9\xffx", (1001, "\ufffdx")),
        (Framing.HYBI_06, b"\x03\xe8", (1000, "")),
        (Framing.HYBI_05, b"S", (None, "")),
        (Framing.HYBI_03, b"\x03\xe8", (None, "")),
        (Framing.HIXIE_76, b"", (None, "")),
    ],
)
def test_body_is_code_and_reason_from_hybi_06_on(
    framing: Framing, body: bytes, expected: tuple[int | None, str]
) -> None:
    assert parse_close_body(framing, body) == expected


def body(code: int) -> bytes:
    return code.to_bytes(2, "big")


# Autobahn's valid and invalid codes, cases 7.7 and 7.9, and IANA's additions.
VALID = (1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999)
INVALID = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)


def test_codes_of_version_13() -> None:
    assert all(close_violations(RFC, 13, body(code)) == [] for code in VALID)
    for code in INVALID:
        assert close_violations(RFC, 13, body(code)) == [("close_code_forbidden", f"code {code}")]


@pytest.mark.parametrize(
    ("version", "forbidden"),
    [(6, {0, 999, 5000, 65535}), (8, {0, 999, 1005, 1006, 5000, 65535})],
)
def test_older_versions_forbid_less(version: int, forbidden: set[int]) -> None:
    assert {
        code for code in (*VALID, *INVALID) if close_violations(RFC, version, body(code))
    } == forbidden


def test_one_byte_is_never_a_body() -> None:
    assert close_violations(RFC, 13, b"\x03") == [("close_body_one_byte", "byte 0x03")]
    assert close_violations(Framing.HYBI_05, 5, b"C") == []


def test_reason_must_be_utf8_since_version_13() -> None:
    bad = b"\x03\xe8ab\xff"
    assert close_violations(RFC, 13, bad) == [("close_reason_not_utf8", "byte 4 of the body")]
    assert close_violations(RFC, 8, bad) == []
    assert (invalid_utf8_at(b"ab\xff"), invalid_utf8_at("é".encode())) == (2, None)


@pytest.mark.parametrize(
    ("code", "reason", "complete", "text"),
    [
        (1001, "restart", True, 'Close 1001 (Going Away) "restart"'),
        (1000, "", True, "Close 1000 (Normal Closure)"),
        (1234, "", True, "Close 1234"),
        (None, "", True, "Close without a code"),
        (None, "", False, "Close (cut off)"),
        (4009, "too lo", False, 'Close 4009 (private use) "too lo…"'),
    ],
)
def test_close_names_itself(code: int | None, reason: str, complete: bool, text: str) -> None:
    assert str(CloseFrame(code, reason, 1, 1, complete=complete)) == text
