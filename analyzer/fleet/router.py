"""What a piece of a capture hands to others: segments of streams that more than one piece holds."""

from __future__ import annotations

from array import array
from collections.abc import Container
from struct import Struct

from analyzer.packet.segment import Segment
from analyzer.route import Router
from analyzer.stream.table import spread

# time, packet, missing; four halves of addresses, network, fingerprint; sequence, acknowledgment,
# window; ports, IP identification, flags; TTL, version, window scale; length of the payload.
LAYOUT = Struct("<qqqQQQQQQIIIHHHHBBbI")


class KeyRouter(Router):
    """Takes every segment, and notes which streams there are.

    Attributes
    ----------
    keys : set of int
        A number for each pair of endpoints; the same in every process.
    """

    def __init__(self) -> None:
        self.keys: set[int] = set()
        self.last = 1 << 63  # no key is so large

    def takes(self, segment: Segment) -> bool:
        """Note a segment's stream."""
        key = spread(segment, 0)
        if key != self.last:
            self.last = key
            self.keys.add(key)
        return True


class SplitRouter(Router):
    """Takes the segments of some streams, and keeps them for who analyses these.

    Parameters
    ----------
    shared : container of int
        Numbers of pairs of endpoints, as `KeyRouter` notes them.
    count : int
        Into how many shares they are divided.

    Attributes
    ----------
    taken : list of bytearray
        The segments of each share, one behind the other.
    tick_times, tick_packets : array of int
        When the clock ticked, and in which packet.
    """

    def __init__(self, shared: Container[int], count: int) -> None:
        self.shared = shared
        self.count = count
        self.taken = [bytearray() for _ in range(count)]
        self.tick_times = array("q")
        self.tick_packets = array("q")

    def takes(self, segment: Segment) -> bool:
        """Whether a segment's stream is one of those."""
        key = spread(segment, 0)
        if key not in self.shared:
            return False
        write(segment, self.taken[key % self.count])
        return True

    def ticked(self, now_ns: int, packet: int) -> None:
        """Note that the clock ticked."""
        self.tick_times.append(now_ns)
        self.tick_packets.append(packet)


def write(segment: Segment, out: bytearray) -> None:
    """Append a segment."""
    out += LAYOUT.pack(
        segment.time_ns,
        segment.packet,
        segment.missing,
        segment.source_high,
        segment.source_low,
        segment.destination_high,
        segment.destination_low,
        segment.network,
        segment.fingerprint,
        segment.sequence,
        segment.acknowledgment,
        segment.window,
        segment.source_port,
        segment.destination_port,
        segment.ip_id,
        segment.flags,
        segment.ttl,
        segment.ip_version,
        segment.window_scale,
        segment.end - segment.start,
    )
    out += segment.buffer[segment.start : segment.end]


def read(segment: Segment, data: bytes, at: int) -> int:
    """Fill a segment with the one that stands at an offset; return the offset behind it."""
    (
        segment.time_ns,
        segment.packet,
        segment.missing,
        segment.source_high,
        segment.source_low,
        segment.destination_high,
        segment.destination_low,
        segment.network,
        segment.fingerprint,
        segment.sequence,
        segment.acknowledgment,
        segment.window,
        segment.source_port,
        segment.destination_port,
        segment.ip_id,
        segment.flags,
        segment.ttl,
        segment.ip_version,
        segment.window_scale,
        length,
    ) = LAYOUT.unpack_from(data, at)
    segment.start = 0
    segment.end = length
    at += LAYOUT.size
    # A segment of its own bytes: layers may keep what they are given.
    segment.buffer = data[at : at + length]
    return int(at + length)
