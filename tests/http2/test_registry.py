"""Numbers of HTTP/2 and their names, as RFC 9113 has them."""

from __future__ import annotations

import pytest
from h2.errors import ErrorCodes

from analyzer.http2.registry import PREFACE, PREFACE_LINE, error_name


def test_preface_is_that_of_the_rfc() -> None:
    # RFC 9113, section 3.4, as hexadecimal digits.
    assert PREFACE.hex() == "505249202a20485454502f322e300d0a0d0a534d0d0a0d0a"
    assert PREFACE.startswith(PREFACE_LINE.encode() + b"\r\n\r\n")


@pytest.mark.parametrize("code", ErrorCodes)
def test_error_codes_have_the_names_that_others_give_them(code: ErrorCodes) -> None:
    assert error_name(code.value) == code.name


def test_unknown_error_codes_stay_numbers() -> None:
    assert error_name(14) == "error 14"
    assert error_name(0xFFFFFFFF) == "error 4294967295"
