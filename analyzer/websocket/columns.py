"""Rows as columns that grow: a table of hundred thousands of rows without an object for each."""

from __future__ import annotations

from array import array
from typing import ClassVar

# Rows are let go in blocks of at least so many: each costs a move of all that stay.
LEAST_BLOCK = 256


class Columns:
    """What columns have in common: every row has a side, and all but the last rows may be let go.

    Parameters
    ----------
    last : int or None
        Keep the last so many rows, None for all. Until `trim` there may be up to twice as many, or
        `LEAST_BLOCK` more.

    Attributes
    ----------
    NAMES : tuple of str
        The columns, in their order.
    dropped : int
        Earlier rows that were let go.
    side : array of int8
        0 for the client, 1 for the server.
    """

    NAMES: ClassVar[tuple[str, ...]] = ("side",)

    def __init__(self, last: int | None = None) -> None:
        self.last = last
        self.dropped = 0
        self.side = array("b")

    def __len__(self) -> int:
        return len(self.side)

    def let_go(self) -> None:
        """Let go of old rows if there are many of them by now."""
        if self.last is not None and len(self.side) >= self.last + max(self.last, LEAST_BLOCK):
            self.trim()

    def trim(self) -> None:
        """Let go of all rows but the last ones that were asked for."""
        if self.last is None or len(self.side) <= self.last:
            return
        many = len(self.side) - self.last
        self.dropped += many
        for name in self.NAMES:
            del getattr(self, name)[:many]
