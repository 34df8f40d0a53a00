"""Odd things of no connection: reported by name, kept up to a bound, the rest counted."""

from __future__ import annotations

from collections import Counter

from analyzer.anomaly import Anomaly

KEPT = 1000  # a capture of nothing but damaged packets must not fill the memory


class AnomalyLog:
    """Keeps the first anomalies whole, and counts those that came after.

    Attributes
    ----------
    kept : list of Anomaly
        The first `KEPT`, in the order of their packets.
    dropped : Counter of str
        How many more there were, by name.
    """

    def __init__(self) -> None:
        self.kept: list[Anomaly] = []
        self.dropped: Counter[str] = Counter()
        self._told: set[tuple[str, str]] = set()

    def add(self, name: str, time_ns: int, packet: int, detail: str = "") -> None:
        """Report one."""
        if len(self.kept) < KEPT:
            self.kept.append(Anomaly(name, None, time_ns, packet, detail))
        else:
            self.dropped[name] += 1

    def add_once(self, name: str, time_ns: int, packet: int, detail: str) -> None:
        """Report one, unless the same was told before: for what every packet would repeat."""
        if (name, detail) not in self._told:
            self._told.add((name, detail))
            self.add(name, time_ns, packet, detail)
