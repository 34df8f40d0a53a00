"""Streams in a row, from which any can be taken out at once."""

from __future__ import annotations

from analyzer.stream.tcpstream import TcpStream


class StreamQueue:
    """Streams in the order in which they were added; a stream is in one queue at most.

    Attributes
    ----------
    oldest, newest : TcpStream or None
        The ends of the row.
    """

    def __init__(self) -> None:
        self.oldest: TcpStream | None = None
        self.newest: TcpStream | None = None

    def add(self, stream: TcpStream) -> None:
        """Put a stream, which is in no queue, at the end."""
        before = self.newest
        stream.row = self
        stream.older = before
        if before is None:
            self.oldest = stream
        else:
            before.newer = stream
        self.newest = stream

    def remove(self, stream: TcpStream) -> None:
        """Take a stream out; nothing happens where it is not in this queue."""
        if stream.row is not self:
            return
        before = stream.older
        behind = stream.newer
        if before is not None:
            before.newer = behind
        else:
            self.oldest = behind
        if behind is not None:
            behind.older = before
        else:
            self.newest = before
        stream.row = None
        stream.older = None
        stream.newer = None

    def clear(self) -> None:
        """Take all out."""
        stream = self.oldest
        while stream is not None:
            behind = stream.newer
            stream.row = None
            stream.older = None
            stream.newer = None
            stream = behind
        self.oldest = None
        self.newest = None
