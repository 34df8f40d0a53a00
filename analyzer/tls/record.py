"""The record layer (RFC 5246 and RFC 8446, section 5): chunks of one side in, records out.

Records are found in any segmentation. Behind a gap the reader goes on where the next record begins,
if the gap ends inside a record whose header was seen; otherwise it looks for a header.
"""

from __future__ import annotations

import re

from analyzer.stream.layer import Chunk
from analyzer.tls.protection import part

CHANGE_CIPHER_SPEC = 20
ALERT = 21
HANDSHAKE = 22
APPLICATION_DATA = 23
HEARTBEAT = 24

HEADER = 5
# "MUST NOT exceed 2^14 + 2048" (RFC 5246, section 6.2.3); TLS 1.3 allows less.
LONGEST_RECORD = (1 << 14) + 2048

# Content type and version, with room for a length behind them.
_SIGN = re.compile(rb"[\x14-\x18]\x03[\x00-\x04](?=..)", re.DOTALL)


def is_header(kind: int, major: int, minor: int, length: int) -> bool:
    """Whether a record may begin with these."""
    # As numbers, since this is asked of each record: application data is 23, and 18432 is
    # LONGEST_RECORD.
    if kind < 20 or kind > 24 or major != 3 or minor > 4 or length > 18432:
        return False
    # "Zero-length fragments of Application data MAY be sent", and of nothing else.
    return length > 0 or kind == 23


def may_begin(data: bytes) -> bool | None:
    """Whether TLS may begin with these bytes: a handshake record; None while they are too few."""
    if data[:1] and data[0] != HANDSHAKE:
        return False
    if data[1:2] and data[1] != 3:
        return False
    if len(data) < HEADER:
        return None
    return is_header(data[0], data[1], data[2], data[3] << 8 | data[4])


def may_go_on(data: bytes) -> bool | None:
    """Whether TLS may go on with these bytes, in a stream whose beginning was not captured.

    Other protocols must not look like it: SSL 3.0 and heartbeats, which nobody sends, do not count.
    """
    if data[:1] and not CHANGE_CIPHER_SPEC <= data[0] <= APPLICATION_DATA:
        return False
    if (data[1:2] and data[1] != 3) or (data[2:3] and not 1 <= data[2] <= 3):
        return False
    if len(data) < HEADER:
        return None
    return is_header(data[0], data[1], data[2], data[3] << 8 | data[4])


class RecordReader:
    """Reads what one side sent, record by record.

    Attributes
    ----------
    kind : int
        Content type of the record that `take` found.
    header, body : bytes
        Its five bytes, and what follows; an empty body where bytes are missing.
    length : int
        Of the body, as the header says.
    missing : int
        How many of its bytes the capture does not hold.
    skipped : int
        Bytes between the end of the record before and this one, when the place had been lost.
    position : int
        Offset in the sender's TCP stream up to which bytes, or gaps, were taken.
    lost : bool
        It is not known where the next record begins.
    foreign : bool
        The first bytes are no record: this is not TLS.
    """

    def __init__(self) -> None:
        self.kind = 0
        self.header = b""
        self.body = b""
        self.length = 0
        self.missing = 0
        self.skipped = 0
        self.position = 0
        self.lost = False
        self.foreign = False
        self._begun = False
        self._known = 0  # offset up to which records were followed
        self._partial = b""  # of a header
        self._pieces: list[bytes] | None = None  # of a body
        self._needed = -1  # bytes that the body lacks; -1 between records

    @property
    def inside(self) -> bool:
        """Whether a record has begun and is not whole."""
        return self._needed >= 0 or bool(self._partial)

    def take(self, chunk: Chunk) -> bool:
        """Consume from the front of `chunk` up to the end of the next record.

        Returns
        -------
        bool
            False when the chunk is used up, or the stream is `foreign`.
        """
        if not self._begun:
            self._begun = True
            self._known = chunk.offset
        if self._needed < 0 and not self._header(chunk):
            return False
        start = chunk.start
        available = chunk.end - start
        needed = self._needed
        if available < needed:
            if available:
                if self._pieces is None:
                    self._pieces = []
                self._pieces.append(chunk.buffer[start : chunk.end])
                self._needed = needed - available
                chunk.advance(available)
            self.position = chunk.offset
            return False
        body = part(chunk.buffer, start, start + needed)
        chunk.advance(needed)
        if self._pieces is not None:
            self._pieces.append(body)
            body = b"".join(self._pieces)
            self._pieces = None
        self._finish(chunk.offset, body)
        return True

    def let_go(self) -> None:
        """Forget the bytes of the record.

        Memory that is given back at once is used again while it is in the processor's cache.
        """
        self.header = self.body = b""

    def _finish(self, position: int, body: bytes) -> None:
        self.body = b"" if self.missing else body
        self._needed = -1
        self.position = self._known = position

    def _header(self, chunk: Chunk) -> bool:
        """Read the header of the next record; False when it is not whole yet, or is none."""
        if self.lost and not self._seek(chunk):
            return False
        start = chunk.start
        had = len(self._partial)
        take = 5 - had  # HEADER
        take = min(take, chunk.end - start)
        header = part(chunk.buffer, start, start + take)
        if had or take < 5:
            header = self._partial + header
            self._partial = b""
            if had + take < 5:
                self._partial = header
                chunk.advance(take)
                self.position = chunk.offset
                return False
        length = header[3] << 8 | header[4]
        if not is_header(header[0], header[1], header[2], length):
            return self._stumble(chunk)
        chunk.advance(take)
        self.kind = header[0]
        self.header = header
        self.length = length
        self.missing = 0
        self.skipped = chunk.offset - 5 - self._known
        self._needed = length
        return True

    def _stumble(self, chunk: Chunk) -> bool:
        """Get on where a header should be, and none is."""
        self.foreign = not self.kind  # no header was found yet
        self.lost = True
        return not self.foreign and self._header(chunk)

    def _seek(self, chunk: Chunk) -> bool:
        """Advance to the next header in a chunk, or to its end."""
        end = chunk.end
        for found in _SIGN.finditer(chunk.buffer, chunk.start, end):
            if _leads_on(chunk.buffer, found.start(), end):
                self.lost = False
                chunk.advance(found.start() - chunk.start)
                return True
        chunk.advance(end - chunk.start)
        self.position = chunk.offset
        return False

    def gap(self, length: int) -> bool:
        """Pass over bytes that the capture does not hold.

        Returns
        -------
        bool
            True if this completes a record; its body is not known.
        """
        self.position += length
        self._begun = True
        if self.lost or length <= 0:
            return False
        if self._partial or self._needed < length:
            # What had begun of a record is lost with the gap, and where the next one begins.
            self._pieces = None
            self._partial = b""
            self._needed = -1
            self.lost = True
            return False
        self.missing += length
        self._needed -= length
        if self._needed:
            return False
        self._pieces = None
        self._finish(self.position, b"")
        return True


def _leads_on(buffer: bytes, at: int, end: int) -> bool:
    """Whether a header stands here, and one behind each record that ends in the same chunk."""
    while at < end:
        if at + HEADER > end:
            return 20 <= buffer[at] <= 24
        length = buffer[at + 3] << 8 | buffer[at + 4]
        if not is_header(buffer[at], buffer[at + 1], buffer[at + 2], length):
            return False
        at += HEADER + length
    return True
