"""How far two clocks are apart, and how sure that is: worked out by hand, and over many made paths."""

from __future__ import annotations

import random

import pytest

from analyzer.legs.clocks import TICK_NS, Clock, Offset, offset_between, set_clocks
from analyzer.side import Side

C, S = Side.CLIENT, Side.SERVER


def test_both_directions_bound_the_offset_as_ntp_does() -> None:
    # Clock B is 1000 us ahead. To the server it took 200 us, to the client 100 us: differences of
    # 1200 and 900 us, so between 899 and 1201 with the tick: 1050 plus or minus 151.
    found = offset_between([(C, 0, 1_200_000), (S, 0, 900_000)], nearer_known=True)
    assert found == Offset(1_050_000, 151_000, 2)
    assert found is not None
    assert abs(found.value - 1_000_000) <= (found.error or 0)


def test_times_tell_which_point_is_nearer_to_the_client() -> None:
    pairs = [(C, 0, -400_000), (S, 0, 300_000)]
    found = offset_between(pairs, nearer_known=False)
    assert found is not None
    assert found.swapped
    assert abs(found.value) <= (found.error or 0)


def test_one_direction_bounds_one_side_only() -> None:
    found = offset_between([(C, 0, 500), (C, 10, 400)], nearer_known=True)
    assert found is not None
    assert (found.value, found.error) == (390, None)
    assert "one direction" in found.problem
    back = offset_between([(S, 0, 500), (S, 10, 400)], nearer_known=True)
    assert back is not None
    assert back.value == 500


def test_a_clock_that_was_set_has_no_bound() -> None:
    jumped = [(C, 0, 0), (S, 1, 1), (C, 10**9, 6 * 10**9), (S, 10**9, 6 * 10**9)]
    found = offset_between(jumped, nearer_known=False)
    assert found is not None
    assert found.error is None
    assert "unevenly" in found.problem


def test_nothing_tells_nothing() -> None:
    assert offset_between([], nearer_known=True) is None


@pytest.mark.parametrize("seed", range(50))
def test_the_truth_is_within_the_error_whatever_the_delays(seed: int) -> None:
    # Delays of at least 50 us with a long tail, cut to microseconds as pcap files hold them.
    chance = random.Random(seed)
    truth = chance.randrange(-(10**10), 10**10)
    pairs = []
    for number in range(chance.randrange(2, 60)):
        side = C if number % 2 else S
        sent = 10**18 + number * 10**8
        took = 50_000 + int(chance.expovariate(1 / 400_000))
        at_a, at_b = (sent, sent + took) if side is C else (sent + took, sent)
        tick = TICK_NS
        pairs.append((side, at_a // tick * tick, (at_b + truth) // tick * tick))
    found = offset_between(pairs, nearer_known=True)
    assert found is not None
    assert found.error is not None
    assert abs(found.value - truth) <= found.error


def test_offsets_add_up_over_captures_and_so_do_errors() -> None:
    clocks = set_clocks(3, {(0, 1): Offset(100, 5, 9), (1, 2): Offset(-30, 2, 4)})
    assert clocks[2] == Clock(2, 70, 7, 4)
    assert clocks[2].corrected(1000) == 930


def test_the_way_with_the_smallest_error_is_taken() -> None:
    offsets = {(0, 1): Offset(100, 5, 9), (1, 2): Offset(0, 2, 4), (0, 2): Offset(90, 50, 4)}
    assert set_clocks(3, offsets)[2].error == 7


def test_a_capture_that_shares_nothing_has_no_offset() -> None:
    clock = set_clocks(3, {(1, 2): Offset(1, 1, 1)})[1]
    assert (clock.offset, clock.corrected(5)) == (None, None)
    assert clock.problem
