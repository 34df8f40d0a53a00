"""What every framing's decoder looks like: chunks of one side in, frames out to a sink.

A decoder never raises on what it reads. When it cannot tell where the next frame begins it is
`lost`, and says so.
"""

from __future__ import annotations

from analyzer.stream.layer import Chunk


class FrameSink:
    """Takes what the decoders of both sides find."""

    def frame(self, decoder: FrameDecoder) -> None:
        """Take a whole frame: the decoder's attributes describe it."""

    def oddity(self, decoder: FrameDecoder, name: str, detail: str) -> None:
        """Take note of something that the protocol forbids."""


class PayloadSink:
    """Takes the payload of one side's data frames, where somebody asked for it."""

    def payload(self, decoder: FrameDecoder, data: bytes) -> None:
        """Take the next bytes of the current frame, unmasked."""

    def missing(self, decoder: FrameDecoder, length: int) -> None:
        """Take note that the next `length` bytes of the current frame are not in the capture."""


class FrameDecoder:
    """Decodes the frames that one side sent.

    Attributes
    ----------
    side : int
        0 for the client, 1 for the server.
    payload_to : PayloadSink or None
        Takes the payload of data frames; None where nobody asked.
    lost : bool
        It is not known where the next frame begins.
    opcode, fin, rsv, masked, payload_length
        Of the current frame, in the words of RFC 6455, section 5.2; `rsv` holds the three bits as
        a number, RSV1 is 4.
    body : bytes
        Application data of a control frame, unmasked; of other frames nothing is kept.
    body_complete : bool
        The capture holds the whole frame; `body` is all of it, up to a bound.
    first_at, first_packet, time_ns, packet : int
        When, and in which packets, the frame's first byte and its last one passed.
    acknowledged : int
        What the packet of the last byte acknowledged of the other side, as in `Chunk`.
    frame_offset, end_offset : int
        Offsets of the frame's first byte, and of the byte behind it, in the sender's TCP stream;
        while the length is not known, a frame counts as the two bytes that every one has.
    wire_length : int
        Length of the whole frame, header included.
    in_frame : bool
        A frame has begun and is not whole.
    remaining : int
        Bytes of payload that the current frame still lacks; 0 while its length is not known.
    gap_in_frame : int
        Bytes of the current frame that the capture does not hold.
    """

    def __init__(self, side: int, sink: FrameSink) -> None:
        self.side = side
        self.sink = sink
        self.payload_to: PayloadSink | None = None
        self.lost = False
        self.opcode = 0
        self.fin = True
        self.rsv = 0
        self.masked = False
        self.payload_length = 0
        self.body = b""
        self.body_complete = True
        self.first_at = 0
        self.first_packet = 0
        self.time_ns = 0
        self.packet = 0
        self.acknowledged = -1
        self.frame_offset = 0
        self.end_offset = 0
        self.wire_length = 0
        self.in_frame = False
        self.remaining = 0
        self.gap_in_frame = 0

    def data(self, chunk: Chunk) -> None:
        """Take the next bytes."""
        raise NotImplementedError

    def gap(self, length: int) -> bool:
        """Take a gap; True when the decoder still knows where it stands.

        That is so inside a payload of known length; otherwise the next frame must be searched.
        """
        if not self.lost and self.in_frame and 0 < length <= self.remaining:
            self.remaining -= length
            self.gap_in_frame += length
            if self.payload_to is not None and self.opcode < 8:
                self.payload_to.missing(self, length)
            if self.remaining == 0:
                self.complete()
            return True
        self.lost = True
        return False

    def complete(self) -> None:
        """Hand a whole frame to the sink."""
        raise NotImplementedError

    def interrupted_close(self) -> bool:
        """Whether the frame that is not whole is certainly a close frame."""
        return False

    def may_be_close(self) -> bool:
        """Whether what there is of a frame could become a close frame, but need not."""
        return False

    def interrupted_body(self) -> bytes:
        """Return what the capture holds of the body of a frame that is not whole."""
        return self.body

    def resume(self) -> None:
        """Start again at a byte that is known to begin a frame."""
        self.lost = False
        self.in_frame = False
        self.remaining = 0

    def begin(self, chunk: Chunk, position: int) -> None:
        """Note where a frame's first byte passed."""
        self.in_frame = True
        self.frame_offset = chunk.offset + position - chunk.start
        self.end_offset = self.frame_offset + 2
        self.gap_in_frame = 0
        self.first_at = chunk.time_ns
        self.first_packet = chunk.packet
        self.time_ns = chunk.time_ns
        self.packet = chunk.packet
        self.acknowledged = chunk.acknowledged

    def touch(self, chunk: Chunk) -> None:
        """Note that a later packet brought more of the frame."""
        # A late segment may fill a hole: a frame is whole when its last byte has passed.
        if chunk.time_ns >= self.time_ns:
            self.time_ns = chunk.time_ns
            self.packet = chunk.packet
            self.acknowledged = chunk.acknowledged
