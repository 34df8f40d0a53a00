"""When Wireshark begins another stream; its rule is read from its source, epan/dissectors."""

from __future__ import annotations

import pytest

from analyzer.packet.segment import Segment
from analyzer.stream.number import StreamNumber, from_lower
from packets import ACK, FIN, RST, SYN


def segment(sequence: int, flags: int, acknowledgment: int = 0, *, back: bool = False) -> Segment:
    one = Segment()
    one.source_port, one.destination_port = (80, 40000) if back else (40000, 80)
    one.sequence, one.acknowledgment, one.flags = sequence, acknowledgment, flags
    return one


def after(*segments: Segment) -> StreamNumber:
    number = StreamNumber(3)
    for one in segments:
        number.note(one)
    return number


def test_syn_with_another_number_begins_anew() -> None:
    number = after(segment(100, SYN))
    assert number.number == 3
    assert not number.begins_anew(segment(100, SYN))
    assert number.begins_anew(segment(101, SYN))


def test_syn_of_the_other_side_is_compared_with_its_own_number() -> None:
    number = after(segment(100, SYN))
    assert not number.begins_anew(segment(555, SYN, back=True))
    number.note(segment(500, SYN | ACK, 101, back=True))
    assert number.settled
    assert number.begins_anew(segment(555, SYN, back=True))


@pytest.mark.parametrize("flags", [SYN | ACK, ACK, RST, FIN | ACK])
def test_nothing_else_begins_anew(flags: int) -> None:
    assert not after(segment(100, SYN)).begins_anew(segment(999, flags))


def test_initial_numbers_are_guessed_in_midstream() -> None:
    number = after(segment(101, ACK, 501))
    assert number.settled
    assert not number.begins_anew(segment(100, SYN))
    assert not number.begins_anew(segment(500, SYN, back=True))
    assert number.begins_anew(segment(101, SYN))
    assert number.begins_anew(segment(501, SYN, back=True))


def test_guesses_wrap() -> None:
    number = after(segment(0, ACK, 0))
    assert not number.begins_anew(segment(0xFFFFFFFF, SYN))
    assert not number.begins_anew(segment(0xFFFFFFFF, SYN, back=True))


def test_first_number_counts() -> None:
    number = after(segment(100, SYN), segment(300, ACK, 777))
    assert number.begins_anew(segment(299, SYN))
    assert not number.begins_anew(segment(100, SYN))


def test_number_zero_is_known() -> None:
    assert after(segment(0, SYN)).begins_anew(segment(1, SYN))


@pytest.mark.parametrize(
    ("source", "destination", "lower"),
    [
        ((0, 9, 80), (0, 1, 81), True),
        ((0, 9, 81), (0, 1, 80), False),
        ((1, 5, 80), (2, 1, 80), True),
        ((2, 1, 80), (1, 5, 80), False),
        ((1, 1, 80), (1, 2, 80), True),
        ((1, 2, 80), (1, 1, 80), False),
        ((1, 1, 80), (1, 1, 80), False),
    ],
)
def test_endpoints_are_ordered_by_port_then_address(
    source: tuple[int, int, int], destination: tuple[int, int, int], lower: bool
) -> None:
    one = Segment()
    one.source_high, one.source_low, one.source_port = source
    one.destination_high, one.destination_low, one.destination_port = destination
    assert from_lower(one) is lower
