"""One TCP connection: its two byte streams, and what stands on them."""

from __future__ import annotations

from analyzer.packet.segment import Segment
from analyzer.stream.bytestream import ByteStream
from analyzer.stream.layer import Chunk, Stack
from analyzer.stream.recent import RecentPackets
from analyzer.stream.sequence import distance, wrap


class TcpStream:
    """A TCP stream between the endpoints ``a``, who was seen first or sent the SYN, and ``b``.

    Attributes
    ----------
    number : int
        As Wireshark numbers ``tcp.stream``, from 0.
    ip_version, network, high_a, low_a, port_a, high_b, low_b, port_b
        The endpoints, as in `Segment`.
    a, b : ByteStream or None
        What each endpoint sent; None once nobody asks any more (`live` is False).
    reused, reused_at, reused_packet, reused_by
        Another connection began on the same pair of ports: when, in which packet, and which
        direction asked for it (0 for ``a``).
    first_at, first_packet, last_at, last_packet : int
        Its first and last packets.
    connected_at : int
        When the handshake's third packet passed; 0 where it was not seen.
    """

    def __init__(
        self, number: int, direction: int, segment: Segment, recent: RecentPackets, chunk: Chunk
    ) -> None:
        self.number = number
        self.ip_version = segment.ip_version
        self.network = segment.network
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
        self.next_in_bucket: TcpStream | None = None
        self.stack = Stack(self)
        self.a: ByteStream | None = ByteStream(0, self.stack, recent, chunk)
        self.b: ByteStream | None = ByteStream(1, self.stack, recent, chunk)
        self.live = True
        self.queued = False
        self.reused = False
        self.reused_at = 0
        self.reused_packet = 0
        self.reused_by = 0
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

    def matches(self, segment: Segment) -> bool:
        """Whether a segment belongs to this pair of endpoints."""
        if segment.ip_version != self.ip_version or segment.network != self.network:
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
        """Whether a SYN opens another connection on the same ports, by Wireshark's rule."""
        known = self.initial_a_set if direction == 0 else self.initial_b_set
        initial = self.initial_a if direction == 0 else self.initial_b
        return bool(known and segment.sequence != initial)

    def note_initial(self, direction: int, segment: Segment) -> None:
        """Remember the initial sequence numbers, guessed as Wireshark does where not seen."""
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

    def push(self, direction: int, segment: Segment) -> None:
        """Take a segment of this stream."""
        if not (self.initial_a_set and self.initial_b_set):
            self.note_initial(direction, segment)
        if not self.live:
            return
        me, other = (self.a, self.b) if direction == 0 else (self.b, self.a)
        if me is None or other is None:  # never while live; the checker does not know
            return
        flags = segment.flags
        self.last_at = segment.time_ns
        self.last_packet = segment.packet
        me.last_at = segment.time_ns
        me.packets += 1
        other.unanswered = 0
        acknowledged = -1
        if flags & 0x10:  # ACK
            acknowledged = other.acknowledge(segment.acknowledgment, segment.time_ns)
        if not flags & 0x07:  # neither FIN nor SYN nor RST
            me.window = segment.window
            if segment.end > segment.start or segment.missing > 0:
                me.payload(segment, acknowledged)
            elif not me.based:
                me.start_at(segment.sequence)
            elif distance(segment.sequence, me.next_sequence) == 1:
                me.seen_before(segment, me.next - 1, 0)
            if self.connected_at == 0 and other.syn_acknowledges:
                self.connected_at = segment.time_ns
        else:
            self.rare(me, other, segment, acknowledged)
        if self.stack.top is None:
            self.drop()

    def rare(
        self, me: ByteStream, other: ByteStream, segment: Segment, acknowledged: int
    ) -> None:
        """Take a segment with SYN, FIN or RST."""
        flags = segment.flags
        if flags & 0x02:  # SYN
            self.note_syn(me, segment)
        if flags & 0x04:  # RST: what it carries is text for people (RFC 9293, section 3.5.3)
            if self.rst_counts(me, other, segment):
                me.note_rst(segment)
                self.ended = True
            return
        length = segment.end - segment.start + segment.missing
        if length > 0:
            me.payload(segment, acknowledged)
        if flags & 0x01:  # FIN
            if me.fin_at and length == 0 and not me.recent.seen(
                segment.fingerprint, segment.time_ns
            ):
                me.retransmitted_segments += 1
                me.note_unanswered(segment.time_ns)
            if length == 0:
                me.recent.add(segment.fingerprint, segment.time_ns)
            me.fin(segment, acknowledged)
            if other.fin_at:
                self.ended = True

    def note_syn(self, me: ByteStream, segment: Segment) -> None:
        """Take the SYN of one side; a repeated one changes nothing."""
        if not me.syn_at:
            me.syn_at = segment.time_ns
            me.window_scale = segment.window_scale
            if me.next == 0 and not me.pending:
                me.start_at(wrap(segment.sequence + 1))
        if segment.flags & 0x10:  # ACK
            me.syn_acknowledges = True

    def rst_counts(self, me: ByteStream, other: ByteStream, segment: Segment) -> bool:
        """Whether the receiver would accept a RST: in its window (RFC 9293, section 3.5.3)."""
        if not me.based:
            # Nothing is known of this side: a refusal of the SYN acknowledges it, any other
            # RST cannot be checked.
            me.start_at(segment.sequence)
            return True
        offset = me.next + distance(me.next_sequence, segment.sequence)
        low = me.acknowledged if me.acknowledgment_seen else me.next
        # Without both SYNs the scale is not known: the largest that the option allows.
        shift = 14
        if me.syn_at and other.syn_at:
            shift = other.window_scale if min(me.window_scale, other.window_scale) >= 0 else 0
        room = max(other.window << shift, 1)
        return low <= offset <= max(low, me.next) + room

    def drop(self) -> None:
        """Forget the bytes: nobody asks for them any more."""
        self.live = False
        self.a = None
        self.b = None

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
