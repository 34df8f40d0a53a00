"""The WebSockets on one HTTP/2 connection: asked for, accepted, ended (RFC 8441, sections 4 and 5).

Headers, resets and ends in; calls to the rooms above out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from analyzer.http.handshake import OpeningHandshake
from analyzer.http.message import Head
from analyzer.http2.head import (
    asks_for_websocket,
    request_head,
    response_head,
    status_of,
    well_formed,
)
from analyzer.http2.headers import Fields
from analyzer.http2.stream import StreamStack
from analyzer.http2.windows import Window
from analyzer.side import Side
from analyzer.stream.layer import Chunk, Layer, Stack

# WebSockets in use at once on one TCP connection.
MAX_STREAMS = 10_000
KEPT_DEBUG = 1024
# What was on its way when a stream was reset, and the acknowledgment of its last bytes, are waited
# for: so long at least, and at most.
LINGER_NS = 1_000_000_000
PATIENCE_NS = 10_000_000_000


class Upgrades(Protocol):
    """What the rooms above do with what is found here."""

    def opened(self, stack: Stack, handshake: OpeningHandshake) -> int:
        """Take note of a WebSocket that is asked for; return the connection's number."""

    def accepted(self, stack: Stack, number: int, handshake: OpeningHandshake) -> Layer:
        """Return the layer that takes the DATA of an accepted stream."""

    def failed(self, stack: Stack, number: int, handshake: OpeningHandshake, last: bool) -> None:
        """Take note of a request that was refused or never answered."""

    def unseen(self, stack: Stack, side: Side, time_ns: int, packet: int, why: str) -> None:
        """Take note that WebSockets that begin from now on cannot be seen on a TCP stream."""


class Streams:
    """The streams that carry a WebSocket, or may.

    Parameters
    ----------
    stack : Stack
        Where HTTP/2 stands.
    upgrades : Upgrades
        The rooms above.

    Attributes
    ----------
    open : dict
        Streams by their identifiers.
    over : list of StreamStack
        Those that ended, and wait for what was on its way.
    windows : list of int
        What client and server may send at first on a stream.
    connection : tuple of Window
        What they may send on all streams together.
    """

    def __init__(self, stack: Stack, upgrades: Upgrades, window: int) -> None:
        self._stack = stack
        self._upgrades = upgrades
        self.open: dict[int, StreamStack] = {}
        self.over: list[StreamStack] = []
        self.windows = [window, window]
        self.connection = (Window(window), Window(window))
        self._ends: list[tuple[int, int, bool]] = []

    def headers(self, side: int, identifier: int, fields: Fields | None, at: Chunk) -> None:
        """Take a whole header block; None for one that cannot be read."""
        stream = self.open.get(identifier)
        if stream is None:
            if side == 0 and fields is not None and asks_for_websocket(fields):
                self._ask(identifier, fields, at)
        elif side == 1 and stream.top is None:
            self._answer(stream, fields, at)

    def _ask(self, identifier: int, fields: Fields, at: Chunk) -> None:
        if len(self.open) >= MAX_STREAMS:
            why = f"more than {MAX_STREAMS} WebSockets at once"
            self._upgrades.unseen(self._stack, Side.CLIENT, at.time_ns, at.packet, why)
            return
        handshake = OpeningHandshake(request=_placed(request_head(fields), at))
        client, server = self.windows
        stream = StreamStack(self._stack, identifier, handshake, (client, server))
        if not well_formed(fields):
            stream.anomalies.add("http2_malformed_fields", Side.CLIENT, at.time_ns, at.packet)
        stream.number = self._upgrades.opened(stream, handshake)
        self.open[identifier] = stream

    def _answer(self, stream: StreamStack, fields: Fields | None, at: Chunk) -> None:
        if fields is None:
            self.accept(stream, hidden=True)
            return
        status = status_of(fields)
        if status is not None and status < 200:
            return
        stream.handshake.response = _placed(response_head(fields), at)
        if not well_formed(fields):
            stream.anomalies.add("http2_malformed_fields", Side.SERVER, at.time_ns, at.packet)
        if status is not None and status < 300:
            self.accept(stream, hidden=False)
            return
        self._fail(stream, last=False)

    def accept(self, stream: StreamStack, *, hidden: bool) -> None:
        """Put a layer on a stream; `hidden`: the capture does not tell whether it was accepted."""
        handshake = stream.handshake
        handshake.answer_hidden = hidden
        layer = self._upgrades.accepted(stream, stream.number, handshake)
        stream.top = layer
        if hidden:
            # It may have been refused: what follows must first look like frames.
            layer.gap(1, 0, 0, 0)
        stream.release()
        for side, time_ns, reset in self._ends:
            layer.shutdown(side, time_ns, reset)
        for side, own in enumerate(stream.sides):
            if own.lost:
                layer.gap(side, 0, 0, 0)
            if own.ended_at:
                layer.shutdown(side, own.ended_at, False)
            if own.reset_at:
                layer.shutdown(side, own.reset_at, True)

    def _fail(self, stream: StreamStack, *, last: bool) -> None:
        self.open.pop(stream.identifier, None)
        stream.gone = True
        self._upgrades.failed(stream, stream.number, stream.handshake, last)

    def end(self, side: int, stream: StreamStack, at: Chunk, offset: int) -> None:
        """Take the END_STREAM of a side."""
        own = stream.sides[side]
        if own.ended_at or stream.over:
            return
        own.ended_at = at.time_ns
        own.ended_packet = at.packet
        own.ended_offset = offset
        own.ended_acknowledged = at.acknowledged
        stream.shutdown(side, at.time_ns, False)
        self._note_over(stream)

    def reset(self, side: int, stream: StreamStack, code: int, at: Chunk, offset: int) -> None:
        """Take a RST_STREAM."""
        own = stream.sides[side]
        if own.reset_at:
            return
        was_over = stream.over
        own.reset_at = at.time_ns
        own.reset_packet = at.packet
        own.reset_code = code
        own.reset_offset = offset
        stream.shutdown(side, at.time_ns, True)
        if not was_over:
            self._note_over(stream)

    def _note_over(self, stream: StreamStack) -> None:
        if stream.over:
            self.over.append(stream)

    def goaway(self, side: int, last: int, code: int, debug: bytes, at: Chunk) -> None:
        """Take a GOAWAY: it concerns all streams that are in use."""
        for stream in self.open.values():
            own = stream.sides[side]
            if stream.over or own.goaway_code:
                continue
            own.goaway_at = at.time_ns
            own.goaway_packet = at.packet
            own.goaway_last = last
            own.goaway_code = code
            own.goaway_debug = debug[:KEPT_DEBUG]
            if code:
                stream.shutdown(side, at.time_ns, True)

    def lose(self, side: int, time_ns: int, packet: int) -> None:
        """Take note that what a side sends cannot be followed any more."""
        for stream in self.open.values():
            own = stream.sides[side]
            if own.ended_at or stream.reset:
                continue
            own.lost = True
            detail = "bytes are missing that say where frames of HTTP/2 begin"
            stream.anomalies.add("http2_lost", Side(side), time_ns, packet, detail)
            stream.gap(side, 0, 0, 0)

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        """Take note that a side of the TCP connection sent its FIN, or a RST that counts."""
        self._ends.append((side, time_ns, reset))
        for stream in self.open.values():
            if not stream.sides[side].ended_at and not stream.over:
                stream.shutdown(side, time_ns, reset)

    def settle(self, now_ns: int, answer_is_lost: Callable[[], bool]) -> None:
        """Report the streams that are over, once nothing of them is on its way any more.

        In their order: one that waits does not let every packet look at all the others.
        """
        over = self.over
        while over and (over[0].gone or self._is_settled(over[0], now_ns)):
            self._tell(over.pop(0), answer_is_lost())

    def _is_settled(self, stream: StreamStack, now_ns: int) -> bool:
        since = now_ns - stream.last_at
        if since > PATIENCE_NS:
            return True
        tcp = stream.stream
        for side, own in enumerate(stream.sides):
            offset = max(own.ended_offset, own.reset_offset)
            if tcp.of(side).acknowledged < offset:  # type: ignore[attr-defined]
                return False
        return not stream.reset or since > LINGER_NS

    def _tell(self, stream: StreamStack, answers_lost: bool, taken: int = 0) -> None:
        """Report a stream; `taken`: so many were in use when the TCP connection ended."""
        if stream.gone:
            return
        if stream.top is None and answers_lost:
            self.accept(stream, hidden=True)
        if stream.top is None:
            self._fail(stream, last=True)
            return
        if not stream.over:
            stream.shared = max(taken - 1, 0)
        del self.open[stream.identifier]
        stream.gone = True
        self._note_stall(stream)
        stream.finish()

    def _note_stall(self, stream: StreamStack) -> None:
        """Tell of a side that could not send, as the other allowed no more."""
        if stream.sides[0].lost or stream.sides[1].lost:
            return
        for side, own in enumerate(stream.sides):
            windows = ((own.window, "the stream"), (self.connection[side], "all streams together"))
            for window, what in windows:
                if window.empty_since and not own.ended_at:
                    detail = f"the other side's flow-control window for {what} was used up"
                    at = window.empty_since
                    stream.anomalies.add("http2_stalled", Side(side), at, 0, detail)

    def finish(self, answers_lost: bool) -> None:
        """Report all that are left: nothing follows."""
        left = list(self.open.values())
        taken = sum(stream.top is not None and not stream.over for stream in left)
        for stream in left:
            self._tell(stream, answers_lost, taken)
        self.over.clear()


def _placed(head: Head, at: Chunk) -> Head:
    head.first_at = head.at = at.time_ns
    head.first_packet = head.packet = at.packet
    return head
