"""Link layers; expected values are worked out by hand."""

from __future__ import annotations

import pytest

from analyzer.packet.decoder import PacketDecoder
from headers import IPV4, IPV6, decode, ethernet, ipv4, ipv6, names, payload_of, tcp

FOUR, SIX = ipv4(tcp(b"four")), ipv6(tcp(b"six"))
SNAP = b"\xaa\xaa\x03\x00\x00\x00"  # RFC 1042


def network(frame: bytes) -> int:
    segment = decode(frame)
    assert payload_of(segment) == b"four"
    assert segment is not None
    return segment.network


@pytest.mark.parametrize(
    ("link_type", "head", "packet", "payload"),
    [
        (1, ethernet(b"", IPV4), FOUR, b"four"),
        (1, ethernet(b"", IPV6), SIX, b"six"),
        (1, ethernet(SNAP + b"\x08\x00", 8 + len(FOUR)), FOUR, b"four"),
        (1, ethernet(SNAP[:5] + b"\xf8\x86\xdd", 8 + len(SIX)), SIX, b"six"),  # IEEE 802.1H
        # LINKTYPE_LINUX_SLL: type, ARPHRD, length and 8 bytes of address, protocol
        (113, b"\0\4\0\1\0\6" + bytes(8) + b"\x08\x00", FOUR, b"four"),
        (113, b"\0\0\0\1\0\6" + bytes(8) + b"\x86\xdd", SIX, b"six"),
        (113, b"\0\0\0\1\0\6" + bytes(8) + b"\x00\x04" + SNAP + b"\x08\x00", FOUR, b"four"),
        (113, b"\0\0\0\1\0\6" + bytes(8) + b"\x81\x00\0\5\x08\x00", FOUR, b"four"),
        # LINKTYPE_LINUX_SLL2: protocol, reserved, interface, ARPHRD, type, length, address
        (276, b"\x08\x00" + bytes(18), FOUR, b"four"),
        (276, b"\x86\xdd" + bytes(18), SIX, b"six"),
        (0, b"\2\0\0\0", FOUR, b"four"),
        (0, b"\0\0\0\2", FOUR, b"four"),
        (108, b"\0\0\0\2", FOUR, b"four"),
        (108, b"\2\0\0\0", FOUR, b"four"),
        *((0, bytes([family, 0, 0, 0]), SIX, b"six") for family in (10, 23, 24, 28, 30)),
        *((108, bytes([0, 0, 0, family]), SIX, b"six") for family in (10, 23, 24, 28, 30)),
        *((number, b"", FOUR, b"four") for number in (12, 14, 101, 228)),
        *((number, b"", SIX, b"six") for number in (12, 14, 101, 229)),
        # PPPoE session 7 (RFC 2516), protocol IPv4 and IPv6 (RFC 1661)
        (1, ethernet(b"\x11\0\0\7\0\0\x00\x21", 0x8864), FOUR, b"four"),
        (1, ethernet(b"\x11\0\0\7\0\0\x00\x57", 0x8864), SIX, b"six"),
    ],
)
def test_the_link_layer_is_skipped(
    link_type: int, head: bytes, packet: bytes, payload: bytes
) -> None:
    assert payload_of(decode(head + packet, link_type)) == payload
    assert payload_of(decode(head + packet + b"padding", link_type)) == payload


@pytest.mark.parametrize(
    ("link_type", "packet"),
    [
        (1, ethernet(bytes(46), 0x0806)),  # ARP
        (1, ethernet(bytes(46), 0x88CC)),  # LLDP
        (1, ethernet(b"\x42\x42\x03" + bytes(43), 38)),  # spanning tree
        (1, ethernet(b"\xaa\xaa\x03\x00\x00\x0c\x20\x00" + bytes(38), 46)),  # Cisco's CDP
        (1, ethernet(b"\x11\0\0\7\0\0\xc0\x21" + bytes(20), 0x8864)),  # PPPoE with PPP's LCP
        (1, ethernet(bytes(46), 0x8863)),  # PPPoE discovery
        (0, b"\1\0\0\0" + bytes(40)),  # AF_UNIX
        (113, bytes(14) + b"\x08\x06" + bytes(28)),
    ],
)
def test_what_is_no_ip_is_no_tcp_and_nothing_odd(link_type: int, packet: bytes) -> None:
    decoder = PacketDecoder()
    assert decode(packet, link_type, decoder=decoder) is None
    assert (names(decoder), decoder.counts["not_tcp"]) == ([], 1)


@pytest.mark.parametrize("kind", [0x8100, 0x88A8, 0x9100, 0x9200])
def test_vlan_tags_make_a_network(kind: int) -> None:
    assert network(ethernet(FOUR, IPV4, (kind, 5))) == network(ethernet(FOUR, IPV4, (0x8100, 5)))
    assert network(ethernet(FOUR, IPV4, (kind, 5))) != 0


def test_networks_differ_by_identifier_depth_order_and_kind() -> None:
    heads = [
        ethernet(FOUR),
        ethernet(FOUR, IPV4, (0x8100, 5)),
        ethernet(FOUR, IPV4, (0x8100, 6)),
        ethernet(FOUR, IPV4, (0x88A8, 5), (0x8100, 6)),
        ethernet(FOUR, IPV4, (0x88A8, 6), (0x8100, 5)),
        ethernet(FOUR, IPV4, (0x88A8, 5), (0x8100, 5)),
        ethernet(b"\x11\0\0\5\0\0\x00\x21" + FOUR, 0x8864),
    ]
    assert len({network(head) for head in heads}) == len(heads)


def test_priorities_and_tags_without_a_vlan_make_no_network() -> None:
    assert network(ethernet(FOUR, IPV4, (0x8100, 0xE000))) == 0
    assert network(ethernet(FOUR, IPV4, (0x8100, 0x0000))) == 0
    plain = network(ethernet(FOUR, IPV4, (0x8100, 0x0005)))
    assert network(ethernet(FOUR, IPV4, (0x8100, 0xF005))) == plain  # priority 7, drop eligible


def test_a_network_does_not_leak_into_the_next_packet() -> None:
    decoder = PacketDecoder()
    assert decode(ethernet(FOUR, IPV4, (0x8100, 5)), decoder=decoder)
    segment = decode(ethernet(FOUR), decoder=decoder)
    assert segment is not None
    assert segment.network == 0


@pytest.mark.parametrize(
    ("link_type", "head"),
    [
        (1, ethernet(b"", IPV4, (0x8100, 5), (0x8100, 6))),
        (1, ethernet(SNAP + b"\x08\x00", 100)),
        (1, ethernet(b"\x11\0\0\7\0\0\x00\x21", 0x8864)),
        (113, bytes(14) + b"\x08\x00"),
        (276, b"\x08\x00" + bytes(18)),
        (0, b"\2\0\0\0"),
    ],
)
def test_a_link_layer_cut_anywhere_is_told(link_type: int, head: bytes) -> None:
    packet = head + FOUR
    for length in range(len(head)):
        decoder = PacketDecoder()
        assert decode(packet[:length], link_type, len(packet), decoder=decoder) is None
        assert names(decoder) == ["truncated_header"], length
        assert decoder.counts["undecodable"] == 1


def test_pppoe_of_another_version_is_malformed() -> None:
    decoder = PacketDecoder()
    assert decode(ethernet(b"\x21\0\0\7\0\0\x00\x21" + FOUR, 0x8864), decoder=decoder) is None
    assert names(decoder) == ["malformed_header"]
