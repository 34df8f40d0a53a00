"""Captures in, an `Analysis` out: all at once, or connection by connection as they end."""

from __future__ import annotations

import gc
import os
import time
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, overload

from analyzer.analysis import Analysis
from analyzer.anomaly import Anomaly
from analyzer.aside import Aside
from analyzer.capture.record import CaptureRecord
from analyzer.capture.source import Inputs, Source, open_captures
from analyzer.jobs import Merger, Worker, jobs_for
from analyzer.record import Connection
from analyzer.share import ALL, ShareRun, Task, Told
from analyzer.stream.table import MAX_STREAMS

if TYPE_CHECKING:
    from distributed import Client

    from analyzer.fleet.result import FleetAnalysis

Progress = Callable[[int, int | None, int, int], None]
"""Called now and then with bytes done, bytes in all if known, packets, and connections over."""

BATCH = 200_000
PROGRESS_S = 0.1
EXAMPLE = Path(__file__).with_name("example.pcap")


class Session:
    """An analysis in progress: packets are read as far as one asks.

    Parameters
    ----------
    source : str, path, binary file, or a list of them
        As in `read`.
    keep_frames, keep_messages : container of int
        Numbers of the connections whose frames, and whose messages, are kept.
    last_frames : int or None
        Keep about so many frames of a connection, the last ones; None for all.
    keylog : str or path, optional
        Secrets of TLS streams, as browsers and curl write them (``SSLKEYLOGFILE``). Secrets that a
        pcapng file carries are used without it.
    max_streams : int
        TCP streams remembered at once; beyond it the least useful ones are given up, which is told
        as an anomaly.
    jobs : int or None
        Processes that share the work; None for all processors, where that pays. The result is the
        same.
    encrypted : bool
        Follow TLS streams without keys to their end.
    growing : bool
        The key log is still being written: who misses a secret may wait for it.

    Attributes
    ----------
    inputs : Inputs
        What was found to read, and what was left out.
    connections_over : int
        Connections handed out so far.
    jobs : int
        Processes that share the work.

    Examples
    --------
    >>> for connection in Session(EXAMPLE):
    ...     print(connection.ending.kind, connection.ending.first)
    hybi_close client
    open None
    """

    def __init__(
        self,
        source: Source | Iterable[Source],
        keep_frames: Container[int] = (),
        keep_messages: Container[int] = (),
        last_frames: int | None = None,
        max_streams: int = MAX_STREAMS,
        keylog: str | Path | None = None,
        jobs: int | None = 1,
        *,
        encrypted: bool = False,
        growing: bool = False,
    ) -> None:
        self.inputs: Inputs = open_captures(source)
        task = Task(
            keep_frames, keep_messages, last_frames, max_streams, keylog, encrypted, growing
        )
        self.jobs = jobs_for(self.inputs.sources, task, jobs)
        self._run = ShareRun(self.inputs.sources, task.share(0, self.jobs))
        self._task = task
        self._captures = self._run.captures
        self._engine = self._run.engine
        self._over = self._engine.over
        self._merger = Merger(self.jobs)
        self._workers: list[Worker] = []
        self._told_at = time.monotonic()
        self._ready: deque[Connection] = deque()
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
        if self.jobs > 1:
            yield from self._shared(progress, batch)
            return
        more = True
        while more:
            more = self._run.advance(batch)
            yield from self._take()
            self._show(progress)

    def _shared(self, progress: Progress | None, batch: int) -> Iterator[Connection]:
        """Yield the connections, this process doing the first share and others the rest."""
        paths = [one.path for one in self._captures.sources]
        shares = [self._task.share(index, self.jobs) for index in range(1, self.jobs)]
        self._workers = [Worker(paths, share) for share in shares]
        told = [self._own_share(progress, batch), *(one.told() for one in self._workers)]
        try:
            for one in self._merger.connections(told):
                self.connections_over += 1
                yield one
        finally:
            for worker in self._workers:
                worker.stop()

    def _own_share(self, progress: Progress | None, batch: int) -> Iterator[Told]:
        while self._run.advance(batch):
            yield from self._run.told()
            self._show(progress)
        yield from self._run.told()
        yield self._run.end()

    def _show(self, progress: Progress | None) -> None:
        if progress is not None and time.monotonic() - self._told_at >= PROGRESS_S:
            self._told_at = time.monotonic()
            done, total = self._captures.progress()
            progress(done, total, self._captures.number, self.connections_over)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Connections that are over, those in progress, and packets, so far."""
        over = self.connections_over + len(self._over) + len(self._ready)
        return over, self._engine.opened - over, self._captures.number

    @property
    def stopped(self) -> bool:
        """Whether somebody called `stop`."""
        return self._run.stopped

    def stop(self) -> None:
        """Read no further; what is in progress ends as if the capture did."""
        self._run.stopped = True
        for worker in self._workers:
            worker.end_early()

    def _take(self) -> Iterator[Connection]:
        # Many end at once where the capture does: a list is slow to give up its first item.
        self._ready.extend(self._over)
        self._over.clear()
        while self._ready:
            self.connections_over += 1
            yield self._ready.popleft()

    @property
    def captures(self) -> list[CaptureRecord]:
        """The inputs, and how much of each was read so far; those that are none, too."""
        failed = [CaptureRecord(one.source, problem=one.problem) for one in self.inputs.errors]
        records = self._captures.records
        if self.stopped:
            for record in records:
                if not record.complete and not record.problem:
                    record.problem = "interrupted"
        return [*records, *failed]

    @property
    def anomalies(self) -> list[Anomaly]:
        """Odd things that belong to no connection, so far."""
        return self._merger.anomalies(self._run) if self.jobs > 1 else self._engine.anomalies()

    @property
    def aside(self) -> Aside:
        """What was noticed of streams beside the connections in them, so far."""
        return self._merger.aside if self.jobs > 1 else self._engine.aside

    def analysis(self, connections: Iterable[Connection]) -> Analysis:
        """Return what was found, with these connections, in order."""
        ordered = sorted(connections, key=lambda one: one.id)
        aside = self.aside
        sealed = aside.encrypted
        return Analysis(
            self.captures,
            ordered,
            self.anomalies,
            sorted(sealed.found, key=lambda one: one.tcp_stream),
            sealed.dropped,
            aside.failed(),
            listed=sealed.every,
        )


@overload
def read(
    source: Source | Iterable[Source] | None = None,
    *,
    frames: bool = False,
    messages: bool = False,
    max_streams: int = MAX_STREAMS,
    keylog: str | Path | None = None,
    jobs: int | None = None,
    encrypted: bool = False,
    progress: Progress | None = None,
    dask: None = None,
) -> Analysis: ...
@overload
def read(
    source: str | Path | Iterable[str | Path],
    *,
    frames: bool = False,
    messages: bool = False,
    max_streams: int = MAX_STREAMS,
    keylog: str | Path | None = None,
    encrypted: bool = False,
    dask: Client,
) -> FleetAnalysis: ...
def read(
    source: Source | Iterable[Source] | None = None,
    *,
    frames: bool = False,
    messages: bool = False,
    max_streams: int = MAX_STREAMS,
    keylog: str | Path | None = None,
    encrypted: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    dask: Client | None = None,
) -> Analysis | FleetAnalysis:
    """Analyse captures.

    Parameters
    ----------
    source : str, path, binary file, or a list of them, optional
        A capture file, a glob, a folder, ``-`` for standard input, or an open binary file; several
        are one capture in order of time. Format and compression are told by the first bytes.
        Without it: a small recording of a browser that reloads a page.
    frames : bool
        Keep every frame of every connection, in ``connection.frames``.
    messages : bool
        Keep the messages, decoded, in ``connection.messages``, and look for text that is not UTF-8.
    keylog : str or path, optional
        Secrets of TLS streams, as in `Session`; what they do not open is in ``analysis.encrypted``.
    encrypted : bool
        Say in ``analysis.encrypted`` what one sees of every TLS stream that is not decrypted.
    max_streams : int
        As in `Session`.
    jobs : int, optional
        Processes that share the work, with the same result; all processors where much is read.
    progress : callable, optional
        See `Progress`.
    dask : distributed.Client, optional
        A cluster that does it; a `FleetAnalysis` comes back, see `read_fleet`.

    Returns
    -------
    Analysis

    Raises
    ------
    CaptureError
        Nothing of the input is a capture; where some is, problems stand in ``analysis.captures``.

    Examples
    --------
    >>> print(read().connections[0].ending.client_close)
    Close 1001 (Going Away)
    """
    what = EXAMPLE if source is None else source
    kept = ALL if frames else (), ALL if messages else ()
    if dask is not None:
        return _read_by(dask, source, Task(*kept, None, max_streams, keylog, encrypted))
    session = Session(what, *kept, None, max_streams, keylog, jobs, encrypted=encrypted)
    if not session.inputs.sources and session.inputs.errors:
        raise session.inputs.errors[0]
    with _collector_off():
        return session.analysis(session.connections(progress))


def _read_by(client: Client, source: Source | Iterable[Source] | None, task: Task) -> FleetAnalysis:
    from analyzer.fleet.result import read_fleet  # noqa: PLC0415 - for who has a cluster

    places = [source] if source is None or isinstance(source, str | os.PathLike) else source
    return read_fleet(places, client, task)  # type: ignore[arg-type]


@contextmanager
def _collector_off() -> Iterator[None]:
    """Search for no cycles: reading makes many objects, no cycles, and half the time went there."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
