"""What a finding is, and what rules are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from analyzer.anomaly import Anomaly
from analyzer.attempt import Attempt
from analyzer.capture.record import CaptureRecord
from analyzer.printable import iso
from analyzer.record import Connection

# Packets that are named as evidence, one of a connection: enough to look at, and a line's length.
EVIDENCE = 20

T = TypeVar("T")
Number = int | float | str | None


@dataclass(frozen=True, slots=True)
class Given:
    """What rules look at.

    Attributes
    ----------
    connections : sequence of Connection
        All of them, or those that were chosen.
    captures : sequence of CaptureRecord
        What was read.
    anomalies : sequence of Anomaly
        Those of no connection.
    attempts : sequence of Attempt
        TCP connections that were refused, or not answered.
    """

    connections: Sequence[Connection]
    captures: Sequence[CaptureRecord] = ()
    anomalies: Sequence[Anomaly] = ()
    attempts: Sequence[Attempt] = ()
    _made: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(
        self,
        make: Callable[[Any], Iterable[T]],
        of: Callable[[Sequence[Connection]], Iterable[Any]] | None = None,
    ) -> list[T]:
        """Return what is made of the connections, or of what `of` made; rules look at the same."""
        name = f"{make.__module__}.{make.__qualname__}"
        if name not in self._made:
            self._made[name] = list(make(self.connections if of is None else self.once(of)))
        made: list[T] = self._made[name]
        return made


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that stands out, with what proves it; ``str(finding)`` is the sentence.

    Attributes
    ----------
    name : str
        Stable, ``kebab-case``; ``--explain NAME`` tells how it is decided.
    sentence : str
        What was seen, in one line; text from the wire in it is made printable.
    connections : tuple of int
        Numbers of the connections that it is about.
    first_at, last_at : int or None
        When it was seen first and last, nanoseconds since the epoch.
    numbers : mapping of str to number, text or None
        What the sentence rests on; names end in their units.
    evidence : tuple of int
        Numbers of packets to look at, of at most twenty connections.
    consistent_with : tuple of str
        What would look so, and why; never a proof.
    also : tuple of str
        What else would look the same.
    next : tuple of str
        What to check next.
    """

    name: str
    sentence: str
    connections: tuple[int, ...] = ()
    first_at: int | None = None
    last_at: int | None = None
    numbers: Mapping[str, Number] = field(default_factory=dict)
    evidence: tuple[int, ...] = ()
    consistent_with: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    next: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, ready for JSON: times ISO 8601 in UTC."""
        return {
            "name": self.name,
            "sentence": self.sentence,
            "connections": list(self.connections),
            "first_at": iso(self.first_at),
            "last_at": iso(self.last_at),
            "numbers": dict(self.numbers),
            "evidence": list(self.evidence),
            "consistent_with": list(self.consistent_with),
            "also": list(self.also),
            "next": list(self.next),
        }


def about(connections: Iterable[Connection]) -> tuple[int, ...]:
    """Return the numbers of connections, in order."""
    return tuple(sorted({one.id for one in connections}))


def packets(numbers: Iterable[int | None]) -> tuple[int, ...]:
    """Return packet numbers as evidence: in order, once each, without what is not known."""
    return tuple(sorted({number for number in numbers if number})[:EVIDENCE])


def counted(number: int, thing: str, plural: str = "") -> str:
    """Return a number of things.

    Examples
    --------
    >>> counted(1, "connection"), counted(1200, "connection"), counted(2, "reply", "replies")
    ('1 connection', '1,200 connections', '2 replies')
    """
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"


def ways(numbers: Mapping[str, int]) -> str:
    """Return how many of each; what there is none of is left out.

    Examples
    --------
    >>> ways({"by FIN": 1200, "by RST": 0}), ways({"by FIN": 1, "by RST": 2})
    ('1,200 by FIN', '1 by FIN and 2 by RST')
    """
    return " and ".join(f"{number:,} {how}" for how, number in numbers.items() if number)


def were(number: int) -> str:
    """Return the verb for so many."""
    return "was" if number == 1 else "were"


def seconds(nanoseconds: float) -> float:
    """Return seconds, to the microsecond: what a capture's clock is worth."""
    return round(nanoseconds / 1e9, 6)
