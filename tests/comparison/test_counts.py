"""Shares: against published values, and against counting every table."""

from __future__ import annotations

from itertools import combinations

import pytest

from analyzer.comparison.counts import difference_interval, fisher_exact, least_chance, wilson


# Two-sided p-values from the documentation of R (fisher.test: TeaTasting, Convictions) and of SciPy
# (scipy.stats.fisher_exact).
@pytest.mark.parametrize(
    ("table", "p"),
    [((3, 4, 1, 4), 0.4857), ((2, 17, 10, 13), 0.0005367), ((8, 10, 1, 6), 0.03497)],
)
def test_fisher_gives_published_values(table: tuple[int, int, int, int], p: float) -> None:
    assert fisher_exact(*table) == pytest.approx(p, rel=1e-3)


def by_counting(hits: int, total: int, other_hits: int, other_total: int) -> float:
    """Choose the marked ones in every possible way, and count how often it is no likelier."""
    whole, marked = total + other_total, hits + other_hits
    outcomes = [sum(i < total for i in chosen) for chosen in combinations(range(whole), marked)]
    often = {one: outcomes.count(one) for one in set(outcomes)}
    return sum(n for n in often.values() if n <= often[hits]) / len(outcomes)


def test_fisher_equals_the_count_of_all_tables() -> None:
    for total, other_total in ((3, 5), (4, 4), (6, 2)):
        for hits in range(total + 1):
            for other_hits in range(other_total + 1):
                table = (hits, total, other_hits, other_total)
                assert fisher_exact(*table) == pytest.approx(by_counting(*table)), table


def test_fisher_holds_for_large_counts() -> None:
    # Shares of 1.0 % and 1.2 % of 100,000: the pooled z is 4.29, two-sided 1.8e-05.
    assert fisher_exact(1000, 100_000, 1200, 100_000) == pytest.approx(1.8e-5, rel=0.1)
    assert fisher_exact(500, 100_000, 500, 100_000) == pytest.approx(1.0)


def test_nothing_or_everything_tells_nothing() -> None:
    assert fisher_exact(0, 5, 0, 5) == fisher_exact(5, 5, 5, 5) == 1.0


def test_least_chance_is_the_smallest_of_all_outcomes() -> None:
    for marked in range(1, 12):
        found = [
            fisher_exact(one, 8, marked - one, 6)
            for one in range(max(0, marked - 6), min(8, marked) + 1)
        ]
        assert least_chance(marked, 8, 6) == pytest.approx(min(found))


def test_interval_gives_newcombes_published_values() -> None:
    # Newcombe 1998, table II, method 10: 9/10 - 3/10 and 10/10 - 0/20.
    assert difference_interval(9, 10, 3, 10) == pytest.approx((0.1705, 0.8090), abs=5e-4)
    assert difference_interval(10, 10, 0, 20) == pytest.approx((0.6791, 1.0), abs=5e-4)


def test_wilson_gives_published_values() -> None:
    # Newcombe 1998 (single proportion), table I, method 3: 81/263 and 0/20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
