from __future__ import annotations

import pytest

from analyzer.capture.words import word_16, word_32


def test_both_byte_orders_are_read_where_they_stand() -> None:
    assert word_16(b"\0\x12\x34", 1, True) == 0x1234
    assert word_16(b"\0\x12\x34", 1, False) == 0x3412
    assert word_32(b"\0\x12\x34\x56\x78", 1, True) == 0x12345678
    assert word_32(b"\0\x12\x34\x56\x78", 1, False) == 0x78563412


def test_the_highest_bit_is_no_sign() -> None:
    assert word_32(b"\xff" * 4, 0, True) == word_32(b"\xff" * 4, 0, False) == 0xFFFFFFFF
    assert word_16(b"\xff" * 2, 0, True) == word_16(b"\xff" * 2, 0, False) == 0xFFFF


def test_reading_beyond_the_end_is_an_error_and_not_a_number() -> None:
    with pytest.raises(IndexError):
        word_32(b"abc", 0, True)
