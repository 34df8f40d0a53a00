"""Text from the wire, made safe to show.

A close reason, a path or a header is written by a stranger: it may hold escape sequences for the
terminal, or marks that turn the direction of writing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def printable(text: str) -> str:
    r"""Return `text` with everything that does not print shown as an escape.

    Examples
    --------
    >>> print(printable("bye\x1b[31m"))
    bye\x1b[31m
    >>> print(printable("naïve ✓"))
    naïve ✓
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    if ord(char) <= 0x1F:
        return f"\\x{ord(char):02x}"
    return char.encode("unicode_escape").decode("ascii")


def iso(time_ns: int | None) -> str | None:
    """Return a time as ISO 8601 in UTC, to the nanosecond; None and 0 are "not known".

    Examples
    --------
    >>> iso(1_700_000_000_000_000_001)
    '2023-11-14T22:13:20.000000001Z'
    """
    if not time_ns:
        return None
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    second = _iso_second(seconds)
    return None if second is None else f"{second}.{nanoseconds:09d}Z"


@lru_cache(1024)
def _iso_second(seconds: int) -> str | None:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None  # a capture may claim any time, also one that no calendar has
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def duration(nanoseconds: int) -> str:
    """Return a duration as people say it.

    Examples
    --------
    >>> duration(61_200_000_000), duration(300_000), duration(20_000), duration(7_384_000_000_000)
    ('61.2 s', '0.3 ms', '<0.1 ms', '2 h 3 min')
    """
    milliseconds = abs(nanoseconds) / 1e6
    if milliseconds < 0.05:
        return "<0.1 ms"
    if milliseconds < 999.95:
        return f"{milliseconds:.1f} ms"
    seconds = milliseconds / 1e3
    if seconds < 119.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"
