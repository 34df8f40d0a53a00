"""Sequence numbers, modulo 2**32, and nothing else (RFC 9293, section 3.4)."""

from __future__ import annotations

# Declared in the .pxd: the compiler takes larger numbers than 2**31 for Python objects.
WORD = 0xFFFFFFFF
HALF = 0x80000000


def wrap(value: int) -> int:
    """Return a sequence number, modulo 2**32.

    Examples
    --------
    >>> wrap(0xFFFFFFFF + 2)
    1
    """
    return value & WORD


def distance(start: int, end: int) -> int:
    """Count the steps from `start` to `end`: negative when `end` lies behind.

    Parameters
    ----------
    start, end : int
        Sequence numbers, 0 to 2**32 - 1.

    Returns
    -------
    int
        From -2**31 to 2**31 - 1.

    Examples
    --------
    >>> distance(0xFFFFFFFF, 0)
    1
    >>> distance(0x10, 0xFFFFFFF0)
    -32
    """
    return (((end - start) & WORD) ^ HALF) - HALF
