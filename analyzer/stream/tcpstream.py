"""One TCP connection: its two byte streams, and what stands on them."""

from __future__ import annotations

from typing import Any

from analyzer.packet.segment import Segment
from analyzer.stream.bytestream import ByteStream
from analyzer.stream.layer import Chunk, Stack
from analyzer.stream.number import StreamNumber
from analyzer.stream.recent import COPY_WITHIN_NS, RecentPackets
from analyzer.stream.sequence import distance, wrap
from analyzer.stream.twin import Twin

# Of streams that carry nothing yet.
NOWHERE = Stack(None)


class TcpStream:
    """A TCP stream between the endpoints ``a``, who was seen first or sent the SYN, and ``b``.

    Attributes
    ----------
    number : int
        As Wireshark numbers ``tcp.stream``, from 0; streams of several networks may share one.
    numbering : StreamNumber
        What that number depends on.
    ip_version, network, high_a, low_a, port_a, high_b, low_b, port_b
        The endpoints, as in `Segment`.
    a, b : ByteStream or None
        What each endpoint sent; None once nobody asks any more (`live` is False).
    reused, reused_at, reused_packet, reused_by
        Another connection began on the same pair of ports: when, in which packet, and which
        direction asked for it (0 for ``a``).
    first_at, first_packet, last_at, last_packet : int
        Its first and last packets.
    ended : bool
        Both sides sent a FIN, or one a RST.
    asleep : bool
        Nothing was seen but SYNs of ``a``: a stream is no more than this object then, so that a
        flood of them takes little. See `wake`.
    connected_at : int
        When the handshake's third packet passed; 0 where it was not seen.
    """

    def __init__(
        self,
        numbering: StreamNumber,
        direction: int,
        segment: Segment,
        chunk: Chunk,
        asleep: bool = False,
    ) -> None:
        self.number = numbering.number
        self.numbering = numbering
        self.ip_version = segment.ip_version
        self.network = segment.network
        self.set_endpoints(direction, segment)
        self.next_in_bucket: TcpStream | None = None
        self.row: Any = None  # the queue that it is in
        self.older: TcpStream | None = None
        self.newer: TcpStream | None = None
        self.stack: Stack = NOWHERE
        self.twin: Twin | None = None  # where another network has a stream of the same endpoints
        self.a: ByteStream | None = None
        self.b: ByteStream | None = None
        self.live = False
        self.asleep = asleep
        self.asked = 0
        self.asked_fingerprint = 0
        self.recent: RecentPackets | None = None
        self.window_scale = -1
        self.queued = False
        self.buried = False
        self.ended_at = 0
        self.fins = 0
        self.reused = False
        self.reused_at = 0
        self.reused_packet = 0
        self.reused_by = 0
        self.noted = False
        self.initial_a_set = False
        self.initial_b_set = False
        self.initial_a = 0
        self.initial_b = 0
        self.ended = False
        self.first_at = segment.time_ns
        self.first_packet = segment.packet
        self.last_at = segment.time_ns
        self.last_packet = segment.packet
        self.connected_at = 0
        if not asleep:
            self.build(chunk)

    def set_endpoints(self, direction: int, segment: Segment) -> None:
        """Let ``a`` be the sender of a segment (0), or the one that it was sent to (1)."""
        if direction == 0:
            self.high_a = segment.source_high
            self.low_a = segment.source_low
            self.port_a = segment.source_port
            self.high_b = segment.destination_high
            self.low_b = segment.destination_low
            self.port_b = segment.destination_port
        else:
            self.high_a = segment.destination_high
            self.low_a = segment.destination_low
            self.port_a = segment.destination_port
            self.high_b = segment.source_high
            self.low_b = segment.source_low
            self.port_b = segment.source_port

    def build(self, chunk: Chunk) -> None:
        """Make the two byte streams."""
        self.stack = Stack(self)
        recent = RecentPackets()
        self.recent = recent
        self.a = ByteStream(0, self.stack, recent, chunk)
        self.b = ByteStream(1, self.stack, recent, chunk)
        self.live = True

    def ask(self, segment: Segment) -> None:
        """Take a SYN of ``a`` while there was nothing else."""
        if not self.noted:
            self.note_initial(0, segment)
        self.asked_fingerprint = segment.fingerprint
        if self.asked == 0:
            self.window_scale = segment.window_scale
        self.asked += 1
        self.last_at = segment.time_ns
        self.last_packet = segment.packet

    def may_ask(self, segment: Segment) -> bool:
        """Whether a SYN is the first packet, or repeats the one that is all there was."""
        return self.asked == 0 or bool(
            segment.sequence == self.initial_a and self.direction_of(segment) == 0
        )

    def wake(self, chunk: Chunk) -> None:
        """Go on from a SYN, as if the byte streams had been there when it came."""
        self.build(chunk)
        me = self.a
        if me is not None:
            me.recent.add(self.asked_fingerprint, self.last_at)
            me.packets = self.asked
            me.last_at = self.last_at
            me.syn_at = self.first_at
            me.window_scale = self.window_scale
            me.start_at(wrap(self.initial_a + 1))
        self.asleep = False

    def repeats(self, segment: Segment) -> bool:
        """Whether a packet is a copy of one that was captured a moment ago."""
        if self.asleep:
            apart = segment.time_ns - self.last_at
            return bool(
                self.asked > 0
                and self.asked_fingerprint == segment.fingerprint
                and -COPY_WITHIN_NS <= apart <= COPY_WITHIN_NS
            )
        recent = self.recent
        return recent is not None and recent.seen(segment.fingerprint, segment.time_ns)

    def carries(self) -> bool:
        """Whether either side has sent data, as far as anybody asked."""
        if self.asleep:
            return False
        return self.a is None or self.b is None or self.a.captured + self.b.captured > 0

    def matches(self, segment: Segment) -> bool:
        """Whether a segment belongs to this pair of endpoints, in this network."""
        return bool(segment.network == self.network and self.connects(segment))

    def connects(self, segment: Segment) -> bool:
        """Whether a segment has this pair of addresses and ports, in whatever network."""
        if segment.ip_version != self.ip_version:
            return False
        if (
            segment.source_port == self.port_a
            and segment.source_low == self.low_a
            and segment.source_high == self.high_a
        ):
            return bool(
                segment.destination_port == self.port_b
                and segment.destination_low == self.low_b
                and segment.destination_high == self.high_b
            )
        return bool(
            segment.source_port == self.port_b
            and segment.source_low == self.low_b
            and segment.source_high == self.high_b
            and segment.destination_port == self.port_a
            and segment.destination_low == self.low_a
            and segment.destination_high == self.high_a
        )

    def direction_of(self, segment: Segment) -> int:
        """Return 0 for a segment that ``a`` sent, 1 for one of ``b``."""
        if (
            segment.source_port == self.port_a
            and segment.source_low == self.low_a
            and segment.source_high == self.high_a
        ):
            return 0
        return 1

    def begins_anew(self, direction: int, segment: Segment) -> bool:
        """Whether a SYN, which is no copy of another, opens another connection on these ports."""
        acknowledges = segment.flags & 0x10  # ACK
        if self.ended and not acknowledges:
            return True
        known = self.initial_a_set if direction == 0 else self.initial_b_set
        initial = self.initial_a if direction == 0 else self.initial_b
        if not known or segment.sequence == initial:
            return False
        if not acknowledges:
            return True
        # One who answers the same SYN twice may do so with another number (SYN cookies).
        asked = self.initial_b_set if direction == 0 else self.initial_a_set
        number = self.initial_b if direction == 0 else self.initial_a
        return not asked or wrap(segment.acknowledgment - 1) != number

    def note_initial(self, direction: int, segment: Segment) -> None:
        """Remember the initial sequence numbers, guessed as Wireshark does where not seen."""
        if not self.numbering.settled:
            self.numbering.note(segment)
        sequence = segment.sequence
        if not segment.flags & 0x02:  # SYN
            sequence = wrap(sequence - 1)
        acknowledges = segment.flags & 0x10  # ACK
        before = wrap(segment.acknowledgment - 1)
        if direction == 0:
            if not self.initial_a_set:
                self.initial_a_set = True
                self.initial_a = sequence
            if acknowledges and not self.initial_b_set:
                self.initial_b_set = True
                self.initial_b = before
        else:
            if not self.initial_b_set:
                self.initial_b_set = True
                self.initial_b = sequence
            if acknowledges and not self.initial_a_set:
                self.initial_a_set = True
                self.initial_a = before
        self.noted = self.initial_a_set and self.initial_b_set and self.numbering.settled

    def push(self, direction: int, segment: Segment) -> None:
        """Take a segment of this stream."""
        if not self.noted:
            self.note_initial(direction, segment)
        me = self.a
        other = self.b
        if direction:  # one by one: a pair would be made and thrown away for each packet
            me = self.b
            other = self.a
        if me is None or other is None:
            self.pass_by(direction, segment)
            return
        self.last_at = segment.time_ns
        self.last_packet = segment.packet
        me.last_at = segment.time_ns
        me.packets += 1
        if other.silence is not None:
            other.silence.heard(segment.time_ns)
        if segment.flags & 0x07:  # FIN, SYN or RST
            self.rare(direction, me, other, segment)
        else:
            self.plain(me, other, segment)
        if self.stack.top is None:
            self.drop()

    def pass_by(self, direction: int, segment: Segment) -> None:
        """Notice the end of a stream of which nothing more is asked."""
        self.last_at = segment.time_ns
        flags = segment.flags
        if flags & 0x01:  # FIN
            self.fins |= 1 << direction
        if flags & 0x04 or self.fins == 3:  # RST
            self.ended = True

    def plain(self, me: ByteStream, other: ByteStream, segment: Segment) -> None:
        """Take a segment without SYN, FIN and RST."""
        acknowledged = -1
        if segment.flags & 0x10:  # ACK
            acknowledged = other.acknowledge(segment, me)
        if segment.window == 0 or me.zero_window_at:
            self.note_window(me, segment)
        me.window = segment.window
        me.ttl, me.ip_id = segment.ttl, segment.ip_id
        if segment.end > segment.start or segment.missing > 0:
            me.payload(segment, acknowledged)
        else:
            me.empty(segment, other)
        if self.connected_at == 0 and other.syn_acknowledges:
            self.connected_at = segment.time_ns

    def note_window(self, me: ByteStream, segment: Segment) -> None:
        """Take note that a side takes no more bytes, or takes some again (RFC 9293, 3.8.6)."""
        if segment.window:
            me.zero_window_at = 0
        elif me.zero_window_at == 0:
            me.zero_window_at = segment.time_ns
            me.zero_windows += 1

    def note_reset(self, me: ByteStream, other: ByteStream, segment: Segment) -> tuple[int, ...]:
        """Return what tells who sent a RST, and why, as `Reset` of `analyzer.ending.facts` has it.

        In its order; usual values are those of the packet before. -1 stands for a time or an IP
        identification that there is not.
        """
        return (
            1 if segment.flags & 0x10 else 0,
            segment.ttl,
            me.ttl,
            segment.window,
            distance(me.next_sequence, segment.sequence),
            max(other.next - other.acknowledged, 0) if other.acknowledgment_seen else 0,
            segment.time_ns - other.last_at if other.last_at else -1,
            segment.ip_id if segment.ip_version == 4 else -1,
            me.ip_id if segment.ip_version == 4 and me.ttl else -1,
        )

    def rare(self, direction: int, me: ByteStream, other: ByteStream, segment: Segment) -> None:
        """Take a segment with SYN, FIN or RST."""
        flags = segment.flags
        acknowledged = -1
        if flags & 0x04:  # RST: what it carries is text for people (RFC 9293, section 3.5.3)
            if self.rst_counts(me, other, segment):
                self.reset(me, other, segment)
            return
        me.ttl, me.ip_id = segment.ttl, segment.ip_id
        if flags & 0x10:  # ACK
            acknowledged = other.acknowledge(segment, me)
        if flags & 0x02:  # SYN
            self.note_syn(me, segment)
        length = segment.end - segment.start + segment.missing
        if length > 0:
            me.payload(segment, acknowledged)
        if flags & 0x01:  # FIN
            if length == 0:
                me.bare_fin(segment)
            me.fin(segment, acknowledged)
            if me.fin_at:
                self.fins |= 1 << direction
            self.ended = self.ended or self.fins == 3

    def reset(self, me: ByteStream, other: ByteStream, segment: Segment) -> None:
        """Take a RST that the receiver would accept."""
        if me.rst_at == 0:
            me.reset = self.note_reset(me, other, segment)
        if segment.flags & 0x10:  # ACK
            other.acknowledge(segment, me)
        me.note_rst(segment)
        self.ended = True

    def note_syn(self, me: ByteStream, segment: Segment) -> None:
        """Take the SYN of one side; a repeated one changes nothing."""
        me.recent.add(segment.fingerprint, segment.time_ns)
        if not me.syn_at:
            me.syn_at = segment.time_ns
            me.window_scale = segment.window_scale
        if me.next == 0 and not me.pending.chunks:
            # Where two SYNs of one side differ, the last one was answered.
            me.start_at(wrap(segment.sequence + 1))
        if segment.flags & 0x10:  # ACK
            me.syn_acknowledges = True

    def rst_counts(self, me: ByteStream, other: ByteStream, segment: Segment) -> bool:
        """Whether the receiver would accept a RST (RFC 9293, sections 3.5.3 and 3.10.7)."""
        if not me.based:
            me.start_at(segment.sequence)
            if not other.syn_at:
                return True  # nothing is known of either side
            # The other side has only asked: the RST must acknowledge its SYN.
            offset = distance(other.next_sequence, segment.acknowledgment)
            sent = max(other.next, other.sent) - other.next
            return bool(segment.flags & 0x10 and -other.next <= offset <= sent)
        offset = me.next + distance(me.next_sequence, segment.sequence)
        low = me.acknowledged if me.acknowledgment_seen else me.next
        return bool(low <= offset <= max(low, me.next) + max(other.room(me), 1))

    def drop(self) -> None:
        """Forget the bytes: nobody asks for them any more."""
        self.live = False
        self.stack.stream = None  # else the two would keep each other alive
        self.recent = None
        self.a = self.b = None

    def of(self, side: int) -> ByteStream:
        """Return the byte stream of the client (0) or the server (1).

        Raises
        ------
        LookupError
            The stream was dropped.
        """
        found = self.a if side ^ self.stack.flipped == 0 else self.b
        if found is None:
            raise LookupError("the stream was dropped")
        return found
