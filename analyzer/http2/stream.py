"""One stream of HTTP/2 that carries a WebSocket, or may: where its layer stands (RFC 8441).

It has the face of a TCP stream's stack, so no room above needs to know what lies between.
"""

from __future__ import annotations

from analyzer.anomaly import AnomalyLog
from analyzer.http.handshake import OpeningHandshake
from analyzer.http2.windows import Window
from analyzer.stream.layer import Chunk, Stack
from analyzer.stream.marks import Marks

# What a client may send before its request is answered.
HELD_BYTES = 16 * 1024
HELD_OVERHEAD = 200


class StreamSide:
    """What one side did on the stream. Times are 0 for "not seen".

    Attributes
    ----------
    ended_at, ended_packet, ended_offset, ended_acknowledged : int
        END_STREAM: when, where, behind how many bytes of the TCP stream, and what its packet
        acknowledged of the other side's (-1 unknown).
    reset_at, reset_packet, reset_code, reset_offset : int
        Its first RST_STREAM.
    goaway_at, goaway_packet, goaway_last, goaway_code : int
        The GOAWAY that counts, of those that came while the stream was in use: the first that
        tells of an error, else the last.
    goaway_debug : bytes
        What it says besides.
    lost : bool
        HTTP/2 could not be followed any more before the side had ended.
    window : Window
        What it may still send.
    marks : Marks
        Where its pieces of DATA ended in the TCP stream.
    """

    def __init__(self, window: int) -> None:
        self.ended_at = 0
        self.ended_packet = 0
        self.ended_offset = -1
        self.ended_acknowledged = -1
        self.reset_at = 0
        self.reset_packet = 0
        self.reset_code = 0
        self.reset_offset = -1
        self.goaway_at = 0
        self.goaway_packet = 0
        self.goaway_last = 0
        self.goaway_code = 0
        self.goaway_debug = b""
        self.lost = False
        self.window = Window(window)
        self.marks = Marks()


class StreamStack(Stack):
    """Which layer stands on a stream of HTTP/2.

    Parameters
    ----------
    outer : Stack
        Where HTTP/2 stands.
    identifier : int
        Of the stream.
    handshake : OpeningHandshake
        The request, and later the answer.
    windows : tuple of int
        What client and server may send at first.

    Attributes
    ----------
    outer, identifier, handshake
        See above.
    number : int
        The connection's number.
    client, server : StreamSide
        The sides, also as `sides`.
    anomalies : AnomalyLog
        Of HTTP/2, as far as they concern this stream.
    gone : bool
        It was reported: nothing of it counts any more.
    shared : int
        How many other WebSockets were in use when the TCP connection ended and took this one.
    """

    def __init__(
        self,
        outer: Stack,
        identifier: int,
        handshake: OpeningHandshake,
        windows: tuple[int, int],
    ) -> None:
        super().__init__(outer.stream)
        self.outer = outer
        self.identifier = identifier
        self.handshake = handshake
        self.number = -1
        self.client = StreamSide(windows[0])
        self.server = StreamSide(windows[1])
        self.sides = (self.client, self.server)
        self.anomalies = AnomalyLog()
        self.gone = False
        self.shared = 0
        self._held: list[Chunk | tuple[int, int, int]] = []
        self._held_bytes = 0

    @property
    def reset(self) -> bool:
        """Whether one side reset the stream."""
        return bool(self.sides[0].reset_at or self.sides[1].reset_at)

    @property
    def over(self) -> bool:
        """Whether both sides ended the stream, or one reset it."""
        return self.reset or bool(self.sides[0].ended_at and self.sides[1].ended_at)

    @property
    def last_at(self) -> int:
        """When the last of what ended the stream passed; 0 while it is not over."""
        times = [at for side in self.sides for at in (side.ended_at, side.reset_at)]
        return max(times) if self.over else 0

    def push(self, side: int, chunk: Chunk) -> None:
        """Take the next bytes of a side."""
        length = chunk.end - chunk.start
        own = self.server if side else self.client
        own.marks.add(chunk.offset + length, length)
        top = self.top
        if top is not None:
            top.data(side, chunk)
        elif side == 0:
            self._hold(chunk.copy(), length)

    def skip(self, side: int, length: int, time_ns: int, packet: int) -> None:
        """Take note of bytes that the capture does not hold."""
        own = self.server if side else self.client
        own.marks.skip(length)
        if self.top is not None:
            self.gap(side, length, time_ns, packet)
        elif side == 0:
            self._hold((length, time_ns, packet), 0)

    def _hold(self, what: Chunk | tuple[int, int, int], length: int) -> None:
        if self._held_bytes < HELD_BYTES:
            self._held_bytes += length + HELD_OVERHEAD
            if self._held_bytes >= HELD_BYTES:
                what = (0, 0, 0)  # all that follows is not there
            self._held.append(what)

    def release(self) -> None:
        """Hand on what the client sent before it was answered."""
        held, self._held = self._held, []
        top = self.top
        for item in held:
            if top is None:
                return
            if isinstance(item, tuple):
                top.gap(0, item[0], item[1], item[2])
            else:
                top.data(0, item)

    def behind(self, side: int, offset: int) -> int:
        """Return how many bytes of DATA a side sent behind an offset in its TCP stream."""
        own = self.server if side else self.client
        return own.marks.behind(offset)
