"""Decryption secrets that stand anywhere in a pcapng file: a path in, contents out, no packets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from analyzer.capture.pcapng import DECRYPTION_SECRETS, LONGEST_BLOCK, SECTION_HEADER

_WINDOW = 1 << 20
_BIG = b"\x1a\x2b\x3c\x4d"


def secrets_in(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of the decryption secrets blocks of a file that is not compressed.

    What is damaged ends the search: whoever reads the packets says so.
    """
    try:
        with path.open("rb") as file:
            yield from _secrets_of(file)
    except OSError:
        return


def _secrets_of(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    order = "little"
    at, begin, window = 0, 0, b""
    while True:
        if at + 12 > begin + len(window):
            file.seek(at)
            begin, window = at, file.read(_WINDOW)
            if len(window) < 12:
                return
        place = at - begin
        if window[place : place + 4] == b"\x0a\x0d\x0d\x0a":
            order = "big" if window[place + 8 : place + 12] == _BIG else "little"
        kind = int.from_bytes(window[place : place + 4], order)  # type: ignore[arg-type]
        length = int.from_bytes(window[place + 4 : place + 8], order)  # type: ignore[arg-type]
        if length < 12 or length % 4 or (kind == SECTION_HEADER and length < 28):
            return
        if kind == DECRYPTION_SECRETS and 20 <= length <= LONGEST_BLOCK:
            file.seek(at + 8)
            yield from _content(file.read(length - 12), order)
        at += length


def _content(body: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    kind = int.from_bytes(body[:4], order)  # type: ignore[arg-type]
    size = int.from_bytes(body[4:8], order)  # type: ignore[arg-type]
    if 8 + size <= len(body):
        yield kind, body[8 : 8 + size]
