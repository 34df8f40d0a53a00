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


class Scratch:
    """Room for nonce and additional data, in which each record of a run writes over the last one's.

    One for all connections, as it stays in the processor's cache then; one thread uses it.
    """

    def __init__(self) -> None:
        self.nonce = bytearray(12)
        self.aad = bytearray(13)


def part(buffer: bytes, start: int, end: int) -> bytes:
    """Return ``buffer[start:end]``; nothing where these are no bounds within it.

    The compiled form copies without making the slice object that slicing bytes makes.
    """
    if start < 0 or end < start or end > len(buffer):
        return b""
    data = buffer
    return data[start:end]


def put_nonce(nonce: bytearray, front: int, back: int) -> None:
    """Write twelve bytes: a number of 32 bits, and one of 64, the highest bytes first."""
    nonce[0], nonce[1] = front >> 24 & 255, front >> 16 & 255
    nonce[2], nonce[3] = front >> 8 & 255, front & 255
    put_number(nonce, 4, back)


def put_number(buffer: bytearray, at: int, number: int) -> None:
    """Write a number of 64 bits at a place, the highest byte first."""
    place = at + 8
    while place > at:
        place -= 1
        buffer[place] = number & 255
        number >>= 8
