"""Odd things on the wire, named and placed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.side import Side


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something that a protocol forbids, or that limits what the capture can tell.

    Attributes
    ----------
    name : str
        Stable, ``snake_case``.
    side : Side or None
        Who sent it; None where no side can be named.
    time_ns : int
        When, nanoseconds since the epoch.
    packet : int
        Number of the packet, from 1; 0 where no packet stands for it.
    detail : str
        What exactly, for a reader.
    """

    name: str
    side: Side | None
    time_ns: int
    packet: int
    detail: str = ""


KEPT_PER_NAME = 20


class AnomalyLog:
    """Anomalies in the order found; a stranger's capture cannot make it grow without bound."""

    def __init__(self) -> None:
        # Most connections have none.
        self._kept: list[Anomaly] | None = None
        self._counts: dict[tuple[str, Side | None], int] | None = None

    def add(
        self, name: str, side: Side | None, time_ns: int, packet: int, detail: str = ""
    ) -> None:
        """Keep an anomaly, or only count it once there are many of its name."""
        if self._kept is None or self._counts is None:
            self._kept, self._counts = [], {}
        count = self._counts.get((name, side), 0) + 1
        self._counts[name, side] = count
        if count <= KEPT_PER_NAME:
            self._kept.append(Anomaly(name, side, time_ns, packet, detail))

    def all(self) -> tuple[Anomaly, ...]:
        """Return what was kept, and at its end how many more there were of each name."""
        if self._kept is None or self._counts is None:
            return ()
        more = [
            Anomaly(name, side, 0, 0, f"{count - KEPT_PER_NAME} more, not listed")
            for (name, side), count in self._counts.items()
            if count > KEPT_PER_NAME
        ]
        return (*self._kept, *more)

    def __iter__(self) -> Iterator[Anomaly]:
        return iter(self.all())
