"""Segments for tests of the stream room, and a layer that writes down what it is given."""

from __future__ import annotations

from typing import Any

from analyzer.packet.segment import ACK, Segment
from analyzer.stream.layer import Chunk, Layer, Stack
from analyzer.stream.table import StreamTable
from analyzer.stream.tcpstream import TcpStream

A = (0x0A000001, 40000)
B = (0x0A000002, 80)
MS = 1_000_000


class Recorder(Layer):
    """Writes down what a layer is told: bytes and gaps of each side, and how they ended."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.bytes: list[bytes] = [b"", b""]
        self.gaps: list[list[int]] = [[], []]

    def data(self, side: int, chunk: Chunk) -> None:
        found = chunk.buffer[chunk.start : chunk.end]
        self.bytes[side] += found
        self.events.append(("data", side, found, chunk.offset, chunk.packet, chunk.acknowledged))

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:  # noqa: ARG002
        self.gaps[side].append(length)
        self.events.append(("gap", side, length))

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:  # noqa: ARG002
        self.events.append(("rst" if reset else "fin", side))

    def closed(self, side: int) -> None:
        self.events.append(("closed", side))

    def finish(self) -> None:
        self.events.append(("finish",))


class Wire:
    """A stream table, and verbs that push segments into it."""

    def __init__(self, **options: Any) -> None:
        self.layers: list[Recorder] = []
        self.stacks: list[Stack] = []
        self.streams: list[TcpStream] = []
        self.table = StreamTable(self._layer, **options)
        self.now = 1_000 * MS
        self.packet = 0

    def _layer(self, stack: Stack, syn_seen: bool) -> Layer:  # noqa: ARG002
        self.layers.append(Recorder())
        self.stacks.append(stack)
        return self.layers[-1]

    @property
    def stream(self) -> Any:
        return self.streams[-1]

    @property
    def layer(self) -> Recorder:
        return self.layers[-1]

    def push(
        self,
        source: tuple[int, int],
        sequence: int,
        data: bytes = b"",
        *,
        flags: int = ACK,
        ack: int = 0,
        **fields: Any,
    ) -> None:
        """Send a segment; a millisecond passes."""
        destination = fields.pop("to", B if source == A else A)
        self.packet += 1
        self.now += fields.pop("after", MS)
        one = Segment()
        one.buffer, one.end = data, len(data)
        one.time_ns, one.packet = self.now, self.packet
        one.source_low, one.source_port = source
        one.destination_low, one.destination_port = destination
        one.sequence, one.acknowledgment = sequence & 0xFFFFFFFF, ack & 0xFFFFFFFF
        one.flags, one.window = flags, 65535
        one.fingerprint = self.packet
        for name, value in fields.items():
            setattr(one, name, value)
        stream = self.table.push(one)
        if not any(stream is known for known in self.streams):
            self.streams.append(stream)

    def connect(self, a: int = 1000, b: int = 5000) -> None:
        """Make the TCP handshake with these initial sequence numbers."""
        self.push(A, a, flags=0x02)
        self.push(B, b, flags=0x12, ack=a + 1)
        self.push(A, a + 1, ack=b + 1)
