"""How likely chance alone makes what a rule sees."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.findings.chance import Cluster, at_least, densest, middle, moments


@pytest.mark.parametrize(
    ("hits", "tries", "chance"), [(1, 1, 0.3), (3, 7, 0.2), (7, 7, 0.9), (2, 40, 0.01)]
)
def test_the_tail_of_the_binomial_is_the_sum_of_its_terms(
    hits: int, tries: int, chance: float
) -> None:
    terms = [
        math.comb(tries, k) * chance**k * (1 - chance) ** (tries - k)
        for k in range(hits, tries + 1)
    ]
    assert at_least(hits, tries, chance) == pytest.approx(sum(terms))


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 99))
def test_the_tail_is_exact_on_both_sides_of_the_mean(hits: int, tries: int, percent: int) -> None:
    whole = sum(
        math.comb(tries, k) * percent**k * (100 - percent) ** (tries - k)
        for k in range(hits, tries + 1)
    )
    exact = Fraction(whole, 100**tries)
    assert at_least(hits, tries, percent / 100) == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


def test_the_tail_has_sensible_ends() -> None:
    assert at_least(0, 5, 0.1) == 1
    assert at_least(6, 5, 0.1) == 0
    assert at_least(1, 5, 0.0) == 0
    assert at_least(5, 5, 1.0) == 1
    assert 0 <= at_least(5000, 100_000, 0.01) < 1e-100


def test_the_densest_window_is_the_fullest_and_the_first_of_equals() -> None:
    assert densest([], 0.02, 0.1) is None
    assert densest([7.0], 0.02, 0.1) == Cluster(0, 1, 1)
    assert densest([1.0, 1.05, 9.0, 9.1], 0.02, 0.1) == Cluster(0, 2, 2)


def test_what_fell_together_counts_once() -> None:
    assert moments([], 1) == 0
    assert moments([5, 5, 5], 0) == 1
    assert moments([30, 10, 20], 9) == 3


def test_the_median_is_that_of_the_books() -> None:
    assert [middle(values) for values in ([], [3], [1, 9, 4], [1, 2, 3, 10])] == [0, 3, 4, 2.5]
