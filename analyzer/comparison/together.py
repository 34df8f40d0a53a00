"""Connections in, how many events they are out: what ended together is no proof of its number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from analyzer.findings.bursts import bursts
from analyzer.record import Connection


class Events:
    """Which of some connections ended together, by the rule of the finding mass-end.

    Tests take what they count for independent. A hundred connections that one restart ended are
    one restart, so each burst counts once for each way in which its members ended.

    Parameters
    ----------
    connections : sequence of Connection
        All of one side of a comparison.
    """

    def __init__(self, connections: Sequence[Connection]) -> None:
        found = bursts(connections)
        self._burst = {
            one.id: number for number, burst in enumerate(found) for one in burst.members
        }
        self.total = self.count(connections)

    def count(self, connections: Iterable[Connection]) -> int:
        """Return how many events these of them are."""
        alone, found = 0, set()
        for one in connections:
            number = self._burst.get(one.id)
            if number is None:
                alone += 1
            else:
                found.add(number)
        return alone + len(found)

    def medians(self, values: Iterable[tuple[Connection, float]]) -> list[float]:
        """Return a value for each event: of a burst, the median of its members."""
        alone: list[float] = []
        together: dict[int, list[float]] = {}
        for one, value in values:
            number = self._burst.get(one.id)
            if number is None:
                alone.append(value)
            else:
                together.setdefault(number, []).append(value)
        return [*alone, *map(median, together.values())]
