"""Frames of hybi-01 to hybi-06: opcodes of their own, and masking that covers the header.

In hybi-04 to 06 a client's frame begins with four bytes that are not masked; from them comes the
key for all that follows, header included (draft-ietf-hybi-thewebsocketprotocol-05, section 4.3;
draft 04 derives a 20-byte key from the handshake as well).
"""

from __future__ import annotations

from analyzer.sha1 import sha1
from analyzer.stream.layer import Chunk
from analyzer.websocket.decoder import FrameDecoder, FrameSink
from analyzer.websocket.hybi import unmask
from analyzer.websocket.registry import Framing, Opcode

# What RFC 6455 calls the opcodes of the drafts 1 to 6.
OPCODES = {
    0: Opcode.CONTINUATION,
    1: Opcode.CLOSE,
    2: Opcode.PING,
    3: Opcode.PONG,
    4: Opcode.TEXT,
    5: Opcode.BINARY,
}
UNKNOWN_OPCODE = 0x10
HYBI_04_GUID = b"61AC5F19-FBBA-4540-B96F-6561F1AB40A8"
KEPT_BODY = 4096


class EarlyHybiDecoder(FrameDecoder):
    """Decodes what one side sent.

    Parameters
    ----------
    side : int
        0 for the client, 1 for the server.
    sink : FrameSink
        Takes the frames; opcodes are translated to those of RFC 6455, unknown ones get
        ``UNKNOWN_OPCODE`` added.
    framing : Framing
        ``HYBI_01`` … ``HYBI_06``.
    secret : bytes
        hybi-04 only: ``Sec-WebSocket-Key`` and ``Sec-WebSocket-Nonce``, joined.
    unmasked : bool
        The client does not mask, whatever the draft says.
    """

    def __init__(
        self,
        side: int,
        sink: FrameSink,
        framing: Framing,
        secret: bytes = b"",
        *,
        unmasked: bool = False,
    ) -> None:
        super().__init__(side, sink)
        self._more_bit = framing in {Framing.HYBI_01, Framing.HYBI_02, Framing.HYBI_03}
        self.masked = side == 0 and not self._more_bit and not unmasked
        self._session_key = (
            sha1(secret + HYBI_04_GUID, usedforsecurity=False).digest()
            if framing is Framing.HYBI_04
            else b""
        )
        self._nonce = b""
        self._key = b""
        self._header = b""

    def data(self, chunk: Chunk) -> None:
        """Take the next bytes."""
        position = chunk.start
        while position < chunk.end:
            if not self.in_frame:
                self._begin_frame(chunk, position)
            else:
                self.touch(chunk)
            if self.remaining:
                position = self._payload(chunk, position)
            else:
                position = self._header_byte(chunk, position)
            if self.lost:
                return

    def _begin_frame(self, chunk: Chunk, position: int) -> None:
        self.begin(chunk, position)
        self.wire_length = 0
        self.body = b""
        self._nonce = b""
        self._header = b""

    def _header_byte(self, chunk: Chunk, position: int) -> int:
        byte = chunk.buffer[position]
        self.wire_length += 1
        if self.masked and len(self._nonce) < 4:
            self._nonce += bytes([byte])
            if len(self._nonce) == 4:
                self._key = self._frame_key()
            return position + 1
        self._header += self._plain(bytes([byte]), len(self._header))
        if len(self._header) == self._header_length():
            self._read_header()
        return position + 1

    def _frame_key(self) -> bytes:
        if self._session_key:
            return sha1(self._nonce + self._session_key, usedforsecurity=False).digest()
        return self._nonce

    def _plain(self, data: bytes, place: int) -> bytes:
        """Unmask what stands at `place` of the frame, counted from its header."""
        return unmask(self._key, data, place) if self.masked else data

    def _header_length(self) -> int:
        if len(self._header) < 2:
            return 2
        return {126: 4, 127: 10}.get(self._header[1] & 0x7F, 2)

    def _read_header(self) -> None:
        first, second = self._header[0], self._header[1]
        top = first & 0x80 != 0
        self.fin = top != self._more_bit
        self.rsv = (first >> 4) & 7
        raw = first & 15
        self.opcode = OPCODES.get(raw, UNKNOWN_OPCODE + raw)
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(self._header[2:], "big")
        if length >> 62:
            self.lost = True
            self.in_frame = False
            self.sink.oddity(self, "frame_length_too_large", "64-bit length with its top bit set")
            return
        self.payload_length = self.remaining = length
        self.wire_length += length
        self.end_offset = self.frame_offset + self.wire_length
        if raw not in OPCODES:
            self.sink.oddity(self, "opcode_unknown", f"opcode {raw}")
        if not length:
            self.complete()

    def _payload(self, chunk: Chunk, position: int) -> int:
        take = min(self.remaining, chunk.end - position)
        place = len(self._header) + self.payload_length - self.remaining
        data = self._plain(chunk.buffer[position : position + take], place)
        if self.opcode >= Opcode.CLOSE and not self.gap_in_frame and len(self.body) < KEPT_BODY:
            self.body += data
        if self.payload_to is not None and self.opcode < Opcode.CLOSE:
            self.payload_to.payload(self, data)
        self.remaining -= take
        if not self.remaining:
            self.complete()
        return position + take

    def complete(self) -> None:
        """Hand a whole frame to the sink."""
        if self.opcode >= Opcode.CLOSE:
            self.body_complete = self.gap_in_frame == 0
        self.in_frame = False
        self.sink.frame(self)

    def interrupted_close(self) -> bool:
        """Whether the frame that is not whole is a Close: its first byte tells."""
        return bool(self.in_frame and self._header and self._header[0] & 15 == 1)
