"""Frames of hixie-75 and hixie-76 (= hybi-00): type bytes, 0xFF, and no opcodes.

A type byte with its top bit clear begins a frame that ends at the next 0xFF; with it set, a length
follows. ``FF 00`` as a frame of its own is the closing handshake of hixie-76
(draft-hixie-thewebsocketprotocol-76, section 5.3); in hixie-75 it means nothing. Between two text
frames the same two bytes stand as the end of one and the beginning of the next.
"""

from __future__ import annotations

from analyzer.stream.layer import Chunk
from analyzer.websocket.decoder import FrameDecoder, FrameSink
from analyzer.websocket.registry import Opcode

DISCARDED = 0x3
"""Opcode that stands for the frames that a receiver reads and throws away."""


class HixieDecoder(FrameDecoder):
    """Decodes what one side sent.

    Parameters
    ----------
    side : int
        0 for the client, 1 for the server.
    sink : FrameSink
        Takes the frames: `Opcode.TEXT`, `Opcode.CLOSE` for ``FF 00``, `DISCARDED` for the rest.
    closes : bool
        The version has a closing handshake: True for hixie-76.
    """

    def __init__(self, side: int, sink: FrameSink, closes: bool) -> None:
        super().__init__(side, sink)
        self.closes = closes
        self._type = -1
        self._length_known = False
        self._length = 0

    def data(self, chunk: Chunk) -> None:
        """Take the next bytes."""
        position = chunk.start
        while position < chunk.end and not self.lost:
            if not self.in_frame:
                self._begin_frame(chunk, position)
                position += 1
                continue
            self.touch(chunk)
            if self._type < 0x80:
                position = self._until_ff(chunk, position)
            elif not self._length_known:
                self._length_byte(chunk.buffer[position])
                position += 1
            else:
                take = min(self.remaining, chunk.end - position)
                self._advance(take)
                position += take

    def _begin_frame(self, chunk: Chunk, position: int) -> None:
        self.begin(chunk, position)
        self._type = chunk.buffer[position]
        self.opcode = Opcode.TEXT if self._type == 0 else DISCARDED
        self._length_known = False
        self._length = 0
        self.payload_length = 0
        self.wire_length = 1

    def _until_ff(self, chunk: Chunk, position: int) -> int:
        found = chunk.buffer.find(b"\xff", position, chunk.end)
        stop = chunk.end if found < 0 else found
        self.payload_length += stop - position
        if self.payload_to is not None and self._type == 0 and position < stop:
            self.payload_to.payload(self, chunk.buffer[position:stop])
        if found < 0:
            return stop
        self.wire_length = self.payload_length + 2
        self.complete()
        return found + 1

    def _length_byte(self, byte: int) -> None:
        self.wire_length += 1
        self._length = self._length * 128 + (byte & 0x7F)
        if self._length >> 62:
            self.lost = True
            self.in_frame = False
            self.sink.oddity(self, "frame_length_too_large", "a length of more than 62 bits")
        elif not byte & 0x80:
            self._length_known = True
            self.remaining = self.payload_length = self._length
            self.wire_length += self._length
            self._advance(0)

    def _advance(self, length: int) -> None:
        self.remaining -= length
        if not self.remaining:
            self.complete()

    def complete(self) -> None:
        """Hand a whole frame to the sink."""
        if self._type == 0xFF and self.payload_length == 0:
            if self.closes:
                self.opcode = Opcode.CLOSE
            else:
                odd = "FF 00, which hixie-75 gives no meaning"
                self.sink.oddity(self, "close_in_hixie_75", odd)
        self.end_offset = self.frame_offset + self.wire_length
        self.in_frame = False
        self.sink.frame(self)

    def may_be_close(self) -> bool:
        """Whether the stream ends with 0xFF, the first byte of ``FF 00``."""
        return self.closes and self.in_frame and self._type == 0xFF and not self._length_known

    def resume(self) -> None:
        """Start again at a byte that is known to begin a frame."""
        super().resume()
        self._length_known = False
