"""What tests of the WebSocket room share: chunks, a sink that writes down, connections without TCP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analyzer.http.handshake import OpeningHandshake
from analyzer.http.message import parse_head
from analyzer.stream.layer import Chunk, Stack
from analyzer.websocket.connection import WebSocketLayer
from analyzer.websocket.decoder import FrameDecoder, FrameSink, PayloadSink
from analyzer.websocket.log import FrameColumns, FrameLog
from analyzer.websocket.message_log import message_log
from analyzer.websocket.negotiation import choose_framing, version_number
from upgrade import upgrade


class Collector(FrameSink):
    """Writes down frames (opcode, payload length, body) and oddities."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, int, bytes]] = []
        self.places: list[tuple[int, int]] = []
        self.odd: list[str] = []

    def frame(self, decoder: FrameDecoder) -> None:
        self.frames.append((decoder.opcode, decoder.payload_length, decoder.body))
        self.places.append((decoder.frame_offset, decoder.end_offset))

    def oddity(self, decoder: FrameDecoder, name: str, detail: str) -> None:  # noqa: ARG002
        self.odd.append(name)


class Taken(PayloadSink):
    """Writes down the payload of data frames, by their opcodes."""

    def __init__(self) -> None:
        self.bytes_of: dict[int, bytes] = {}
        self.missing_of: dict[int, int] = {}

    def payload(self, decoder: FrameDecoder, data: bytes) -> None:
        self.bytes_of[decoder.opcode] = self.bytes_of.get(decoder.opcode, b"") + data

    def missing(self, decoder: FrameDecoder, length: int) -> None:
        self.missing_of[decoder.opcode] = self.missing_of.get(decoder.opcode, 0) + length


def chunk(data: bytes, offset: int = 0, packet: int = 1, acknowledged: int = -1) -> Chunk:
    """Give a chunk that a packet brought; its time is the packet's number in milliseconds."""
    made = Chunk()
    # Bytes before and behind show whether the bounds are kept.
    made.buffer, made.start, made.end = b"\x88" + data + b"\x88", 1, len(data) + 1
    made.offset, made.packet, made.acknowledged = offset, packet, acknowledged
    made.time_ns = packet * 1_000_000
    return made


def feed(decoder: FrameDecoder, pieces: Sequence[bytes], offset: int = 0) -> None:
    """Push pieces, each as a packet of its own."""
    for packet, piece in enumerate(pieces, 1):
        decoder.data(chunk(piece, offset, packet))
        offset += len(piece)


def opening(framing: str, **options: Any) -> OpeningHandshake:
    """Give an accepted upgrade."""
    agreed = upgrade(framing, **options)  # type: ignore[arg-type]
    return OpeningHandshake(parse_head(agreed.request), parse_head(agreed.response))


class Talk:
    """A `WebSocketLayer` behind an upgrade, and the bytes and gaps that are pushed into it."""

    def __init__(self, framing: str = "rfc6455", *, messages: bool = False, **options: Any) -> None:
        handshake = opening(framing, **options)
        self.log = FrameLog(choose_framing(handshake), version_number(handshake), FrameColumns())
        if messages:
            log = self.log
            log.messages = message_log(log.anomalies, handshake, log.version, last=None)
        self.finished: list[WebSocketLayer] = []
        stack = Stack(None)
        self.layer = WebSocketLayer(stack, 0, handshake, self.log, "syn", self.finished.append)
        self.offsets = [0, 0]
        self.packet = 0

    def say(self, side: int, data: bytes) -> None:
        """Push the bytes of one packet."""
        self.packet += 1
        made = chunk(data, self.offsets[side], self.packet)
        self.offsets[side] += len(data)
        self.layer.data(side, made)

    def gap(self, side: int, length: int) -> None:
        """Push a gap."""
        self.packet += 1
        self.offsets[side] += length
        self.layer.gap(side, length, self.packet * 1_000_000, self.packet)

    def end(self) -> FrameLog:
        """Let nothing follow."""
        self.layer.finish()
        return self.log

    def rows(self, side: int) -> list[tuple[int, int]]:
        """Give opcode and payload length of a side's frames."""
        columns = self.log.columns
        rows = zip(columns.side, columns.opcode, columns.payload_length, strict=True)
        return [(opcode, length) for who, opcode, length in rows if who == side]

    @property
    def odd(self) -> list[str]:
        """Names of the anomalies."""
        return [one.name for one in self.log.anomalies]
