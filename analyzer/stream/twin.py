"""Tell a stream that was captured twice, in two networks, from two streams with equal addresses.

A packet that enters or leaves a tunnel where captures are taken on both sides, ``-i any`` on a node
of a cluster for instance, or one that is mirrored with a VLAN's tag and without, is seen in two
networks (`Segment.network`). Its copies make a second stream with the same endpoints. The rule:

A stream is a copy if the first packet with data in it is a copy of one that another stream of the
same endpoints, in another network, took at most `COPY_WITHIN_NS` before; and a packet is a copy
if both have the same fingerprint (`Segment.fingerprint`: sequence number, acknowledgment,
timestamp, IP identification and checksum), or if both are the first with data of their streams and
agree in sequence number, acknowledgment and every byte: a checksum may be unfinished inside of a
tunnel and finished outside. Tenants with equal addresses and ports fail that: their sequence
numbers are chosen at random, by 32 bits on each side.

The copy is dropped as a whole, before a layer has seen a byte of it. What is not recognised, and
counts twice: a stream that is older than the capture, where checksums differ; where outside each
direction has a network of its own, the direction whose data are seen there first.
"""

from __future__ import annotations

from analyzer.packet.segment import Segment
from analyzer.stream.recent import COPY_WITHIN_NS

LONGEST = 4096  # of the first bytes of a stream as many are compared; more would be kept in vain


class Twin:
    """The first data of a stream that has the same endpoints as one in another network.

    Attributes
    ----------
    settled : bool
        There were data; they are not remembered where they came before anybody asked.
    """

    def __init__(self, settled: bool = False) -> None:
        self.settled = settled
        self.time_ns = 0
        self.sequence = -1
        self.acknowledgment = 0
        self.length = 0
        self.data = b""

    def settle(self, segment: Segment) -> None:
        """Remember the first data."""
        self.settled = True
        self.time_ns = segment.time_ns
        self.sequence = segment.sequence
        self.acknowledgment = segment.acknowledgment
        self.length = segment.end - segment.start
        self.data = segment.buffer[segment.start : min(segment.end, segment.start + LONGEST)]

    def resembles(self, other: Twin) -> bool:
        """Whether the first data of both are the same, a moment apart."""
        return (
            self.sequence == other.sequence
            and self.acknowledgment == other.acknowledgment
            and self.length == other.length
            and abs(self.time_ns - other.time_ns) <= COPY_WITHIN_NS
            and self.data == other.data
        )
