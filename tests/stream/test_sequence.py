"""Sequence numbers modulo 2**32; expected values worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.stream.sequence import distance, wrap

numbers = st.integers(0, 0xFFFFFFFF)


@pytest.mark.parametrize(
    ("start", "end", "steps"),
    [
        (0, 0, 0),
        (5, 9, 4),
        (9, 5, -4),
        (0xFFFFFFFF, 0, 1),
        (0, 0xFFFFFFFF, -1),
        (0xFFFFFFF0, 0x10, 32),
        (0x10, 0xFFFFFFF0, -32),
        (0, 0x7FFFFFFF, 0x7FFFFFFF),
        # Half way round both directions are as far; it counts as behind.
        (0, 0x80000000, -0x80000000),
        (0x80000000, 0, -0x80000000),
    ],
)
def test_distance_is_the_shorter_way_round(start: int, end: int, steps: int) -> None:
    assert distance(start, end) == steps


@pytest.mark.parametrize(
    ("value", "number"), [(0, 0), (1 << 32, 0), ((1 << 32) + 7, 7), (-1, 0xFFFFFFFF)]
)
def test_wrap_leaves_32_bits(value: int, number: int) -> None:
    assert wrap(value) == number


@given(start=numbers, steps=st.integers(-0x80000000, 0x7FFFFFFF))
def test_distance_undoes_steps_from_anywhere(start: int, steps: int) -> None:
    assert distance(start, wrap(start + steps)) == steps
