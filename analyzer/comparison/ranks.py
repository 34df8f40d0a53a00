"""Two samples of skewed times compared: by ranks, and by how far one is shifted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby
from math import floor, sqrt
from statistics import NormalDist, median

# Up to so many values together every way to split them is counted; beyond, the normal
# approximation is good (with fewer it is not, and ties make it worse).
EXACT_UP_TO = 30
# Of more values than these, evenly spaced order statistics stand for all: differences are squared.
THINNED_TO = 400
NORMAL = NormalDist()


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how likely samples as far apart are by chance alone (Mann-Whitney U, two-sided).

    Exact for few values, ties included; otherwise normal, corrected for ties and continuity.

    Examples
    --------
    >>> round(mann_whitney([19, 22, 16, 29, 24], [20, 11, 17, 12]), 4)
    0.1111
    """
    if not one or not other:
        return 1.0
    ranks = _doubled_ranks([*one, *other])
    if len(ranks) <= EXACT_UP_TO:
        return _exact(ranks, len(one))
    return _normal(ranks, len(one))


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Return twice each value's rank, from 1; equal values share the middle one."""
    ordered = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0] * len(values)
    before = 0
    for _, group in groupby(ordered, key=values.__getitem__):
        places = list(group)
        for place in places:
            ranks[place] = 2 * before + len(places) + 1
        before += len(places)
    return ranks


def _exact(ranks: Sequence[int], taken: int) -> float:
    """Count the ways to choose the first sample whose rank sum is as far from the mean."""
    ways: list[dict[int, int]] = [{0: 1}, *({} for _ in range(taken))]
    for rank in ranks:
        for size in range(taken, 0, -1):
            row = ways[size]
            for total, count in ways[size - 1].items():
                row[total + rank] = row.get(total + rank, 0) + count
    mean = sum(ranks) * taken / len(ranks)
    seen = abs(sum(ranks[:taken]) - mean)
    as_far = sum(n for total, n in ways[taken].items() if abs(total - mean) >= seen - 1e-9)
    return as_far / sum(ways[taken].values())


def _normal(ranks: Sequence[int], taken: int) -> float:
    count, rest = len(ranks), len(ranks) - taken
    u = sum(ranks[:taken]) / 2 - taken * (taken + 1) / 2
    ties = sum(n**3 - n for n in (len(list(group)) for _, group in groupby(sorted(ranks))))
    variance = taken * rest / 12 * (count + 1 - ties / (count * (count - 1)))
    if variance <= 0:
        return 1.0
    distance = max(0.0, abs(u - taken * rest / 2) - 0.5)
    return min(1.0, 2 * NORMAL.cdf(-distance / sqrt(variance)))


def shift(before: Sequence[float], after: Sequence[float]) -> tuple[float, float, float]:
    """Return by how much `after` is larger, with its 95 % interval (Hodges and Lehmann, 1963).

    The median of all differences, and the differences where the Mann-Whitney test turns. Of large
    samples evenly spaced order statistics are taken; the interval is that of the whole samples.

    Examples
    --------
    >>> shift([1.0, 2.0, 3.0], [11.0, 12.0, 13.0])[0]
    10.0
    """
    one, other = thinned(before), thinned(after)
    differences = sorted(b - a for a in one for b in other)
    pairs, n, m = len(differences), len(before), len(after)
    # As a share of all pairs: thinning keeps shares, not counts.
    spread = NORMAL.inv_cdf(0.975) * sqrt((n + m + 1) / (12 * n * m))
    place = max(0, floor(pairs * (0.5 - spread)) - 1)
    return median(differences), differences[place], differences[pairs - 1 - place]


def thinned(values: Sequence[float]) -> list[float]:
    """Return sorted values; of many, evenly spaced ones."""
    ordered = sorted(values)
    if len(ordered) <= THINNED_TO:
        return ordered
    return [ordered[(2 * i + 1) * len(ordered) // (2 * THINNED_TO)] for i in range(THINNED_TO)]


def larger_share(before: Sequence[float], after: Sequence[float]) -> float:
    """Return the chance that a value of `after` is larger than one of `before`; ties count half.

    Examples
    --------
    >>> larger_share([1, 2], [2, 3])
    0.875
    """
    ordered = sorted(before)
    won = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in after)
    return won / (2 * len(before) * len(after))
