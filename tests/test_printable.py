"""Text from strangers, and durations as people say them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.printable import duration, printable

MS, S = 1_000_000, 1_000_000_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("naïve ✓ 日本", "naïve ✓ 日本"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\r\n\tb", "a\\x0d\\x0a\\x09b"),
        ("\x7f\x9b", "\\x7f\\x9b"),
        ("\u202eabc", "\\u202eabc"),
        ("\u200b\ufeff", "\\u200b\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_does_not_print_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_everything_becomes_printable(text: str) -> None:
    assert printable(text).isprintable()


@pytest.mark.parametrize(
    ("nanoseconds", "said"),
    [
        (0, "<0.1 ms"),
        (49_999, "<0.1 ms"),
        (50_000, "0.1 ms"),
        (300_000, "0.3 ms"),
        (-300_000, "0.3 ms"),
        (999_940_000, "999.9 ms"),
        (999_960_000, "1.0 s"),
        (61_200 * MS, "61.2 s"),
        (119_940 * MS, "119.9 s"),
        (119_960 * MS, "2 min 0 s"),
        (3599 * S, "59 min 59 s"),
        (7199 * S, "119 min 59 s"),
        (7200 * S, "2 h 0 min"),
        (47 * 3600 * S, "47 h 0 min"),
        (49 * 3600 * S, "2 d 1 h"),
    ],
)
def test_duration_is_said_in_the_unit_that_fits(nanoseconds: int, said: str) -> None:
    assert duration(nanoseconds) == said
