"""Find a stream by the number that its endpoints give.

A dictionary would do the same; it would also make a number object for each packet, and look at more
places in memory, which takes a fifth of all the time where a capture holds many streams. Numbers
are spread well by who makes them (`analyzer.stream.table.key_of`), so their low bits say where to
look, and the next places are tried one by one.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from analyzer.stream.tcpstream import TcpStream

LEAST = 1024


class StreamIndex:
    """Streams by number; streams of one number form a chain, of which this holds the first.

    Attributes
    ----------
    count : int
        Numbers that are held.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mask = LEAST - 1
        self.keys = array("Q", bytes(8 * LEAST))  # 0 for a place that is free
        self.streams: list[TcpStream | None] = [None] * LEAST

    def get(self, key: int) -> TcpStream | None:
        """Return the stream of a number, which is not 0."""
        mask = self.mask
        place = key & mask
        while self.keys[place] != key:
            if self.keys[place] == 0:
                return None
            place = (place + 1) & mask
        return self.streams[place]

    def put(self, key: int, stream: TcpStream) -> None:
        """Let a number, which is not 0, stand for a stream, in place of what it stood for."""
        if 2 * self.count > self.mask:
            self.grow()
        mask = self.mask
        place = key & mask
        while self.keys[place] != 0 and self.keys[place] != key:
            place = (place + 1) & mask
        if self.keys[place] == 0:
            self.count += 1
            self.keys[place] = key
        self.streams[place] = stream

    def remove(self, key: int) -> None:
        """Forget a number, if it is known; those that stand behind it may move nearer."""
        mask = self.mask
        place = key & mask
        while self.keys[place] != key:
            if self.keys[place] == 0:
                return
            place = (place + 1) & mask
        self.count -= 1
        later = (place + 1) & mask
        while self.keys[later] != 0:
            # How far a number stands from where it belongs, and from the place that is free now.
            if (later - self.keys[later]) & mask >= (later - place) & mask:
                self.keys[place] = self.keys[later]
                self.streams[place] = self.streams[later]
                place = later
            later = (later + 1) & mask
        self.keys[place] = 0
        self.streams[place] = None

    def grow(self) -> None:
        """Make twice as many places."""
        keys, streams = self.keys, self.streams
        size = 2 * len(streams)
        self.count = 0
        self.mask = size - 1
        self.keys = array("Q", bytes(8 * size))
        self.streams = [None] * size
        for place in range(size // 2):
            stream = streams[place]
            if stream is not None:
                self.put(keys[place], stream)

    def clear(self) -> None:
        """Forget all."""
        self.count = 0
        self.mask = LEAST - 1
        self.keys = array("Q", bytes(8 * LEAST))
        self.streams = [None] * LEAST

    def __iter__(self) -> Iterator[TcpStream]:
        """Yield the first stream of every number."""
        return iter([stream for stream in self.streams if stream is not None])
