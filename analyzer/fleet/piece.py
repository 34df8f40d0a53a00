"""A part of a capture that one worker reads: whole files, or some of the records of a large one."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from analyzer.capture.input_file import CaptureSource


@dataclass(frozen=True, slots=True)
class Piece:
    """What is read at one go.

    Attributes
    ----------
    capture : str
        The capture that it is part of.
    paths : tuple of str
        Files, as fsspec takes them; several where their times overlap.
    header : bytes
        The file header that stands before the records of the range; empty for whole files.
    start, end : int or None
        The range of bytes, of a single file; None for its end.
    """

    capture: str
    paths: tuple[str, ...]
    header: bytes = b""
    start: int = 0
    end: int | None = None

    def sources(self) -> list[CaptureSource]:
        """Return what to read; nothing is opened before its turn."""
        return [CaptureSource(PieceFile(path, self)) for path in self.paths]  # type: ignore[arg-type]


class PieceFile(io.RawIOBase):
    """The bytes of a piece's file, opened when they are asked for.

    Parameters
    ----------
    path : str
        As fsspec takes it.
    piece : Piece
        What of it is read.
    """

    def __init__(self, path: str, piece: Piece) -> None:
        super().__init__()
        self.name = path
        self._piece = piece
        self._before = piece.header
        self._file: Any = None
        self._left = (1 << 62) if piece.end is None else piece.end - piece.start

    def readable(self) -> bool:
        """Whether it can be read: it can."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to so many bytes; none at the end."""
        if self._before:
            head, self._before = self._before, b""
            return head
        if self._file is None:
            self._file = self._open()
        wanted = self._left if size < 0 else min(size, self._left)
        data: bytes = self._file.read(wanted if wanted < 1 << 62 else -1)
        self._left -= len(data)
        if not data:
            self.close()
        return data

    def _open(self) -> Any:
        import fsspec  # noqa: PLC0415 - a cluster has it

        file = fsspec.open(self.name, "rb").open()
        if self._piece.start:
            file.seek(self._piece.start)
        return file

    def close(self) -> None:
        """Close what was opened."""
        if self._file is not None and not self._file.closed:
            self._file.close()
        super().close()
