"""NFLOG: the packet among the attributes."""

from __future__ import annotations

import struct

import pytest

from analyzer.packet.decoder import PacketDecoder
from headers import decode, names, payload_of
from packet.tunnels import INNER

HEAD = b"\x02\0\0\x01"


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def test_the_packet_stands_between_other_attributes() -> None:
    packet = HEAD + attribute(10, b"pre") + attribute(9, INNER) + attribute(11, bytes(4))
    segment = decode(packet, 239)
    assert payload_of(segment) == b"inner"
    assert segment is not None
    assert segment.missing == 0


def test_a_log_without_a_packet_is_no_tcp() -> None:
    decoder = PacketDecoder()
    assert decode(HEAD + attribute(10, b"pre"), 239, decoder=decoder) is None
    assert (names(decoder), decoder.counts["not_tcp"]) == ([], 1)


@pytest.mark.parametrize(
    ("packet", "detail"),
    [
        (b"\x02\0", "NFLOG header"),
        (b"\x02\x01\0\0", "NFLOG version"),
        (HEAD + b"\x03\0\x01\0", "NFLOG attribute"),
    ],
)
def test_damaged_logs_are_told(packet: bytes, detail: str) -> None:
    decoder = PacketDecoder()
    assert decode(packet, 239, decoder=decoder) is None
    assert [one.detail for one in decoder.anomalies] == [detail]
