"""What messages come out as: one row for each, and what is gathered until it is whole."""

from __future__ import annotations

from array import array

from analyzer.websocket.columns import Columns
from analyzer.websocket.decoder import FrameDecoder
from analyzer.websocket.registry import Opcode

VALID, INVALID, UNKNOWN = 1, 0, -1


class MessageColumns(Columns):
    """Data messages, one row each, in the order they became whole; side and limit as in `Columns`.

    Attributes
    ----------
    opcode : array of uint8
        1 for text, 2 for binary; 0 where the capture does not hold the frame that would tell.
    flags : array of uint8
        Of the first frame, as in `FrameColumns`: FIN 128 says that it is the only one, RSV1 64 that
        it is compressed where such an extension was agreed on.
    frames : array of int64
        How many frames it came in.
    payload_length : array of int64
        Bytes of payload as sent.
    first_at, at : array of int64
        When its first byte and its last one passed, nanoseconds since the epoch.
    packet : array of int64
        The packet that brought the last byte.
    missing : array of int64
        Bytes of payload that the capture does not hold.
    payload : list of bytes
        What was said, unmasked and inflated: the first 64 KiB, or what stands before the first
        byte that is not known; empty where nothing is.
    size : array of int64
        Bytes of what was said, -1 where that is not known.
    valid : array of int8
        Of a text: 1 for UTF-8, 0 for bytes that are not; -1 for all other messages, and where it
        cannot be told.
    """

    NAMES = (
        "side",
        "opcode",
        "flags",
        "frames",
        "payload_length",
        "first_at",
        "at",
        "packet",
        "missing",
        "payload",
        "size",
        "valid",
    )

    def __init__(self, last: int | None = None) -> None:
        super().__init__(last)
        self.kept_bytes = 0
        self.opcode = array("B")
        self.flags = array("B")
        self.frames = array("q")
        self.payload_length = array("q")
        self.first_at = array("q")
        self.at = array("q")
        self.packet = array("q")
        self.missing = array("q")
        self.payload: list[bytes] = []
        self.size = array("q")
        self.valid = array("b")

    def append(self, side: int, message: Message) -> None:
        """Add a whole message."""
        self.side.append(side)
        self.opcode.append(message.opcode)
        self.flags.append(message.flags)
        self.frames.append(message.frames)
        self.payload_length.append(message.payload_length)
        self.first_at.append(message.first_at)
        self.at.append(message.at)
        self.packet.append(message.packet)
        self.missing.append(message.missing)
        self.payload.append(bytes(message.kept))
        self.size.append(message.size)
        self.valid.append(message.valid)
        self.kept_bytes += len(message.kept)
        self.let_go()

    def trim(self) -> None:
        """Let go of all rows but the last ones that were asked for."""
        super().trim()
        self.kept_bytes = sum(map(len, self.payload))


class Message:
    """A message in progress; attributes as in `MessageColumns`, and these.

    Attributes
    ----------
    known : bool
        All bytes so far are known.
    plain : bool
        None of its frames is compressed, or changed in ways that are not known.
    certain : bool
        What was said is certain, even where not all of it is known.
    said : int
        Bytes of what was said, as far as known.
    kept : bytearray
        The first of them.
    begun : bytes or None
        The beginning of a character of a text; None where it is no text, or not UTF-8.
    """

    def __init__(self, decoder: FrameDecoder) -> None:
        self.opcode = decoder.opcode
        self.flags = decoder.fin << 7 | decoder.rsv << 4 | decoder.masked
        self.frames = 0
        self.payload_length = 0
        self.first_at = self.at = decoder.first_at
        self.packet = decoder.first_packet
        self.missing = 0
        self.size = -1
        self.valid = UNKNOWN
        self.known = True
        self.plain = True
        self.certain = True
        self.said = 0
        self.kept = bytearray()
        self.begun = b"" if self.opcode == Opcode.TEXT else None

    def add(self, decoder: FrameDecoder) -> None:
        """Count a whole frame."""
        self.frames += 1
        self.payload_length += decoder.payload_length
        self.missing += decoder.gap_in_frame
        # A late segment may fill a hole: a message is whole when its last byte has passed.
        if decoder.time_ns >= self.at:
            self.at, self.packet = decoder.time_ns, decoder.packet

    def lose(self) -> None:
        """Take note that what follows is not known."""
        if self.known and not self.certain:
            self.kept.clear()
        self.known = False

    def settle(self) -> None:
        """Say how long it was, and whether it was text: it is whole."""
        if self.known:
            self.size = self.said
            self.valid = VALID if self.begun is not None else self.valid
        elif self.plain:
            self.size = self.payload_length
