"""Text from the wire, made safe to show.

A close reason, a path or a header is written by a stranger: it may hold escape sequences for the
terminal, or marks that turn the direction of writing.
"""

from __future__ import annotations


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
    # A list: the compiler knows no generator in a function of this kind.
    return "".join([char if char.isprintable() else _escaped(char) for char in text])


def _escaped(char: str) -> str:
    if ord(char) <= 0x1F:
        return f"\\x{ord(char):02x}"
    return char.encode("unicode_escape").decode("ascii")


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
