"""HTTP/2 that is older than the capture: told by the headers of its frames, and not followed.

Header compression depends on every block before (RFC 7541), so requests cannot be read, and nothing
tells which streams carry a WebSocket. What can be told is that this is HTTP/2, and on which streams
DATA passed.
"""

from __future__ import annotations

from collections.abc import Callable

from analyzer.http2.registry import DEFAULT_FRAME_SIZE
from analyzer.side import Side
from analyzer.stream.layer import Chunk, Layer, Stack

# Flags that a type defines, the length that it needs (-1 any), and whether it stands on a stream:
# 1 yes, 0 no, -1 either (RFC 9113, section 6).
_FRAMES: dict[int, tuple[int, int, int]] = {
    0: (0x9, -1, 1),  # DATA
    1: (0x2D, -1, 1),  # HEADERS
    2: (0x0, 5, 1),  # PRIORITY
    3: (0x0, 4, 1),  # RST_STREAM
    4: (0x1, -1, 0),  # SETTINGS
    5: (0xC, -1, 1),  # PUSH_PROMISE
    6: (0x1, 8, 0),  # PING
    7: (0x0, -1, 0),  # GOAWAY
    8: (0x0, 4, -1),  # WINDOW_UPDATE
    9: (0x4, -1, 1),  # CONTINUATION
}
# So many frames, one behind the other, whose lengths lead to the ends of so many segments.
NEEDED, NEEDED_ENDS = 3, 2
NAMED = 8
MOST_STREAMS = 1000

Unseen = Callable[[Stack, Side | None, int, int, str], None]


class FrameTrace:
    """Steps from header to header through what both sides send.

    Attributes
    ----------
    streams : set of int
        On which DATA passed; at most `MOST_STREAMS`.
    at, packet : int
        Where it began; 0 before.
    """

    def __init__(self) -> None:
        self.streams: set[int] = set()
        self.at = 0
        self.packet = 0
        self._frames = [0, 0]
        self._ends = [0, 0]
        self._rest = [0, 0]

    @property
    def sure(self) -> bool:
        """Whether so much was seen that it is HTTP/2."""
        return sum(self._frames) >= NEEDED and sum(self._ends) >= NEEDED_ENDS

    def take(self, side: int, chunk: Chunk) -> bool:
        """Take the next bytes of a side; return whether all of them may be frames."""
        position = chunk.start + min(self._rest[side], chunk.end - chunk.start)
        self._rest[side] -= position - chunk.start
        while position < chunk.end:
            length = self._header(side, chunk.buffer[position : min(position + 9, chunk.end)])
            if length < 0:
                self.lose(side)
                return False
            if self.at == 0:
                self.at, self.packet = chunk.time_ns, chunk.packet
            position += 9 + length
        self._rest[side] += max(position - chunk.end, 0)
        self._ends[side] += self._rest[side] == 0
        # A length that has not led anywhere yet says little.
        return self._rest[side] == 0 or self._frames[side] > 1

    def _header(self, side: int, header: bytes) -> int:
        """Return the length in a frame's header; -1 where it can be none."""
        known = _FRAMES.get(header[3]) if len(header) == 9 else None
        if known is None:
            return -1
        flags, needed, on_stream = known
        length, stream = int.from_bytes(header[:3], "big"), int.from_bytes(header[5:], "big")
        fits = length in {needed, length if needed < 0 else needed}
        if not fits or length > DEFAULT_FRAME_SIZE or header[4] & ~flags or stream >> 31:
            return -1
        if on_stream >= 0 and (stream != 0) is not (on_stream == 1):
            return -1
        self._frames[side] += 1
        if header[3] == 0 and len(self.streams) < MOST_STREAMS:
            self.streams.add(stream)
        return length

    def lose(self, side: int) -> None:
        """Begin anew with a side: bytes are missing, or were no frames."""
        self._frames[side] = self._ends[side] = self._rest[side] = 0


class UnfollowedLayer(Layer):
    """Looks on at HTTP/2 whose beginning the capture lacks, and says so at its end.

    Parameters
    ----------
    stack : Stack
        Where the layer stands.
    trace : FrameTrace
        What was seen so far.
    unseen : callable
        Takes note that WebSockets cannot be seen.
    """

    def __init__(self, stack: Stack, trace: FrameTrace, unseen: Unseen) -> None:
        self._stack = stack
        self._trace = trace
        self._unseen = unseen

    def data(self, side: int, chunk: Chunk) -> None:
        """Take the next bytes of a side."""
        self._trace.take(side, chunk)

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:  # noqa: ARG002
        """Take note that bytes are missing."""
        self._trace.lose(side)

    def finish(self) -> None:
        """Say what was seen, and what cannot be told."""
        trace, self._stack.top = self._trace, None
        why = (
            "HTTP/2 began before the capture, so its header compression cannot be followed;"
            f" nor is known what its streams carry that were open by then{_named(trace.streams)}"
        )
        self._unseen(self._stack, None, trace.at, trace.packet, why)


def _named(streams: set[int]) -> str:
    """Return the streams with DATA in words.

    Examples
    --------
    >>> _named({3, 1}), _named(set())
    (' (DATA passed on 1, 3)', '')
    """
    if not streams:
        return ""
    known = sorted(streams)
    more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
    return f" (DATA passed on {', '.join(map(str, known[:NAMED]))}{more})"
