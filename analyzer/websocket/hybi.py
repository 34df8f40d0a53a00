"""Frames of hybi-07 to RFC 6455, one wire format since draft 7 (RFC 6455, section 5.2).

Payload of data frames is counted where it stands; only a control frame's is kept.
"""

from __future__ import annotations

from analyzer.stream.layer import Chunk
from analyzer.websocket.decoder import FrameDecoder, FrameSink

# A control frame holds at most 125 bytes; of an illegal longer one this much is kept.
KEPT_BODY = 4096
FRAGMENTED_UNKNOWN = 2


def header_size(buffer: bytes, position: int, end: int) -> int:
    """Return the length of the frame header at `position`: 2 to 14, 2 where not yet known."""
    if end - position < 2:
        return 2
    second = buffer[position + 1]
    size = 6 if second & 0x80 else 2
    second &= 0x7F
    if second == 126:
        return size + 2
    if second == 127:
        return size + 8
    return size


def unmask(key: bytes, data: bytes, place: int = 0) -> bytes:
    """Apply a masking key (RFC 6455, section 5.3) to what stands at `place` of what it covers.

    Examples
    --------
    >>> unmask(bytes.fromhex("37fa213d"), bytes.fromhex("7f9f4d5158"))
    b'Hello'
    """
    size = len(data)
    if size == 0:
        return b""
    begin = place % len(key)
    mask = (key[begin:] + key * (size // len(key) + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")


class HybiDecoder(FrameDecoder):
    """Decodes what one side sent.

    Parameters
    ----------
    side : int
        0 for the client, who masks; 1 for the server, who does not.
    sink : FrameSink
        Takes the frames.
    version : int
        ``Sec-WebSocket-Version``, 0 if not known: some duties began with version 13 only.
    rsv_allowed : int
        Reserved bits that an extension gave a meaning, 4 for RSV1.
    """

    def __init__(self, side: int, sink: FrameSink, version: int, rsv_allowed: int) -> None:
        FrameDecoder.__init__(self, side, sink)
        self.version = version
        self.rsv_allowed = rsv_allowed
        self.fragmented = 0
        self.partial = b""
        self.key = b""

    def data(self, chunk: Chunk) -> None:
        """Take the next bytes."""
        position = chunk.start
        end = chunk.end
        while position < end:
            if self.remaining > 0:
                take = min(end - position, self.remaining)
                self.touch(chunk)
                if self.opcode >= 8:
                    if self.gap_in_frame == 0 and len(self.body) < 4096:  # KEPT_BODY
                        self.body += chunk.buffer[position : position + take]
                elif self.payload_to is not None:
                    self.hand_on(chunk.buffer[position : position + take])
                position += take
                self.remaining -= take
            else:
                position = self.header(chunk, position)
                if self.lost:
                    return
            if self.remaining == 0 and self.in_frame and not self.partial:
                # Inside TLS a frame of several records is longer than its bytes.
                self.end_offset = chunk.offset + position - chunk.start
                self.complete()

    def header(self, chunk: Chunk, position: int) -> int:
        """Read a header, or keep its beginning for later; return the position behind it."""
        if self.partial:
            return self.split_header(chunk, position)
        end = chunk.end
        self.begin(chunk, position)
        size = header_size(chunk.buffer, position, end)
        if end - position < size:
            self.partial = chunk.buffer[position:end]
            return end
        self.read_header(chunk.buffer, position, size)
        return position + size

    def split_header(self, chunk: Chunk, position: int) -> int:
        """Read a header whose beginning came with an earlier chunk."""
        self.touch(chunk)
        have = len(self.partial)
        take = min(14 - have, chunk.end - position)
        joined = self.partial + chunk.buffer[position : position + take]
        size = header_size(joined, 0, have + take)
        if size > have + take:
            self.partial = joined
            return position + take
        self.partial = b""
        self.read_header(joined, 0, size)
        return position + size - have

    def read_header(self, buffer: bytes, position: int, size: int) -> None:
        """Read a whole header."""
        first = buffer[position]
        second = buffer[position + 1]
        self.fin = first & 0x80 != 0
        self.rsv = (first >> 4) & 7
        self.opcode = first & 15
        self.masked = second & 0x80 != 0
        short = second & 0x7F
        length = short
        index = position + 2
        if short >= 126:
            length = 0
            for index in range(position + 2, position + (4 if short == 126 else 10)):
                length = (length << 8) | buffer[index]
            index += 1
        self.wire_length = size
        self.body = b""
        self.body_complete = True
        if length >> 62:
            # "the most significant bit MUST be 0": nothing that follows can be located.
            self.payload_length = 0
            self.lost = True
            self.in_frame = False
            self.sink.oddity(self, "frame_length_too_large", "64-bit length with its top bit set")
            return
        self.payload_length = length
        self.remaining = length
        self.wire_length = size + length
        self.end_offset = self.frame_offset + self.wire_length
        if self.masked and (self.opcode >= 8 or self.payload_to is not None):
            self.key = buffer[index : index + 4]
        if self.opcode != 0 and self.opcode < 3 and self.fin and self.fragmented == 0:
            if self.rsv & ~self.rsv_allowed or self.masked == (self.side == 1) or short >= 126:
                self.note_violations(short)
        else:
            self.note_violations(short)
            self.follow_fragments()

    def note_violations(self, short: int) -> None:
        """Hold a header against the rules of the version that was agreed on."""
        sink = self.sink
        opcode = self.opcode
        strict = self.version == 13
        # "MUST NOT set the RSV1 bit in control frames" (RFC 7692, section 6.1).
        allowed = 0 if opcode >= 8 and self.rsv_allowed == 4 else self.rsv_allowed
        if strict and self.rsv & ~allowed:
            sink.oddity(self, "reserved_bit_set", f"reserved bits {self.rsv:03b}")
        if strict and self.side == 0 and not self.masked:
            sink.oddity(self, "client_frame_unmasked", "")
        if strict and self.side == 1 and self.masked:
            sink.oddity(self, "server_frame_masked", "")
        if 3 <= opcode <= 7 or opcode > 10:
            sink.oddity(self, "opcode_unknown", f"opcode {opcode}")
        if opcode >= 8 and not self.fin:
            sink.oddity(self, "control_frame_fragmented", f"opcode {opcode}")
        if opcode >= 8 and self.payload_length > 125:
            sink.oddity(self, "control_frame_too_long", f"{self.payload_length} bytes")
        if strict and (
            (short == 126 and self.payload_length < 126)
            or (short == 127 and self.payload_length < 65536)
        ):
            sink.oddity(self, "length_not_minimal", f"{self.payload_length} bytes")

    def follow_fragments(self) -> None:
        """Keep track of fragmented messages (RFC 6455, section 5.4)."""
        if self.opcode >= 8:
            return
        if self.opcode == 0 and self.fragmented == 0:
            self.sink.oddity(self, "continuation_without_start", "")
        elif self.opcode != 0 and self.fragmented == 1:
            self.sink.oddity(self, "message_interrupted", f"opcode {self.opcode} inside a message")
        self.fragmented = 0 if self.fin else 1

    def hand_on(self, data: bytes) -> None:
        """Hand on the next bytes of a data frame's payload."""
        if self.payload_to is not None:  # the caller looked; the checker does not know
            place = self.payload_length - self.remaining
            self.payload_to.payload(self, unmask(self.key, data, place) if self.masked else data)

    def complete(self) -> None:
        """Hand a whole frame to the sink."""
        if self.opcode >= 8:
            if self.masked and self.body:
                self.body = unmask(self.key, self.body)
            self.body_complete = self.gap_in_frame == 0
        self.in_frame = False
        self.sink.frame(self)

    def interrupted_close(self) -> bool:
        """Whether the frame that is not whole is a Close: its first byte tells."""
        if not self.in_frame:
            return False
        first = self.partial[0] & 15 if self.partial else self.opcode
        return bool(first == 8)

    def interrupted_body(self) -> bytes:
        """Return what the capture holds of the body of a frame that is not whole."""
        if self.partial:
            return b""
        return unmask(self.key, self.body) if self.masked else self.body

    def resume(self) -> None:
        """Start again at a byte that is known to begin a frame."""
        FrameDecoder.resume(self)
        self.partial = b""
        self.fragmented = 2  # FRAGMENTED_UNKNOWN
