"""HTTP/2 that is older than the capture: told by the headers of its frames, and not followed.

Header compression depends on every block before (RFC 7541), so requests cannot be read, and nothing
tells which streams carry a WebSocket. What can be told is that this is HTTP/2, and on which streams
DATA passed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from analyzer.http2.registry import DEFAULT_FRAME_SIZE
from analyzer.side import Side
from analyzer.stream.layer import Chunk, Layer, Stack

HEADER = 9
# Flags that a type defines, the least and the greatest length that it has, and whether it stands on
# a stream: 1 yes, 0 no, -1 either (RFC 9113, section 6).
_FRAMES: dict[int, tuple[int, int, int, int]] = {
    0: (0x9, 0, DEFAULT_FRAME_SIZE, 1),  # DATA
    1: (0x2D, 1, DEFAULT_FRAME_SIZE, 1),  # HEADERS
    2: (0x0, 5, 5, 1),  # PRIORITY
    3: (0x0, 4, 4, 1),  # RST_STREAM
    4: (0x1, 0, DEFAULT_FRAME_SIZE, 0),  # SETTINGS
    5: (0xC, 5, DEFAULT_FRAME_SIZE, 1),  # PUSH_PROMISE
    6: (0x1, 8, 8, 0),  # PING
    7: (0x0, 8, DEFAULT_FRAME_SIZE, 0),  # GOAWAY
    8: (0x0, 4, 4, -1),  # WINDOW_UPDATE
    9: (0x4, 1, DEFAULT_FRAME_SIZE, 1),  # CONTINUATION
}
# So often the length of a frame must lead to the next header, or to the end of a segment.
NEEDED = 2
# What is searched for a first header, of each side: two are never further apart than a frame is
# long, but some that are found are none. Each that is looked at counts as its bytes.
SEARCHED_BYTES = 16 * DEFAULT_FRAME_SIZE
NAMED = 8
MOST_STREAMS = 1000

Unseen = Callable[[Stack, Side | None, int, int, str], None]


@cache
def _begin() -> re.Pattern[bytes]:
    """Return where a header may begin: lengths below 16,640, streams below 2 ** 24.

    It is the client that begins streams, with odd numbers (section 5.1.1). Made when it is needed,
    as few captures do.
    """
    odd = b"[" + b"".join(re.escape(bytes([low])) for low in range(1, 256, 2)) + b"]"
    on_stream = rb"[\x00-\x03\x05\x08\x09][\x00-\x2d]\x00[\x00-\xff]{2}" + odd
    apart = rb"[\x04\x06-\x08][\x00\x01]\x00{4}"
    return re.compile(rb"\x00[\x00-\x40][\x00-\xff](?:" + on_stream + rb"|" + apart + rb")")


def _length_at(data: bytes, position: int) -> int:
    """Return the length in the header of a frame; -1 where it can be none."""
    kind, seen = data[position + 3], data[position + 4]
    if kind not in _FRAMES:
        return -1
    flags, least, most, on_stream = _FRAMES[kind]
    length = int.from_bytes(data[position : position + 3], "big")
    stream = int.from_bytes(data[position + 5 : position + 9], "big")
    if seen & ~flags or not least <= length <= most or stream >> 24:
        return -1
    if kind == 4 and (length % 6 or (seen and length)):  # SETTINGS; an ACK has none
        return -1
    fits = stream % 2 == 1 if on_stream == 1 else stream == 0 or (on_stream < 0 and stream % 2)
    return length if fits else -1


class _Way:
    """What one side sent: steps from header to header, once one is found."""

    def __init__(self) -> None:
        self.streams: set[int] = set()
        self.at = 0
        self.packet = 0
        self.left = SEARCHED_BYTES
        self.lose()

    def lose(self) -> None:
        """Begin anew: bytes are missing, or were no frames."""
        self.begin(0)
        self.begun = False

    def begin(self, links: int) -> None:
        """Take it that a header comes next; with -1 one of many places was tried for it."""
        self.begun = True
        self.links = links
        self._from_front = links == 0
        self.rest = 0
        self._part = b""
        self._has_body = False
        self.streams.clear()

    @property
    def whole(self) -> bool:
        """Whether frames began with a segment, and the last of them ended with one."""
        return self.begun and self._from_front and not self.rest and not self._part

    def find(self, data: bytes) -> bool:
        """Look for the first header: at the front of a segment, then anywhere in it."""
        if len(data) >= HEADER and self._fits(data, 0, 0):
            return True
        match = _begin().search(data, 1) if self.left > 0 else None
        self.left -= len(data)
        while match is not None and self.left > 0:
            if self._fits(data, match.start(), -1):
                return True
            match = _begin().search(data, match.start() + 1)
        self.lose()
        return False

    def _fits(self, data: bytes, start: int, links: int) -> bool:
        self.begin(links)
        self.rest = start
        return self.follow(data)

    def follow(self, data: bytes) -> bool:
        """Step over the next bytes; return False where a header should stand that is none."""
        data = self._part + data
        self._part = b""
        position, steps = self.rest, 0
        while position + HEADER <= len(data):
            length = _length_at(data, position)
            if length < 0:
                self.left -= HEADER * steps
                return False
            steps += 1
            self._arrive()
            self._has_body = length > 0
            if data[position + 3] == 0 and len(self.streams) < MOST_STREAMS:
                self.streams.add(int.from_bytes(data[position + 5 : position + 9], "big"))
            position += HEADER + length
        self.rest = max(position - len(data), 0)
        self._part = data[position:]
        if position == len(data):
            self._arrive()
        return True

    def _arrive(self) -> None:
        """Take note that a length led somewhere; that of an empty frame tells nothing."""
        self.links += self._has_body
        self._has_body = False

    def skip(self, length: int) -> None:
        """Take note of missing bytes, which may all be of one frame's body."""
        if not self.begun or not 0 < length < self.rest:
            self.lose()
        else:
            self.rest -= length


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
        self._ways = (_Way(), _Way())

    @property
    def sure(self) -> bool:
        """Whether so much was seen that it is HTTP/2.

        One frame is not enough: any protocol with such a header has lengths that fit its segments.
        """
        return sum(max(way.links, 0) for way in self._ways) >= NEEDED

    @property
    def likely(self) -> bool:
        """Whether one length led where it should, and nothing has spoken against it since."""
        return any(way.links > 0 for way in self._ways)

    def take(self, side: int, chunk: Chunk) -> bool:
        """Take the next bytes of a side; return whether all of them may be frames."""
        way = self._ways[side]
        data = chunk.buffer[chunk.start : chunk.end]
        if not way.begun or not way.follow(data):
            if not way.find(data):
                return False
            way.at, way.packet = chunk.time_ns, chunk.packet
        if way.links > 0:
            self._note(way)
        # A length that has not led anywhere yet says little.
        return way.links > 0 or way.whole

    def _note(self, way: _Way) -> None:
        if self.at == 0 or way.at < self.at:
            self.at, self.packet = way.at, way.packet
        room = MOST_STREAMS - len(self.streams)
        self.streams.update(sorted(way.streams - self.streams)[:room])
        way.streams.clear()

    def gap(self, side: int, length: int) -> None:
        """Take note that bytes of a side are missing; 0 where nobody knows how many."""
        self._ways[side].skip(length)


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
        self._trace.gap(side, length)

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
