"""One direction: whatever arrives, the bytes come out in order, and gaps with their size."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments import MS, A, B, Wire

FIN_ACK = 0x11
ACK, RST = 0x10, 0x04
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
    pieces = list(pairwise(bounds))
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
    assert (stream.keepalives, stream.retransmitted_segments, stream.silence.repeats) == (2, 0, 2)
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
    assert stream.pending.size <= 4 * 1024 * 1024
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


@pytest.mark.parametrize(("flags", "answers"), [(RST, 5), (RST | ACK, -1)])
def test_a_rst_without_ack_tells_what_the_segment_acknowledged_that_it_answers(
    flags: int, answers: int
) -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    wire.push(A, 1006, flags=flags, ack=5001)
    assert wire.stream.a.rst_answers == answers


def test_acknowledgments_travel_with_the_bytes() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"question", ack=5001)
    wire.push(B, 5001, b"answer", ack=1009)
    assert wire.layer.events[-1] == ("data", 1, b"answer", 0, 5, 8)


# -- what the other side acknowledged -----------------------------------------------------------


def test_a_hole_acknowledged_only_in_part_is_not_given_up() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1011, b"later", ack=5001)
    wire.push(B, 5001, ack=1006)
    wire.push(B, 5001, ack=1006, after=900 * MS)
    assert wire.layer.gaps[0] == []
    wire.push(A, 1001, b"0123456789", ack=5001)
    assert (wire.layer.bytes[0], wire.layer.gaps[0]) == (b"0123456789later", [])


def test_holes_that_were_acknowledged_at_one_time_are_given_up_at_one_time() -> None:
    wire = Wire()
    wire.connect()
    for start in (10, 30, 50):
        wire.push(A, 1001 + start, b"0123456789", ack=5001)
    wire.push(B, 5001, ack=1061)
    wire.push(B, 5001, ack=1061, after=101 * MS)
    assert wire.layer.gaps[0] == [10, 10, 10]


def test_a_hole_known_for_a_while_is_given_up_as_soon_as_bytes_follow_it() -> None:
    wire = Wire()
    wire.connect()
    wire.push(B, 5001, ack=1011)
    wire.push(A, 1011, b"later", ack=5001, after=500 * MS)
    assert (wire.layer.gaps[0], wire.layer.bytes[0]) == ([10], b"later")


def test_a_fin_behind_a_hole_that_was_acknowledged_is_complete() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1011, flags=FIN_ACK, ack=5001)
    wire.push(B, 5001, ack=1012)
    wire.push(B, 5001, ack=1012, after=200 * MS)
    assert wire.layer.events == [("fin", 0), ("gap", 0, 10), ("closed", 0)]


def test_an_acknowledgment_of_what_nobody_could_have_sent_is_not_believed() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    wire.push(B, 5001, ack=900_000_000, fingerprint=77)
    wire.push(B, 5001, ack=900_000_000, fingerprint=77)  # a copy is no other witness
    assert wire.stream.a.acknowledged == 0
    wire.push(B, 5001, ack=1006)
    wire.table.finish()
    assert wire.layer.gaps[0] == []


def test_an_acknowledgment_far_ahead_is_believed_when_another_says_so() -> None:
    """The capture lost more than fits into a window."""
    wire = Wire()
    wire.connect()
    wire.push(B, 5001, ack=1001 + 9_000_000)
    assert wire.stream.a.acknowledged == 0
    wire.push(B, 5001, ack=1001 + 9_001_000)
    assert wire.stream.a.acknowledged == 9_001_000
    wire.push(A, 1001 + 9_001_000, b"later", ack=5001, after=200 * MS)
    wire.table.finish()
    assert (wire.layer.gaps[0], wire.layer.bytes[0]) == ([9_001_000], b"later")


def test_scaled_windows_decide_how_far_ahead_is_too_far() -> None:
    for scale, believed in ((8, True), (-1, False)):
        wire = Wire()
        wire.push(A, 1000, flags=0x02, window_scale=scale)
        wire.push(B, 5000, flags=0x12, ack=1001, window_scale=scale)
        wire.push(A, 1001, ack=5001)
        wire.push(B, 5001, ack=1001)
        wire.push(B, 5001, ack=1001 + 200 * 65535)
        assert bool(wire.stream.a.acknowledged) is believed


def test_acknowledgments_wrap_while_bytes_wait() -> None:
    wire = Wire()
    wire.connect(a=2**32 - 6)
    wire.push(A, 2**32 + 5, b"world", ack=5001)
    wire.push(B, 5001, ack=2**32 + 10)
    wire.push(B, 5001, ack=2**32 + 10, after=200 * MS)
    assert (wire.layer.gaps[0], wire.layer.bytes[0]) == ([10], b"world")


def test_an_empty_segment_shows_that_bytes_before_it_were_sent() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    wire.push(A, 1001 + 5 + 20, ack=5001)
    wire.table.finish()
    assert wire.layer.gaps[0] == [20]


# -- packets of which a part was captured -------------------------------------------------------


def test_cut_packets_out_of_order_are_as_many_bytes_as_were_sent() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1021, b"third", missing=5, ack=5001)
    wire.push(A, 1011, b"second", missing=4, ack=5001)
    wire.push(A, 1001, b"first", missing=5, ack=5001)
    told = [(event[0], event[2]) for event in wire.layer.events]
    assert told == [
        ("data", b"first"),
        ("gap", 5),
        ("data", b"second"),
        ("gap", 4),
        ("data", b"third"),
        ("gap", 5),
    ]
    assert (wire.stream.a.next, wire.stream.a.missing_bytes) == (30, 14)


def test_packets_of_which_only_headers_were_captured_are_gaps() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1011, missing=10, ack=5001)
    wire.push(A, 1001, missing=10, ack=5001)
    wire.push(A, 1021, b"!", ack=5001)
    assert (wire.layer.gaps[0], wire.layer.bytes[0]) == ([10, 10], b"!")


def test_what_one_packet_lacks_and_another_brings_early_is_not_missing() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1004, b"lo", ack=5001)
    wire.push(A, 1001, b"h", missing=7, ack=5001)
    told = [(event[0], event[2]) for event in wire.layer.events]
    assert told == [("data", b"h"), ("gap", 2), ("data", b"lo"), ("gap", 3)]


# -- FIN ----------------------------------------------------------------------------------------


def test_what_follows_a_fin_is_not_handed_on() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"bye", flags=FIN_ACK, ack=5001)
    wire.push(A, 1005, b"ghost", ack=5001)
    wire.push(A, 1004, b"x", ack=5001)  # a probe: one byte, one number back
    stream = wire.stream.a
    assert wire.layer.bytes[0] == b"bye"
    assert (stream.keepalives, stream.retransmitted_segments) == (1, 0)


def test_a_fin_of_an_earlier_connection_does_not_count() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    wire.push(A, 1003, flags=FIN_ACK, ack=5001)
    assert wire.stream.a.fin_at == 0
    wire.push(A, 1006, b" world", ack=5001)
    assert wire.layer.bytes[0] == b"hello world"


def test_a_fin_sent_again_with_the_last_bytes_counts_once() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"bye", ack=5001)
    wire.push(A, 1004, flags=FIN_ACK, ack=5001)
    wire.push(A, 1001, b"bye", flags=FIN_ACK, ack=5001, after=300 * MS)
    stream = wire.stream.a
    assert (stream.fin_packet, stream.fin_offset, stream.retransmitted_segments) == (5, 3, 1)
    assert (wire.layer.bytes[0], wire.layer.gaps[0]) == (b"bye", [])


def test_a_fin_captured_twice_is_no_retransmission() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, flags=FIN_ACK, ack=5001, fingerprint=77)
    wire.push(A, 1001, flags=FIN_ACK, ack=5001, fingerprint=77)
    assert wire.stream.a.retransmitted_segments == 0
    wire.push(A, 1001, flags=FIN_ACK, ack=5001, fingerprint=78)
    assert wire.stream.a.retransmitted_segments == 1


def test_a_fin_whose_acknowledgment_was_captured_first_is_one() -> None:
    wire = Wire()
    wire.push(B, 5001, ack=1002)
    wire.push(A, 1001, flags=FIN_ACK, ack=5001)
    assert (wire.stream.b.fin_offset, wire.stream.b.acknowledged) == (0, 1)
    wire.table.finish()
    assert wire.layer.gaps[1] == []


# -- streams older than the capture -------------------------------------------------------------


def test_bytes_sent_again_that_were_acknowledged_before_the_capture_are_new_to_it() -> None:
    wire = Wire()
    wire.push(B, 5001, ack=2000)
    wire.push(A, 1990, b"0123456789", ack=5001)
    wire.push(A, 2000, b"next", ack=5001)
    assert (wire.layer.bytes[1], wire.layer.gaps[1]) == (b"0123456789next", [])


@pytest.mark.parametrize("probe", [b"", b"x"])
def test_a_probe_at_the_start_of_a_capture_is_no_missing_byte(probe: bytes) -> None:
    wire = Wire()
    wire.push(B, 5001, ack=2000)
    wire.push(A, 1999, probe, ack=5001)
    stream = wire.stream.b
    wire.push(A, 2000, b"next", ack=5001)
    wire.table.finish()
    assert (wire.layer.bytes[1], wire.layer.gaps[1], stream.keepalives) == (b"next", [], 1)


@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_probe_that_begins_the_capture_is_neither_byte_nor_fin(acknowledged: bool) -> None:
    wire = Wire()
    wire.push(A, 1999, ack=5001)
    if acknowledged:
        wire.push(B, 5001, ack=2000)
    stream = wire.stream.a
    wire.push(A, 2000, b"next", ack=5001)
    wire.table.finish()
    assert (wire.layer.bytes[0], wire.layer.gaps[0]) == (b"next", [])
    assert not stream.fin_hidden


def test_one_direction_alone_is_put_in_order() -> None:
    wire = Wire()
    wire.push(A, 1001, b"one ", ack=5001)
    wire.push(A, 1009, b"three", ack=5001)
    wire.push(A, 1005, b"two ", ack=5001)
    assert wire.layer.bytes[0] == b"one two three"


# -- anything -----------------------------------------------------------------------------------

segments = st.tuples(
    st.booleans(),
    st.sampled_from([1000, 1001, 1005, 1010, 2**31, 2**32 - 1, 70_000]),
    st.sampled_from([5000, 5001, 5020, 2**31 + 5, 2**32 - 1]),
    st.integers(0, 0x3F),
    st.binary(max_size=12),
    st.sampled_from([0, 0, 0, 3, 70_000]),
    st.sampled_from([-1, 0, 7, 255]),
)


@given(st.lists(segments, max_size=25), st.sampled_from([MS, 200 * MS, 9_000 * MS]))
def test_any_segments_are_accounted_for(
    sent: list[tuple[bool, int, int, int, bytes, int, int]], after: int
) -> None:
    wire = Wire()
    for back, one, other, flags, data, missing, scale in sent:
        numbers = (other, one) if back else (one, other)
        wire.push(
            B if back else A,
            numbers[0],
            data,
            flags=flags,
            ack=numbers[1],
            after=after,
            missing=missing,
            window_scale=scale,
        )
    streams: list[Any] = [stack.stream for stack in wire.stacks]
    # One that is over is not known to its stack any more.
    ends = [(one.a, one.b) if one is not None else () for one in streams]
    wire.table.finish()
    for layer, both in zip(wire.layers, ends, strict=True):
        for side, end in enumerate(both):
            if end is not None:
                assert end.next == len(layer.bytes[side]) + sum(layer.gaps[side])
                assert not end.pending.chunks
        assert layer.events.count(("finish",)) == 1
