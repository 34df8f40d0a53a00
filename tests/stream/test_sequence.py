"""Sequence numbers wrap (RFC 9293, section 3.4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.stream.sequence import distance, wrap

numbers = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 0, 0),
        (0xFFFFFFFF, 0, 1),
        (0, 0xFFFFFFFF, -1),
        (0xFFFFFFF0, 0x10, 32),
        (0, 0x7FFFFFFF, 2**31 - 1),
        (0, 0x80000000, -(2**31)),
    ],
)
def test_distance_over_the_wrap(start: int, end: int, expected: int) -> None:
    assert distance(start, end) == expected


@given(numbers, st.integers(-(2**31), 2**31 - 1))
def test_distance_undoes_a_step(start: int, step: int) -> None:
    assert distance(start, wrap(start + step)) == step
