"""Many tests at once: of twenty, one is wrong by chance unless that is made up for."""

from __future__ import annotations

from collections.abc import Sequence


def holm(chances: Sequence[float]) -> list[float]:
    """Return p-values of which one below 0.05 by chance is as rare as 5 % for all together.

    Holm's step-down method (Scandinavian Journal of Statistics 6, 1979): holds however the tests
    depend on each other, and shares of one whole do.

    Examples
    --------
    >>> [round(one, 3) for one in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(chances)), key=chances.__getitem__)
    adjusted = [1.0] * len(chances)
    worst = 0.0
    for step, place in enumerate(order):
        worst = max(worst, min(1.0, chances[place] * (len(chances) - step)))
        adjusted[place] = worst
    return adjusted
