"""Skewed times: against published values, by counting every split, and on made populations."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from analyzer.comparison.ranks import (
    EXACT_UP_TO,
    _doubled_ranks,
    _exact,
    _normal,
    larger_share,
    mann_whitney,
    shift,
    thinned,
)


def by_counting(one: list[float], other: list[float]) -> float:
    """Split the values in every possible way, and count how often the halves are as far apart."""
    both = [*one, *other]

    def wins(chosen: tuple[int, ...]) -> float:
        mine = [both[i] for i in chosen]
        rest = [both[i] for i in range(len(both)) if i not in chosen]
        won = sum((a > b) + 0.5 * (a == b) for a in mine for b in rest)
        return abs(won - len(mine) * len(rest) / 2)

    seen = wins(tuple(range(len(one))))
    splits = [wins(chosen) for chosen in combinations(range(len(both)), len(one))]
    return sum(found >= seen for found in splits) / len(splits)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([19, 22, 16, 29, 24], [20, 11, 17, 12]),
        ([1, 1, 2, 3], [1, 2, 2, 9, 9]),
        ([1, 2, 3, 4], [5, 6, 7, 8]),
        ([2, 2, 2], [2, 2]),
    ],
)
def test_few_values_are_counted_exactly_ties_included(one: list[float], other: list[float]) -> None:
    assert mann_whitney(one, other) == pytest.approx(by_counting(one, other))


def test_normal_approximation_is_close_where_it_takes_over() -> None:
    chance = random.Random(1)
    for _ in range(20):
        values = [round(chance.expovariate(1), 1) for _ in range(EXACT_UP_TO)]
        ranks = _doubled_ranks([*values[:14], *(one + 0.4 for one in values[14:])])
        assert _normal(ranks, 14) == pytest.approx(_exact(ranks, 14), abs=0.01)


def test_normal_approximation_gives_scipys_published_value() -> None:
    # scipy.stats.mannwhitneyu's documentation, method="asymptotic": 0.11134688653314041.
    ranks = _doubled_ranks([19, 22, 16, 29, 24, 20, 11, 17, 12])
    assert _normal(ranks, 5) == pytest.approx(0.11134688653314041)


def test_values_all_equal_tell_nothing() -> None:
    assert mann_whitney([1.0] * 50, [1.0] * 50) == 1.0
    assert mann_whitney([], [1.0]) == 1.0


def test_shift_is_the_median_of_all_differences() -> None:
    # By hand: differences 3-1, 3-2, 8-1, 8-2 = 2, 1, 7, 6; their median is 4.
    assert shift([1.0, 2.0], [3.0, 8.0])[0] == 4.0


def test_interval_holds_the_true_shift_as_often_as_it_says() -> None:
    # Log-normal times, as waiting times are; the second sample is shifted by exactly 0.3. The
    # interval is a 95 % one: of 400 it should miss about 20; more than 33 (three standard
    # deviations above) would be too many. Counted when written: 20.
    missed = 0
    for seed in range(400):
        chance = random.Random(seed)
        one = [chance.lognormvariate(0, 1) for _ in range(40)]
        other = [chance.lognormvariate(0, 1) + 0.3 for _ in range(35)]
        _, low, high = shift(one, other)
        missed += not low <= 0.3 <= high
    assert missed <= 33


def test_thinned_samples_keep_their_shift_and_its_interval() -> None:
    chance = random.Random(7)
    one = [chance.lognormvariate(0, 1) for _ in range(5000)]
    other = [value + 2.0 for value in one]
    found, low, high = shift(one, other)
    assert low < 2.0 < high
    assert found == pytest.approx(2.0, abs=0.01)
    # By hand: 2 * 1.96 * sqrt(10001 / (12 * 5000 * 5000)) over the integral of the squared density,
    # exp(1/4) / (2 sqrt(pi)) = 0.362 for this distribution: 0.0625.
    assert high - low == pytest.approx(0.0625, rel=0.25)
    assert len(thinned(one)) == 400


def test_larger_share_counts_pairs() -> None:
    # By hand, of four pairs: (1,1) tie, (1,2) larger, (3,1) smaller, (3,2) smaller.
    assert larger_share([1, 3], [1, 2]) == (0.5 + 1) / 4
