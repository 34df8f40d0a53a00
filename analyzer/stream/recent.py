"""Tell a packet that was captured twice from one that was sent twice.

``-i any`` and mirror ports record one packet at several places. Its copies agree in everything that
a retransmission changes: IP identification, TCP timestamp, acknowledgment, and so the checksum.
"""

from __future__ import annotations

# A network card hands on so many packets at once (NAPI), and copies are taken before or behind it.
SLOTS = 64
# A sender waits longer than this before it sends again (RFC 6298 asks for a second, Linux for 0.2).
COPY_WITHIN_NS = 50_000_000


class RecentPackets:
    """The fingerprints of the packets of a stream that were seen last.

    Each stream has its own, so that what others do at the same time changes nothing.
    """

    def __init__(self) -> None:
        self.fingerprints = [0] * 64  # SLOTS, as a number the compiler sees
        self.times = [0] * 64
        self.count = 0
        self.position = 0

    def add(self, fingerprint: int, time_ns: int) -> None:
        """Remember a packet."""
        position = self.position
        self.fingerprints[position] = fingerprint
        self.times[position] = time_ns
        position += 1
        self.count = max(self.count, position)
        self.position = 0 if position == 64 else position

    def seen(self, fingerprint: int, time_ns: int) -> bool:
        """Whether the same packet was remembered a moment ago, or is remembered for soon after."""
        for slot in range(self.count):
            if self.fingerprints[slot] == fingerprint:
                apart = time_ns - self.times[slot]
                # Captures that were merged need not be in order of time.
                if -50_000_000 <= apart <= 50_000_000:  # COPY_WITHIN_NS
                    return True
        return False
