"""A folder that a capturing program rotates files into, as one input that goes on.

Files in; the bytes of one capture out, as they appear. Classic pcap files of one kind are joined by
leaving out the later headers; pcapng files may follow each other as they are (a file is one or more
sections).
"""

from __future__ import annotations

import os
import select
import stat
import time
from collections.abc import Callable, Generator, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from analyzer.capture.compression import Expansion, compression_of
from analyzer.capture.input_file import CaptureSource, format_of
from analyzer.capture.pcap import FILE_HEADER
from analyzer.errors import CaptureError, UsageError

# How long to wait between two looks at a folder or at the end of a file.
LOOK_S = 0.1
CHUNK = 1 << 20
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".lz4")


class FollowedFolder:
    """A binary file for `analyzer.read.Session`: all captures of a folder, and those to come.

    A file is over when there is a newer one. Files that are there already are taken by the time of
    their first packets, later ones as they appear; one that is a compressed copy of another that
    was read (``tcpdump -z gzip``) is left out.

    Parameters
    ----------
    folder : str
        What to look at; folders in it are not.
    on_pause : callable
        Called while nothing comes, before each further look.

    Attributes
    ----------
    name : str
        The folder.
    paused : bool
        There was a pause at least once: somebody is still writing.
    skipped : list of (str, str)
        Files that cannot follow, and why.

    Raises
    ------
    UsageError
        There is no such folder.
    """

    def __init__(self, folder: str, on_pause: Callable[[], None]) -> None:
        if not Path(folder).is_dir():
            raise UsageError(f"cannot follow {folder}: no such folder")
        self.name = folder
        self.paused = False
        self.skipped: list[tuple[str, str]] = []
        self._on_pause = on_pause
        self._taken: dict[str, tuple[int, int]] = {}  # inode, and bytes read
        self._strange: dict[Path, int] = {}  # what is no capture, at this size
        self._kind = b""  # how the first file begins
        self._stopped, self._stop = os.pipe()
        self._pieces = self._bytes()
        self._rest = b""

    def stop(self) -> None:
        """End the input where it is; may be called by a signal's handler."""
        os.write(self._stop, b".")

    def close(self) -> None:
        """Give up what stopping takes."""
        self._pieces.close()
        os.close(self._stopped)
        os.close(self._stop)

    def read1(self, size: int) -> bytes:
        """Return what is there, up to `size` bytes, waiting for the first; nothing at the end."""
        piece = self._rest or next(self._pieces, b"")
        self._rest = piece[size:]
        return piece[:size]

    def read(self, size: int) -> bytes:
        """Return the same as `read1`."""
        return self.read1(size)

    def _bytes(self) -> Generator[bytes, None, None]:
        """Yield the bytes of one file after the other."""
        while (path := self._await_file()) is not None:
            with path.open("rb", buffering=0) as file:
                self._taken[str(path)] = (os.fstat(file.fileno()).st_ino, 0)
                yield from self._continued(path, file)

    def _continued(self, path: Path, file: BinaryIO) -> Iterator[bytes]:
        """Yield a file's capture without what the beginning of the first has said."""
        head, rest = _beginning(self._growing(path, file))
        compression = compression_of(head)
        if compression:
            head, rest = _beginning(Expansion(compression).expand(chain([head], rest)))
        kind = _kind_of(head)
        if self._kind and kind != self._kind:
            self.skipped.append((str(path), "no capture of the kind that the first one is"))
            return
        if self._kind and format_of(head) == "pcap":
            head = head[FILE_HEADER:]
        self._kind = kind
        if head:
            yield head
        yield from rest

    def _growing(self, path: Path, file: BinaryIO) -> Iterator[bytes]:
        """Yield what is in a file, and what is added to it until a newer one begins."""
        over = False
        while True:
            piece = file.read(CHUNK)
            if piece:
                inode, done = self._taken[str(path)]
                self._taken[str(path)] = (inode, done + len(piece))
                yield piece
            elif over:
                return
            else:
                # What was written before the newer file began is read first.
                over = bool(self._files()) or not self._wait()

    def _await_file(self) -> Path | None:
        """Return the next file, when there is one; None when the input was stopped."""
        while not (files := self._files()):
            if not self._wait():
                return None
        return min(files)[1]

    def _wait(self) -> bool:
        """Wait a moment; False when the input was stopped."""
        self.paused = True
        self._on_pause()
        return not select.select([self._stopped], [], [], LOOK_S)[0]

    def _files(self) -> list[tuple[float, Path]]:
        """Return the captures that were not taken, with the times when they begin."""
        found = []
        for path in Path(self.name).iterdir():
            try:
                status = path.stat()
            except OSError:
                continue  # gone since it was listed
            if path.name.startswith(".") or not stat.S_ISREG(status.st_mode):
                continue
            if status.st_size < FILE_HEADER or self._strange.get(path) == status.st_size:
                continue
            if self._is_new(path, status):
                begins = _begins(path)
                if begins is None:
                    self._strange[path] = status.st_size
                else:
                    found.append((begins, path))
        return found

    def _is_new(self, path: Path, status: os.stat_result) -> bool:
        if path.suffix in COMPRESSED and str(path.with_suffix("")) in self._taken:
            return False
        inode, done = self._taken.get(str(path), (-1, 0))
        # tcpdump -W writes over its own files, from the beginning.
        return inode != status.st_ino or status.st_size < done


def _beginning(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return enough bytes to tell what a file is, and those that follow."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= FILE_HEADER:
            break
    return head, pieces


def _kind_of(head: bytes) -> bytes:
    """Return what the files of one series have in common: format, and of pcap the link type."""
    if format_of(head) == "pcapng":
        return head[:4]
    return head[:4] + head[20:24] if format_of(head) else b""


def _begins(path: Path) -> float | None:
    """Return when a capture begins, seconds; None for what is none, or not yet."""
    source = CaptureSource(str(path))
    try:
        first = source.first_time()
    except CaptureError:
        return None
    if first is not None:
        return first / 1e9
    # Without a packet yet: it is the latest.
    return time.time()
