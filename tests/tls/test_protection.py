"""What is done to the bytes of each record, in the form that is compiled and in the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.tls.protection import Protection, Scratch, part, put_nonce, put_number


@given(st.binary(max_size=20), st.integers(-3, 25), st.integers(-3, 25))
def test_part_is_a_slice_within_bounds_and_nothing_beyond(
    data: bytes, start: int, end: int
) -> None:
    within = 0 <= start <= end <= len(data)
    assert part(data, start, end) == (data[start:end] if within else b"")


def test_part_keeps_zeros() -> None:
    assert part(b"a\0b\0c", 1, 4) == b"\0b\0"


@pytest.mark.parametrize("number", [0, 1, 0x0102030405060708, (1 << 64) - 1])
def test_number_is_written_with_the_highest_byte_first(number: int) -> None:
    buffer = bytearray(b"\xaa" * 12)
    put_number(buffer, 2, number)
    assert buffer == b"\xaa\xaa" + number.to_bytes(8, "big") + b"\xaa\xaa"


def test_number_does_not_go_beyond_the_buffer() -> None:
    with pytest.raises(IndexError):
        put_number(bytearray(9), 2, 1)


def test_what_opens_nothing_in_particular_says_little() -> None:
    one = Protection()
    assert one.plain_length(100) == -1
    assert one.following() is None
    with pytest.raises(NotImplementedError):
        one.open(b"\x17\x03\x03\x00\x00", b"", 0)


def test_a_nonce_is_written_over_the_one_before() -> None:
    scratch = Scratch()
    put_nonce(scratch.nonce, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    put_nonce(scratch.nonce, 0x01020304, 0x05060708090A0B0C)
    assert scratch.nonce == bytes(range(1, 13))
    assert len(scratch.aad) == 13  # RFC 5246, section 6.2.3.3
