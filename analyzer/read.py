"""Captures in, an `Analysis` out: all at once, or connection by connection as they end."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from analyzer.analysis import Analysis
from analyzer.anomaly import Anomaly
from analyzer.capture.merge import CaptureSet
from analyzer.capture.reader import PacketReader
from analyzer.capture.record import CaptureRecord
from analyzer.capture.source import Inputs, Source, open_captures
from analyzer.engine import Engine
from analyzer.errors import UsageError
from analyzer.record import Connection
from analyzer.stream.table import MAX_STREAMS
from analyzer.tls.keylog import KeyLog

Progress = Callable[[int, int | None, int, int], None]
"""Called now and then with bytes done, bytes in all if known, packets, and connections over."""

BATCH = 200_000
PROGRESS_S = 0.1
TLS_KEY_LOG = 0x544C534B  # draft-ietf-opsawg-pcapng, section 4.7
EXAMPLE = Path(__file__).with_name("example.pcap")


class _All:
    """The set of all numbers."""

    def __contains__(self, _: object) -> bool:
        return True


ALL = _All()


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

    Attributes
    ----------
    inputs : Inputs
        What was found to read, and what was left out.
    connections_over : int
        Connections handed out so far.
    stopped : bool
        Somebody called `stop`.

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
    ) -> None:
        self.inputs: Inputs = open_captures(source)
        self._captures = CaptureSet(self.inputs.sources)
        self._asked_reader: PacketReader | None = None
        self._secrets_taken = 0
        again = tuple(one.path for one in self._captures.sources if one.size is not None)
        whole = len(again) == len(self._captures.sources)
        self._engine = Engine(
            keep_frames,
            keep_messages,
            last_frames,
            again if whole else (),
            max_streams,
            self._keys(keylog),
        )
        self._over = self._engine.over
        self.connections_over = 0
        self.stopped = False

    def _keys(self, keylog: str | Path | None) -> KeyLog:
        """Return the secrets of a key log, and of the captures themselves.

        Raises
        ------
        UsageError
            The key log cannot be read.
        """
        try:
            return KeyLog(None if keylog is None else Path(keylog), more=self._new_secrets)
        except OSError as error:
            raise UsageError(f"cannot read the key log {keylog}: {error.strerror}") from error

    def _new_secrets(self) -> Iterator[bytes]:
        """Yield the key logs that the capture carried since it was asked last."""
        reader = self._captures.reader
        found = getattr(reader, "secrets", [])
        if reader is not self._asked_reader:
            self._asked_reader, self._secrets_taken = reader, 0
        taken, self._secrets_taken = self._secrets_taken, len(found)
        yield from (data for kind, data in found[taken:] if kind == TLS_KEY_LOG)

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
        told_at = time.monotonic()
        more = True
        while more:
            more = not self.stopped and self._engine.run(self._captures, batch)
            if not more:
                self._engine.finish()
            yield from self._take()
            if progress is not None and time.monotonic() - told_at >= PROGRESS_S:
                told_at = time.monotonic()
                done, total = self._captures.progress()
                progress(done, total, self._captures.number, self.connections_over)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Connections that are over, those in progress, and packets, so far."""
        over = self.connections_over + len(self._over)
        return over, self._engine.opened - over, self._captures.number

    def stop(self) -> None:
        """Read no further; what is in progress ends as if the capture did."""
        self.stopped = True

    def _take(self) -> Iterator[Connection]:
        while self._over:
            self.connections_over += 1
            yield self._over.pop(0)

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
        return self._engine.anomalies()

    def analysis(self, connections: Iterable[Connection]) -> Analysis:
        """Return what was found, with these connections, in order."""
        ordered = sorted(connections, key=lambda one: one.id)
        return Analysis(self.captures, ordered, self.anomalies, self._engine.attempts)


def read(
    source: Source | Iterable[Source] | None = None,
    *,
    frames: bool = False,
    messages: bool = False,
    max_streams: int = MAX_STREAMS,
    keylog: str | Path | None = None,
    progress: Progress | None = None,
) -> Analysis:
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
        Secrets of TLS streams, as in `Session`.
    max_streams : int
        TCP streams remembered at once, of whatever protocol: bounds the memory.
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

    Examples
    --------
    >>> analysis = read()
    >>> analysis
    <Analysis of 2 WebSocket connections>
    >>> print(analysis.connections[0].ending.client_close)
    Close 1001 (Going Away)
    """
    session = Session(
        EXAMPLE if source is None else source,
        ALL if frames else (),
        ALL if messages else (),
        max_streams=max_streams,
        keylog=keylog,
    )
    if not session.inputs.sources and session.inputs.errors:
        raise session.inputs.errors[0]
    with _collector_off():
        return session.analysis(session.connections(progress))


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
