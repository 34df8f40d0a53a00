"""Both byte streams of a TCP connection, and what is known of its beginning and end."""

from __future__ import annotations

import pytest

from segments import A, B, Wire

FIN_ACK = 0x11


def test_the_handshake_is_timed_by_its_third_packet() -> None:
    wire = Wire()
    wire.connect()
    stream = wire.stream
    assert stream.connected_at - stream.a.syn_at == 2_000_000
    assert (stream.first_packet, stream.last_packet) == (1, 3)


def test_a_stream_ends_with_the_second_fin() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, flags=FIN_ACK, ack=5001)
    assert not wire.stream.ended
    wire.push(B, 5001, flags=FIN_ACK, ack=1002)
    assert wire.stream.ended
    assert wire.stream.b.fin_acknowledged == 1


def test_the_layers_may_turn_the_sides_around() -> None:
    wire = Wire()
    wire.connect()
    wire.stacks[0].flipped = 1
    wire.push(A, 1001, b"from the server", ack=5001)
    assert wire.layer.bytes[1] == b"from the server"
    assert wire.stream.of(1) is wire.stream.a


def test_a_stream_that_nobody_wants_keeps_no_bytes() -> None:
    wire = Wire()
    wire.connect()
    stream = wire.stream
    wire.stacks[0].top = None
    wire.push(A, 1001, b"ignored", ack=5001)
    assert (stream.live, stream.a, stream.b) == (False, None, None)
    with pytest.raises(LookupError):
        stream.of(0)
    wire.push(B, 5001, b"ignored", ack=1008)


def test_a_stream_older_than_the_capture_begins_with_what_is_seen() -> None:
    wire = Wire()
    wire.push(A, 7000, b"hello", ack=9000)
    wire.push(B, 9004, b"!", ack=7005)  # four bytes of it were not captured
    wire.table.finish()
    assert wire.layer.bytes == [b"hello", b"!"]
    assert wire.layer.gaps == [[], [4]]


def test_what_repeats_without_an_answer_is_counted_until_the_other_side_speaks() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    for _ in range(3):
        wire.push(A, 1001, b"hello", ack=5001, after=300_000_000)
    assert wire.stream.a.silence.repeats == 3
    wire.push(B, 5001, ack=1006)
    assert wire.stream.a.silence.repeats == 0


# -- RST (RFC 9293, sections 3.5.3 and 3.10.7) --------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "ack", "counts"),
    [(0x14, 1001, True), (0x14, 1000, False), (0x14, 4444, False), (0x04, 0, False)],
)
def test_a_rst_that_answers_a_syn_has_to_acknowledge_it(flags: int, ack: int, counts: bool) -> None:
    wire = Wire()
    wire.push(A, 1000, flags=0x02)
    wire.push(B, 0, flags=flags, ack=ack)
    assert bool(wire.stream.b.rst_at) is counts
    assert wire.stream.ended is counts


def test_a_rst_behind_a_fin_counts() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, flags=FIN_ACK, ack=5001)
    wire.push(B, 5001, b"unread", ack=1002)
    wire.push(A, 1002, flags=0x04)
    assert wire.stream.a.rst_packet == 6


def test_a_rst_where_nothing_else_is_known_counts() -> None:
    wire = Wire()
    wire.push(A, 1234, flags=0x04)
    assert wire.stream.a.rst_packet == 1


def test_what_a_rst_that_does_not_count_acknowledges_is_not_believed() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    wire.push(B, 90_000_000, flags=0x14, ack=1900)
    wire.push(B, 5001, flags=0x14, ack=1006)
    assert wire.stream.b.rst_packet == 6
    assert wire.stream.a.acknowledged == 5


def test_windows_scaled_beyond_what_is_allowed_are_taken_as_the_largest() -> None:
    """RFC 7323, section 2.3: a shift above 14 means 14."""
    wire = Wire()
    wire.push(A, 1000, flags=0x02, window_scale=255)
    wire.push(B, 5000, flags=0x12, ack=1001, window_scale=255)
    wire.push(A, 1001, ack=5001)
    wire.push(B, 5001 + (65535 << 14) + 1, flags=0x04)
    assert wire.stream.b.rst_at == 0
    wire.push(B, 5001 + (65535 << 14), flags=0x04)
    assert wire.stream.b.rst_at


def test_a_stream_that_nobody_wants_is_seen_to_end() -> None:
    wire = Wire()
    wire.connect()
    stream = wire.stream
    wire.stacks[0].top = None
    wire.push(A, 1001, b"ignored", ack=5001)
    wire.push(A, 1008, flags=FIN_ACK, ack=5001)
    wire.push(A, 1008, flags=FIN_ACK, ack=5001)
    assert not stream.ended
    wire.push(B, 5001, flags=FIN_ACK, ack=1009)
    assert stream.ended
