"""802.11: data frames are opened, all others and what is encrypted are not."""

from __future__ import annotations

import struct

import pytest

from analyzer.packet.decoder import PacketDecoder
from headers import decode, ipv4, names, payload_of, tcp
from packet.tunnels import FRAME, INNER, LLC

WLAN, RADIOTAP = 105, 127


@pytest.mark.parametrize(
    "frame",
    [
        b"\x80\x00" + bytes(50),  # a beacon
        b"\x48\x02" + bytes(22),  # data without data (subtype 4)
        b"\xc8\x02" + bytes(24),  # the same with quality of service
        b"\xd4\x00" + bytes(8),  # an acknowledgment
    ],
)
def test_frames_without_data_are_no_tcp_and_nothing_odd(frame: bytes) -> None:
    decoder = PacketDecoder()
    assert decode(frame, WLAN, decoder=decoder) is None
    assert (names(decoder), decoder.counts["not_tcp"]) == ([], 1)


def test_encrypted_frames_are_told_once() -> None:
    decoder = PacketDecoder()
    for number in (1, 2):
        packet = b"\x08\x42" + bytes(22) + LLC + INNER
        assert decode(packet, WLAN, decoder=decoder, packet=number) is None
    assert [(one.name, one.packet) for one in decoder.anomalies] == [("wlan_encrypted", 1)]


@pytest.mark.parametrize("head", [b"\x08\x06" + bytes(22), FRAME[:22] + b"\x01\x00"])
def test_pieces_of_frames_are_told_and_not_read(head: bytes) -> None:
    decoder = PacketDecoder()
    assert decode(head + LLC + INNER, WLAN, decoder=decoder) is None
    assert names(decoder) == ["wlan_fragment"]


def aggregate(*packets: bytes) -> bytes:
    """Give a frame with several inside: addresses, length, and padding to four bytes."""
    parts = [bytes(12) + struct.pack(">H", 8 + len(one)) + LLC + one for one in packets]
    padded = [part + bytes(-len(part) % 4) for part in parts[:-1]] + parts[-1:]
    return b"\x88\x02" + bytes(22) + b"\x80\x00" + b"".join(padded)


def test_the_first_of_several_frames_in_one_is_read_and_the_rest_is_told() -> None:
    decoder = PacketDecoder()
    assert payload_of(decode(aggregate(INNER), WLAN, decoder=decoder)) == b"inner"
    assert names(decoder) == []
    both = aggregate(INNER, ipv4(tcp(b"other")))
    assert payload_of(decode(both, WLAN, decoder=decoder)) == b"inner"
    assert names(decoder) == ["wlan_aggregate"]


@pytest.mark.parametrize(
    ("packet", "detail"),
    [
        (b"\x01\0\x08\0" + bytes(40), "radiotap version or length"),
        (b"\0\0\x07\0" + bytes(40), "radiotap version or length"),
        (b"\0\0\xff\0" + bytes(40), "radiotap header"),
        (b"\0\0\x08\0" + bytes(4) + b"\x08\x02", "802.11 header"),
    ],
)
def test_damaged_headers_are_told(packet: bytes, detail: str) -> None:
    decoder = PacketDecoder()
    assert decode(packet, RADIOTAP, decoder=decoder) is None
    assert [one.detail for one in decoder.anomalies] == [detail]
