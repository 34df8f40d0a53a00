"""Copies of a packet come within a moment; retransmissions take longer, or look otherwise."""

from __future__ import annotations

from analyzer.stream.recent import COPY_WITHIN_NS, SLOTS, RecentPackets


def test_a_copy_is_seen_for_a_moment() -> None:
    recent = RecentPackets()
    recent.add(42, 1000)
    assert recent.seen(42, 1000 + COPY_WITHIN_NS)
    assert not recent.seen(42, 1001 + COPY_WITHIN_NS)
    assert not recent.seen(43, 1000)


def test_only_the_last_packets_are_remembered() -> None:
    recent = RecentPackets()
    for fingerprint in range(1, SLOTS + 2):
        recent.add(fingerprint, 1000)
    assert not recent.seen(1, 1000)
    assert recent.seen(2, 1000)
    assert recent.seen(SLOTS + 1, 1000)
