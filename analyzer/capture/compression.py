"""Compressed captures: the bytes of a file in, what was packed into it out.

Compression is told by the first bytes. Members and frames may follow each other, as ``cat`` and
parallel compressors leave them. No call gives more than a few MiB, whatever a bomb would unfold.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

LARGEST_PIECE = 1 << 20
# Input handed over in one step.
_STEP = 1 << 16
# zstd has no bound on its output, and four of its bytes can stand for 128 KiB (RFC 8878, section
# 3.1.1.2.2): so little of it gives at most some 32 MiB.
_ZSTD_STEP = 1 << 10
# More than any compressor asks for that was not told to be extravagant.
_MOST_MEMORY = 1 << 28


class Decompressor(Protocol):
    """What `bz2`, `lzma` and `lz4.frame` have in common."""

    @property
    def needs_input(self) -> bool:
        """Whether there is no more output without more input."""

    @property
    def eof(self) -> bool:
        """Whether the member or frame is complete."""

    @property
    def unused_data(self) -> bytes:
        """Input behind the end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Unpack some bytes, at most so many."""


class _Gzip:
    """`zlib` with the face of the others."""

    def __init__(self) -> None:
        self._inflate = _inflater()
        self._full = False

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        piece: bytes = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        self._full = len(piece) == max_length
        return piece

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail and not self._full

    @property
    def eof(self) -> bool:
        return bool(self._inflate.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._inflate.unused_data)


def _inflater() -> Any:
    """Return what unpacks one member: twice as fast where `isal` is installed."""
    try:
        from isal import isal_zlib  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
    except ImportError:
        return zlib.decompressobj(wbits=31)  # 16 for gzip, 15 for the largest window
    return isal_zlib.decompressobj(wbits=31)


class _Zstd:
    """`zstandard` with the face of the others."""

    needs_input = True

    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415  (few captures need it)

        decompressor = zstandard.ZstdDecompressor(max_window_size=_MOST_MEMORY)
        self._frame = decompressor.decompressobj()

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:  # noqa: ARG002
        return self._frame.decompress(data)

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._frame.unused_data)


def _lz4() -> Decompressor:
    import lz4.frame  # noqa: PLC0415 - few captures need it

    decompressor: Decompressor = lz4.frame.LZ4FrameDecompressor()
    return decompressor


def _bzip2() -> Decompressor:
    import bz2  # noqa: PLC0415 - few captures need it

    return bz2.BZ2Decompressor()


def _xz() -> Decompressor:
    import lzma  # noqa: PLC0415 - few captures need it

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_MEMORY)


_MAKERS: dict[str, Callable[[], Decompressor]] = {
    "gzip": _Gzip,
    "zstd": _Zstd,
    "lz4": _lz4,
    "bzip2": _bzip2,
    "xz": _xz,
}

_MAGICS = {
    b"\x1f\x8b\x08": "gzip",  # RFC 1952, section 2.3.1, with the only method there is
    b"\x28\xb5\x2f\xfd": "zstd",  # RFC 8878, section 3.1.1
    b"\x04\x22\x4d\x18": "lz4",  # lz4 frame format
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
}


_LONGEST_MAGIC = 6


def compression_of(head: bytes) -> str:
    """Tell the compression from the first six bytes, or fewer where there are no more.

    Returns
    -------
    str
        ``gzip``, ``zstd``, ``lz4``, ``bzip2``, ``xz``, or empty.
    """
    for magic, name in _MAGICS.items():
        if head.startswith(magic):
            return name
    # A skippable frame (RFC 8878, section 3.1.2) opens what parallel zstd writes.
    if len(head) >= 4 and 0x50 <= head[0] <= 0x5F and head[1:4] == b"\x2a\x4d\x18":
        return "zstd"
    return ""


class Expansion:
    """Unpacks a compressed file.

    Parameters
    ----------
    name : str
        What `compression_of` gave.

    Attributes
    ----------
    problem : str
        What is wrong with the compressed data, one line; empty as long as nothing is.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.problem = ""
        self._decompressor = _MAKERS[name]()

    def expand(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Give what was packed, up to the end or to where the file is cut or damaged.

        Parameters
        ----------
        chunks : iterable of bytes
            The file. What one chunk unfolds to is given before the next is asked for, so that a
            live pipe is read as it comes.
        """
        for chunk in chunks:
            yield from _gather(self._expand_chunk(chunk))
            if self.problem:
                return
        if not self._decompressor.eof:
            self.problem = f"the {self.name} data is cut short"

    def _expand_chunk(self, chunk: bytes) -> Iterator[bytes]:
        size = _ZSTD_STEP if self.name == "zstd" else _STEP
        for at in range(0, len(chunk), size):
            step = chunk[at : at + size]
            while step and not self.problem:
                if self._decompressor.eof:
                    step = self._next_member(step)
                    if not step:
                        break
                    self._decompressor = _MAKERS[self.name]()
                yield from self._unpack(self._decompressor, step)
                step = self._decompressor.unused_data if self._decompressor.eof else b""

    def _unpack(self, decompressor: Decompressor, data: bytes) -> Iterator[bytes]:
        """Give all that some input unfolds to."""
        while not self.problem:
            try:
                piece = decompressor.decompress(data, LARGEST_PIECE)
            except Exception as error:  # noqa: BLE001  (five libraries, each with its own)
                reason = " ".join(str(error).split())
                self.problem = f"the {self.name} data is damaged: {reason}"
                return
            if piece:
                yield piece
            if decompressor.eof or decompressor.needs_input:
                return
            data = b""

    def _next_member(self, left: bytes) -> bytes:
        """Find the next member behind the zeros that fill up a block of a tape."""
        left = left.lstrip(b"\0")
        if len(left) >= _LONGEST_MAGIC and compression_of(left) != self.name:
            self.problem = f"what follows the {self.name} data is left out"
            return b""
        return left


def _gather(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Put small pieces together, since each costs the reader a join."""
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= LARGEST_PIECE:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)
