"""What is kept of segments that come early, compared with a set of bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.packet.segment import Segment
from analyzer.stream.pending import PendingChunks

WHOLE = bytes(range(256))


def segment(data: bytes, missing: int = 0) -> Segment:
    one = Segment()
    one.buffer = b"h" + data + b"t"
    one.start, one.end, one.missing = 1, 1 + len(data), missing
    one.time_ns, one.packet = 5, 6
    return one


def kept(pending: PendingChunks) -> list[tuple[int, bytes, int]]:
    assert all(chunk.start == 0 for chunk in pending.chunks)
    return [(one.offset, one.buffer[: one.end], one.missing) for one in pending.chunks]


def test_segments_are_put_in_order() -> None:
    pending = PendingChunks()
    for offset in (30, 10, 20):
        assert pending.keep(segment(b"%d" % offset), offset, offset)
    assert kept(pending) == [(10, b"10", 0), (20, b"20", 0), (30, b"30", 0)]
    assert pending.size == 6
    assert [one.acknowledged for one in pending.chunks] == [10, 20, 30]
    assert {(one.time_ns, one.packet) for one in pending.chunks} == {(5, 6)}


def test_repetition_brings_nothing() -> None:
    pending = PendingChunks()
    pending.keep(segment(b"abcdef"), 10, -1)
    assert not pending.keep(segment(b"abcdef"), 10, -1)
    assert not pending.keep(segment(b"cd"), 12, -1)
    assert pending.size == 6


def test_repetition_over_several_segments_brings_nothing() -> None:
    pending = PendingChunks()
    pending.keep(segment(b"abc"), 10, -1)
    pending.keep(segment(b"def"), 13, -1)
    assert not pending.keep(segment(b"bcde"), 11, -1)


def test_first_copy_counts_where_two_differ() -> None:
    pending = PendingChunks()
    pending.keep(segment(b"BCD"), 11, -1)
    assert pending.keep(segment(b"abcdef"), 10, -1)
    assert kept(pending) == [(10, b"a", 0), (11, b"BCD", 0), (14, b"ef", 0)]


def test_missing_end_is_remembered_behind_what_was_captured() -> None:
    pending = PendingChunks()
    assert pending.keep(segment(b"ab", 8), 10, -1)
    assert kept(pending) == [(10, b"ab", 8)]
    assert not pending.keep(segment(b"ab", 8), 10, -1)
    assert pending.keep(segment(b"ab", 9), 10, -1)
    assert kept(pending) == [(10, b"ab", 9)]


def test_segment_of_which_nothing_was_captured_is_remembered() -> None:
    pending = PendingChunks()
    assert pending.keep(segment(b"", 10), 20, -1)
    assert pending.keep(segment(b"", 10), 10, -1)
    assert not pending.keep(segment(b"", 10), 10, -1)
    assert kept(pending) == [(10, b"", 10), (20, b"", 10)]
    assert pending.size == 0


def test_captured_bytes_may_stand_in_what_another_packet_lacked() -> None:
    pending = PendingChunks()
    pending.keep(segment(b"ab", 8), 10, -1)
    assert pending.keep(segment(b"cdef"), 12, -1)
    assert kept(pending) == [(10, b"ab", 8), (12, b"cdef", 0)]


pieces = st.tuples(st.integers(0, 200), st.integers(0, 56), st.integers(0, 9))


@given(st.lists(pieces, max_size=30))
def test_chunks_are_disjoint_and_hold_every_byte_that_came(
    sent: list[tuple[int, int, int]],
) -> None:
    pending = PendingChunks()
    expected: set[int] = set()
    for offset, length, missing in sent:
        came = set(range(offset, offset + length))
        new = pending.keep(segment(WHOLE[offset : offset + length], missing), offset, -1)
        assert new or came <= expected
        if came - expected:
            assert new
        expected |= came
    found: list[int] = []
    for offset, data, _ in kept(pending):
        assert data == WHOLE[offset : offset + len(data)]
        found += range(offset, offset + len(data))
    assert found == sorted(expected)
    assert pending.size == len(expected)
    offsets = [one[0] for one in kept(pending)]
    assert offsets == sorted(offsets)
