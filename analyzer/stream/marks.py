"""Where pieces of an inner stream end in the TCP stream that carries it. In: ends. Out: offsets.

What is taken out of records or frames has no offsets of its own in TCP, but FINs and
acknowledgments are told by those of TCP: how much of the inner stream lies behind one?
"""

from __future__ import annotations


class Marks:
    """The ends of the last 64 pieces of one side.

    Attributes
    ----------
    total : int
        Bytes of the inner stream so far.
    """

    def __init__(self) -> None:
        self.total = 0
        self.pieces = 0
        # By turns the offset in TCP, and `total` by then; 128 is a number the compiler sees.
        self.places = [0] * 128

    def add(self, end: int, length: int) -> None:
        """Take note of a piece that ends at an offset in TCP."""
        place = 2 * (self.pieces & 63)
        self.total += length
        self.places[place] = end
        self.places[place + 1] = self.total
        self.pieces += 1

    def skip(self, length: int) -> None:
        """Take note of bytes that are not in the capture."""
        self.total += length

    def behind(self, offset: int) -> int:
        """Return how many bytes of the inner stream were sent behind an offset in TCP.

        Exact for the last 64 pieces; for older offsets at least so many. An offset inside a piece
        counts from the end of the piece: its bytes stand there, behind a header.
        """
        number = self.pieces
        oldest = number - 64 if number > 64 else 0
        while number > oldest and self.places[2 * ((number - 1) & 63)] > offset:
            number -= 1
        if number == self.pieces:
            return 0
        end, total = self.places[2 * (number & 63)], self.places[2 * (number & 63) + 1]
        before = self.places[2 * ((number - 1) & 63) + 1] if number > oldest else 0
        if number == oldest and oldest:
            before = total
        return self.total - total + min(end - offset, total - before)
