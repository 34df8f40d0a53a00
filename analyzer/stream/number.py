"""The number that Wireshark gives to a TCP stream.

Wireshark looks at addresses and ports alone, so that streams of several networks (VLANs, tunnels)
that use the same ones share a ``tcp.stream``. A `TcpStream` is never shared: it has the number that
Wireshark gives to its first packet, and its `network` tells it from others of that number.
"""

from __future__ import annotations

from analyzer.packet.segment import Segment
from analyzer.stream.sequence import wrap


class StreamNumber:
    """All packets between two endpoints that Wireshark takes for one TCP stream.

    Attributes
    ----------
    number : int
        Its ``tcp.stream``, from 0.
    settled : bool
        Both initial sequence numbers are known, or guessed.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.settled = False
        # Of the lower endpoint and of the higher one; -1 for not known.
        self.initial_low = -1
        self.initial_high = -1

    def begins_anew(self, segment: Segment) -> bool:
        """Whether Wireshark opens another stream for a packet of these endpoints.

        A SYN without ACK does that when its sequence number differs from the initial one.
        Wireshark 4.0 knows no other sign; later versions also take a SYN/ACK, and a FIN or RST
        before a SYN that is otherwise the same, for one.
        """
        if segment.flags & 0x12 != 0x02:  # SYN without ACK
            return False
        initial = self.initial_low if from_lower(segment) else self.initial_high
        return initial not in (-1, segment.sequence)

    def note(self, segment: Segment) -> None:
        """Learn the initial sequence numbers, guessed as Wireshark does where no SYN is seen."""
        sequence = segment.sequence
        if not segment.flags & 0x02:  # SYN
            sequence = wrap(sequence - 1)
        acknowledged = wrap(segment.acknowledgment - 1) if segment.flags & 0x10 else -1  # ACK
        low, high = sequence, acknowledged
        if not from_lower(segment):
            low, high = acknowledged, sequence
        if self.initial_low < 0:
            self.initial_low = low
        if self.initial_high < 0:
            self.initial_high = high
        self.settled = self.initial_low >= 0 and self.initial_high >= 0


def from_lower(segment: Segment) -> bool:
    """Whether the endpoint that sorts first is the one that sent a segment."""
    if segment.source_port != segment.destination_port:
        return bool(segment.source_port < segment.destination_port)
    if segment.source_high != segment.destination_high:
        return bool(segment.source_high < segment.destination_high)
    return bool(segment.source_low < segment.destination_low)
