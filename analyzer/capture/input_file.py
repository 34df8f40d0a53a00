"""One input: a path, a pipe or an open file in; what it is, and the chunks of its capture, out.

Format and compression are told by first bytes, never by a name.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from analyzer.capture.compression import Expansion, compression_of
from analyzer.capture.pcap import PcapReader, byte_order
from analyzer.capture.pcapng import PcapngReader
from analyzer.capture.reader import PacketReader
from analyzer.errors import CaptureError, CorruptCaptureError, NotACaptureError, UsageError

CHUNK = 1 << 18
# The first read of a file is small: of a thousand files, only first packets are looked up at first.
FIRST_CHUNK = 1 << 16
# `first_time` gives up where there is no packet in so much.
_LOOK_AHEAD = 1 << 26
# What the longest magic number of a compression or a format needs.
_HEAD = 12

Source = str | os.PathLike[str] | BinaryIO

_READERS: dict[str, type[PacketReader]] = {"pcap": PcapReader, "pcapng": PcapngReader}

_BYTE_ORDERS = (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a")

# Captures of other programs; editcap, which comes with Wireshark, converts them.
_FOREIGN = {
    b"snoop\0\0\0": "a Solaris snoop capture",
    b"GMBU": "a Microsoft Network Monitor capture",
    b"RTSS": "a Microsoft Network Monitor capture",
    b"\x54\x52\x53\x4e": "a Sniffer capture",
}


def format_of(head: bytes) -> str:
    """Tell the format of a capture from its first twelve bytes, or fewer where there are no more.

    Returns
    -------
    str
        ``pcap``, ``pcapng``, or empty.
    """
    if head[:4] == b"\x0a\x0d\x0d\x0a" and head[8:12] in _BYTE_ORDERS:
        return "pcapng"
    return "pcap" if byte_order(head) else ""


class CaptureSource:
    """One input: a file or a stream that holds a capture.

    Parameters
    ----------
    source : str, path or binary file
        A path, ``-`` for standard input, or an open binary file.

    Attributes
    ----------
    path : str
        As shown to the user; ``<stdin>`` for ``-``.
    format : str
        ``pcap`` or ``pcapng``, with ``+gzip`` and the like where it is compressed. Empty before the
        first bytes have been read.
    size : int or None
        Bytes on disk; None where that is not known.
    bytes : int
        Read so far: bytes as they are on disk, compressed or not.
    problem : str
        What is wrong with the compression, one line; empty as long as nothing is.

    Raises
    ------
    CaptureError
        From `identify` and `chunks`: the operating system refuses.
    NotACaptureError
        From `identify` and `chunks`: no format that is known, or an empty file.
    CorruptCaptureError
        From `identify` and `chunks`: compressed, and damaged before there is a byte of the capture.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._is_open_file = hasattr(source, "read")
        self.path = self._shown()
        self.format = ""
        self.size = self._find_size()
        self.bytes = 0
        self._file: BinaryIO | None = None
        self._expansion: Expansion | None = None
        self._chunks: Iterator[bytes] | None = None
        self._again: list[bytes] = []  # chunks already taken from what cannot be opened twice

    def identify(self) -> str:
        """Read the first bytes, if that was not yet done, and give the format."""
        if self._chunks is None:
            self._open()
        return self.format

    def new_reader(self) -> PacketReader:
        """Make the reader for the format."""
        return _READERS[(self.format or self.identify()).partition("+")[0]]()

    def chunks(self) -> Iterator[bytes]:
        """Give the capture's bytes, unpacked, as they come; closes the file behind the last.

        Can be begun again only for what has a `size` of its own: a file given by its path.
        """
        self.identify()
        pieces, self._chunks = self._chunks, None
        again, self._again = self._again, []
        try:
            yield from chain(again, pieces or ())
        finally:
            self.close()

    def first_time(self) -> int | None:
        """Look up the time of the first packet, nanoseconds since the epoch.

        Reads no further than needed. A file given by its path is closed again; what was read of
        anything else is kept for `chunks`.

        Returns
        -------
        int or None
            None if there is no packet, none before the damage, or none in the first 64 MiB.
        """
        reader = self.new_reader()
        taken: list[bytes] = []
        size = 0
        found = False
        while not (found or reader.damage) and size < _LOOK_AHEAD:
            chunk = next(self._chunks or iter(()), None)
            if chunk is None:
                break
            size += len(chunk)
            if not self.can_reopen:
                taken.append(chunk)
            reader.feed(chunk)
            found = reader.next()
        self._again = taken
        self.rewind()
        return reader.time_ns if found else None

    @property
    def can_reopen(self) -> bool:
        """Whether the bytes can be read a second time."""
        return not self._is_open_file and self.size is not None

    @property
    def problem(self) -> str:
        """What is wrong with the compression."""
        return self._expansion.problem if self._expansion else ""

    def rewind(self) -> None:
        """Close what can be opened again, as if it had never been read."""
        if self.can_reopen:
            self.close()
            self.bytes = 0

    def close(self) -> None:
        """Close what was opened here."""
        if self._file is not None and not self._is_open_file and self._source != "-":
            self._file.close()
        self._file = None
        self._chunks = None

    def _shown(self) -> str:
        if self._is_open_file:
            name = getattr(self._source, "name", None)
            return name if isinstance(name, str) else "<file>"
        return "<stdin>" if self._source == "-" else os.fspath(self._source)  # type: ignore[arg-type]

    def _find_size(self) -> int | None:
        """Give the size of a regular file; None for pipes, devices and open files."""
        if self._is_open_file or self._source == "-":
            return None
        try:
            status = Path(self.path).stat()
        except (OSError, ValueError):
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def _open(self) -> None:
        self.bytes = 0
        self._expansion = None
        try:
            self._file = self._open_file()
        except (OSError, ValueError) as error:
            raise CaptureError(self.path, reason(error)) from error
        try:
            self._begin()
        except CaptureError:
            self.close()
            raise

    def _open_file(self) -> BinaryIO:
        if self._is_open_file:
            return self._source  # type: ignore[return-value]
        if self._source == "-":
            return sys.stdin.buffer
        # No buffering: a pipe's bytes are taken as they come.
        return Path(self.path).open("rb", buffering=0)

    def _begin(self) -> None:
        """Tell compression and format, and make the iterator that goes on from the start."""
        head, pieces = _take_head(self._raw_chunks())
        if not head:
            raise NotACaptureError(self.path, "empty file")
        compression = compression_of(head)
        if compression:
            self._expansion = Expansion(compression)
            head, pieces = _take_head(self._expansion.expand(pieces))
            if self.problem and not head:
                raise CorruptCaptureError(self.path, self.problem)
        form = format_of(head)
        if not form:
            raise NotACaptureError(self.path, self._refusal(head, compression))
        self.format = f"{form}+{compression}" if compression else form
        self._chunks = pieces

    def _refusal(self, head: bytes, compression: str) -> str:
        for magic, name in _FOREIGN.items():
            if head.startswith(magic):
                return f"{name}: convert it with editcap"
        inside = f" inside the {compression} data" if compression else ""
        return f"no pcap or pcapng capture: the first bytes{inside} are {head[:_HEAD].hex(' ')}"

    def _raw_chunks(self) -> Iterator[bytes]:
        """Give the file's bytes as they are on disk, as they come."""
        file = self._file
        read = getattr(file, "read1", None) or getattr(file, "read", None)
        while read is not None:
            try:
                data = read(CHUNK if self.bytes else FIRST_CHUNK)
            except (OSError, ValueError) as error:
                raise CaptureError(self.path, reason(error)) from error
            if not isinstance(data, bytes):
                raise UsageError(f"{self.path}: open it in binary mode, and blocking")
            if not data:
                return
            self.bytes += len(data)
            yield data


def _take_head(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Give enough bytes to tell a format, and an iterator that begins with them again."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD:
            break
    return head, chain([head] if head else [], chunks)


def reason(error: Exception) -> str:
    """Say in one line why the operating system refuses."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__
