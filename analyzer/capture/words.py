"""Numbers in the byte order of the host that wrote the capture: bytes in, unsigned numbers out."""

from __future__ import annotations


def word_16(buffer: bytes, at: int, big: bool) -> int:
    """Give the 16-bit number at a place that the caller knows to be inside."""
    if big:
        return buffer[at] << 8 | buffer[at + 1]
    return buffer[at + 1] << 8 | buffer[at]


def word_32(buffer: bytes, at: int, big: bool) -> int:
    """Give the 32-bit number at a place that the caller knows to be inside."""
    if big:
        top = buffer[at]  # wide before it is shifted: a C int would turn negative
        return top << 24 | buffer[at + 1] << 16 | buffer[at + 2] << 8 | buffer[at + 3]
    top = buffer[at + 3]
    return top << 24 | buffer[at + 2] << 16 | buffer[at + 1] << 8 | buffer[at]
