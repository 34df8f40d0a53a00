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
    assert wire.stream.a.unanswered == 3
    wire.push(B, 5001, ack=1006)
    assert wire.stream.a.unanswered == 0
