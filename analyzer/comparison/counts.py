"""Two shares compared: an exact test, and an interval for the difference."""

from __future__ import annotations

from math import exp, lgamma, sqrt
from statistics import NormalDist

# Tables that are as likely as the one seen, but for rounding, count as such.
ROUNDING = 1e-9
Z = NormalDist().inv_cdf(0.975)


def fisher_exact(hits: int, total: int, other_hits: int, other_total: int) -> float:
    """Return how likely shares as far apart are by chance alone (Fisher's exact test, two-sided).

    Exact at any size, so that no large-sample test is needed beside it. Two-sided as in R and
    SciPy: the sum over all tables of the same margins that are not likelier than this one.

    Examples
    --------
    >>> round(fisher_exact(3, 4, 1, 4), 4)
    0.4857
    """
    marked = hits + other_hits
    low, high = max(0, marked - other_total), min(total, marked)
    if low >= high:
        return 1.0
    seen = _log_choose(total, hits) + _log_choose(other_total, other_hits)
    return min(1.0, _not_likelier(total, other_total, marked, seen, range(low, high + 1)))


def least_chance(marked: int, total: int, other_total: int) -> float:
    """Return the smallest value that `fisher_exact` can have with so many hits in both together.

    Where even that is not small, the outcome cannot tell anything, and to test it would only make
    the other tests weaker (Tarone, Biometrics 46, 1990).

    Examples
    --------
    >>> least_chance(2, 50, 50) > 0.05
    True
    """
    low, high = max(0, marked - other_total), min(total, marked)
    ends = [fisher_exact(one, total, marked - one, other_total) for one in (low, high)]
    return min(ends)


def _not_likelier(total: int, other: int, marked: int, seen: float, tables: range) -> float:
    whole = _log_choose(total + other, marked)
    found = 0.0
    for one in tables:
        likely = _log_choose(total, one) + _log_choose(other, marked - one)
        if likely <= seen + ROUNDING * max(1.0, abs(seen)):
            found += exp(likely - whole)
    return found


def _log_choose(total: int, taken: int) -> float:
    return lgamma(total + 1) - lgamma(taken + 1) - lgamma(total - taken + 1)


def difference_interval(
    hits: int, total: int, other_hits: int, other_total: int
) -> tuple[float, float]:
    """Return the 95 % interval of first share minus second.

    Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10): sound for small
    counts and for shares of 0 and 1.

    Examples
    --------
    >>> [round(one, 4) for one in difference_interval(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    one, other = hits / total, other_hits / other_total
    low, high = wilson(hits, total)
    other_low, other_high = wilson(other_hits, other_total)
    below = sqrt((one - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - one) ** 2 + (other - other_low) ** 2)
    return one - other - below, one - other + above


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson, 1927)."""
    share = hits / total
    spread = Z * sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    middle, scale = share + Z * Z / (2 * total), 1 + Z * Z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
