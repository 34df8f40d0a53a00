"""Http2Layer between a TCP stream that is told what to say and rooms above that write down. In: frames."""

from __future__ import annotations

from hpack import Encoder
from hyperframe.frame import DataFrame, Frame, HeadersFrame, SettingsFrame

from analyzer.http.handshake import OpeningHandshake
from analyzer.http2.layer import Http2Layer
from analyzer.http2.registry import PREFACE
from analyzer.http2.stream import StreamStack
from analyzer.side import Side
from analyzer.stream.layer import Chunk, Layer, Stack
from segments import Recorder

REQUEST = [
    (":method", "CONNECT"),
    (":protocol", "websocket"),
    (":scheme", "https"),
    (":path", "/chat"),
    (":authority", "a.example"),
    ("sec-websocket-version", "13"),
]
GET = [(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a.example")]
MS = 1_000_000


class FakeSide:
    """What a layer asks of a byte stream."""

    def __init__(self) -> None:
        self.packets = 1
        self.acknowledged = 0


class FakeStream:
    """What a layer asks of a TCP stream."""

    def __init__(self) -> None:
        self.number = 7
        self.sides = (FakeSide(), FakeSide())

    def of(self, side: int) -> FakeSide:
        return self.sides[side]


class Driven:
    """Says frames to a layer, and is the rooms above."""

    def __init__(self, *, begun: bool = True, enabled: bool = True, settings: str = "") -> None:
        self.tcp = FakeStream()
        self.stack = Stack(self.tcp)
        self.layer = Http2Layer(self.stack, self, settings=settings)
        self.stack.top = self.layer
        self.results: list[tuple[str, int, object]] = []
        self.above: dict[int, Recorder] = {}
        self.opened_streams: list[StreamStack] = []
        self.unseen_for: list[str] = []
        self.encoders = (Encoder(), Encoder())
        self.offsets = [0, 0]
        self.now = 1_000 * MS
        self.packet = 0
        if begun:
            self.data(0, PREFACE)
            self.say(0, SettingsFrame(0))
            self.say(1, SettingsFrame(0, {8: 1} if enabled else {}))

    # -- the rooms above ----------------------------------------------------------------------

    def opened(self, stack: Stack, handshake: OpeningHandshake) -> int:  # noqa: ARG002
        assert isinstance(stack, StreamStack)
        self.opened_streams.append(stack)
        return len(self.opened_streams) - 1

    def accepted(self, stack: Stack, number: int, handshake: OpeningHandshake) -> Layer:  # noqa: ARG002
        hidden = "hidden" if handshake.answer_hidden else handshake.status
        self.results.append(("accepted", number, hidden))
        self.above[number] = Recorder()
        return self.above[number]

    def failed(self, stack: Stack, number: int, handshake: OpeningHandshake, last: bool) -> None:  # noqa: ARG002
        self.results.append(("failed", number, handshake.status))

    def unseen(self, stack: Stack, side: Side, time_ns: int, packet: int, why: str) -> None:  # noqa: ARG002
        self.unseen_for.append(why)

    # -- what is said -------------------------------------------------------------------------

    def data(self, side: int, data: bytes) -> None:
        """Say bytes in one packet; a millisecond passes, and the other side acknowledges."""
        self.packet += 1
        self.now += MS
        chunk = Chunk()
        chunk.buffer, chunk.end = data, len(data)
        chunk.time_ns, chunk.packet = self.now, self.packet
        chunk.offset, chunk.acknowledged = self.offsets[side], self.offsets[1 - side]
        self.tcp.of(1 - side).acknowledged = self.offsets[1 - side]
        self.offsets[side] += len(data)
        if self.stack.top is not None:
            self.stack.top.data(side, chunk)

    def lose(self, side: int, length: int) -> None:
        """Let the capture lack bytes."""
        self.offsets[side] += length
        if self.stack.top is not None:
            self.stack.top.gap(side, length, self.now, self.packet)

    def say(self, side: int, *frames: Frame) -> None:
        """Say frames in one packet."""
        self.data(side, b"".join(frame.serialize() for frame in frames))

    def headers(
        self, side: int, stream: int, fields: list[tuple[str, str]], *, end: bool = False
    ) -> None:
        """Say a HEADERS frame."""
        flags = ["END_HEADERS", *(["END_STREAM"] if end else [])]
        block = self.encoders[side].encode(fields)
        self.say(side, HeadersFrame(stream, block, flags=flags))

    def body(self, side: int, stream: int, data: bytes, *, end: bool = False) -> None:
        """Say a DATA frame."""
        self.say(side, DataFrame(stream, data, flags=["END_STREAM"] if end else []))

    def open(self, stream: int) -> None:
        """Ask for a WebSocket and accept."""
        self.headers(0, stream, REQUEST)
        self.headers(1, stream, [(":status", "200")])

    def finish(self) -> None:
        """End the capture."""
        if self.stack.top is not None:
            self.stack.top.finish()
