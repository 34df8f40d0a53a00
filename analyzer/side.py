"""The two parties of a connection."""

from __future__ import annotations

from enum import IntEnum


class Side(IntEnum):
    """Who asked for the upgrade, and who was asked (RFC 6455, section 1.2)."""

    CLIENT = 0
    SERVER = 1

    @property
    def other(self) -> Side:
        """The opposite party."""
        return SIDES[1 - self]

    def __str__(self) -> str:
        return _WORDS[self]


SIDES = (Side.CLIENT, Side.SERVER)
"""Both; looping over the enumeration itself takes longer."""

_WORDS = ("client", "server")
