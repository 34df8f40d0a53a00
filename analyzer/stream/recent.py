"""Tell a packet that was captured twice from one that was sent twice.

``-i any`` and mirror ports record one packet at several places. Its copies agree in everything that
a retransmission changes: IP identification, TCP timestamp, acknowledgment, and so the checksum.
"""

from __future__ import annotations

from array import array

SLOTS = 256
# A sender waits longer than this before it sends again (RFC 6298 asks for a second, Linux for 0.2).
COPY_WITHIN_NS = 50_000_000


class RecentPackets:
    """The fingerprints of the packets that were seen last, over all streams."""

    def __init__(self) -> None:
        self.fingerprints = array("Q", bytes(8 * SLOTS))
        # A slot that was never used is as far from every time as one that was used long ago.
        self.times = array("q", [-COPY_WITHIN_NS - 1] * SLOTS)
        self.position = 0

    def add(self, fingerprint: int, time_ns: int) -> None:
        """Remember a packet."""
        position = self.position
        self.fingerprints[position] = fingerprint
        self.times[position] = time_ns
        position += 1
        self.position = 0 if position == 256 else position  # SLOTS, as a number the compiler sees

    def seen(self, fingerprint: int, time_ns: int) -> bool:
        """Whether the same packet was remembered a moment ago, or is remembered for soon after."""
        for slot in range(256):  # SLOTS
            if self.fingerprints[slot] == fingerprint:
                apart = time_ns - self.times[slot]
                # Captures that were merged need not be in order of time.
                if -50_000_000 <= apart <= 50_000_000:  # COPY_WITHIN_NS
                    return True
        return False
