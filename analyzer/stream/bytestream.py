"""One direction of a TCP stream: segments in any order in, bytes in order out.

In-order bytes are handed on where they stand; only what arrived early is kept until its turn.
What the capture does not hold becomes a gap with its length, as soon as the other side has
acknowledged it or the stream ends: never zeros, never silence. Where copies of the same bytes
differ, the first one captured counts.
"""

from __future__ import annotations

from analyzer.packet.segment import Segment
from analyzer.stream.layer import Chunk, Stack
from analyzer.stream.pending import NOTHING, PendingChunks
from analyzer.stream.recent import RecentPackets
from analyzer.stream.sequence import distance, wrap
from analyzer.stream.silence import Silence

# An acknowledgment may be captured a little before what it acknowledges (several capture queues).
HOLE_GRACE_NS = 100_000_000
# An acknowledgment this far ahead is believed even where windows are not known.
LEAST_ROOM = 65535
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
    next, captured : int
        Offset up to which bytes, or gaps, have been handed on; that behind the last byte of these.
    sent : int
        Offset up to which segments that came early, or that were empty, show that bytes were sent.
    acknowledged : int
        Offset up to which the other side acknowledged, its FIN counted as one.
    ttl : int
        Time to live of its last packet.
    fin_at, fin_packet, fin_offset, fin_acknowledged : int
        The first FIN: when, where, behind how many bytes; what it acknowledged (-1 unknown).
    rst_at, rst_packet, reset : int, int, tuple or None
        The first RST that the receiver would accept; and see `TcpStream.note_reset`.
    rst_answers : int
        What the segment acknowledged that its RST answers, -1 where there is none.
    retransmitted_segments, missing_bytes : int
        Segments whose bytes the capture already held, without packets that were captured twice;
        bytes that were sent, but are not in the capture.
    zero_windows, zero_window_at : int
        Times that its receive window closed, and when it did where it stayed so.
    silence : Silence or None
        What it repeated while the other side was not heard, if anything.
    overflowed, soft : bool
        The bound on what is kept was reached; offset 0 is known from an empty segment alone.
    fin_hidden : bool
        One sequence number more was acknowledged than bytes were seen: a FIN, most likely.
    """

    def __init__(self, direction: int, stack: Stack, recent: RecentPackets, chunk: Chunk) -> None:
        self.direction = direction
        self.stack = stack
        self.recent = recent
        self.chunk = chunk
        self.based = False
        self.soft = False
        self.next_sequence = 0
        self.next = 0
        self.acknowledged = 0
        self.acknowledgment_seen = False
        self.captured = 0
        self.sent = 0
        self.missing_until = 0
        self.doubted = 0
        self.doubted_packet = 0
        self.pending = NOTHING
        self.hole_at = 0
        self.hole_acknowledged = 0
        self.syn_at = 0
        self.syn_acknowledges = False
        self.window_scale = -1
        self.window = 0
        self.zero_windows = 0
        self.zero_window_at = 0
        self.fin_at = 0
        self.fin_packet = 0
        self.fin_offset = -1
        self.fin_acknowledged = -1
        self.rst_at = 0
        self.rst_packet = 0
        self.reset: tuple[int, ...] | None = None
        self.rst_answers = -1
        self.ttl = self.ip_id = 0
        self.last_at = 0
        self.last_payload_at = 0
        self.packets = 0
        self.retransmitted_segments = 0
        self.keepalives = 0
        self.missing_bytes = 0
        self.silence: Silence | None = None
        self.end_delivered = False
        self.overflowed = False
        self.fin_hidden = False

    def start_at(self, sequence: int) -> None:
        """Let offset 0 be the byte with this sequence number."""
        self.based = True
        self.soft = False
        self.next_sequence = sequence

    def shift_start(self, steps: int) -> None:
        """Let offset 0 lie `steps` bytes further on: nothing was handed on yet."""
        self.start_at(wrap(self.next_sequence + steps))
        self.acknowledged = max(self.acknowledged - steps, 0)
        self.sent = max(self.sent - steps, 0)
        self.hole_at = 0

    def room(self, other: ByteStream) -> int:
        """Return how many bytes this side lets the other send ahead (RFC 7323, section 2.2)."""
        # Without both SYNs the scale is not known: the largest that the option allows.
        shift = 14
        if self.syn_at and other.syn_at:
            scaled = min(self.window_scale, other.window_scale) >= 0
            shift = min(self.window_scale, 14) if scaled else 0
        return self.window << shift

    def acknowledge(self, segment: Segment, peer: ByteStream) -> int:
        """Take what `peer` acknowledges; return it as an offset, -1 where it is not believed."""
        if not self.based:
            self.start_at(segment.acknowledgment)
        position = self.next + distance(self.next_sequence, segment.acknowledgment)
        if position > self.next and position > self.acknowledged:
            if position == 1 and self.may_shift(position, 0):
                # A keep-alive probe began the capture: its number is one less than the next one's.
                self.shift_start(1)
                position = 0
            elif not self.is_plausible(position, segment, peer):
                return -1
        self.acknowledgment_seen = True
        if position > self.acknowledged:  # noqa: PLR1730  faster than max() where interpreted
            self.acknowledged = position
        if self.acknowledged > self.next:
            self.note_hole(segment.time_ns)
        return position

    def is_plausible(self, position: int, segment: Segment, peer: ByteStream) -> bool:
        """Whether an acknowledgment of bytes that were not captured is believed.

        None reaches further than what `peer` allowed to send, unless the capture lost more than
        that; then another packet says so as well.
        """
        reach = max(self.next, self.sent, self.acknowledged)
        near = position - reach <= max(peer.room(self), LEAST_ROOM)
        # A copy of the packet is no other witness.
        again = 0 < self.doubted <= position and segment.fingerprint != self.doubted_packet
        if near or again:
            self.doubted = 0
            return True
        self.doubted = position
        self.doubted_packet = segment.fingerprint
        return False

    def note_hole(self, time_ns: int) -> None:
        """Give up on bytes that the other side has, and that the capture does not bring."""
        if self.hole_at and time_ns - self.hole_at <= 100_000_000:  # HOLE_GRACE_NS
            return
        if self.hole_at:
            self.fill_acknowledged(self.hole_acknowledged)
        self.hole_at = time_ns
        self.hole_acknowledged = self.acknowledged

    def fill_acknowledged(self, acknowledged: int) -> None:
        """Give up on the holes that end before an offset: one gap for each, told as a whole."""
        chunks = self.pending.chunks
        while chunks:
            chunk = chunks[0]
            if chunk.offset > acknowledged:
                break
            self.fill_hole()
        if not chunks and self.next < self.fin_offset <= acknowledged:
            self.skip(self.fin_offset - self.next, self.fin_at, self.fin_packet)
            self.close_if_complete()

    def payload(self, segment: Segment, acknowledged: int) -> None:
        """Take a segment that carries bytes; `acknowledged` as in `Chunk`."""
        sequence = segment.sequence
        if segment.flags & 0x02:  # SYN takes a sequence number of its own, before the data
            sequence = wrap(sequence + 1)
        if not self.based:
            self.start_at(sequence)
        length = segment.end - segment.start + segment.missing
        offset = self.next + distance(self.next_sequence, sequence)
        self.last_payload_at = segment.time_ns
        if self.next == 0 and offset != 0 and self.may_shift(offset, length):
            self.shift_start(offset)
            offset = 0
        if offset + length <= self.next:
            self.seen_before(segment, offset, length)
        elif 0 <= self.fin_offset <= offset:
            # Nothing follows a FIN but probes that repeat its number.
            if length <= 1:
                self.seen_before(segment, offset, length)
        elif offset <= self.next:
            self.recent.add(segment.fingerprint, segment.time_ns)
            self.deliver_segment(segment, offset, acknowledged)
        else:
            self.keep(segment, offset, acknowledged)

    def may_shift(self, offset: int, length: int) -> bool:
        """Whether the first bytes of a stream that is older than the capture lie elsewhere."""
        if self.syn_at or self.pending.chunks or self.fin_at:
            return False
        if offset < 0:
            # What was acknowledged before the capture began is sent again, but is no mere probe.
            return offset >= -1048576 and (offset != -1 or length > 1)
        return self.soft and offset == 1

    def empty(self, segment: Segment, peer: ByteStream) -> None:
        """Take a segment that carries nothing."""
        if not self.based:
            self.start_at(segment.sequence)
            self.soft = True
            return
        ahead = distance(self.next_sequence, segment.sequence)
        if ahead == -1:
            self.seen_before(segment, self.next - 1, 0)
        elif 0 < ahead <= max(peer.room(self), LEAST_ROOM):
            self.sent = max(self.sent, self.next + ahead)

    def deliver_segment(self, segment: Segment, offset: int, acknowledged: int) -> None:
        """Hand on what is new of a segment, then what waited for it."""
        self.hole_at = 0
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
            self.missing_until = offset + (segment.end - segment.start) + segment.missing
        if segment.missing > 0 or self.pending.chunks:
            self.drain(segment.time_ns, segment.packet)
        elif self.next == self.fin_offset:
            self.close_if_complete()

    def deliver(self, chunk: Chunk) -> None:
        """Hand on a chunk that begins at `next`."""
        length = chunk.end - chunk.start
        self.next += length
        self.captured = self.next
        self.next_sequence = wrap(self.next_sequence + length)
        top = self.stack.top
        if top is not None:
            top.data(self.direction ^ self.stack.flipped, chunk)

    def seen_before(self, segment: Segment, offset: int, length: int) -> None:
        """Count a segment that brings nothing new."""
        if self.recent.seen(segment.fingerprint, segment.time_ns):
            return
        self.recent.add(segment.fingerprint, segment.time_ns)
        # A keep-alive probe repeats the last number, or none (RFC 9293, section 3.8.4).
        if length <= 1 and offset in (self.next - 1, self.fin_offset):
            self.keepalives += 1
        else:
            self.retransmitted_segments += 1
        self.note_unanswered(segment.time_ns)

    def note_unanswered(self, time_ns: int) -> None:
        """Count a segment that asks the other side for an answer once more."""
        if self.silence is None:
            self.silence = Silence()
        self.silence.again(time_ns)

    def keep(self, segment: Segment, offset: int, acknowledged: int) -> None:
        """Keep a segment that arrived before its turn."""
        length = segment.end - segment.start + segment.missing
        self.sent = max(self.sent, offset + length)
        if self.pending is NOTHING:
            self.pending = PendingChunks()
        if not self.pending.keep(segment, offset, acknowledged):
            self.seen_before(segment, offset, length)
            return
        self.recent.add(segment.fingerprint, segment.time_ns)
        if self.hole_at:
            self.note_hole(segment.time_ns)
        while self.pending.size > PENDING_BYTES or len(self.pending.chunks) > PENDING_CHUNKS:
            self.overflowed = True
            self.fill_hole()

    def drain(self, time_ns: int, packet: int) -> None:
        """Hand on what was kept and is due by now; time and packet of what was cut off before."""
        taken = 0
        chunks = self.pending.chunks
        while taken < len(chunks):
            chunk = chunks[taken]
            if chunk.offset > self.next:
                if self.missing_until <= self.next:
                    break
                self.skip(min(chunk.offset, self.missing_until) - self.next, time_ns, packet)
                continue
            taken += 1
            time_ns, packet = chunk.time_ns, chunk.packet
            self.pending.size -= chunk.end - chunk.start
            end = chunk.offset + chunk.end - chunk.start
            chunk.start += self.next - chunk.offset
            if chunk.start < chunk.end:
                chunk.offset = self.next
                self.deliver(chunk)
            self.missing_until = max(self.missing_until, end + chunk.missing)
        if taken:
            del chunks[:taken]
            self.hole_at = 0
        self.skip(self.missing_until - self.next, time_ns, packet)
        self.close_if_complete()

    def skip(self, length: int, time_ns: int, packet: int) -> None:
        """Hand on a gap."""
        if length <= 0:
            return
        self.next += length
        self.next_sequence = wrap(self.next_sequence + length)
        self.missing_bytes += length
        self.hole_at = 0
        self.stack.gap(self.direction ^ self.stack.flipped, length, time_ns, packet)

    def fill_hole(self) -> None:
        """Give up on the bytes before what was kept."""
        chunk = self.pending.chunks[0]
        self.skip(chunk.offset - self.next, chunk.time_ns, chunk.packet)
        self.drain(chunk.time_ns, chunk.packet)

    def bare_fin(self, segment: Segment) -> None:
        """Count a FIN without data that was sent again."""
        if self.fin_at and not self.recent.seen(segment.fingerprint, segment.time_ns):
            self.retransmitted_segments += 1
            self.note_unanswered(segment.time_ns)
        self.recent.add(segment.fingerprint, segment.time_ns)

    def fin(self, segment: Segment, acknowledged: int) -> None:
        """Take a FIN; only the first counts."""
        if self.fin_at:
            return
        syn = 1 if segment.flags & 0x02 else 0
        length = segment.end - segment.start + segment.missing
        sequence = wrap(segment.sequence + syn + length)
        if not self.based:
            self.start_at(sequence)
        position = self.next + distance(self.next_sequence, sequence)
        if self.next == 0 and position != 0 and self.may_shift(position, 2):
            self.shift_start(position)
            position = 0
        if position < self.captured:
            return  # bytes behind it have been seen: it belongs to an earlier connection
        self.fin_at = segment.time_ns
        self.fin_packet = segment.packet
        self.fin_offset = position
        self.fin_acknowledged = acknowledged
        self.sent = max(self.sent, position)
        self.stack.shutdown(self.direction ^ self.stack.flipped, segment.time_ns, False)
        self.close_if_complete()

    def note_rst(self, segment: Segment) -> None:
        """Take a RST that the other side accepts; only the first counts."""
        if not segment.flags & 0x10:  # ACK: then its number is its sender's own
            # "If the incoming segment has an ACK field, the reset takes its sequence number from
            # the ACK field of the segment" (RFC 9293, section 3.10.7.1).
            answers = self.next + distance(self.next_sequence, segment.sequence)
            self.rst_answers = max(self.rst_answers, answers)
        if self.rst_at:
            return
        self.rst_at = segment.time_ns
        self.rst_packet = segment.packet
        self.stack.shutdown(self.direction ^ self.stack.flipped, segment.time_ns, True)

    def close_if_complete(self) -> None:
        """Tell the layer above when all bytes before the FIN have been handed on."""
        if self.fin_offset < 0 or self.next < self.fin_offset or self.end_delivered:
            return
        self.end_delivered = True
        self.stack.closed(self.direction ^ self.stack.flipped)

    def finish(self) -> None:
        """Hand on all that waits: nothing follows."""
        while self.pending.chunks:
            self.fill_hole()
        tail = max(self.acknowledged, self.sent) - self.next
        if self.fin_at:
            tail = self.fin_offset - self.next
        elif tail == 1:
            self.fin_hidden = True
            tail = 0
        self.skip(tail, self.last_at, 0)
        self.close_if_complete()
