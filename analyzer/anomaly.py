"""Odd things on the wire, named and placed."""

from __future__ import annotations

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
