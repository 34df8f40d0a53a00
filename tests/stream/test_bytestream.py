"""One direction of a stream: whatever arrives, the bytes come out in order, and gaps with their size."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segments import MS, A, B, Wire

FIN_ACK = 0x11
RST = 0x04
TEXT = bytes(range(256)) * 4


@given(
    cuts=st.lists(st.integers(1, len(TEXT) - 1), max_size=12),
    order=st.randoms(use_true_random=False),
    start=st.sampled_from([1000, 2**32 - 300]),
)
def test_any_cut_in_any_order_gives_the_same_bytes(
    cuts: list[int], order: Random, start: int
) -> None:
    bounds = sorted({0, len(TEXT), *cuts})
    pieces = list(zip(bounds, bounds[1:], strict=False))
    pieces += [(low, min(high + 40, len(TEXT))) for low, high in pieces[::2]]  # overlaps
    order.shuffle(pieces)
    wire = Wire()
    wire.connect(a=start)
    for low, high in pieces:
        wire.push(A, start + 1 + low, TEXT[low:high], ack=5001)
    wire.table.finish()
    assert wire.layer.bytes[0] == TEXT
    assert wire.layer.gaps[0] == []


@given(low=st.integers(1, 900), length=st.integers(1, 100))
def test_a_lost_piece_is_one_gap_of_its_size(low: int, length: int) -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, TEXT[:low], ack=5001)
    wire.push(A, 1001 + low + length, TEXT[low + length :], ack=5001)
    wire.table.finish()
    assert wire.layer.gaps[0] == [length]
    assert wire.layer.bytes[0] == TEXT[:low] + TEXT[low + length :]


def test_a_hole_that_the_receiver_acknowledged_is_given_up_while_the_stream_goes_on() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1011, b"later", ack=5001)
    wire.push(B, 5001, ack=1016)  # the receiver has it: only the capture lacks it
    assert wire.layer.bytes[0] == b""
    wire.push(B, 5001, ack=1016, after=200 * MS)
    assert (wire.layer.gaps[0], wire.layer.bytes[0]) == ([10], b"later")


def test_a_hole_that_nobody_acknowledged_waits_for_the_retransmission() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1006, b"world", ack=5001)
    wire.push(B, 5001, ack=1001, after=900 * MS)
    wire.push(A, 1001, b"hello", ack=5001)
    assert (wire.layer.gaps[0], wire.layer.bytes[0]) == ([], b"helloworld")
    # Each chunk keeps the packet that brought it, so that its time is the one on the wire.
    assert [event[4] for event in wire.layer.events if event[0] == "data"] == [6, 4]


def test_bytes_acknowledged_but_never_captured_are_a_gap_at_the_end() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    wire.push(B, 5001, ack=1001 + 5 + 8)
    wire.table.finish()
    assert wire.layer.gaps[0] == [8]


def test_one_number_more_than_the_bytes_is_a_fin_that_was_not_captured() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    wire.push(B, 5001, ack=1001 + 5 + 1)
    stream = wire.stream.a
    wire.table.finish()
    assert (wire.layer.gaps[0], stream.fin_hidden) == ([], True)


def test_a_snap_length_leaves_a_gap_behind_what_was_captured() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001, missing=7)
    wire.push(A, 1013, b"!", ack=5001)
    kinds = [(event[0], event[2]) for event in wire.layer.events]
    assert kinds == [("data", b"hello"), ("gap", 7), ("data", b"!")]


def test_keep_alives_are_neither_bytes_nor_retransmissions() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    wire.push(A, 1005, ack=5001)  # no byte, one number back
    wire.push(A, 1005, b"o", ack=5001)  # the last byte again
    stream = wire.stream.a
    assert (stream.keepalives, stream.retransmitted_segments, stream.unanswered) == (2, 0, 2)
    assert wire.layer.bytes[0] == b"hello"


def test_a_packet_captured_twice_is_no_retransmission() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001, fingerprint=77)
    wire.push(A, 1001, b"hello", ack=5001, fingerprint=77)
    assert wire.stream.a.retransmitted_segments == 0
    wire.push(A, 1001, b"hello", ack=5001, fingerprint=78)
    assert wire.stream.a.retransmitted_segments == 1


def test_a_fin_in_a_hole_is_known_at_once_and_delivered_in_its_turn() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1006, b"world", flags=FIN_ACK, ack=5001)
    assert wire.stream.a.fin_offset == 10
    assert wire.layer.events == [("fin", 0)]
    wire.push(A, 1001, b"hello", ack=5001)
    assert wire.layer.events[-1] == ("closed", 0)
    assert wire.layer.bytes[0] == b"helloworld"


def test_a_repeated_fin_counts_once() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"bye", flags=FIN_ACK, ack=5001)
    wire.push(A, 1001, b"bye", flags=FIN_ACK, ack=5001, after=300 * MS)
    stream = wire.stream.a
    assert (stream.fin_packet, stream.retransmitted_segments) == (4, 1)
    assert wire.layer.events.count(("closed", 0)) == 1


def test_data_goes_on_in_the_other_direction_after_a_fin() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, flags=FIN_ACK, ack=5001)
    wire.push(B, 5001, b"half-closed", ack=1002)
    assert wire.layer.bytes[1] == b"half-closed"


def test_an_eternal_hole_does_not_fill_the_memory() -> None:
    wire = Wire()
    wire.connect()
    piece = bytes(60_000)
    for i in range(100):
        wire.push(A, 1002 + i * len(piece), piece, ack=5001)
    stream = wire.stream.a
    assert stream.overflowed
    assert stream.pending_bytes <= 4 * 1024 * 1024
    assert wire.layer.gaps[0] == [1]


@pytest.mark.parametrize(
    ("sequence", "counts"),
    [
        (1006, True),  # just what comes next
        (1005, False),  # before what the other side has acknowledged
        (1006 + 65535, True),  # in the window
        (1006 + 70000, False),  # beyond it
    ],
)
def test_a_rst_counts_only_if_the_receiver_accepts_it(sequence: int, counts: bool) -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    wire.push(B, 5001, ack=1006)
    wire.push(A, sequence, flags=RST)
    assert bool(wire.stream.a.rst_at) is counts
    assert (("rst", 0) in wire.layer.events) is counts


def test_acknowledgments_travel_with_the_bytes() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"question", ack=5001)
    wire.push(B, 5001, b"answer", ack=1009)
    assert wire.layer.events[-1] == ("data", 1, b"answer", 0, 5, 8)
