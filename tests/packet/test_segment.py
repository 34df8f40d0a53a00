"""A segment that nobody has filled says nothing."""

from __future__ import annotations

from analyzer.packet.segment import ACK, FIN, PSH, RST, SYN, URG, Segment


def test_the_flags_are_those_of_rfc_9293() -> None:
    assert [FIN, SYN, RST, PSH, ACK, URG] == [1, 2, 4, 8, 16, 32]


def test_a_new_segment_is_empty() -> None:
    segment = Segment()
    assert (segment.start, segment.end, segment.buffer, segment.window_scale) == (0, 0, b"", -1)
