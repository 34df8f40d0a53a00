"""Streams that are older than the capture: HTTP heads and frames are looked for in both directions.

A claim that a stream is a WebSocket needs so much evidence (`FrameFinder`), from both directions
together, that other protocols do not reach it. Evidence of what the client sent weighs most: it
is masked, and few protocols have a mask bit and a key behind it. "Type, length of one byte, text"
is how many write their messages, so what a server sends is never enough where a client is heard.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log2

from analyzer.http.message import looks_like_head
from analyzer.http2.trace import FrameTrace, UnfollowedLayer, Unseen
from analyzer.stream.layer import Chunk, Layer, Stack
from analyzer.websocket.finder import Candidate, FrameFinder

# Together, over both directions.
NEEDED_BITS = 44.0
NEEDED_FRAMES = 2
# What is looked at in vain before a stream counts as something else.
PATIENCE_BYTES = 16 * 1024 * 1024
NEVER = 1e9
# Least that the masked side adds: a frame that ends where its segment does.
NEEDED_MASKED_BITS = 10.0
# Frames of more than 125 bytes that end with a segment, where only a server is heard.
NEEDED_EXTENDED = 2
# Both sides closed with the same code, one masked and one not.
ECHO_BITS = 12.0


class MidstreamLayer(Layer):
    """Watches both directions until one of them is recognised.

    Parameters
    ----------
    stack : Stack
        Where the layer stands.
    http : callable
        Returns the layer that reads HTTP messages, whichever comes first.
    websocket : callable
        Returns the layer that reads frames, given the finders of client and server.
    unseen : callable
        Takes note of HTTP/2 on which WebSockets cannot be seen.
    """

    def __init__(
        self,
        stack: Stack,
        http: Callable[[Stack], Layer],
        websocket: Callable[[Stack, list[FrameFinder]], Layer],
        unseen: Unseen,
    ) -> None:
        self._stack = stack
        self._http = http
        self._websocket = websocket
        self._unseen = unseen
        self._trace = FrameTrace()
        # A finder alone never decides here.
        self._finders = [FrameFinder(needed=NEVER), FrameFinder(needed=NEVER)]
        self._heard = [False, False]
        self._looked_at = 0

    def data(self, side: int, chunk: Chunk) -> None:
        """Take the next bytes of a side."""
        front = chunk.buffer[chunk.start : min(chunk.end, chunk.start + 8192)]
        if looks_like_head(front.decode("latin-1")):
            layer = self._http(self._stack)
            self._stack.top = layer
            layer.data(side, chunk)
            return
        if self._is_http2(side, chunk):
            return
        self._heard[side] = True
        finder = self._finders[side]
        finder.data(chunk)
        if finder.best is not None and not self._trace.likely:
            self._decide()
        self._looked_at += chunk.end - chunk.start
        if self._stack.top is self and self._looked_at > PATIENCE_BYTES:
            self._stack.top = None

    def _is_http2(self, side: int, chunk: Chunk) -> bool:
        """Whether all of a chunk may be frames of HTTP/2, in whose DATA others would be found."""
        if not self._trace.take(side, chunk):
            return False
        if self._trace.sure:
            self._stack.top = UnfollowedLayer(self._stack, self._trace, self._unseen)
        self._finders[side].gap()
        return True

    def _decide(self) -> None:
        found = [finder.best for finder in self._finders]
        known = [one for one in found if one is not None and one.frames]
        bits = sum(one.bits for one in known) + _echo_bits(known)
        bits -= sum(log2(max(finder.tried, 1)) for finder in self._finders)
        frames = sum(one.frames for one in known)
        if bits < NEEDED_BITS or frames < NEEDED_FRAMES:
            return
        first, second = (one.masked if one is not None and one.frames else -1 for one in found)
        if not self._has_client(known):
            return
        if second == 1 or (first == 0 and second == -1):
            # Who masks is the client (RFC 6455, section 5.1).
            self._stack.flipped ^= 1
            self._finders.reverse()
        self._stack.top = self._websocket(self._stack, self._finders)

    def _has_client(self, known: list[Candidate]) -> bool:
        """Whether one side masks, or the client was not captured."""
        masked = [one for one in known if one.masked == 1]
        if masked:
            # Two clients cannot talk to each other.
            return len(masked) == 1 and masked[0].bits >= NEEDED_MASKED_BITS
        if len(known) < sum(self._heard):
            return False
        closed = all(one.close_code > 0 for one in known)
        return closed or (len(known) == 1 and known[0].extended >= NEEDED_EXTENDED)

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:  # noqa: ARG002
        """Forget what a gap interrupts."""
        self._finders[side].gap()
        self._trace.gap(side, length)

    def finish(self) -> None:
        """Say nothing of a stream that was not recognised."""
        self._stack.top = None


def _echo_bits(known: list[Candidate]) -> float:
    if len(known) < 2 or known[0].masked == known[1].masked:
        return 0.0
    codes = {one.close_code for one in known}
    return ECHO_BITS if len(codes) == 1 and codes != {-1} else 0.0
