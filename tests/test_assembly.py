"""What the record says of who talked, and since when it was seen."""

from __future__ import annotations

import io

from analyzer.assembly import endpoints_of, handshake_of, seen_since
from analyzer.endpoint import Endpoint
from analyzer.read import read
from analyzer.record import Handshake
from capture_files import pcap
from segments import A, B, Wire
from told import closed


def test_the_client_is_who_asked_whoever_was_seen_first() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    stream = wire.stream
    assert endpoints_of(stream) == (Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", 80))
    stream.stack.flipped = 1
    assert endpoints_of(stream) == (Endpoint("10.0.0.2", 80), Endpoint("10.0.0.1", 40000))


def test_a_stream_is_seen_since_its_syn_or_since_the_upgrade() -> None:
    whole, late = Wire(), Wire()
    whole.connect()
    whole.push(A, 1001, b"hello", ack=5001)
    late.push(A, 1001, b"hello", ack=5001)
    late.push(B, 5001, b"hello", ack=1006)
    assert (seen_since(whole.stream), seen_since(late.stream)) == ("syn", "upgrade")


def test_without_a_handshake_nothing_is_said_of_it() -> None:
    assert handshake_of(None) == Handshake()


def test_a_record_has_the_first_and_last_packets_of_its_stream() -> None:
    (one,) = read(io.BytesIO(pcap(closed()))).connections
    assert (one.first_packet, one.last_packet) == (1, len(closed()))
