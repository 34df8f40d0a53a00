"""Tunnels and link types: whatever is around a TCP segment, the segment is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tshark
from analyzer.packet.decoder import PacketDecoder
from capture_files import pcap
from headers import IPV4, decode, ethernet, ipv4, names, payload_of, tcp, udp
from packet.test_tshark import decoded, told_by_tshark
from packet.tunnels import (
    ERSPAN_3_IP,
    INNER,
    LINKS,
    LINKS_NOT_OF_TSHARK,
    NOT_OF_TSHARK,
    VXLAN,
    WRAPPED,
    gre,
    outer,
    over_udp,
)
from packets import Packet

RAW = 101


@pytest.mark.parametrize("name", WRAPPED)
def test_the_segment_in_a_tunnel_is_found(name: str) -> None:
    decoder = PacketDecoder()
    segment = decode(WRAPPED[name], decoder=decoder, packet=9, time_ns=8)
    assert payload_of(segment) == b"inner"
    assert segment is not None
    assert (segment.packet, segment.time_ns, segment.missing) == (9, 8, 0)
    assert segment.ip_id != 0x7777
    assert names(decoder) == []


@pytest.mark.parametrize("name", LINKS)
def test_the_segment_behind_a_rare_link_layer_is_found(name: str) -> None:
    link_type, head = LINKS[name]
    assert payload_of(decode(head + INNER, link_type)) == b"inner"


def test_networks_differ_by_tunnel_identifier_where_both_directions_share_it() -> None:
    networks = {}
    for name, packet in WRAPPED.items():
        segment = decode(packet)
        assert segment is not None
        networks[name] = segment.network
    for name in ("MPLS", "GRE", "GRE with Ethernet", "IPv4 in IPv4", "IPv6 in IPv4"):
        assert networks[name] == 0
    tagged = ("MPLS in a VLAN", "GRE with a key", "VXLAN", "GENEVE")
    assert len({networks[name] for name in tagged} | {0}) == 5
    assert networks["VXLAN"] == networks["VXLAN, Linux's first port"] == networks["VXLAN in GRE"]


def test_a_vlan_within_a_tunnel_counts() -> None:
    inner = [ethernet(INNER), ethernet(INNER, IPV4, (0x8100, 5))]
    segments = [decode(ethernet(outer(udp(VXLAN + frame, 4789), 17))) for frame in inner]
    assert segments[0] is not None
    assert segments[1] is not None
    assert segments[0].network != segments[1].network


@pytest.mark.parametrize("name", WRAPPED)
def test_a_tunnel_cut_by_the_snap_length_gives_the_segment_or_nothing(name: str) -> None:
    packet = WRAPPED[name]
    for length in range(len(packet)):
        segment = decode(packet[:length], original_length=len(packet))
        if segment is not None:
            assert segment.source_port == 50_000
            assert segment.sequence == 0xFFFFFFF0
            captured = segment.end - segment.start
            assert captured + segment.missing == 5
            assert captured == max(0, 5 - (len(packet) - length))


def test_a_fragmented_tunnel_is_put_together() -> None:
    whole = udp(VXLAN + ethernet(ipv4(tcp(bytes(100)))), 4789)
    decoder = PacketDecoder()
    first = ipv4(whole[:80], 17, fragment=0x2000)
    assert decode(ethernet(first), decoder=decoder) is None
    second = ipv4(whole[80:], 17, fragment=10)
    assert payload_of(decode(ethernet(second), decoder=decoder)) == bytes(100)


def test_fragments_within_a_tunnel_are_put_together() -> None:
    whole = tcp(bytes(100))
    decoder = PacketDecoder()
    for fragment, part in ((0x2000, whole[:80]), (10, whole[80:])):
        segment = decode(outer(ipv4(part, fragment=fragment), 4), RAW, decoder=decoder)
    assert payload_of(segment) == bytes(100)


def test_what_an_icmp_error_quotes_within_a_tunnel_was_not_sent() -> None:
    error = ipv4(b"\x03\x01" + bytes(6) + INNER, 1)
    assert decode(outer(error, 4), RAW) is None


def test_a_tunnel_without_tcp_is_no_tcp_and_nothing_odd() -> None:
    decoder = PacketDecoder()
    assert decode(outer(b"\0\0\x08\x06" + bytes(28), 47), RAW, decoder=decoder) is None
    assert decode(outer(ipv4(udp(bytes(50), 443), 17), 4), RAW, decoder=decoder) is None
    assert (names(decoder), decoder.counts["not_tcp"]) == ([], 2)


def test_tunnels_within_tunnels_have_an_end() -> None:
    packet = INNER
    for _ in range(200):
        packet = outer(packet, 4)
    decoder = PacketDecoder()
    decode(packet, RAW, decoder=decoder)
    assert sum(decoder.counts.values()) == 1


def test_ethernet_and_labels_within_each_other_have_an_end() -> None:
    packet = b"\0\x01\x01\x40"  # one label, and behind it Ethernet with the next
    for _ in range(2000):
        packet = b"\0\x01\x01\x40" + ethernet(packet, 0x8847)
    decoder = PacketDecoder()
    assert decode(ethernet(packet, 0x8847), decoder=decoder) is None
    assert names(decoder) == ["tunnel_too_deep"]


def test_ethernet_behind_labels_is_known_by_its_ethertype() -> None:
    # Without a control word; the first address begins with a 0 and looks like one.
    frame = b"\x00" + ethernet(INNER)[1:]
    for inner in (frame, ethernet(INNER), b"\x0e" + frame[1:]):
        assert payload_of(decode(ethernet(b"\0\x01\x01\x40" + inner, 0x8847))) == b"inner"
    decoder = PacketDecoder()
    assert decode(ethernet(b"\0\x01\x01\x40" + bytes(40), 0x8847), decoder=decoder) is None
    assert decoder.counts["not_tcp"] == 1


def test_erspan_iii_may_mirror_bare_ip() -> None:
    assert payload_of(decode(gre(ERSPAN_3_IP + INNER, 0x22EB, 0x1000, bytes(4)))) == b"inner"


def test_what_no_tunnel_should_be_is_told() -> None:
    for packet, detail in (
        (over_udp(b"\x40" + bytes(40), 6081), "GENEVE version"),
        (over_udp(b"\x08", 4789), "VXLAN header"),
        (gre(b"", 0x88BE, 0x1000, bytes(4)), "ERSPAN header"),
        (ethernet(outer(b"\x20\0\x08\0", 47)), "GRE header"),
        (ethernet(b"\0\x01\0\x40", 0x8847), "MPLS label"),
    ):
        decoder = PacketDecoder()
        assert decode(packet, decoder=decoder) is None
        assert [one.detail for one in decoder.anomalies] == [detail]


@pytest.mark.parametrize("name", LINKS)
def test_a_rare_link_layer_cut_anywhere_gives_the_segment_or_nothing(name: str) -> None:
    link_type, head = LINKS[name]
    packet = head + INNER
    for length in range(len(packet)):
        segment = decode(packet[:length], link_type, len(packet))
        if segment is not None:
            assert (segment.source_port, segment.sequence) == (50_000, 0xFFFFFFF0)
            assert segment.end - segment.start + segment.missing == 5


@given(
    name=st.sampled_from(sorted(WRAPPED)),
    flips=st.lists(st.tuples(st.integers(0, 160), st.integers(0, 255)), max_size=4),
    end=st.integers(0, 160),
)
def test_damaged_tunnels_are_taken(name: str, flips: list[tuple[int, int]], end: int) -> None:
    packet = bytearray(WRAPPED[name])
    for place, value in flips:
        packet[place % len(packet)] = value
    decoder = PacketDecoder()
    segment = decode(bytes(packet[:end]), original_length=len(packet), decoder=decoder)
    assert sum(decoder.counts.values()) == 1
    if segment is not None:
        assert 0 <= segment.start <= segment.end
        assert segment.missing >= 0


@tshark.needs_tshark
def test_tshark_finds_the_same_in_every_tunnel(tmp_path: Path) -> None:
    packets = [packet for name, packet in WRAPPED.items() if name not in NOT_OF_TSHARK]
    path = tmp_path / "tunnels.pcap"
    path.write_bytes(pcap([Packet(number, data, len(data)) for number, data in enumerate(packets)]))
    ours = decoded(path)
    assert len(ours) == len(packets)
    assert told_by_tshark(path) == ours


@tshark.needs_tshark
@pytest.mark.parametrize("name", sorted(LINKS.keys() - LINKS_NOT_OF_TSHARK))
def test_tshark_finds_the_same_behind_every_link_layer(tmp_path: Path, name: str) -> None:
    link_type, head = LINKS[name]
    path = tmp_path / "link.pcap"
    packet = head + INNER
    path.write_bytes(pcap([Packet(0, packet, len(packet))], link_type=link_type))
    assert told_by_tshark(path) == decoded(path)
