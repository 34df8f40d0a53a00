"""Step through the frames of one side (RFC 9113, section 4.1).

Bytes in; out come frame headers and, as the layer above chooses for each, its body as a whole, its
payload where it stands, or nothing. What is not asked for is passed over by its length.
"""

from __future__ import annotations

from analyzer.http2.registry import PREFACE
from analyzer.stream.layer import Chunk

# Where a reader stands.
_PREFACE = 0
_HEADER = 1
_BODY = 2
_PAYLOAD = 3
_REST = 4
_LOST = 5

# What `FrameReader.take` found.
NOTHING = 0  # the chunk is used up
HEADER = 1  # a frame's header: say what is wanted of it
BODY = 2  # a body that was asked for is whole, or as whole as it gets
PIECE = 3  # a piece of a payload that was asked for
END = 4  # a payload that was asked for is over
FOREIGN = 5  # this is not HTTP/2


class FrameReader:
    """Reads what one side sent.

    Parameters
    ----------
    preface : bool
        The client's preface comes first.
    known : int
        How many bytes of it have been seen.

    Attributes
    ----------
    type, flags, stream, length : int
        Of the frame that was begun last.
    body : bytes
        Of a frame that was asked for as a whole.
    broken : bool
        Bytes of that body are missing.
    misfit : bool
        The padding is longer than the frame that it stands in.
    uncertain : bool
        How much of a gap was payload is not known: how long the padding is stood in it.
    piece_start, piece_end : int
        Where a piece of payload stands in the chunk's buffer.
    position : int
        Offset behind what was read so far.
    started : bool
        A frame was begun.
    lost : bool
        Where the next frame begins is not known, and never will be.
    """

    def __init__(self, preface: bool = False, known: int = 0) -> None:
        self.state = _PREFACE if preface else _HEADER
        self.matched = known
        self.header = b""
        self.type = 0
        self.flags = 0
        self.stream = 0
        self.length = 0
        self.body = b""
        self.pieces: list[bytes] = []
        self.broken = False
        self.misfit = False
        self.uncertain = False
        self.piece_start = 0
        self.piece_end = 0
        self.position = 0
        self.started = False
        self.lost = False
        self.remaining = 0
        self.payload = 0
        self.pad_unknown = False

    def take(self, chunk: Chunk) -> int:
        """Consume from the front of `chunk`; return what was found, one of the constants."""
        while True:
            if self.state == 1:  # _HEADER
                return self.take_header(chunk)
            if self.state == 0 and not self.take_preface(chunk):  # _PREFACE
                return 5  # FOREIGN
            if self.state == 5:  # _LOST
                self.pass_over(chunk, chunk.end - chunk.start)
            elif self.state > 1:
                found = self.take_inside(chunk)
                if found:
                    return found
            # A frame without a body is whole at once.
            whole = 1 <= self.state <= 4 and self.remaining == 0
            if chunk.start == chunk.end and not whole:
                return 0

    def take_preface(self, chunk: Chunk) -> bool:
        """Compare with the preface; False where it differs."""
        length = min(len(PREFACE) - self.matched, chunk.end - chunk.start)
        part = chunk.buffer[chunk.start : chunk.start + length]
        if part != PREFACE[self.matched : self.matched + length]:
            return False
        self.matched += length
        self.pass_over(chunk, length)
        if self.matched == len(PREFACE):
            self.state = 1
        return True

    def pass_over(self, chunk: Chunk, length: int) -> None:
        """Take bytes off the front of a chunk."""
        chunk.advance(length)
        self.position = chunk.offset

    def take_header(self, chunk: Chunk) -> int:
        """Read a frame's header; until told otherwise, the frame is passed over."""
        have = len(self.header)
        length = min(9 - have, chunk.end - chunk.start)
        if length == 9:
            self.read_header(chunk.buffer, chunk.start)
            self.pass_over(chunk, 9)
            return 1
        # It comes in pieces.
        if length == 0:
            return 0
        header = self.header + chunk.buffer[chunk.start : chunk.start + length]
        self.pass_over(chunk, length)
        if have + length < 9:
            self.header = header
            return 0
        self.header = b""
        self.read_header(header, 0)
        return 1

    def read_header(self, header: bytes, start: int) -> None:
        """Read the nine bytes of a frame's header (RFC 9113, section 4.1)."""
        self.length = header[start] * 65536 + header[start + 1] * 256 + header[start + 2]
        self.type = header[start + 3]
        self.flags = header[start + 4]
        # The reserved bit is ignored when receiving.
        high = header[start + 5] & 0x7F
        low = header[start + 6] * 65536 + header[start + 7] * 256 + header[start + 8]
        self.stream = high * 16777216 + low
        self.remaining = self.length
        self.state = 4  # _REST

    def want_body(self) -> None:
        """Ask for the body of the frame that was begun, as a whole."""
        self.state = 2
        self.pieces = []
        self.broken = False

    def want_payload(self) -> None:
        """Ask for the payload of the DATA frame that was begun, piece by piece."""
        self.state = 3
        self.misfit = False
        self.pad_unknown = self.flags & 0x8 != 0  # PADDED
        self.payload = 0 if self.pad_unknown else self.remaining
        if self.pad_unknown and self.remaining == 0:
            self.pad_unknown = False
            self.misfit = True

    def take_inside(self, chunk: Chunk) -> int:
        """Take bytes of a frame, or its end; return what was found, 0 for nothing to tell."""
        if self.remaining == 0:
            return self.finish_frame()
        if chunk.start == chunk.end:
            return 0
        length = min(self.remaining, chunk.end - chunk.start)
        if self.state == 3:  # _PAYLOAD
            if self.pad_unknown:
                self.read_padding(chunk)
                return 0
            if self.payload > 0:
                length = min(length, self.payload)
                self.payload -= length
                self.remaining -= length
                self.piece_start = chunk.start
                self.piece_end = chunk.start + length
                self.pass_over(chunk, length)
                return 3  # PIECE
        elif self.state == 2:  # _BODY
            self.pieces.append(chunk.buffer[chunk.start : chunk.start + length])
        self.remaining -= length
        self.pass_over(chunk, length)
        return 0

    def read_padding(self, chunk: Chunk) -> None:
        """Read how much of the frame is padding (RFC 9113, section 6.1)."""
        padding = chunk.buffer[chunk.start]
        self.pass_over(chunk, 1)
        self.remaining -= 1
        self.pad_unknown = False
        self.misfit = padding > self.remaining
        self.payload = 0 if self.misfit else self.remaining - padding

    def finish_frame(self) -> int:
        """Go on to the next frame; return what this one was."""
        state = self.state
        self.state = 1
        self.started = True
        if state == 2:
            self.body = b"".join(self.pieces)
            self.pieces = []
            return 2  # BODY
        return 4 if state == 3 else 0  # END

    def gap(self, length: int) -> int:
        """Pass over bytes that the capture does not hold.

        Returns
        -------
        int
            How many of them, at most, were payload that was asked for. See `lost` as well.
        """
        self.position += length
        inside = min(length, self.remaining)
        payload = 0
        self.uncertain = False
        if self.state == 3:
            if self.pad_unknown:
                self.pad_unknown = False
                self.uncertain = True
                self.payload = 0
                payload = inside
            else:
                payload = min(inside, self.payload)
                self.payload -= payload
        elif self.state == 2:
            self.broken = True
        self.remaining -= inside
        if length > inside or length == 0:
            self.lose()
        return payload

    def lose(self) -> None:
        """Give up: where a frame begins cannot be found again with certainty."""
        self.state = 5
        self.lost = True
        self.remaining = 0
        self.pieces = []
