"""How likely chance alone makes what a rule sees; standard library only."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

# What a rule takes for more than chance: it may be wrong once in a thousand captures, or groups.
LEVEL = 0.001
# What adds less than this part of a sum does not change it.
NOTHING = 1e-17


def at_least(hits: int, tries: int, chance: float) -> float:
    """Return the probability of so many hits or more (binomial distribution).

    Examples
    --------
    >>> round(at_least(2, 2, 0.5), 6), at_least(0, 9, 0.1), round(at_least(1, 10, 0.1), 4)
    (0.25, 1.0, 0.6513)
    """
    if hits <= 0:
        return 1.0
    if hits > tries or chance <= 0:
        return 0.0
    if chance >= 1:
        return 1.0
    if hits > tries * chance:
        return min(_falling(hits, tries, chance, 1), 1.0)
    return max(1.0 - _falling(hits - 1, tries, chance, -1), 0.0)


def _falling(hits: int, tries: int, chance: float, step: int) -> float:
    """Return the probability of so many hits and all counts beyond, away from the most likely one.

    Each is a fraction of the one before, so that those which add nothing end it.
    """
    odds = chance / (1.0 - chance)
    term = math.exp(
        math.lgamma(tries + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(tries - hits + 1)
        + hits * math.log(chance)
        + (tries - hits) * math.log1p(-chance)
    )
    total = 0.0
    while term > total * NOTHING:
        total += term
        if step > 0:
            term *= (tries - hits) / (hits + 1) * odds
        else:
            term *= hits / (tries - hits + 1) / odds
        hits += step
    return total


class Cluster(NamedTuple):
    """Values that lie close together.

    Attributes
    ----------
    low, high : int
        Places in the sorted values: from `low` up to, without, `high`.
    near : int
        How many values lie within a factor of two.
    """

    low: int
    high: int
    near: int


def densest(values: Sequence[float], relative: float, absolute: float) -> Cluster | None:
    """Return where most of some sorted positive values lie within a narrow window.

    Parameters
    ----------
    values : sequence of float
        In order.
    relative, absolute : float
        The window is as wide as its lower end times `relative`, and `absolute` more.

    Examples
    --------
    >>> densest([1, 5, 59.9, 60.0, 60.1, 119, 300], 0.01, 0)
    Cluster(low=2, high=5, near=4)
    """
    if not values:
        return None
    ends = [bisect_right(values, value * (1 + relative) + absolute) for value in values]
    low = max(range(len(values)), key=lambda i: (ends[i] - i, -i))
    middle = values[(low + ends[low] - 1) // 2]
    near = bisect_right(values, middle * 2) - bisect_left(values, middle / 2)
    return Cluster(low, ends[low], near)


def moments(times: Sequence[int], apart: int) -> int:
    """Return how many separate moments there are in some times: what fell together counts once.

    Examples
    --------
    >>> moments([1, 2, 3, 50, 51, 99], 10)
    3
    """
    ordered = sorted(times)
    return sum(
        1 for place, time in enumerate(ordered) if place == 0 or time - ordered[place - 1] > apart
    )


def middle(values: Sequence[float]) -> float:
    """Return the median; 0 of nothing."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    half = len(ordered) // 2
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
