"""Find a byte where a frame provably begins: after a gap, and in streams older than the capture.

Every candidate is followed frame by frame. What a random byte string would have to get right by
chance is counted in bits: a legal first byte, the mask bit, a length in its shortest form that ends
where a segment ends, text that is text, a close code that exists. A candidate that breaks a rule is
gone; one that has collected enough bits is believed, and the bits are reported with it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import log2

from analyzer.stream.layer import Chunk
from analyzer.websocket.hybi import header_size, unmask
from analyzer.websocket.registry import is_legal_close_code

OPCODES = frozenset({0, 1, 2, 8, 9, 10})
LARGEST_FRAME = 1 << 40
KEPT_BYTES = 256 * 1024
MAX_CANDIDATES = 64
# A candidate is a segment's first byte, and about one gap in a million may deceive.
AFTER_GAP_BITS = 18.0
# The same for a byte anywhere in a segment of a few thousand. It takes two frames in a row: inside
# a long text, an accented letter (0xC3 0x81) can look like the beginning of a text frame, and what
# stands behind it is text, too.
ANYWHERE_BITS = 34.0
ANYWHERE_FRAMES = 2
ANYWHERE_BYTES = 4096

# Floats: compiled, whole numbers would be divided as C does.
FIRST_BYTE_BITS = log2(256.0 / 13)
# Small numbers begin messages of many binary protocols.
FRAGMENT_BITS = 1.0
CONTROL_BITS = log2(256.0 / 3) + 1
SEGMENT_END_BITS = 6.0
EMPTY_CLOSE_BITS = 6.0
LONG_LENGTH_BITS = 24.0
CLOSE_CODE_BITS = log2(65536.0 / 2013)
TEXT_BYTE_BITS = log2(256.0 / 98)
TEXT_BYTES = 24
PRINTABLE = bytes([9, 10, 13, *range(0x20, 0x7F)])


class Candidate:
    """A byte that may begin a frame, and what speaks for it.

    Attributes
    ----------
    start, position : int
        Where it begins, and how far it was followed, in the finder's buffer.
    needed, bits : float
        Evidence that is asked for, and that was found.
    frames : int
        Whole frames from `start` to `position`.
    masked : int
        Whether they are masked; -1 while that is not known.
    fragmented : int
        Whether the next data frame continues a message; -1 while that is not known.
    close_code : int
        Of a Close among the frames: 0 for one without a code; -1 for no Close.
    header : bytes
        Of the latest frame that was masked, with the key.
    extended : int
        Frames whose length takes 16 or 64 bits and ends where a segment does.
    """

    def __init__(self, start: int, needed: float, masked: int = -1) -> None:
        self.start = start
        self.position = start
        self.needed = needed
        self.bits = 0.0
        self.frames = 0
        self.masked = masked
        self.fragmented = -1
        self.close_code = -1
        self.header = b""
        self.extended = 0

    def enough(self, tried: int) -> bool:
        """Whether the evidence is believed, being the best of so many candidates."""
        least = ANYWHERE_FRAMES if self.needed == ANYWHERE_BITS else 1
        return self.bits - log2(max(tried, 1)) >= self.needed and self.frames >= least


class FrameFinder:
    """Follows candidates in the bytes of one side.

    Parameters
    ----------
    masked : int
        1 where frames must be masked, 0 where they must not, -1 where either may be.
    anywhere : bool
        Try every byte, not only those that begin a segment.
    needed : float
        Bits of evidence from which a segment's first byte is believed.

    Attributes
    ----------
    best : Candidate or None
        The one with the most evidence so far.
    discarded : bool
        Bytes were passed over.
    tried : int
        Segments whose first byte was a candidate: the more there were, the less one of them proves.
    """

    def __init__(
        self, masked: int = -1, *, anywhere: bool = False, needed: float = AFTER_GAP_BITS
    ) -> None:
        self._masked = masked
        self._anywhere = anywhere
        self._needed = needed
        self._buffer = bytearray()
        self._chunks: list[tuple[int, Chunk]] = []
        self._ends: list[int] = []
        self._candidates: list[Candidate] = []
        self.best: Candidate | None = None
        self.discarded = False
        self.tried = 0

    def gap(self, length: int = 0) -> bool:
        """Take a gap; True if it completes a candidate that has enough evidence.

        A packet that was cut by a snap length often holds the beginning of one frame, and the gap
        behind it is just what this frame lacks. Otherwise all candidates are forgotten.
        """
        whole = [one for one in self._candidates if length and self._ends_with_gap(one, length)]
        self.best = strongest(whole)
        if self.best is not None and self.best.enough(self.tried):
            return True
        self._forget()
        return False

    def _ends_with_gap(self, one: Candidate, length: int) -> bool:
        end = len(self._buffer)
        if one.position + 2 > end:
            return False
        size = header_size(bytes(self._buffer[one.position : one.position + 2]), 0, 2)
        body = one.position + size
        if body > end or not self._legal_start(one):
            return False
        payload_length = self._length(one.position)
        if payload_length < 0 or body + payload_length != end + length:
            return False
        self._ends.append(end + length)
        bits = self._evidence(one, body, end + length - body)
        one.bits += max(bits, 0)
        one.frames += 1
        return bits >= 0

    def _forget(self) -> None:
        self.discarded = True
        self._buffer.clear()
        self._chunks.clear()
        self._ends.clear()
        self._candidates.clear()
        self.best = None

    def data(self, chunk: Chunk) -> bool:
        """Take the next bytes; True once a candidate has enough evidence."""
        length = chunk.end - chunk.start
        begin = len(self._buffer)
        if begin + length > KEPT_BYTES:
            self._forget()
            begin = 0
        if not self._candidates and not self._plausible(chunk):
            self._forget()
            return False
        self._buffer += chunk.buffer[chunk.start : chunk.end]
        self._chunks.append((begin, chunk.copy()))
        self._ends.append(len(self._buffer))
        self._add_candidates(begin)
        self._candidates = [one for one in self._candidates if self._follow(one)]
        self.best = strongest(self._candidates)
        return self.best is not None and self.best.enough(self.tried)

    def _plausible(self, chunk: Chunk) -> bool:
        return self._anywhere or (
            chunk.buffer[chunk.start] & 0x0F in OPCODES and chunk.buffer[chunk.start] & 0x30 == 0
        )

    def _add_candidates(self, begin: int) -> None:
        room = MAX_CANDIDATES - len(self._candidates)
        self.tried += 1
        if room > 0:
            self._candidates.append(Candidate(begin, self._needed, self._masked))
        if not self._anywhere:
            return
        for start in range(begin + 1, min(len(self._buffer), begin + ANYWHERE_BYTES)):
            if room <= 1:
                return
            if not self._may_be_whole(start):
                continue
            one = Candidate(start, ANYWHERE_BITS, self._masked)
            if self._follow(one) and one.frames:
                self._candidates.append(one)
                room -= 1

    def _may_be_whole(self, start: int) -> bool:
        """Whether a frame may begin here that ends within the bytes: few of all bytes look so."""
        buffer, left = self._buffer, len(self._buffer) - start
        if left < 2:
            return False
        first, second = buffer[start], buffer[start + 1]
        if first & 0x30 or (first & 15 > 2 and first & 0xCF not in (0x88, 0x89, 0x8A)):
            return False
        if self._masked >= 0 and self._masked != second >> 7:
            return False
        length = second & 0x7F
        if length == 126:
            if left < 4:
                return False
            length = buffer[start + 2] << 8 | buffer[start + 3]
        elif length == 127:
            # No place here has room for more than 32 bits.
            return left >= 10 and buffer[start + 2 : start + 6] == b"\0\0\0\0"
        return 2 + length <= left

    def _follow(self, one: Candidate) -> bool:
        """Go on as far as the bytes reach; False when a rule is broken."""
        buffer, end = self._buffer, len(self._buffer)
        while one.position + 2 <= end:
            size = header_size(bytes(buffer[one.position : one.position + 2]), 0, 2)
            if one.position + size > end:
                return self._legal_start(one)
            length = self._length(one.position)
            if not self._legal_start(one) or length < 0:
                return False
            body = one.position + size
            if body + length > end:
                return True
            bits = self._evidence(one, body, length)
            if bits < 0:
                return False
            one.bits += bits
            one.frames += 1
            one.position = body + length
        return True

    def _legal_start(self, one: Candidate) -> bool:
        first, second = self._buffer[one.position], self._buffer[one.position + 1]
        opcode = first & 15
        if opcode not in OPCODES or first & 0x30:
            return False
        if one.masked >= 0 and one.masked != second >> 7:
            return False
        if opcode >= 8:
            return bool(first & 0xC0 == 0x80 and second & 0x7F <= 125)
        if first & 0x40 and opcode == 0:
            return False
        return one.fragmented < 0 or (opcode == 0) == (one.fragmented == 1)

    def _length(self, position: int) -> int:
        short = self._buffer[position + 1] & 0x7F
        if short < 126:
            return short
        width = 2 if short == 126 else 8
        length = int.from_bytes(self._buffer[position + 2 : position + 2 + width], "big")
        least = 126 if short == 126 else 65536
        return length if least <= length < LARGEST_FRAME else -1

    def _evidence(  # noqa: C901, PLR0911 - one line per rule, in the order of the frame's fields
        self, one: Candidate, body: int, length: int
    ) -> float:
        """Weigh a whole frame, and take note of what it says of the next; -1 breaks a rule."""
        first, second = self._buffer[one.position], self._buffer[one.position + 1]
        opcode, fin = first & 15, first & 0x80 != 0
        bits = CONTROL_BITS if opcode >= 8 else FIRST_BYTE_BITS
        if one.masked >= 0:
            bits += 1
        one.masked = second >> 7
        if first == 0 and length == 0:
            return -1  # zeros are everywhere; an empty fragment that is not the last is nowhere
        if opcode < 8:
            one.fragmented = 0 if fin else 1
        at_end = self._ends_with_segment(body + length)
        if not fin or opcode == 0:
            # "00 1D" also begins what other protocols give a length of two bytes, such as DNS, and
            # there, too, the length ends with the segment.
            return FRAGMENT_BITS
        if second & 0x7F == 127:
            bits += LONG_LENGTH_BITS
        if at_end:
            bits += self._segment_end_bits(one.position, body + length)
            one.extended += second & 0x7F >= 126
        payload = bytes(self._buffer[body : body + min(length, 256)])
        here = body + length <= len(self._buffer)
        if one.masked:
            key = bytes(self._buffer[body - 4 : body])
            if key == bytes([first] * 4) or key[2:] == bytes([first, second]):
                return -1  # one byte over and over, or words that count
            # A key is "unpredictable" (section 5.3), though some clients have only one: the same
            # key and length again may be a pattern of something else, and prove nothing.
            before, one.header = one.header, bytes(self._buffer[one.position : body])
            if before == one.header and opcode != 8:
                return 0.0
            payload = unmask(key, payload)
        if opcode == 8:
            one.close_code = int.from_bytes(payload[:2], "big") if length > 1 else 0
            return _close_bits(bits, payload, length, here)
        if opcode == 1 and not first & 0x40:
            return _text_bits(bits, payload, length <= 256 and here)
        return bits

    def _ends_with_segment(self, end: int) -> bool:
        place = bisect_left(self._ends, end)
        return place < len(self._ends) and self._ends[place] == end

    def _segment_end_bits(self, start: int, end: int) -> float:
        """Weigh that a frame ends where a segment does: little where nearly every byte does."""
        segments = bisect_left(self._ends, end) - bisect_right(self._ends, start) + 1
        return (
            SEGMENT_END_BITS
            if segments == 1
            else min(SEGMENT_END_BITS, log2(float(end - start) / segments))
        )

    def finish(self) -> bool:
        """Nothing follows; True if that is the evidence that was lacking, which it never is."""
        return False

    def kept(self) -> list[Chunk]:
        """Return the bytes that are being looked at."""
        return [chunk for _, chunk in self._chunks]

    def take(self) -> list[Chunk]:
        """Return the bytes from the best candidate on, and forget the rest."""
        found: list[Chunk] = []
        if self.best is not None:
            for begin, chunk in self._chunks:
                skip = max(self.best.start - begin, 0)
                if skip < chunk.end - chunk.start:
                    chunk.advance(skip)
                    found.append(chunk)
        self._forget()
        return found


def strongest(candidates: list[Candidate]) -> Candidate | None:
    """Return the one that has most of the evidence that it needs; of equals the first."""
    best: Candidate | None = None
    for one in candidates:
        if best is None or one.bits - one.needed > best.bits - best.needed:
            best = one
    return best


def _close_bits(bits: float, body: bytes, length: int, whole: bool) -> float:
    if length == 0:
        return bits + EMPTY_CLOSE_BITS
    if len(body) < 2:
        return bits  # one byte is against the rules, but is sent
    code = int.from_bytes(body[:2], "big")
    if not is_legal_close_code(code) and not 1004 <= code <= 1015:
        return -1
    return _text_bits(bits + CLOSE_CODE_BITS, body[2:], whole)


def _text_bits(bits: float, payload: bytes, whole: bool) -> float:
    if whole:
        try:
            payload.decode("utf-8")
        except UnicodeDecodeError:
            return -1
    head = payload[:TEXT_BYTES]
    printable = len(head) - len(head.translate(None, PRINTABLE))
    return bits + printable * TEXT_BYTE_BITS
