"""Captures in, the connections of a share of their TCP streams out; the only share, most often."""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from analyzer.aside import Aside
from analyzer.capture.input_file import CaptureSource
from analyzer.capture.merge import CaptureSet
from analyzer.capture.reader import PacketReader
from analyzer.capture.secrets import secrets_in
from analyzer.engine import AFTER_ALL, Engine, Position
from analyzer.errors import UsageError
from analyzer.record import Connection
from analyzer.route import ShareRouter
from analyzer.stream.table import MAX_STREAMS
from analyzer.tls.keylog import KeyLog

TLS_KEY_LOG = 0x544C534B  # draft-ietf-opsawg-pcapng, section 4.7
END = Position(AFTER_ALL, AFTER_ALL)


class Everything:
    """The set of all numbers."""

    def __contains__(self, _: object) -> bool:
        return True

    def __reduce__(self) -> str:
        return "ALL"  # there is one, also in another process


ALL = Everything()


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of captures; a process that is given it, and their paths, can do a share.

    Attributes
    ----------
    frames, messages : container of int
        Numbers of the connections whose frames, and whose messages, are kept.
    last_frames : int or None
        Keep about so many frames of a connection, the last ones; None for all.
    max_streams : int
        TCP streams remembered at once.
    keylog : str, path or None
        Secrets of TLS streams.
    encrypted : bool
        Follow TLS streams without keys to their end.
    growing : bool
        The key log is still being written.
    index, count : int
        Which share, of how many.
    """

    frames: Container[int] = ()
    messages: Container[int] = ()
    last_frames: int | None = None
    max_streams: int = MAX_STREAMS
    keylog: str | Path | None = None
    encrypted: bool = False
    growing: bool = False
    index: int = 0
    count: int = 1

    @property
    def divisible(self) -> bool:
        """Whether shares can do it: what is kept must not depend on numbers given later."""
        return all(not kept or kept is ALL for kept in (self.frames, self.messages))

    def share(self, index: int, count: int) -> Task:
        """Return one of `count` shares."""
        each = -(-self.max_streams // count)
        return replace(self, index=index, count=count, max_streams=each)


class Told(NamedTuple):
    """What a share tells: a connection that is over, and what began since the last one.

    Attributes
    ----------
    position : Position
        When it was over.
    connection : Connection or None
        Numbered within the share; None at the end.
    opened : list of Position
        When connections began.
    created : array of int
        In which packets TCP streams began.
    given_up : tuple of int
        At the end: streams that were given up, and how many of them were no more than a SYN.
    aside : Aside or None
        At the end: what was noticed beside the connections.
    """

    position: Position
    connection: Connection | None
    opened: list[Position]
    created: array[int]
    given_up: tuple[int, int]
    aside: Aside | None = None


class CarriedSecrets:
    """The key logs that captures carry, as far as they are read; each is given once.

    Parameters
    ----------
    captures : CaptureSet
        What is read.
    """

    def __init__(self, captures: CaptureSet) -> None:
        self._captures = captures
        self._asked: PacketReader | None = None
        self._taken = 0

    def __call__(self) -> Iterable[bytes]:
        """Return those that came since it was asked last."""
        reader = self._captures.reader
        found = getattr(reader, "secrets", [])
        if reader is not self._asked:
            self._asked, self._taken = reader, 0
        taken = self._taken
        if taken == len(found):  # asked for every stream
            return ()
        self._taken = len(found)
        return [data for kind, data in found[taken:] if kind == TLS_KEY_LOG]


class ShareRun:
    """A share of the TCP streams of some captures, being analysed.

    Parameters
    ----------
    sources : list of CaptureSource
        The captures.
    task : Task
        What is asked.

    Raises
    ------
    UsageError
        The key log cannot be read.

    Attributes
    ----------
    captures : CaptureSet
        What is read.
    engine : Engine
        What it goes through.
    stopped : bool
        Set it, and nothing more is read.
    """

    def __init__(self, sources: list[CaptureSource], task: Task) -> None:
        self.captures = CaptureSet(sources)
        again = tuple(one.path for one in self.captures.sources if one.size is not None)
        whole = len(again) == len(self.captures.sources)
        self.engine = Engine(
            task.frames,
            task.messages,
            task.last_frames,
            again if whole else (),
            task.max_streams,
            self._keys(task),
            task.encrypted,
            ShareRouter(task.index, task.count) if task.count > 1 else None,
        )
        self.stopped = False
        self._opened = 0
        self._created = 0

    def _keys(self, task: Task) -> KeyLog:
        """Return the secrets of a key log, and of the captures themselves."""
        # Only a file can be read twice; few hold secrets behind the packets that need them.
        self._seekable = [
            Path(one.path)
            for one in self.captures.sources
            if one.size is not None and one.format == "pcapng"
        ]
        path = None if task.keylog is None else Path(task.keylog)
        try:
            return KeyLog(
                path,
                growing=task.growing and path is not None,
                more=CarriedSecrets(self.captures),
                search=self._all_secrets if self._seekable else None,
            )
        except OSError as error:
            raise UsageError(f"cannot read the key log {path}: {error.strerror}") from error

    def _all_secrets(self) -> Iterator[bytes]:
        """Yield all key logs of the captures that are files, wherever in them they stand."""
        for path in self._seekable:
            yield from (data for kind, data in secrets_in(path) if kind == TLS_KEY_LOG)

    def advance(self, batch: int) -> bool:
        """Read up to `batch` packets, fewer if a connection ends; False for no more."""
        more = not self.stopped and self.engine.run(self.captures, batch)
        if not more:
            self.engine.finish()
        return more

    def told(self) -> list[Told]:
        """Take out the connections that are over."""
        over, positions = self.engine.over, self.engine.over_at
        found = [self._word(positions.popleft(), one) for one in over]
        over.clear()
        return found

    def end(self) -> Told:
        """Return the last word."""
        return self._word(END, None)._replace(aside=self.engine.aside)

    def _word(self, position: Position, connection: Connection | None) -> Told:
        opened, created = self.engine.opened_at, self.engine.table.created_in or array("q")
        table = self.engine.table
        told = Told(
            position,
            connection,
            opened[self._opened :],
            created[self._created :],
            (table.evicted, table.evicted_asleep),
        )
        self._opened, self._created = len(opened), len(created)
        return told
