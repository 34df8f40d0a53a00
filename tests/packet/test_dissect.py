"""Link types and tunnels by way of scapy: what it finds, and that it never gets in the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.packet import dissect
from analyzer.packet.decoder import PacketDecoder
from headers import decode, ethernet, names, payload_of
from packet.tunnels import (
    INNER,
    INNER6,
    LINKS,
    LINKS_NOT_OF_SCAPY,
    NOT_OF_SCAPY,
    WRAPPED,
)
from packet_files import captured

CONTAINERS = Path(__file__).parents[2].parent / "shared" / "captures" / "containers"
# IEEE 802.1ah: an instance tag, addresses of the customer, and his Ethernet header.
BACKBONE = ethernet(b"\0\0\0\x07" + ethernet(INNER), 0x88E7)
PPI = b"\0\0\x08\0\x01\0\0\0" + ethernet(INNER)  # link type 192, of Ethernet


@pytest.mark.parametrize("name", sorted(WRAPPED.keys() - NOT_OF_SCAPY))
def test_the_packet_in_a_tunnel_is_found(name: str) -> None:
    inner = dissect.open_layer("link", 1, WRAPPED[name])
    assert inner is not None
    assert inner.data in (INNER, INNER6)


@pytest.mark.parametrize("name", sorted(LINKS.keys() - LINKS_NOT_OF_SCAPY))
def test_the_packet_behind_a_rare_link_layer_is_found(name: str) -> None:
    link_type, head = LINKS[name]
    inner = dissect.open_layer("link", link_type, head + INNER)
    assert inner is not None
    assert inner.data == INNER


def test_what_the_decoder_does_not_know_is_opened() -> None:
    assert payload_of(decode(BACKBONE)) == b"inner"
    assert payload_of(decode(PPI, 192)) == b"inner"


def test_an_unknown_link_type_is_told_once() -> None:
    decoder = PacketDecoder()
    for number in (1, 2):
        assert decode(bytes(100), 147, decoder=decoder, packet=number) is None
    assert decode(bytes(100), 148, decoder=decoder, packet=3) is None
    found = [(anomaly.name, anomaly.packet, anomaly.detail) for anomaly in decoder.anomalies]
    name = "unknown_link_type"
    assert found == [(name, 1, "link type 147"), (name, 3, "link type 148")]
    assert decoder.counts["undecodable"] == 3


def test_an_exception_in_scapy_is_told_and_does_not_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("inside")

    monkeypatch.setattr(dissect, "open_layer", fail)
    decoder = PacketDecoder()
    assert decode(BACKBONE, decoder=decoder) is None
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
        "assert not [name for name in sys.modules if name.startswith('scapy')]\n"
        "decode(ethernet(bytes(4) + ethernet(ipv4(tcp(b'x'))), 0x88E7), decoder=d)\n"
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
