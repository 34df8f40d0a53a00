"""First data of two streams with the same endpoints: the same, or not."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.packet.segment import Segment
from analyzer.stream.recent import COPY_WITHIN_NS
from analyzer.stream.twin import LONGEST, Twin
from segments import MS, A, B, Recorder, Wire


def twin(data: bytes = b"hello", **fields: Any) -> Twin:
    segment = Segment()
    segment.buffer, segment.start, segment.end = b"<" + data + b">", 1, 1 + len(data)
    segment.sequence, segment.acknowledgment = 7, 9
    for name, value in fields.items():
        setattr(segment, name, value)
    one = Twin()
    one.settle(segment)
    return one


def test_the_same_data_a_moment_apart_are_a_copy() -> None:
    assert twin().resembles(twin())
    assert twin().resembles(twin(time_ns=COPY_WITHIN_NS))
    assert twin(time_ns=COPY_WITHIN_NS).resembles(twin())
    assert twin().settled


@pytest.mark.parametrize(
    "other",
    [
        twin(b"hullo"),
        twin(b"hell"),
        twin(sequence=8),
        twin(acknowledgment=8),
        twin(time_ns=COPY_WITHIN_NS + 1),
        Twin(),
        Twin(settled=True),
    ],
)
def test_anything_else_is_not(other: Twin) -> None:
    assert not twin().resembles(other)


def test_no_more_is_kept_than_is_compared() -> None:
    assert len(twin(bytes(10_000)).data) == LONGEST
    assert not twin(bytes(10_000)).resembles(twin(bytes(10_001)))


def connect(wire: Wire, network: int) -> None:
    wire.push(A, 1000, flags=0x02, network=network)
    wire.push(B, 5000, flags=0x12, ack=1001, network=network)


def heard(wire: Wire) -> list[bytes]:
    return [layer.bytes[0] for layer in wire.layers if isinstance(layer, Recorder)]


def test_a_stream_is_dropped_before_its_layer_hears_of_it() -> None:
    wire = Wire()
    connect(wire, 0)
    connect(wire, 1)
    wire.push(A, 1001, b"GET", ack=5001, network=0)
    wire.push(A, 1001, b"GET", ack=5001, network=1)
    wire.push(A, 1004, b" /", ack=5001, network=0)
    wire.push(A, 1004, b" /", ack=5001, network=1)
    assert heard(wire) == [b"GET /", b""]
    assert [stream.live for stream in wire.streams] == [True, False]
    assert [stream.number for stream in wire.streams] == [0, 0]


def test_an_order_that_changes_between_the_networks_drops_one_of_them_only() -> None:
    wire = Wire()
    connect(wire, 0)
    connect(wire, 1)
    wire.push(A, 1001, b"GET", ack=5001, network=1)
    wire.push(A, 1001, b"GET", ack=5001, network=0)
    assert heard(wire) == [b"", b"GET"]


def test_streams_whose_first_data_differ_are_left_alone_for_ever() -> None:
    wire = Wire()
    connect(wire, 0)
    connect(wire, 1)
    wire.push(A, 1001, b"GET", ack=5001, network=0)
    wire.push(A, 1001, b"PUT", ack=5001, network=1)
    wire.push(A, 1004, b" /", ack=5001, network=0)
    wire.push(A, 1004, b" /", ack=5001, network=1)
    assert heard(wire) == [b"GET /", b"PUT /"]


def test_a_packet_in_the_middle_is_a_copy_by_its_fingerprint() -> None:
    for fingerprint, streams in ((77, [b"middle", b""]), (78, [b"middle", b"middle"])):
        wire = Wire()
        wire.push(A, 1001, b"middle", ack=5001, network=0, fingerprint=77)
        wire.push(A, 1001, b"middle", ack=5001, network=1, fingerprint=fingerprint)
        assert heard(wire) == streams


def test_a_stream_that_is_long_over_is_no_twin() -> None:
    wire = Wire()
    wire.push(A, 1001, b"middle", ack=5001, network=0, fingerprint=77)
    wire.push(A, 1001, b"middle", ack=5001, network=1, fingerprint=77, after=51 * MS)
    assert heard(wire) == [b"middle", b"middle"]
