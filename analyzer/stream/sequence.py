"""Sequence numbers, modulo 2**32, and nothing else (RFC 9293, section 3.4)."""

from __future__ import annotations


def distance(start: int, end: int) -> int:
    """Steps from `start` to `end`, negative when `end` lies behind.

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
    return (((end - start) & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
