"""What two sides say before the real conversation begins: read message by message, then left.

The messages of a preamble are few and short, so all of it is kept until it is over. Then the layer
behind it is chosen anew, by its first bytes, and takes what was said beyond the preamble.
"""

from __future__ import annotations

from typing import Protocol

from analyzer.proxy.hop import Hop
from analyzer.stream.layer import Chunk, Layer, Stack

# More than any preamble has; what a side says in vain while the other is silent ends there, too.
MAX_BYTES = 65_536
OVERHEAD = 200  # of one chunk besides its bytes

MORE = 0  # what `PreambleLayer.read` answers while a message is not whole
FOREIGN = -1  # and where this is something else


class Rooms(Protocol):
    """What the rooms above do with what is found here."""

    def behind(self, stack: Stack, hop: Hop) -> Layer | None:
        """Return the layer that takes the bytes behind a hop, from their first."""

    def usual(self, stack: Stack) -> Layer | None:
        """Return the layer that reads HTTP, for streams with nothing of this room in front."""

    def lost(self, stack: Stack) -> Layer:
        """Return the layer that searches when it is not known any more what a stream carries."""

    def unheard(self, stack: Stack) -> None:
        """Take note of a stream that was reset, or closed, before anything was said on it."""


class PreambleLayer(Layer):
    """Reads messages in turn, until there is a hop.

    Parameters
    ----------
    stack : Stack
        Where the layer stands.
    rooms : Rooms
        The rooms above.

    Attributes
    ----------
    asks : int
        Whose message comes next: 0 for the client.
    at, packet : int
        When, and in which packet, what is read now was brought.
    hop : Hop or None
        What was found; set by `read`, with the last message.
    """

    def __init__(self, stack: Stack, rooms: Rooms) -> None:
        self._stack = stack
        self._rooms = rooms
        self._said = [b"", b""]
        self._read = [0, 0]
        self._kept: list[tuple[int, Chunk]] = []
        self._held = 0
        self._ends: list[tuple[int, int, bool]] = []
        self.asks = 0
        self.at = 0
        self.packet = 0
        self.hop: Hop | None = None

    def read(self, data: bytes) -> int:
        """Read a message of the side that `asks`, from the front of `data`.

        Returns
        -------
        int
            Its length; `MORE` while it is not whole, `FOREIGN` where it is none.
        """
        raise NotImplementedError

    def data(self, side: int, chunk: Chunk) -> None:
        """Take the next bytes of a side."""
        self._held += chunk.end - chunk.start + OVERHEAD
        self._said[side] += chunk.buffer[chunk.start : chunk.end]
        self._kept.append((side, chunk.copy()))
        self.at, self.packet = chunk.time_ns, chunk.packet
        chunk.advance(chunk.end - chunk.start)
        while self.hop is None:
            asks = self.asks
            length = self.read(self._said[asks][self._read[asks] :])
            if length < 0 or (length == MORE and self._held > MAX_BYTES):
                self._leave(self._rooms.usual(self._stack), [0, 0])
                return
            if length == MORE:
                return
            self._read[asks] += length
        self._leave(self._rooms.behind(self._stack, self.hop), self._read)

    def _leave(self, layer: Layer | None, read: list[int]) -> None:
        """Put a layer in place, and let it take what is beyond what was read of each side."""
        stack = self._stack
        before = stack.flipped
        stack.top = layer
        kept, self._kept = self._kept, []
        for side, time_ns, reset in self._ends:
            stack.shutdown(side, time_ns, reset)
        for side, chunk in kept:
            length = min(read[side], chunk.end - chunk.start)
            read[side] -= length
            chunk.advance(length)
            top = stack.top
            if top is not None and chunk.start < chunk.end:
                top.data(side ^ before ^ stack.flipped, chunk)

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:
        """Search for what may come: where the preamble ends is not known any more."""
        layer = self._rooms.lost(self._stack)
        self._kept.clear()
        self._leave(layer, [0, 0])
        layer.gap(side, length, time_ns, packet)

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        """Remember a FIN or RST, for the layer that takes over."""
        self._ends.append((side, time_ns, reset))

    def finish(self) -> None:
        """Say nothing of what was never said to its end."""
        self._stack.top = None
