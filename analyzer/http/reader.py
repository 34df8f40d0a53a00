"""Step through the HTTP/1.x messages of one side: heads are read, bodies are skipped."""

from __future__ import annotations

from analyzer.http.message import (
    MAX_HEAD,
    Head,
    body_framing,
    head_length,
    head_of,
    looks_like_head,
    may_begin_message,
    parse_cut_head,
)
from analyzer.stream.layer import Chunk

START = 0  # a message begins here
HEAD = 1  # inside a head
CHALLENGE = 2  # behind a hixie-76 head, inside its 8 or 16 bytes
LENGTH = 3  # inside a body, or a chunk, of known length
CHUNK_LINE = 4  # before a chunk's size
TRAILER = 5  # behind the last chunk
UNTIL_CLOSE = 6  # inside a body that the end of the connection delimits
SEEK = 7  # lost: a message may begin with any chunk
FOREIGN = 8  # this is not HTTP/1.x

MAX_LINE = 8192
# What follows a head, by the word of `body_framing`.
BEHIND = {"none": START, "length": LENGTH, "chunked": CHUNK_LINE, "close": UNTIL_CLOSE}


class MessageReader:
    """Reads what one side sent.

    Attributes
    ----------
    state : int
        One of the constants of this module.
    request_method : str
        Method of the request that the next response answers: HEAD has no body.
    expects_challenge : bool
        The request carried ``Sec-WebSocket-Key1``: 16 bytes follow a 101.
    lost : bool
        It is not known that a message begins where one is looked for.
    """

    def __init__(self, state: int = START) -> None:
        self.state = state
        self.request_method = ""
        self.expects_challenge = False
        self.lost = state == SEEK
        self.buffer = bytearray()
        self.told = False  # the first line in the buffer is whole, and one of HTTP
        self.remaining = 0
        self.head: Head | None = None
        self.after_chunk = START
        self.first_at = 0
        self.first_packet = 0

    def take(self, chunk: Chunk) -> Head | None:
        """Consume from the front of `chunk` up to the end of the next head.

        Returns
        -------
        Head or None
            None when the chunk is used up, or the state is `FOREIGN`.
        """
        while chunk.start < chunk.end and self.state != 8:  # FOREIGN
            if self.state >= 3:
                self.skip(chunk)
                continue
            head: Head | None = self.find_head(chunk)
            if head is not None:
                return head
        return None

    def skip(self, chunk: Chunk) -> None:
        """Pass over bytes of a body."""
        state = self.state
        if state == 3:  # LENGTH
            length = min(chunk.end - chunk.start, self.remaining)
            chunk.advance(length)
            self.remaining -= length
            if self.remaining == 0:
                self.state = self.after_chunk
        elif state == 7:  # SEEK
            if may_begin_message(chunk.buffer[chunk.start : chunk.end].decode("latin-1")):
                self.state = 0
            else:
                chunk.advance(chunk.end - chunk.start)
        elif state == 6:  # UNTIL_CLOSE
            chunk.advance(chunk.end - chunk.start)
        else:
            self.chunk_line(chunk)

    def find_head(self, chunk: Chunk) -> Head | None:
        """Collect a head; what stands behind it stays in the chunk."""
        if self.state == 2:  # CHALLENGE
            return self.collect(chunk)
        if self.state == 0 and not self.begin(chunk):  # START
            return None
        before = len(self.buffer)
        stop = min(chunk.end, chunk.start + MAX_HEAD)
        text = chunk.buffer[chunk.start : stop].decode("latin-1")
        known = 0  # bytes in front of the text
        if before:
            self.buffer += chunk.buffer[chunk.start : stop]
            known = max(before - 2, 0) if self.told else 0
            text = self.buffer[known:].decode("latin-1")
        length = head_length(text, before - known)
        too_long = not length and known + len(text) > MAX_HEAD
        if too_long or (not self.told and looks_like_head(text) is False):
            self.miss(chunk, before)
            return None
        if not length:
            if not before:
                self.buffer += chunk.buffer[chunk.start : stop]
            self.told = self.told or text.find("\n") >= 0
            chunk.advance(stop - chunk.start)
            return None
        chunk.advance(known + length - before)
        if known:
            text, length = self.buffer.decode("latin-1"), known + length
        head = head_of(text[:length])
        head.first_at, head.first_packet = self.first_at, self.first_packet
        head.at, head.packet = chunk.time_ns, chunk.packet
        self.head = head
        self.lost = False
        self.remaining = challenge_length(head, self.expects_challenge)
        if self.remaining:
            self.state = 2  # CHALLENGE
            return self.collect(chunk)
        self.follow(head)
        return head

    def begin(self, chunk: Chunk) -> bool:
        """Begin a head, behind empty lines, which are to be ignored (RFC 9112, section 2.2)."""
        while chunk.start < chunk.end and chunk.buffer[chunk.start] in {10, 13}:
            chunk.advance(1)
        if chunk.start == chunk.end:
            return False
        self.state = 1
        if self.buffer:
            self.buffer.clear()
        self.told = False
        self.first_at = chunk.time_ns
        self.first_packet = chunk.packet
        return True

    def miss(self, chunk: Chunk, before: int) -> None:
        """Take note that this is no head; where none was certain, one may begin further on."""
        if not self.lost:
            self.state = 8  # FOREIGN
            return
        self.state = 7  # SEEK
        self.buffer.clear()
        if before == 0:
            chunk.advance(chunk.end - chunk.start)

    def collect(self, chunk: Chunk) -> Head | None:
        """Collect the bytes that belong to a hixie-76 handshake."""
        length = min(self.remaining, chunk.end - chunk.start)
        head: Head | None = self.head
        if head is None:  # never in this state; the checker does not know
            return None
        head.challenge += chunk.buffer[chunk.start : chunk.start + length]
        head.at, head.packet = chunk.time_ns, chunk.packet
        chunk.advance(length)
        self.remaining -= length
        if self.remaining:
            return None
        self.state = 0
        return head

    def follow(self, head: Head) -> None:
        """Choose how the body behind a head is skipped."""
        framing, length = body_framing(head, self.request_method)
        self.remaining = length
        self.after_chunk = START
        self.state = BEHIND[framing]
        if self.buffer:
            self.buffer.clear()

    def chunk_line(self, chunk: Chunk) -> None:
        """Read a line of the chunked coding (RFC 9112, section 7.1)."""
        end = chunk.buffer.find(b"\n", chunk.start, chunk.end)
        stop = chunk.end if end < 0 else end + 1
        self.buffer += chunk.buffer[chunk.start : stop]
        chunk.advance(stop - chunk.start)
        if len(self.buffer) > MAX_LINE:
            self.state = 8  # FOREIGN
            return
        if end < 0:
            return
        line = bytes(self.buffer).strip()
        self.buffer.clear()
        if self.state == 5:  # TRAILER
            if not line:
                self.state = 0
            return
        size = chunk_size(line)
        if size < 0:
            self.state = 8  # FOREIGN
        elif size == 0:
            self.state = 5
        else:
            self.remaining = size + 2  # the CRLF behind the chunk
            self.after_chunk = 4
            self.state = 3

    def cut_head(self, time_ns: int, packet: int) -> Head | None:
        """Return what there is of a head that a gap interrupts, if it says anything."""
        if self.state == 2:  # CHALLENGE
            head: Head | None = self.head
            if head is not None:
                head.cut = True
            return head
        if self.state != 1:  # HEAD
            return None
        head = parse_cut_head(bytes(self.buffer))
        if head is not None:
            head.first_at, head.first_packet = self.first_at, self.first_packet
            head.at, head.packet = time_ns or self.first_at, packet or self.first_packet
        return head

    def gap(self, length: int) -> bool:
        """Pass over bytes that the capture does not hold; False when the place is lost."""
        if self.state == 6:  # UNTIL_CLOSE
            return True
        if self.state == 3 and length <= self.remaining:
            self.remaining -= length
            if self.remaining == 0:
                self.state = self.after_chunk
            return True
        self.state = 7  # SEEK
        self.lost = True
        self.buffer.clear()
        return False


def chunk_size(line: bytes) -> int:
    """Return the size that a line of the chunked coding tells; -1 where it makes no sense."""
    digits = line.split(b";", 1)[0].strip()
    # Neither signs nor underscores, which int() would take, and nothing beyond 60 bits.
    if not digits or digits.strip(b"0123456789abcdefABCDEF") or len(digits.lstrip(b"0")) > 15:
        return -1
    return int(digits, 16)


def challenge_length(head: Head, expected: bool) -> int:
    """Return how many bytes behind a head belong to a hixie-76 handshake.

    draft-hixie-thewebsocketprotocol-76, section 1.3: 8 bytes behind the client's fields and 16
    behind the server's, without a Content-Length.
    """
    if not head.is_response:
        return 8 if head.get("sec-websocket-key1") is not None else 0
    if head.status != 101 or head.get("sec-websocket-accept") is not None:
        return 0
    return 16 if expected or head.get("sec-websocket-location") is not None else 0
