"""Push recorded bytes through a `TlsLayer`, in any segmentation and with holes; see what comes out."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.stream.layer import Chunk, Layer, Stack
from analyzer.tls.keylog import KeyLog
from analyzer.tls.layer import TlsLayer
from analyzer.tls.secure import SecureStack

START_NS = 1_700_000_000_000_000_000
STEP_NS = 1_000_000


class Piece(NamedTuple):
    """Plaintext that came up."""

    side: int
    data: bytes
    time_ns: int
    packet: int
    offset: int
    acknowledged: int


class FakeStream:
    """Where a `TcpStream` would be."""


@dataclass
class Above(Layer):
    """What stands on TLS: it remembers."""

    pieces: list[Piece] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    ends: list[tuple[int, int, bool]] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    finished: int = 0

    def data(self, side: int, chunk: Chunk) -> None:
        data = chunk.buffer[chunk.start : chunk.end]
        self.pieces.append(
            Piece(side, data, chunk.time_ns, chunk.packet, chunk.offset, chunk.acknowledged)
        )

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:  # noqa: ARG002
        self.gaps.append((side, length))

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        self.ends.append((side, time_ns, reset))

    def closed(self, side: int) -> None:
        self.closes.append(side)

    def finish(self) -> None:
        self.finished += 1

    def text(self, side: int) -> bytes:
        return b"".join(piece.data for piece in self.pieces if piece.side == side)


class Driven:
    """A TLS layer on a stack, with what came out of it.

    Parameters
    ----------
    keys
        A key log, as bytes or ready.
    watch
        As of `TlsLayer`.
    """

    def __init__(self, keys: bytes | KeyLog = b"", *, watch: bool = False) -> None:
        if isinstance(keys, bytes):
            log = KeyLog()
            log.feed(keys)
            keys = log
        self.stack = Stack(FakeStream())
        self.above = Above()
        self.whole: list[bool] = []
        self.told: list[TlsLayer] = []
        self.layer = TlsLayer(self.stack, keys, self, watch=watch)
        self.stack.top = self.layer
        self.session = self.layer.session
        self.offsets = [0, 0]
        self.packet = 0

    def inside(self, stack: SecureStack, whole: bool) -> Layer:
        assert stack.session is self.session
        self.whole.append(whole)
        return self.above

    def opaque(self, layer: TlsLayer) -> None:
        self.told.append(layer)

    def send(self, side: int, data: bytes, *, acknowledged: int | None = None) -> None:
        """Push one segment."""
        self.packet += 1
        chunk = Chunk()
        chunk.buffer = b"\xee" + data + b"\xee"
        chunk.start, chunk.end = 1, 1 + len(data)
        chunk.time_ns = START_NS + self.packet * STEP_NS
        chunk.packet = self.packet
        chunk.offset = self.offsets[side]
        chunk.acknowledged = self.offsets[1 - side] if acknowledged is None else acknowledged
        self.offsets[side] += len(data)
        if self.stack.top is not None:
            self.stack.top.data(side ^ self.stack.flipped, chunk)

    def lose(self, side: int, length: int) -> None:
        """Push a gap."""
        self.packet += 1
        self.offsets[side] += length
        if self.stack.top is not None:
            time_ns = START_NS + self.packet * STEP_NS
            self.stack.top.gap(side ^ self.stack.flipped, length, time_ns, self.packet)

    def play(self, flights: Iterable[tuple[int, bytes]], cut: int = 0, seed: int = 0) -> Driven:
        """Push flights: as they are, cut into so many bytes, or (-1) at random places."""
        chance = random.Random(seed)
        for side, data in flights:
            at = 0
            while at < len(data):
                size = cut or len(data)
                if cut < 0:
                    size = chance.choice((1, 2, 3, 5, 17, 100, 1460))
                self.send(side, data[at : at + size])
                at += size
        return self

    def end(self, side: int, *, reset: bool = False) -> None:
        """Push a FIN, or RST."""
        self.packet += 1
        if self.stack.top is not None:
            time_ns = START_NS + self.packet * STEP_NS
            self.stack.top.shutdown(side ^ self.stack.flipped, time_ns, reset)
        if not reset and self.stack.top is not None:
            self.stack.top.closed(side ^ self.stack.flipped)

    def finish(self) -> Driven:
        """Nothing follows."""
        if self.stack.top is not None:
            self.stack.top.finish()
        return self

    def text(self, side: int) -> bytes:
        """The plaintext of a side."""
        return self.above.text(side)


def records_of(data: bytes) -> list[bytes]:
    """Cut bytes into records, by the lengths in their headers (RFC 8446, section 5.1)."""
    found = []
    while data:
        length = 5 + int.from_bytes(data[3:5], "big")
        found.append(data[:length])
        data = data[length:]
    return found
