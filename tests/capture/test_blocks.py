from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from analyzer.capture.blocks import MOST_OPTIONS, parse_names, parse_options


def option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def test_options_are_padded_to_four_bytes_and_end_at_the_end_mark() -> None:
    body = option(1, b"hello") + option(9, b"\x09") + option(0, b"") + option(1, b"behind")
    options = parse_options(body, False)
    assert options.values == [(1, b"hello"), (9, b"\x09")]
    assert options.in_order


def test_the_end_mark_may_be_missing() -> None:
    assert parse_options(option(1, b"abcd"), False) == ([(1, b"abcd")], True)
    assert parse_options(b"", False) == ([], True)


def test_an_option_beyond_the_block_ends_the_list() -> None:
    body = option(1, b"abcd") + struct.pack("<HH", 2, 5) + b"abcd"
    assert parse_options(body, False) == ([(1, b"abcd")], False)
    assert parse_options(option(1, b"abcd") + b"\x01", False) == ([(1, b"abcd")], False)


def test_an_end_mark_with_a_length_is_out_of_order() -> None:
    assert not parse_options(struct.pack("<HH", 0, 4), False).in_order


def test_a_block_of_nothing_but_options_is_read_up_to_a_bound() -> None:
    options = parse_options(option(5, b"") * (MOST_OPTIONS + 10), False)
    assert (len(options.values), options.in_order) == (MOST_OPTIONS, False)


def test_an_option_is_found_by_code_and_length() -> None:
    options = parse_options(option(9, b"ab") + option(9, b"c"), False)
    assert options.first(9) == b"ab"
    assert options.first(9, 1) == b"c"
    assert options.first(14) is None


def test_text_that_is_no_utf_8_stays_readable() -> None:
    assert parse_options(option(1, b"a\xffb"), False).texts(1) == ["a\ufffdb"]


def test_names_follow_their_address() -> None:
    body = (
        option(1, b"\x7f\0\0\x01localhost\0loop\0")
        + option(2, bytes(15) + b"\x01six\0")
        + option(0, b"")
        + option(1, b"\x01\x02\x03\x04behind\0")
    )
    assert list(parse_names(body, False)) == [
        (b"\x7f\0\0\x01", b"localhost"),
        (b"\x7f\0\0\x01", b"loop"),
        (bytes(15) + b"\x01", b"six"),
    ]


def test_records_of_an_unknown_kind_hold_no_names() -> None:
    assert list(parse_names(option(7, b"abcdname\0"), False)) == []


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_without_an_error(body: bytes, big: bool) -> None:
    parse_options(body, big)
    list(parse_names(body, big))
