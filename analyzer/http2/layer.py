"""HTTP/2 on the two byte streams of a TCP or TLS stream, watched for WebSockets.

Each WebSocket gets a stack of its own, whose layer takes what the DATA frames of its stream carry:
chunks with the time, packet and offset of the segment that brought them. DATA of other streams is
passed over by its length. Header blocks are read as soon as one may ask for a WebSocket, then all.
"""

from __future__ import annotations

from analyzer.http2.frames import FrameReader
from analyzer.http2.headers import HeaderBlocks, may_ask
from analyzer.http2.parse import parse, upgrade_settings
from analyzer.http2.registry import (
    DEFAULT_WINDOW,
    ENABLE_CONNECT_PROTOCOL,
    INITIAL_WINDOW_SIZE,
)
from analyzer.http2.stream import StreamStack
from analyzer.http2.streams import Streams, Upgrades
from analyzer.side import Side
from analyzer.stream.layer import Chunk, Layer, Stack

# A header block, with all its CONTINUATION frames.
MAX_BLOCK = 64 * 1024
MAX_CONTINUATIONS = 1024
MAX_BODY = 64 * 1024
# Header blocks that are kept while none has asked for a WebSocket.
KEPT_BLOCKS = 16 * 1024


class Block:
    """A header block that is not whole."""

    def __init__(self, stream: int, ends: bool, pushed: bool) -> None:
        self.stream = stream
        self.ends = ends
        self.pushed = pushed
        self.pieces: list[bytes] = []
        self.size = 0


class Http2Layer(Layer):
    """Reads frames of both sides.

    Parameters
    ----------
    stack : Stack
        Where the layer stands.
    upgrades : Upgrades
        The rooms above.
    known : int
        How many bytes of the client's preface have been seen.
    settings : str
        The client's first settings, as the request for an upgrade to HTTP/2 tells them.
    """

    def __init__(
        self, stack: Stack, upgrades: Upgrades, known: int = 0, settings: str = ""
    ) -> None:
        self._stack = stack
        self._upgrades = upgrades
        self._client = FrameReader(True, known)
        self._server = FrameReader()
        self._blocks = (HeaderBlocks(), HeaderBlocks())
        self._partial: list[Block | None] = [None, None]
        self._streams = Streams(stack, upgrades, DEFAULT_WINDOW)
        self._open = self._streams.open
        self._over = self._streams.over
        self._windows = self._streams.connection
        # Of the DATA frame that each side is in.
        self._client_stream: StreamStack | None = None
        self._server_stream: StreamStack | None = None
        self._awake = False
        self._settled = False
        self._enabled = False
        self._told_lost = [False, False]
        self._chunk = Chunk()
        if settings:
            self._settings(0, upgrade_settings(settings))

    def data(self, side: int, chunk: Chunk) -> None:
        """Take the next bytes of a side."""
        reader = self._server if side else self._client
        while True:
            found = reader.take(chunk)
            if found == 3:  # PIECE
                self._piece(side, reader, chunk)
            elif found == 0:  # NOTHING
                break
            elif found == 1:  # HEADER
                self._begin(side, reader, chunk)
            elif found == 2:  # BODY
                self._whole(side, reader, chunk)
            elif found == 4:  # END
                self._data_over(side, reader, chunk)
            else:
                self._give_up()
            if self._stack.top is not self:
                return
        if self._over:
            self._streams.settle(chunk.time_ns, self._answer_is_lost)

    def _give_up(self) -> None:
        """Ask for no more bytes."""
        self._streams.finish(False)
        self._stack.top = None

    def _begin(self, side: int, reader: FrameReader, chunk: Chunk) -> None:
        """Say what is wanted of a frame that begins."""
        kind = reader.type
        if not reader.started and kind != 4:  # SETTINGS come first (RFC 9113, section 3.4)
            self._give_up()
            return
        if kind == 0:  # DATA
            window = self._windows[side]
            window.use(reader.length, chunk.time_ns)
            stream = self._open.get(reader.stream)
            if side:
                self._server_stream = stream
            else:
                self._client_stream = stream
            if stream is not None:
                self._begin_data(side, stream, reader, chunk)
        elif self._partial[side] is not None and kind != 9:
            # "MUST NOT be followed by ... any other frame type" (RFC 9113, section 6.2).
            self._lose_blocks(side, chunk.time_ns, chunk.packet)
        if kind in {1, 5, 9} and reader.length > MAX_BLOCK:  # HEADERS, PUSH_PROMISE, CONTINUATION
            self._lose_blocks(side, chunk.time_ns, chunk.packet)
        elif kind != 0 and self._is_wanted(reader):
            reader.want_body()

    def _begin_data(self, side: int, stream: StreamStack, reader: FrameReader, at: Chunk) -> None:
        own = stream.server if side else stream.client
        own.window.use(reader.length, at.time_ns)
        if not own.ended_at and not own.reset_at:
            if stream.top is None and self._answer_is_lost():
                # Nobody sends on a stream that was refused.
                self._streams.accept(stream, hidden=True)
            reader.want_payload()

    def _is_wanted(self, reader: FrameReader) -> bool:
        kind = reader.type
        if reader.length > MAX_BODY:
            return False
        if kind == 3:  # RST_STREAM
            return reader.stream in self._open
        if kind == 8:  # WINDOW_UPDATE
            return reader.stream == 0 or reader.stream in self._open
        if kind == 4:  # SETTINGS
            return not reader.flags & 1  # ACK
        return kind in {1, 5, 7, 9}

    def _piece(self, side: int, reader: FrameReader, chunk: Chunk) -> None:
        """Hand on a piece of a DATA frame's payload."""
        stream = self._server_stream if side else self._client_stream
        if stream is None or stream.gone:
            return
        piece = self._chunk
        length = reader.piece_end - reader.piece_start
        piece.buffer = chunk.buffer
        piece.start = reader.piece_start
        piece.end = reader.piece_end
        piece.time_ns = chunk.time_ns
        piece.packet = chunk.packet
        piece.offset = reader.position - length
        piece.acknowledged = chunk.acknowledged
        stream.push(side, piece)

    def _data_over(self, side: int, reader: FrameReader, chunk: Chunk) -> None:
        """Take the end of a DATA frame."""
        stream = self._server_stream if side else self._client_stream
        if stream is None or stream.gone:
            return
        if reader.misfit:
            detail = "the padding is longer than its frame"
            stream.anomalies.add(
                "http2_bad_padding", Side(side), chunk.time_ns, chunk.packet, detail
            )
        if reader.flags & 1:  # END_STREAM
            self._streams.end(side, stream, chunk, reader.position)

    def _whole(self, side: int, reader: FrameReader, chunk: Chunk) -> None:
        """Take a frame that was asked for as a whole."""
        kind = reader.type
        if kind in {1, 5, 9}:  # HEADERS, PUSH_PROMISE, CONTINUATION
            self._headers(side, reader, chunk)
            return
        if reader.broken:
            return
        frame = parse(kind, reader.flags, reader.stream, reader.body)
        if frame is None:
            return
        if kind == 4:
            self._settings(side, frame.settings)  # type: ignore[attr-defined]
        elif kind == 8:
            self._widen(side, reader.stream, frame.window_increment)  # type: ignore[attr-defined]
        elif kind == 3 and reader.stream in self._open:
            stream = self._open[reader.stream]
            code = frame.error_code  # type: ignore[attr-defined]
            self._streams.reset(side, stream, code, chunk, reader.position)
        elif kind == 7:
            last, code = frame.last_stream_id, frame.error_code  # type: ignore[attr-defined]
            self._streams.goaway(side, last, code, frame.additional_data, chunk)  # type: ignore[attr-defined]

    def _settings(self, side: int, settings: dict[int, int]) -> None:
        if side == 1:
            self._settled = True
            self._enabled = self._enabled or settings.get(ENABLE_CONNECT_PROTOCOL) == 1
        size = settings.get(INITIAL_WINDOW_SIZE)
        if size is None:
            return
        # It limits what the other side sends (RFC 9113, section 6.9.2).
        change = size - self._streams.windows[1 - side]
        self._streams.windows[1 - side] = size
        for stream in self._open.values():
            stream.sides[1 - side].window.widen(change)

    def _widen(self, side: int, identifier: int, increment: int) -> None:
        if identifier == 0:
            self._windows[1 - side].widen(increment)
        elif identifier in self._open:
            self._open[identifier].sides[1 - side].window.widen(increment)

    def _headers(self, side: int, reader: FrameReader, chunk: Chunk) -> None:
        """Take a HEADERS, PUSH_PROMISE or CONTINUATION frame."""
        data = None if reader.broken else _fragment(reader)
        block = self._partial[side]
        if reader.type != 9:  # CONTINUATION
            ends = reader.type == 1 and reader.flags & 1 != 0  # END_STREAM
            block = Block(reader.stream, ends, reader.type == 5)
        if block is None or data is None or block.stream != reader.stream:
            self._lose_blocks(side, chunk.time_ns, chunk.packet)
        if block is None:
            return
        if data is not None:
            block.pieces.append(data)
            block.size += len(data)
        if block.size > MAX_BLOCK or len(block.pieces) > MAX_CONTINUATIONS:
            self._lose_blocks(side, chunk.time_ns, chunk.packet)
            return
        self._partial[side] = block
        if reader.flags & 4:  # END_HEADERS
            self._partial[side] = None
            self._block(side, block, reader, chunk)

    def _block(self, side: int, block: Block, reader: FrameReader, chunk: Chunk) -> None:
        """Take a whole header block."""
        blocks = self._blocks[side]
        data = b"".join(block.pieces)
        if not self._awake:
            if side == 1 or not may_ask(data):
                blocks.keep(data)
                self._bound()
                return
            self._awake = True
        readable = not blocks.lost
        fields = blocks.read(data)
        if readable and fields is None:
            self._lose_blocks(side, chunk.time_ns, chunk.packet)
        if block.pushed:
            return
        self._streams.headers(side, block.stream, fields, chunk)
        stream = self._open.get(block.stream)
        if block.ends and stream is not None:
            self._streams.end(side, stream, chunk, reader.position)

    def _bound(self) -> None:
        """Let kept header blocks not grow beyond a bound."""
        if self._blocks[0].waiting + self._blocks[1].waiting <= KEPT_BLOCKS:
            return
        if self._settled and not self._enabled:
            self._give_up()  # no client may ask such a server for a WebSocket (RFC 8441, section 3)
            return
        for blocks in self._blocks:
            blocks.flush()
        if self._blocks[0].lost:
            self._give_up()

    def _lose_blocks(self, side: int, time_ns: int, packet: int) -> None:
        """Take note that no later header block of a side can be read."""
        blocks = self._blocks[side]
        self._partial[side] = None
        blocks.lose()
        if self._told_lost[side]:
            return
        self._told_lost[side] = True
        for stream in self._open.values():
            stream.anomalies.add("http2_headers_lost", Side(side), time_ns, packet)
        if side == 0:
            if self._enabled:
                why = "header compression cannot be followed any more"
                self._upgrades.unseen(self._stack, Side.CLIENT, time_ns, packet, why)
            if not self._open:
                self._give_up()

    def _answer_is_lost(self) -> bool:
        server = self._stack.stream.of(1)  # type: ignore[attr-defined]
        return bool(self._server.lost or self._blocks[1].lost or server.packets == 0)

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:
        """Pass over bytes that the capture does not hold."""
        reader = self._server if side else self._client
        known = not reader.lost
        payload = reader.gap(length)
        stream = self._open.get(reader.stream)
        if stream is not None and payload:
            stream.skip(side, payload, time_ns, packet)
            if reader.uncertain:
                stream.gap(side, 0, 0, 0)
        if known and reader.lost:
            self._streams.lose(side, time_ns, packet)
            self._lose_blocks(side, time_ns, packet)
        elif known and reader.remaining == 0:
            at = Chunk()
            at.time_ns = time_ns
            at.packet = packet
            at.offset = reader.position
            self.data(side, at)

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        """Take note that a side sent its FIN, or a RST that counts."""
        self._streams.shutdown(side, time_ns, reset)

    def finish(self) -> None:
        """Report the WebSockets that are left: nothing follows."""
        self._streams.finish(self._answer_is_lost())
        self._stack.top = None


def _fragment(reader: FrameReader) -> bytes | None:
    """Return the part of a header block in a frame; None where the frame breaks its layout."""
    padded_or_prior = reader.flags & 0x28
    if reader.stream and (reader.type == 9 or (reader.type == 1 and not padded_or_prior)):
        return reader.body
    frame = parse(reader.type, reader.flags, reader.stream, reader.body)
    return None if frame is None else frame.data  # type: ignore[attr-defined]
