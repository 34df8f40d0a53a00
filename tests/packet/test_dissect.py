"""Link types and tunnels that scapy opens; the bytes around the packets are written by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.packet import dissect
from analyzer.packet.decoder import PacketDecoder
from headers import IPV4, decode, ethernet, ipv4, ipv6, names, payload_of, tcp, udp
from packet_files import captured

RAW = 101
CONTAINERS = Path(__file__).parents[2].parent / "shared" / "captures" / "containers"
INNER = ipv4(tcp(b"inner"))
VXLAN = b"\x08\0\0\0\0\0\x05\0"  # RFC 7348, section 5: network 5
GENEVE = b"\0\0\x65\x58\0\0\x05\0"  # RFC 8926, section 3.4: Ethernet, network 5


def outer(payload: bytes, protocol: int) -> bytes:
    return ipv4(payload, protocol, identification=0x7777)


WRAPPED = {
    "MPLS": ethernet(b"\0\x01\x01\x40" + INNER, 0x8847),  # RFC 3032: label 16, bottom of stack
    "MPLS, two labels": ethernet(b"\0\x01\0\x40\0\x02\x01\x40" + INNER, 0x8847),
    "MPLS in a VLAN": ethernet(b"\0\x01\x01\x40" + INNER, 0x8847, (0x8100, 5)),
    "GRE": ethernet(outer(b"\0\0\x08\0" + INNER, 47)),  # RFC 2784
    "GRE with a key": ethernet(outer(b"\x20\0\x08\0\0\0\0\x07" + INNER, 47)),  # RFC 2890
    "GRE with Ethernet": ethernet(outer(b"\0\0\x65\x58" + ethernet(INNER), 47)),
    "IPv4 in IPv4": ethernet(outer(INNER, 4)),  # RFC 2003
    "IPv6 in IPv4": ethernet(outer(ipv6(tcp(b"inner")), 41)),  # RFC 4213
    "IPv4 in IPv6": ethernet(ipv6(INNER, 4), 0x86DD),  # RFC 2473
    "VXLAN": ethernet(outer(udp(VXLAN + ethernet(INNER), 4789), 17)),
    "VXLAN, Linux's first port": ethernet(outer(udp(VXLAN + ethernet(INNER), 8472), 17)),
    "GENEVE": ethernet(outer(udp(GENEVE + ethernet(INNER), 6081), 17)),
    "VXLAN in GRE": ethernet(
        outer(b"\0\0\x08\0" + outer(udp(VXLAN + ethernet(INNER), 4789), 17), 47)
    ),
}
# Link type, and the bytes before an IPv4 packet.
LINKS = {
    "PPP": (9, b"\x00\x21"),
    "PPP with HDLC framing": (50, b"\xff\x03\x00\x21"),
    "PPPoE": (51, b"\x11\0\0\x07\0\0\x00\x21"),
    "LLC": (100, b"\xaa\xaa\x03\0\0\0\x08\0"),
    "Cisco HDLC": (104, b"\x0f\x00\x08\x00"),
    "802.11": (105, b"\x08\x02" + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\0"),
    "802.11 with radiotap": (
        127,
        b"\0\0\x08\0\0\0\0\0" + b"\x08\x02" + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\0",
    ),
}


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


def test_an_unknown_link_type_is_told_once() -> None:
    decoder = PacketDecoder()
    for number in (1, 2):
        assert decode(bytes(100), 147, decoder=decoder, packet=number) is None
    assert decode(bytes(100), 148, decoder=decoder, packet=3) is None
    found = [(anomaly.name, anomaly.packet, anomaly.detail) for anomaly in decoder.anomalies]
    name = "unknown_link_type"
    assert found == [(name, 1, "link type 147"), (name, 3, "link type 148")]
    assert decoder.counts["undecodable"] == 3


def test_tunnels_within_tunnels_have_an_end() -> None:
    packet = INNER
    for _ in range(200):
        packet = outer(packet, 4)
    decoder = PacketDecoder()
    decode(packet, RAW, decoder=decoder)
    assert sum(decoder.counts.values()) == 1


def test_an_exception_in_scapy_is_told_and_does_not_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("inside")

    monkeypatch.setattr(dissect, "open_layer", fail)
    decoder = PacketDecoder()
    assert decode(WRAPPED["MPLS"], decoder=decoder) is None
    assert [a.detail for a in decoder.anomalies] == ["KeyError('inside')"]
    assert names(decoder) == ["dissection_failed"]


def test_scapy_is_imported_only_for_what_needs_it() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from headers import *\n"
        "from analyzer.packet.decoder import PacketDecoder\n"
        "d = PacketDecoder()\n"
        "assert decode(ethernet(ipv4(tcp(b'x'))), decoder=d)\n"
        "decode(ethernet(bytes(46), 0x0806), decoder=d)\n"
        "decode(ethernet(ipv4(udp(bytes(50), 443), 17)), decoder=d)\n"
        "assert not [name for name in sys.modules if name.startswith('scapy')]\n"
        "assert decode(ethernet(ipv4(ipv4(tcp(b'x')), 4)), decoder=d)\n"
        "assert 'scapy' in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# How many TCP packets tshark 4.0.17 sees in these files; test_tshark compares every field.
@pytest.mark.shared
@pytest.mark.skipif(not CONTAINERS.is_dir(), reason="the team's captures are not there")
@pytest.mark.parametrize(
    ("name", "segments", "networks"),
    [
        ("OISF-suricata-verify__hdlc-http_1tx.pcap", 17, 1),
        ("aol-moloch__80211http.pcap", 26, 1),
        ("bro-bro__mixed-vlan-mpls.trace", 47, 2),
        ("FoxIO-LLC-ja4__gre-erspan-vxlan.pcap", 7, 1),
        ("zeek-zeek__geneve-many-options.pcap", 10, 1),
        ("seladb-PcapPlusPlus__one_http_stream_rst.pcap", 10, 1),
        ("zeek-zeek__vlan-collisions.pcap", 42, 3),
    ],
)
def test_public_captures_are_opened(name: str, segments: int, networks: int) -> None:
    decoder = PacketDecoder()
    seen = set()
    for number, (data, length, link_type, _) in enumerate(captured(CONTAINERS / name), 1):
        if decode(data, link_type, length, decoder=decoder, packet=number):
            seen.add(decoder.segment.network)
    assert decoder.counts["tcp"] == segments
    assert len(seen) == networks
    assert names(decoder) == []
