"""Which segments an engine analyses, where it does not analyse all."""

from __future__ import annotations

from analyzer.packet.segment import Segment
from analyzer.stream.table import share_of


class Router:
    """Is asked of every segment."""

    def takes(self, segment: Segment) -> bool:  # noqa: ARG002
        """Whether a segment is taken out of the engine's way; the router has it then."""
        return False

    def ticked(self, now_ns: int, packet: int) -> None:
        """Hear that the clock ticked, by a packet of this time."""


class ShareRouter(Router):
    """Leaves one of several shares of the streams, and takes the others.

    Parameters
    ----------
    index, count : int
        Which share is left, of how many.
    """

    def __init__(self, index: int, count: int) -> None:
        self.index = index
        self.count = count

    def takes(self, segment: Segment) -> bool:
        """Whether a segment belongs to another share."""
        return share_of(segment, self.count) != self.index
