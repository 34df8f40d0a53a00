"""Which packets are remembered, and for how long."""

from __future__ import annotations

import pytest

from analyzer.stream.recent import COPY_WITHIN_NS, SLOTS, RecentPackets


def test_nothing_was_seen_at_first_whatever_the_time() -> None:
    recent = RecentPackets()
    assert not recent.seen(0, 0)
    assert not recent.seen(7, 1)


@pytest.mark.parametrize(
    ("later", "seen"),
    [(0, True), (COPY_WITHIN_NS, True), (COPY_WITHIN_NS + 1, False)],
)
def test_packet_is_a_copy_only_a_moment_later(later: int, seen: bool) -> None:
    recent = RecentPackets()
    recent.add(7, 10**18)
    assert recent.seen(7, 10**18 + later) is seen
    assert not recent.seen(8, 10**18)


@pytest.mark.parametrize(("earlier", "seen"), [(COPY_WITHIN_NS, True), (10**12, False)])
def test_time_that_runs_backwards_makes_no_copy(earlier: int, seen: bool) -> None:
    recent = RecentPackets()
    recent.add(7, 10**18)
    assert recent.seen(7, 10**18 - earlier) is seen


def test_newer_packet_of_one_fingerprint_counts_beside_an_old_one() -> None:
    recent = RecentPackets()
    recent.add(7, 0)
    recent.add(7, 10**9)
    assert recent.seen(7, 10**9 + 1)


def test_oldest_packet_is_forgotten_when_there_is_no_room() -> None:
    recent = RecentPackets()
    for fingerprint in range(1, SLOTS + 2):
        recent.add(fingerprint, 10**18)
    assert not recent.seen(1, 10**18)
    assert recent.seen(2, 10**18)
    assert recent.seen(SLOTS + 1, 10**18)


def test_largest_fingerprint_fits() -> None:
    recent = RecentPackets()
    recent.add(2**64 - 1, 10**18)
    assert recent.seen(2**64 - 1, 10**18)
