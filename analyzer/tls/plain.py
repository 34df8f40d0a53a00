"""Plaintext upwards: what was decrypted in; chunks, gaps and ends, as from TCP, out.

Plaintext has no offsets of its own in the TCP stream. A chunk gets one such that it ends where its
record does, so whatever compares offsets with acknowledgments and FINs is right to the record.
"""

from __future__ import annotations

from collections.abc import Callable

from analyzer.stream.layer import Chunk, Layer, Stack
from analyzer.stream.marks import Marks
from analyzer.tls.channel import Lost

# Early data that wait for the server's word.
EARLY_BYTES = 1024 * 1024
EARLY_OVERHEAD = 200


class Plaintext:
    """Hands on the plaintext of both sides.

    Parameters
    ----------
    outer, inner : Stack
        On which TLS stands, and what stands on TLS.
    first_layer : callable
        Returns the layer that takes the plaintext, given whether it begins with the first byte.

    Attributes
    ----------
    turned : int
        1 when the TLS client is the server of what stands above.
    begun : bool
        Something was handed on.
    given_up : bool
        Nothing more is asked of the plaintext.
    """

    def __init__(
        self, outer: Stack, inner: Stack, first_layer: Callable[[bool], Layer | None]
    ) -> None:
        self._outer = outer
        self._inner = inner
        self._first_layer = first_layer
        self.begun = False
        self._whole = True
        self.turned = 0
        self.given_up = False
        self._ends: list[tuple[int, int, bool]] = []
        self._early: list[Chunk] = []
        self._early_bytes = 0
        self._client = Marks()  # where its records ended
        self._server = Marks()

    def data(self, role: int, plain: bytes, length: int, at: Chunk) -> None:
        """Hand on the first `length` bytes of `plain`, from a record that ends where `at` is.

        The chunk itself carries them meanwhile, as it lies in the processor's cache; a layer keeps
        none beyond the call.
        """
        buffer, start, end, offset = at.buffer, at.start, at.end, at.offset
        at.buffer = plain
        at.start = 0
        at.end = length
        at.offset = offset - length
        self._push(role, at)
        at.buffer = buffer
        at.start = start
        at.end = end
        at.offset = offset

    def _push(self, role: int, chunk: Chunk) -> None:
        if not self.begun:
            self._begin()
        length = chunk.end - chunk.start
        marks = self._server if role else self._client
        marks.add(chunk.offset + length, length)
        inner = self._inner
        top = inner.top
        if top is None:
            self.given_up = True
            return
        top.data(role ^ self.turned, chunk)
        if inner.flipped:
            # Who connected is the one who is asked: outside, the sides change as well.
            inner.flipped = 0
            self._outer.flipped ^= 1
            self.turned ^= 1
        if inner.top is None:
            self.given_up = True

    def _begin(self) -> None:
        self.begun = True
        self._inner.top = self._first_layer(self._whole)
        ends, self._ends = self._ends, []
        for role, time_ns, reset in ends:
            self.shutdown(role, time_ns, reset)

    def early(self, plain: bytes, length: int, at: Chunk) -> None:
        """Keep what a client sent before it knew whether the server takes it (0-RTT)."""
        if self._early_bytes > EARLY_BYTES:
            self._whole = False
            return
        chunk = Chunk()
        chunk.buffer = plain
        chunk.end = length
        chunk.time_ns = at.time_ns
        chunk.packet = at.packet
        chunk.offset = at.offset - length
        chunk.acknowledged = at.acknowledged
        self._early.append(chunk)
        self._early_bytes += length + EARLY_OVERHEAD

    def settle_early(self, accepted: bool) -> None:
        """Hand on what was sent early, or forget what the server did not take."""
        early, self._early, self._early_bytes = self._early, [], 0
        if accepted:
            for chunk in early:
                self._push(0, chunk)

    def gap(self, role: int, lost: Lost, time_ns: int, packet: int) -> None:
        """Hand on that plaintext is missing: so much, or about so much."""
        if not self.begun:
            self._whole = False
            return
        length = lost.length
        if length > 0:
            self._inner.gap(role ^ self.turned, length, time_ns, packet)
        if not lost.exact:
            # No length that could fit into a frame: where the next one begins must be searched.
            self._inner.gap(role ^ self.turned, 0, time_ns, packet)
        marks = self._server if role else self._client
        marks.skip(length)

    def shutdown(self, role: int, time_ns: int, reset: bool) -> None:
        """Hand on that a side sent its FIN, or a RST that counts."""
        if not self.begun:
            self._ends.append((role, time_ns, reset))
        else:
            self._inner.shutdown(role ^ self.turned, time_ns, reset)

    def closed(self, role: int) -> None:
        """Hand on that a side's bytes are complete."""
        self._inner.closed(role ^ self.turned)

    def finish(self) -> None:
        """Hand on that nothing follows."""
        self._inner.finish()

    def behind(self, role: int, offset: int) -> int:
        """Return how many bytes of plaintext a side sent behind an offset in its TCP stream."""
        marks = self._server if role else self._client
        return marks.behind(offset)
