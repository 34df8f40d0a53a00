"""IPv4 and IPv6 headers; expected values are worked out by hand."""

from __future__ import annotations

import struct

import pytest

from analyzer.packet.decoder import PacketDecoder
from headers import IPV6, decode, ethernet, fragment_header, ipv4, ipv6, names, payload_of, tcp, udp

RAW = 101


def test_padding_and_a_frame_check_sequence_are_no_payload() -> None:
    # 14 + 20 + 20 + 1 bytes are padded to 60 (IEEE 802.3, section 4.2.3.3), then checked
    frame = ethernet(ipv4(tcp(b"!"))).ljust(60, b"\0") + b"\xde\xad\xbe\xef"
    segment = decode(frame)
    assert payload_of(segment) == b"!"
    assert segment is not None
    assert segment.missing == 0


def test_ipv4_options_are_skipped() -> None:
    assert payload_of(decode(ipv4(tcp(b"data"), options=b"\x94\x04\0\0"), RAW)) == b"data"


def test_a_total_length_of_zero_means_all_of_the_packet() -> None:
    packet = ipv4(tcp(bytes(3000)), total=0)
    segment = decode(packet[:1000], RAW, len(packet))
    assert segment is not None
    assert (segment.end - segment.start, segment.missing) == (960, 2040)


@pytest.mark.parametrize("first", [0x44, 0x40, 0x55, 0x65, 0x05])
def test_a_wrong_version_or_header_length_is_malformed(first: int) -> None:
    decoder = PacketDecoder()
    assert decode(ethernet(ipv4(tcp(b"data"), first=first)), decoder=decoder) is None
    assert names(decoder) == ["malformed_header"]


def test_a_total_length_within_the_header_is_malformed() -> None:
    decoder = PacketDecoder()
    assert decode(ipv4(tcp(), total=19), RAW, decoder=decoder) is None
    assert decode(ipv4(tcp(), total=39), RAW, decoder=decoder) is None  # 19 bytes of TCP
    assert names(decoder) == ["malformed_header", "malformed_header"]


def test_what_ip_promises_of_a_whole_captured_packet_is_missing() -> None:
    decoder = PacketDecoder()
    packet = ipv4(tcp(bytes(100)), total=240)
    for number in (1, 2):
        segment = decode(packet, RAW, decoder=decoder, packet=number)
        assert segment is not None
        assert (segment.end - segment.start, segment.missing) == (100, 100)
    assert names(decoder) == ["ip_length_beyond_packet"]  # told once


def test_what_ip_promises_beyond_the_original_length_of_a_cut_packet_is_not_believed() -> None:
    decoder = PacketDecoder()
    segment = decode(ipv4(tcp(bytes(100)), total=1440), RAW, 150, decoder=decoder)
    assert segment is not None
    assert (segment.end - segment.start, segment.missing) == (100, 10)
    assert names(decoder) == ["ip_length_beyond_packet"]


def test_an_original_length_below_the_captured_one_is_not_believed() -> None:
    segment = decode(ipv4(tcp(bytes(100))), RAW, 50)
    assert segment is not None
    assert (segment.end - segment.start, segment.missing) == (100, 0)


def test_ipv6_addresses_stand_in_two_halves() -> None:
    packet = bytearray(ipv6(tcp(b"data")))
    packet[8:24] = bytes.fromhex("fe80000000000001 8899aabbccddeeff")
    packet[24:40] = bytes.fromhex("ff02000000000000 0000000000000001")
    segment = decode(ethernet(bytes(packet), IPV6))
    assert payload_of(segment) == b"data"
    assert segment is not None
    assert (segment.ip_version, segment.ip_id, segment.ttl) == (6, 0, 63)
    assert (segment.source_high, segment.source_low) == (0xFE80000000000001, 0x8899AABBCCDDEEFF)
    assert (segment.destination_high, segment.destination_low) == (0xFF02000000000000, 1)


def test_ipv6_padding_is_no_payload_and_its_cut_is_missing() -> None:
    assert payload_of(decode(ipv6(tcp(b"data")) + b"\0\0", RAW)) == b"data"
    packet = ipv6(tcp(bytes(100)))
    segment = decode(packet[:70], RAW, len(packet))
    assert segment is not None
    assert (segment.end - segment.start, segment.missing) == (10, 90)


def test_an_ipv6_payload_length_of_zero_means_all_of_the_packet() -> None:
    # RFC 2675: hop-by-hop option 0xC2 with the length; here of 70000 bytes of TCP payload
    jumbo = bytes([6, 0, 0xC2, 4]) + (70_028).to_bytes(4)
    packet = ipv6(jumbo + tcp(bytes(70_000)), 0, length=0)
    segment = decode(packet[:200], RAW, len(packet))
    assert segment is not None
    assert (segment.end - segment.start, segment.missing) == (132, 69_868)
    assert payload_of(decode(ipv6(tcp(b"big"), length=0), RAW)) == b"big"


# Numbers of IANA's protocol registry; lengths in units of 8 bytes behind the first, AH's of 4
# bytes behind the second.
@pytest.mark.parametrize(
    ("kind", "header"),
    [
        (0, bytes([6, 0]) + bytes(6)),
        (43, bytes([6, 2]) + bytes(22)),
        (60, bytes([6, 1]) + bytes(14)),
        (51, bytes([6, 4]) + bytes(22)),
        (135, bytes([6, 0]) + bytes(6)),
        (44, fragment_header(6, 0, 99, more=False)),  # atomic: RFC 6946
    ],
)
def test_extension_headers_are_skipped(kind: int, header: bytes) -> None:
    assert payload_of(decode(ipv6(header + tcp(b"data"), kind), RAW)) == b"data"
    around = bytes([kind, 0]) + bytes(6)
    assert payload_of(decode(ipv6(around + header + tcp(b"data"), 60), RAW)) == b"data"


def test_an_authentication_header_is_skipped_on_ipv4_as_well() -> None:
    header = bytes([6, 4]) + bytes(22)
    assert payload_of(decode(ipv4(header + tcp(b"data"), 51), RAW)) == b"data"


def test_an_extension_header_longer_than_its_packet_is_malformed() -> None:
    decoder = PacketDecoder()
    assert decode(ipv6(bytes([6, 9]) + bytes(30), 0), RAW, decoder=decoder) is None
    assert names(decoder) == ["malformed_header"]


def test_an_extension_header_cut_by_the_snap_length_is_truncated() -> None:
    decoder = PacketDecoder()
    packet = ipv6(bytes([6, 9]) + bytes(78) + tcp(), 0)
    assert decode(packet[:60], RAW, len(packet), decoder=decoder) is None
    assert names(decoder) == ["truncated_header"]


@pytest.mark.parametrize("protocol", [0, 1, 2, 17, 44, 50, 58, 132])
def test_other_protocols_are_no_tcp_and_nothing_odd(protocol: int) -> None:
    decoder = PacketDecoder()
    assert decode(ipv4(udp(bytes(100), 443), protocol), RAW, decoder=decoder) is None
    assert (names(decoder), decoder.counts["not_tcp"]) == ([], 1)


def test_what_an_icmp_error_quotes_was_not_sent() -> None:
    quoted = struct.pack("!BBHI", 3, 1, 0, 0) + ipv4(tcp(b"data"))
    assert decode(ipv4(quoted, 1), RAW) is None
    assert decode(ipv6(struct.pack("!BBHI", 1, 1, 0, 0) + ipv6(tcp()), 58), RAW) is None
