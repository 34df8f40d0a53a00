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
        stream.older = before
        if before is None:
            self.oldest = stream
        else:
            before.newer = stream
        self.newest = stream

    def remove(self, stream: TcpStream) -> None:
        """Take a stream out; nothing happens where it is in no queue."""
        before = stream.older
        behind = stream.newer
        if before is not None:
            before.newer = behind
        elif self.oldest is stream:
            self.oldest = behind
        if behind is not None:
            behind.older = before
        elif self.newest is stream:
            self.newest = before
        stream.older = None
        stream.newer = None

    def clear(self) -> None:
        """Take all out."""
        stream = self.oldest
        while stream is not None:
            behind = stream.newer
            stream.older = None
            stream.newer = None
            stream = behind
        self.oldest = None
        self.newest = None
