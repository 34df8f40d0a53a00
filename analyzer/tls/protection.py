"""The face of what opens records, and what is done to the bytes of each. In and out: bytes.

Apart from the ciphers themselves, so that knowing this face does not load `cryptography`.
"""

from __future__ import annotations


class Protection:
    """What opens the records that one side wrote with one set of keys."""

    def open(self, header: bytes, body: bytes, sequence: int) -> bytes | None:
        """Return the plaintext of the record with a sequence number; None if it is not that."""
        raise NotImplementedError

    def plain_length(self, length: int) -> int:  # noqa: ARG002
        """Return how much plaintext is in a body of a length; -1 where that cannot be told."""
        return -1

    def following(self) -> Protection | None:
        """Return what opens the records behind a KeyUpdate."""
        return None


def part(buffer: bytes, start: int, end: int) -> bytes:
    """Return ``buffer[start:end]``; nothing where these are no bounds within it.

    The compiled form copies without making the slice object that slicing bytes makes.
    """
    if start < 0 or end < start or end > len(buffer):
        return b""
    data = buffer
    return data[start:end]


def put_number(buffer: bytearray, at: int, number: int) -> None:
    """Write a number of 64 bits at a place, the highest byte first."""
    place = at + 8
    while place > at:
        place -= 1
        buffer[place] = number & 255
        number >>= 8
