"""`read`, and the `Analysis` that it returns: what a notebook user holds."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator

from analyzer.anomaly import Anomaly
from analyzer.capture.merge import CaptureSet
from analyzer.capture.record import CaptureRecord
from analyzer.capture.source import Inputs, Source, open_captures
from analyzer.engine import Engine
from analyzer.record import Connection
from analyzer.text import overview

Progress = Callable[[int, int | None, int, int], None]
"""Called now and then with bytes done, bytes in all if known, packets, and connections over."""

BATCH = 200_000


class _All:
    """The set of all numbers."""

    def __contains__(self, _: object) -> bool:
        return True


class Analysis:
    """What captures say of the WebSocket connections in them.

    ``print(analysis)`` gives the overview that the command prints.

    Attributes
    ----------
    captures : list of CaptureRecord
        The inputs, and how much of each was read.
    connections : list of Connection
        In the order in which they began; ``connections[14].id`` is 14.
    anomalies : list of Anomaly
        Odd things that belong to no connection.
    """

    def __init__(
        self,
        captures: list[CaptureRecord],
        connections: list[Connection],
        anomalies: list[Anomaly],
    ) -> None:
        self.captures = captures
        self.connections = connections
        self.anomalies = anomalies

    def __str__(self) -> str:
        lines = overview(self.captures, self.connections, hint="; all in .connections")
        return "\n".join(line.text.rstrip() for line in lines)

    def __repr__(self) -> str:
        plural = "" if len(self.connections) == 1 else "s"
        return f"<Analysis of {len(self.connections)} WebSocket connection{plural}>"

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:  # noqa: ARG002
        # IPython and Jupyter show what print() does.
        printer.text(str(self))  # type: ignore[attr-defined]


class Session:
    """An analysis in progress: packets are read as far as one asks.

    Parameters
    ----------
    source : str, path, binary file, or a list of them
        As in `read`.
    keep_frames : container of int
        Numbers of the connections whose frames are kept.
    """

    def __init__(self, source: Source | Iterable[Source], keep_frames: Container[int] = ()) -> None:
        self.inputs: Inputs = open_captures(source)
        self._captures = CaptureSet(self.inputs.sources)
        self._engine = Engine(keep_frames)
        self._over = self._engine.over
        self.connections_over = 0

    def __iter__(self) -> Iterator[Connection]:
        """Yield every connection when it is over, then those that the end of the capture left."""
        return self.connections()

    def connections(
        self, progress: Progress | None = None, batch: int = BATCH
    ) -> Iterator[Connection]:
        """Read on, and yield the connections as they end.

        Parameters
        ----------
        progress : callable, optional
            See `Progress`.
        batch : int
            Packets between two looks at what has ended.
        """
        more = bool(self.inputs.sources)
        while more:
            more = self._engine.run(self._captures, batch)
            if not more:
                self._engine.finish()
            yield from self._take()
            if progress is not None:
                done, total = self._captures.progress()
                progress(done, total, self._captures.number, self.connections_over)

    def interrupt(self) -> Iterator[Connection]:
        """Stop reading, and yield the connections that are still in progress."""
        self._engine.finish()
        return self._take()

    def _take(self) -> Iterator[Connection]:
        while self._over:
            self.connections_over += 1
            yield self._over.pop(0)

    @property
    def captures(self) -> list[CaptureRecord]:
        """The inputs, and how much of each was read so far; those that are none, too."""
        failed = [CaptureRecord(one.source, problem=one.problem) for one in self.inputs.errors]
        return [*self._captures.records, *failed]

    @property
    def anomalies(self) -> list[Anomaly]:
        """Odd things that belong to no connection, so far."""
        return self._engine.anomalies()

    def analysis(self, connections: Iterable[Connection]) -> Analysis:
        """Return what was found, with these connections, in order."""
        ordered = sorted(connections, key=lambda one: one.id)
        return Analysis(self.captures, ordered, self.anomalies)


def read(
    source: Source | Iterable[Source],
    *,
    frames: bool = False,
    progress: Progress | None = None,
) -> Analysis:
    """Analyse captures.

    Parameters
    ----------
    source : str, path, binary file, or a list of them
        A capture file, a glob, a folder, ``-`` for standard input, or an open binary file; several
        are one capture in order of time. Format and compression are told by the first bytes.
    frames : bool
        Keep every frame of every connection, in ``connection.frames``.
    progress : callable, optional
        See `Progress`.

    Returns
    -------
    Analysis
        Always the same type, whatever was read.

    Raises
    ------
    CaptureError
        Nothing of the input could be read as a capture. Where some of it could, the problem stands
        in ``analysis.captures``.
    """
    session = Session(source, _All() if frames else ())
    if not session.inputs.sources and session.inputs.errors:
        raise session.inputs.errors[0]
    return session.analysis(session.connections(progress))
