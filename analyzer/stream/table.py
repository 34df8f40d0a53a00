"""Which segment belongs to which TCP stream, port reuse included; and when a stream is over."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from random import SystemRandom

from analyzer.packet.segment import Segment
from analyzer.stream.index import StreamIndex
from analyzer.stream.layer import Chunk, Layer, Stack
from analyzer.stream.number import StreamNumber
from analyzer.stream.queue import StreamQueue
from analyzer.stream.tcpstream import TcpStream
from analyzer.stream.twin import Twin

# How long after its end a stream is listened to: late FINs, RSTs and retransmissions belong to it.
LINGER_NS = 5_000_000_000
# How long its ports are remembered, so that a straggler does not count as a new stream.
GRAVE_NS = 300_000_000_000
MAX_STREAMS = 500_000


# Declared in the .pxd: the compiler takes larger numbers than 2**31 for Python objects.
FIRST_FACTOR = 0x7F51AFD7ED558CCD
SECOND_FACTOR = 0x44CEB9FE1A85EC53
KEY_MASK = 0x3FFFFFFFFFFFFFFF
KEY_MARK = 0x4000000000000000  # so that no key is 0
# Another one in every process, so that nobody can choose addresses and ports whose keys collide.
SALT = SystemRandom().getrandbits(62)


def mix(value: int) -> int:
    """Spread the bits of a number, as the finalizer of MurmurHash3 does."""
    value = ((value ^ (value >> 33)) * FIRST_FACTOR) & KEY_MASK
    return ((value ^ (value >> 33)) * SECOND_FACTOR) & KEY_MASK


def spread(segment: Segment, salt: int) -> int:
    """Return one number for both directions, made of their addresses and ports."""
    source = segment.source_port
    destination = segment.destination_port
    if segment.ip_version == 6:
        # What was salted and mixed is not known to who chooses the addresses, so that no choice of
        # the other parts makes up for a difference in one.
        source = mix(mix(segment.source_low ^ salt) ^ segment.source_high) ^ (source << 40)
        destination = mix(mix(segment.destination_low ^ salt) ^ segment.destination_high) ^ (
            destination << 40
        )
        return (mix(source) + mix(destination)) & KEY_MASK
    source = mix((source << 40) ^ segment.source_low ^ salt)
    destination = mix((destination << 40) ^ segment.destination_low ^ salt)
    return (source + destination) & KEY_MASK


def key_of(segment: Segment) -> int:
    """Return one number for both directions; equal keys are told apart by endpoints and network."""
    return spread(segment, SALT) | KEY_MARK


def share_of(segment: Segment, count: int) -> int:
    """Return which of `count` shares a segment's stream belongs to; in every process the same."""
    return spread(segment, 0) % count


class StreamTable:
    """All TCP streams in progress.

    Parameters
    ----------
    first_layer : callable
        Given the `Stack` of a new stream, and whether its SYN was seen, returns the layer that
        takes its bytes, or None.
    maximum : int
        Streams remembered at once. Beyond it one is given up: one that is over, if there is any;
        else, and counted in `evicted`, one of which no more than a SYN was seen, one that has
        ended, or any, in this order. Of several it is the one that was there first.
    unanswered : callable, optional
        Given each stream of which there was no more than a SYN when it was over: the capture ended,
        or its ports were used again. Not those that were given up, which might have been answered.

    Attributes
    ----------
    created : int
        TCP streams seen so far, as Wireshark counts them.
    count : int
        Streams remembered at the moment.
    evicted : int
        Streams given up because there were too many.
    evicted_asleep : int
        How many of them were no more than a SYN.
    created_in : array of int or None
        The packets that were the first of a TCP stream, where somebody asked for them by making it
        an array.
    latest : int
        The latest time of all packets, also those of others; for who knows it. Nanoseconds since
        the epoch.
    """

    def __init__(
        self,
        first_layer: Callable[[Stack, bool], Layer | None],
        maximum: int = MAX_STREAMS,
        unanswered: Callable[[TcpStream], None] | None = None,
    ) -> None:
        self.unanswered = unanswered
        self.evicted_asleep = 0
        self.first_layer = first_layer
        self.created = 0
        self.created_in: array[int] | None = None
        self.latest = 0
        self.count = 0
        self.maximum = maximum
        self.evicted = 0
        self.streams = StreamIndex()
        self.chunk = Chunk()
        # Every stream is in one of these.
        self.asleep = StreamQueue()
        self.awake = StreamQueue()
        self.closing = StreamQueue()
        self.graves = StreamQueue()

    def push(self, segment: Segment) -> TcpStream:
        """Take a segment, in the order of the capture; return the stream that it belongs to."""
        key = key_of(segment)
        head = self.streams.get(key)
        stream = head
        while stream is not None and not stream.matches(segment):
            stream = stream.next_in_bucket
        if stream is not None and stream.queued:
            stream = self.still_there(segment, key, stream)
        if stream is None:
            stream = self.open(segment, key, None)
        elif segment.flags & 0x02:  # SYN
            stream = self.take_syn(segment, key, stream)
        if stream.asleep:
            if is_bare_syn(segment) and stream.may_ask(segment):
                stream.ask(segment)
                return stream
            self.wake(stream)
        if stream.twin is not None and segment.end > segment.start:
            self.compare(stream, segment, key)
        stream.push(stream.direction_of(segment), segment)
        if stream.ended and not stream.queued:
            stream.queued = True
            stream.ended_at = max(self.latest, segment.time_ns)
            self.awake.remove(stream)
            self.closing.add(stream)
        return stream

    def still_there(self, segment: Segment, key: int, stream: TcpStream) -> TcpStream | None:
        """Return a stream that has ended, or None if too much time has passed since.

        However a capture is cut into pieces, and whatever else is in it, what comes after this
        comes too late.
        """
        quiet = segment.time_ns - stream.last_at
        if quiet > 5_000_000_000:  # LINGER_NS
            retire(stream)
        if quiet > 300_000_000_000:  # GRAVE_NS
            self.unlink(key, stream)
            return None
        return stream

    def take_syn(self, segment: Segment, key: int, stream: TcpStream) -> TcpStream:
        """Return the stream that a SYN on known ports belongs to, `stream` or a new one."""
        direction = stream.direction_of(segment)
        copy = stream.repeats(segment)
        if copy or not stream.begins_anew(direction, segment):
            # Wireshark may tell otherwise: it does not look at the network.
            stream.numbering = self.number_of(segment, key)
            stream.noted = False
            return stream
        stream.reused_by = direction if segment.flags & 0x10 == 0 else 1 - direction
        stream.reused = True
        stream.reused_at = segment.time_ns
        stream.reused_packet = segment.packet
        return self.open(segment, key, stream)

    def number_of(self, segment: Segment, key: int) -> StreamNumber:
        """Return the number that Wireshark gives to a packet that begins a stream."""
        found: StreamNumber | None = None
        stream = self.streams.get(key)
        while stream is not None:
            gone = stream.queued and segment.time_ns - stream.last_at > 300_000_000_000  # GRAVE_NS
            newer = found is None or stream.numbering.number > found.number
            if newer and not gone and stream.connects(segment):
                found = stream.numbering
            stream = stream.next_in_bucket
        if found is None or found.begins_anew(segment):
            found = StreamNumber(self.created)
            self.created += 1
            if self.created_in is not None:
                self.created_in.append(segment.packet)
        return found

    def open(self, segment: Segment, key: int, old: TcpStream | None) -> TcpStream:
        """Make the stream that a segment begins, in place of `old` where ports are used again."""
        numbering = self.number_of(segment, key)
        if old is not None:
            self.end(old)
            self.unlink(key, old)
        elif self.count >= self.maximum:
            self.evict()
        # A SYN/ACK is sent by the one who was asked.
        direction = 1 if segment.flags & 0x12 == 0x12 else 0
        asleep = is_bare_syn(segment)
        stream = TcpStream(numbering, direction, segment, self.chunk, asleep)
        stream.next_in_bucket = self.streams.get(key)
        self.streams.put(key, stream)
        self.count += 1
        if stream.next_in_bucket is not None:
            self.pair(stream, segment)
        if asleep:
            self.asleep.add(stream)
        else:
            self.awake.add(stream)
            stream.stack.top = self.first_layer(stream.stack, bool(segment.flags & 0x02))
        return stream

    def pair(self, stream: TcpStream, segment: Segment) -> None:
        """Take note that another network has streams of the same endpoints, if so: `twin`."""
        other = stream.next_in_bucket
        while other is not None:
            if other.connects(segment):
                stream.twin = stream.twin or Twin()
                other.twin = other.twin or Twin(other.carries())
            other = other.next_in_bucket

    def compare(self, stream: TcpStream, segment: Segment, key: int) -> None:
        """Drop a stream whose first data show it to be a copy of one in another network."""
        twin = stream.twin
        if twin is None or twin.settled:
            return
        twin.settle(segment)
        other = self.streams.get(key)
        while other is not None:
            mine = other.twin
            near = other is not stream and other.live and other.connects(segment)
            if near and mine is not None and (other.repeats(segment) or mine.resembles(twin)):
                stream.stack.top = None
                stream.drop()
                return
            other = other.next_in_bucket

    def wake(self, stream: TcpStream) -> None:
        """Let a stream go on that was no more than a SYN."""
        self.asleep.remove(stream)
        self.awake.add(stream)
        stream.wake(self.chunk)
        stream.stack.top = self.first_layer(stream.stack, True)

    def unlink(self, key: int, stream: TcpStream) -> None:
        """Take a stream out of the table."""
        if stream.buried:
            return
        stream.buried = True
        self.count -= 1
        row = stream.row
        if row is not None:
            row.remove(stream)
        head = self.streams.get(key)
        if head is stream:
            if stream.next_in_bucket is None:
                self.streams.remove(key)
            else:
                self.streams.put(key, stream.next_in_bucket)
            return
        while head is not None:
            if head.next_in_bucket is stream:
                head.next_in_bucket = stream.next_in_bucket
                return
            head = head.next_in_bucket

    def evict(self) -> None:
        """Give up a stream."""
        stream = self.graves.oldest
        if stream is not None:
            self.unlink(_key_of_stream(stream), stream)
            return
        stream = self.asleep.oldest
        if stream is not None:
            self.evicted_asleep += 1
        else:
            stream = self.closing.oldest
        if stream is None:
            stream = self.awake.oldest
        if stream is not None:
            retire(stream)
            self.unlink(_key_of_stream(stream), stream)
            self.evicted += 1

    def expire(self, now_ns: int) -> None:
        """Finish the streams that ended a while before `now_ns`."""
        over = []
        stream = self.closing.oldest
        while stream is not None and now_ns - stream.ended_at > LINGER_NS:
            self.closing.remove(stream)
            if now_ns - stream.last_at > LINGER_NS:
                over.append(stream)
            else:
                # It is still talked on. None in the row may be older than one before it.
                stream.ended_at = max(self.latest, stream.last_at)
                self.closing.add(stream)
            stream = self.closing.oldest
        over.sort(key=_age)
        for stream in over:
            retire(stream)
            self.graves.add(stream)
        stream = self.graves.oldest
        while stream is not None and now_ns - stream.last_at > GRAVE_NS:
            self.unlink(_key_of_stream(stream), stream)
            stream = self.graves.oldest

    def finish(self) -> None:
        """Finish all streams, in the order of their first packets: the capture is over."""
        streams: list[TcpStream] = []
        for head in self.streams:
            stream: TcpStream | None = head
            while stream is not None:
                streams.append(stream)
                stream = stream.next_in_bucket
        streams.sort(key=_age)
        for stream in streams:
            self.end(stream)
        self.streams.clear()
        for row in (self.asleep, self.awake, self.closing, self.graves):
            row.clear()
        self.count = 0

    def end(self, stream: TcpStream) -> None:
        """Finish a stream behind which nothing can come any more."""
        if stream.asleep and self.unanswered is not None:
            self.unanswered(stream)
        retire(stream)


def is_bare_syn(segment: Segment) -> bool:
    """Whether a segment asks for a connection, and does nothing else."""
    return bool(
        segment.flags & 0x17 == 0x02  # SYN, and neither ACK, RST nor FIN
        and segment.end == segment.start
        and segment.missing <= 0
    )


def retire(stream: TcpStream) -> None:
    """Push what still waits, tell the layers that nothing follows, and let go of the bytes."""
    if not stream.live or stream.a is None or stream.b is None:
        return
    stream.a.finish()
    stream.b.finish()
    stream.stack.finish()
    stream.drop()


def _age(stream: TcpStream) -> int:
    return stream.first_packet


def _key_of_stream(stream: TcpStream) -> int:
    segment = Segment()
    segment.ip_version = stream.ip_version
    segment.source_high, segment.source_low = stream.high_a, stream.low_a
    segment.source_port = stream.port_a
    segment.destination_high, segment.destination_low = stream.high_b, stream.low_b
    segment.destination_port = stream.port_b
    return key_of(segment)
