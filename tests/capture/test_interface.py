from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.capture.blocks import Options
from analyzer.capture.interface import Interface, clock_of


def clock(values: list[tuple[int, bytes]], *, big: bool = False) -> tuple[int, int]:
    return clock_of(Options(values, in_order=True), big)


def test_without_options_time_stamps_are_microseconds() -> None:
    assert clock([]) == (1_000_000, 0)


@pytest.mark.parametrize(("octet", "units"), [(9, 10**9), (0, 1), (0x8A, 1024), (0xFF, 2**127)])
def test_the_resolution_is_a_power_of_ten_or_of_two(octet: int, units: int) -> None:
    assert clock([(9, bytes([octet]))]) == (units, 0)


def test_the_offset_is_signed_and_in_the_byte_order_of_the_section() -> None:
    assert clock([(14, b"\xff" * 8)]) == (1_000_000, -1)
    assert clock([(14, bytes(7) + b"\x05")], big=True) == (1_000_000, 5)


def test_options_of_a_wrong_length_count_as_missing() -> None:
    assert clock([(9, b"\x09\x00"), (14, b"\x01")]) == (1_000_000, 0)


@given(
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 255),
    st.integers(-(2**63), 2**63 - 1),
)
def test_the_plain_way_to_a_time_agrees_with_the_exact_one(
    high: int, low: int, resolution: int, offset: int
) -> None:
    interface = Interface(0, 1, 0)
    interface.set_clock(*clock([(9, bytes([resolution]))])[:1], offset)
    exact = interface.exact_time(high, low)
    assert -(2**62) < exact < 2**62
    assert interface.plain_below <= 1 << 31
    if high < interface.plain_below:
        assert (high << 32 | low) * interface.multiplier + interface.offset_ns == exact
