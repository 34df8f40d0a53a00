"""Flow control, as far as it tells why a side fell silent (RFC 9113, section 5.2)."""

from __future__ import annotations

from analyzer.http2.registry import DEFAULT_WINDOW


class Window:
    """How many bytes of DATA a side may still send.

    Attributes
    ----------
    left : int
        So many; below 0 where the other side has made it smaller since.
    empty_since : int
        When it was used up, nanoseconds since the epoch; 0 while it is not.
    """

    def __init__(self, left: int = DEFAULT_WINDOW) -> None:
        self.left = left
        self.empty_since = 0

    def use(self, length: int, time_ns: int) -> None:
        """Take note of a DATA frame, padding included."""
        self.left -= length
        if self.left <= 0 and self.empty_since == 0:
            self.empty_since = time_ns

    def widen(self, length: int) -> None:
        """Take note that the other side allows so much more, or less."""
        self.left += length
        if self.left > 0:
            self.empty_since = 0
