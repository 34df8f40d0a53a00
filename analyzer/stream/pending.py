"""What arrived before its turn: segments in any order in, disjoint chunks in order out."""

from __future__ import annotations

from bisect import bisect_right

from analyzer.packet.segment import Segment
from analyzer.stream.layer import Chunk


class PendingChunks:
    """Bytes of one direction behind a hole; of copies, the first one captured is kept.

    Attributes
    ----------
    chunks : list of Chunk
        In order of offset, without overlap. One may be empty, with bytes missing behind it.
    size : int
        Bytes in them.
    """

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.size = 0

    def keep(self, segment: Segment, offset: int, acknowledged: int) -> bool:
        """Keep what is new of a segment whose first byte has this offset; False for nothing."""
        stop = offset + (segment.end - segment.start)
        chunks = self.chunks
        position = len(chunks)
        if position and offset < end_of(chunks[position - 1]):
            position = bisect_right(chunks, offset, key=_offset)
        start = offset
        if position:
            start = max(start, end_of(chunks[position - 1]))
        new = False
        while start < stop:
            limit = stop
            if position < len(chunks):
                limit = min(chunks[position].offset, stop)
            if start < limit:
                self.insert(position, segment, start - offset, limit - offset, acknowledged)
                chunks[position].offset = start
                position += 1
                new = True
            if limit == stop:
                break
            start = end_of(chunks[position])
            position += 1
        if segment.missing > 0:
            return self.keep_missing(segment, stop, position) or new
        return new

    def insert(
        self, position: int, segment: Segment, start: int, end: int, acknowledged: int
    ) -> None:
        """Keep a part of a segment, from `start` to `end` in its payload."""
        chunk = Chunk()
        chunk.buffer = segment.buffer[segment.start + start : segment.start + end]
        chunk.end = end - start
        chunk.time_ns = segment.time_ns
        chunk.packet = segment.packet
        chunk.acknowledged = acknowledged
        self.chunks.insert(position, chunk)
        self.size += chunk.end

    def keep_missing(self, segment: Segment, stop: int, position: int) -> bool:
        """Remember how much was cut off a segment that ends at `stop`; False if it was known.

        `position` is behind the last chunk that begins before `stop`.
        """
        chunks = self.chunks
        if position == 0 or end_of(chunks[position - 1]) < stop:
            self.insert(position, segment, 0, 0, -1)
            chunks[position].offset = stop
            position += 1
        before = chunks[position - 1]
        missing = stop + segment.missing - end_of(before)
        if missing <= before.missing:
            return False
        before.missing = missing
        return True


# What a stream has to which nothing came early, as to most.
NOTHING = PendingChunks()


def end_of(chunk: Chunk) -> int:
    """Return the offset behind a chunk's last captured byte."""
    return chunk.offset + chunk.end - chunk.start


def _offset(chunk: Chunk) -> int:
    return chunk.offset
