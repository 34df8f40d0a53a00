"""One direction of a TCP stream: segments in any order in, bytes in order out.

In-order bytes are handed on where they stand; only what arrived early is kept until its turn. What
the capture does not hold becomes a gap with its length, as soon as the other side acknowledges it or
the stream ends: never zeros, never silence. Where copies of the same bytes differ, the first that
could be handed on counts.
"""

from __future__ import annotations

from bisect import bisect_right

from analyzer.packet.segment import SYN, Segment
from analyzer.stream.layer import Chunk, Stack
from analyzer.stream.recent import RecentPackets
from analyzer.stream.sequence import distance, wrap

# An acknowledgment may be captured a little before what it acknowledges (several capture queues).
HOLE_GRACE_NS = 100_000_000
# What one direction may keep for later: an eternal hole must not fill the memory.
PENDING_BYTES = 4 * 1024 * 1024
PENDING_CHUNKS = 8192


class ByteStream:
    """The bytes that one side sent (RFC 9293, section 3.4), with what is known of their end.

    Offsets count the bytes of this direction from the first one after the SYN, or from the first
    one that the capture knows of. Times are nanoseconds since the epoch, 0 for "not seen"; packets
    are numbers from 1.

    Attributes
    ----------
    next : int
        Offset up to which bytes, or gaps, have been handed on.
    acknowledged : int
        Offset up to which the other side acknowledged, its FIN counted as one.
    fin_at, fin_packet, fin_offset, fin_acknowledged : int
        The first FIN: when, where, behind how many bytes, and what it acknowledged of the other
        side (-1 unknown).
    rst_at, rst_packet : int
        The first RST that the receiver would accept.
    retransmitted_segments : int
        Segments whose bytes the capture already held; packets captured twice are not counted.
    missing_bytes : int
        Bytes that were sent but are not in the capture.
    unanswered, unanswered_since : int
        Repeated segments and probes since the other side was last heard, and when the first was.
    overflowed : bool
        The bound on what is kept for later was reached.
    fin_hidden : bool
        One sequence number more was acknowledged than bytes were seen: a FIN, most likely.
    """

    def __init__(self, direction: int, stack: Stack, recent: RecentPackets, chunk: Chunk) -> None:
        self.direction = direction
        self.stack = stack
        self.recent = recent
        self.chunk = chunk
        self.based = False
        self.next_sequence = 0
        self.next = 0
        self.acknowledged = 0
        self.acknowledgment_seen = False
        self.pending: list[Chunk] = []
        self.pending_bytes = 0
        self.hole_acknowledged_at = 0
        self.syn_at = 0
        self.syn_acknowledges = False
        self.window_scale = -1
        self.window = 0
        self.fin_at = 0
        self.fin_packet = 0
        self.fin_offset = -1
        self.fin_acknowledged = -1
        self.rst_at = 0
        self.rst_packet = 0
        self.last_at = 0
        self.last_payload_at = 0
        self.packets = 0
        self.retransmitted_segments = 0
        self.keepalives = 0
        self.missing_bytes = 0
        self.unanswered = 0
        self.unanswered_since = 0
        self.end_delivered = False
        self.overflowed = False
        self.fin_hidden = False

    def start_at(self, sequence: int) -> None:
        """Let offset 0 be the byte with this sequence number."""
        self.based = True
        self.next_sequence = sequence

    def acknowledge(self, acknowledgment: int, time_ns: int) -> int:
        """Take what the other side acknowledged; return it as an offset."""
        if not self.based:
            self.start_at(acknowledgment)
        position = self.next + distance(self.next_sequence, acknowledgment)
        self.acknowledgment_seen = True
        if position > self.acknowledged:
            self.acknowledged = position
        if self.pending and self.acknowledged > self.next:
            if self.hole_acknowledged_at == 0:
                self.hole_acknowledged_at = time_ns
            elif time_ns - self.hole_acknowledged_at > 100_000_000:  # HOLE_GRACE_NS
                self.fill_hole()
        return position

    def payload(self, segment: Segment, acknowledged: int) -> None:
        """Take a segment that carries bytes; `acknowledged` as in `Chunk`."""
        sequence = segment.sequence
        if segment.flags & 0x02:  # SYN takes a sequence number of its own, before the data
            sequence = wrap(sequence + 1)
        if not self.based:
            self.start_at(sequence)
        length = segment.end - segment.start + segment.missing
        offset = self.next + distance(self.next_sequence, sequence)
        stop = offset + length
        self.last_payload_at = segment.time_ns
        if offset == self.next:
            self.recent.add(segment.fingerprint, segment.time_ns)
            self.deliver_segment(segment, offset, acknowledged)
        elif stop <= self.next:
            self.seen_before(segment, offset, length)
        elif offset < self.next:
            self.recent.add(segment.fingerprint, segment.time_ns)
            self.deliver_segment(segment, offset, acknowledged)
        else:
            self.keep(segment, offset, acknowledged)

    def deliver_segment(self, segment: Segment, offset: int, acknowledged: int) -> None:
        """Hand on what is new of a segment, then what waited for it."""
        chunk = self.chunk
        chunk.buffer = segment.buffer
        chunk.start = segment.start + (self.next - offset)
        chunk.end = segment.end
        chunk.time_ns = segment.time_ns
        chunk.packet = segment.packet
        chunk.offset = self.next
        chunk.acknowledged = acknowledged
        if chunk.start < chunk.end:
            self.deliver(chunk)
        if segment.missing > 0:
            self.skip(
                offset + (segment.end - segment.start) + segment.missing - self.next,
                segment.time_ns,
                segment.packet,
            )
        if self.pending:
            self.drain()
        elif self.next == self.fin_offset:
            self.close_if_complete()

    def deliver(self, chunk: Chunk) -> None:
        """Hand on a chunk that begins at `next`."""
        length = chunk.end - chunk.start
        self.next += length
        self.next_sequence = wrap(self.next_sequence + length)
        top = self.stack.top
        if top is not None:
            top.data(self.direction ^ self.stack.flipped, chunk)

    def seen_before(self, segment: Segment, offset: int, length: int) -> None:
        """Count a segment that brings nothing new."""
        if self.recent.seen(segment.fingerprint, segment.time_ns):
            return
        self.recent.add(segment.fingerprint, segment.time_ns)
        # A keep-alive probe repeats the last byte, or none (RFC 9293, section 3.8.4).
        if length <= 1 and offset == self.next - 1:
            self.keepalives += 1
        else:
            self.retransmitted_segments += 1
        self.note_unanswered(segment.time_ns)

    def note_unanswered(self, time_ns: int) -> None:
        """Count a segment that asks the other side for an answer once more."""
        if self.unanswered == 0:
            self.unanswered_since = time_ns
        self.unanswered += 1

    def keep(self, segment: Segment, offset: int, acknowledged: int) -> None:
        """Keep a segment that arrived before its turn."""
        position = bisect_right(self.pending, offset, key=_offset)
        length = segment.end - segment.start
        if position and self.pending[position - 1].offset == offset:
            before = self.pending[position - 1]
            if before.end - before.start >= length:
                self.seen_before(segment, offset, length)
                return
        self.recent.add(segment.fingerprint, segment.time_ns)
        chunk = Chunk()
        chunk.buffer = segment.buffer[segment.start : segment.end]
        chunk.end = length
        chunk.time_ns = segment.time_ns
        chunk.packet = segment.packet
        chunk.offset = offset
        chunk.acknowledged = acknowledged
        self.pending.insert(position, chunk)
        self.pending_bytes += length
        while self.pending_bytes > PENDING_BYTES or len(self.pending) > PENDING_CHUNKS:
            self.overflowed = True
            self.fill_hole()

    def drain(self) -> None:
        """Hand on what was kept and is due by now."""
        taken = 0
        while taken < len(self.pending):
            chunk = self.pending[taken]
            if chunk.offset > self.next:
                break
            taken += 1
            self.pending_bytes -= chunk.end - chunk.start
            chunk.start += self.next - chunk.offset
            if chunk.start < chunk.end:
                chunk.offset = self.next
                self.deliver(chunk)
        if taken:
            del self.pending[:taken]
            self.hole_acknowledged_at = 0
        self.close_if_complete()

    def skip(self, length: int, time_ns: int, packet: int) -> None:
        """Hand on a gap."""
        if length <= 0:
            return
        self.next += length
        self.next_sequence = wrap(self.next_sequence + length)
        self.missing_bytes += length
        top = self.stack.top
        if top is not None:
            top.gap(self.direction ^ self.stack.flipped, length, time_ns, packet)

    def fill_hole(self) -> None:
        """Give up on the bytes before what was kept."""
        chunk = self.pending[0]
        self.skip(chunk.offset - self.next, chunk.time_ns, chunk.packet)
        self.drain()

    def fin(self, segment: Segment, acknowledged: int) -> None:
        """Take a FIN; only the first counts."""
        sequence = segment.sequence + segment.end - segment.start + segment.missing
        if segment.flags & SYN:
            sequence += 1
        sequence = wrap(sequence)
        if self.fin_at:
            return
        if not self.based:
            self.start_at(sequence)
        self.fin_at = segment.time_ns
        self.fin_packet = segment.packet
        self.fin_offset = self.next + distance(self.next_sequence, sequence)
        self.fin_acknowledged = acknowledged
        top = self.stack.top
        if top is not None:
            top.shutdown(self.direction ^ self.stack.flipped, segment.time_ns, False)
        self.close_if_complete()

    def note_rst(self, segment: Segment) -> None:
        """Take a RST that the other side accepts; only the first counts."""
        if self.rst_at:
            return
        self.rst_at = segment.time_ns
        self.rst_packet = segment.packet
        top = self.stack.top
        if top is not None:
            top.shutdown(self.direction ^ self.stack.flipped, segment.time_ns, True)

    def close_if_complete(self) -> None:
        """Tell the layer above when all bytes before the FIN have been handed on."""
        if self.fin_offset < 0 or self.next < self.fin_offset or self.end_delivered:
            return
        self.end_delivered = True
        top = self.stack.top
        if top is not None:
            top.closed(self.direction ^ self.stack.flipped)

    def finish(self) -> None:
        """Hand on all that waits: nothing follows."""
        while self.pending:
            self.fill_hole()
        tail = self.acknowledged - self.next
        if self.fin_at:
            tail = self.fin_offset - self.next
        elif tail == 1:
            self.fin_hidden = True
            tail = 0
        self.skip(tail, self.last_at, 0)


def _offset(chunk: Chunk) -> int:
    return chunk.offset
