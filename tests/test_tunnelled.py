"""Connections in tunnels end as outside of them; seen inside and outside they count once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

import tshark
from analyzer.read import read
from analyzer.record import Connection
from capture_files import pcap
from conversation import Conversation
from packets import Packet, take_apart
from test_encrypted import SCENARIOS, Plain, answered, begin, facts
from transform import duplicate, interleave, reorder, resegment, retransmit
from tunnelling import TUNNELS, tunnelled
from wire import CLOSE, MASK, TEXT, close_body, frame

BOTH_WAYS = [name for name, (link_type, _) in TUNNELS.items() if link_type == 1]
MS = 1_000_000


def told(scenario: Callable[[Plain], None]) -> list[Packet]:
    way = Plain()
    begin(way)
    scenario(way)
    return way.talk.packets


def found(folder: Path, packets: list[Packet], link_type: int = 1) -> list[Connection]:
    path = folder / "capture.pcap"
    path.write_bytes(pcap(packets, link_type=link_type, resolution="ns"))
    return list(read(path).connections)


@pytest.mark.parametrize("name", TUNNELS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_ending_in_a_tunnel_is_that_of_plain_tcp(
    tmp_path: Path, scenario: Callable[[Plain], None], name: str
) -> None:
    packets = told(scenario)
    (bare,) = found(tmp_path, packets)
    (one,) = found(tmp_path, tunnelled(packets, name), TUNNELS[name][0])
    assert facts(one) == facts(bare)
    assert (one.client, one.server) == (bare.client, bare.server)


@pytest.mark.parametrize("name", BOTH_WAYS)
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("apart", [20_000, -20_000, 30 * MS])
def test_a_connection_inside_and_outside_of_a_tunnel_counts_once(
    tmp_path: Path, scenario: Callable[[Plain], None], name: str, apart: int
) -> None:
    packets = told(scenario)
    (bare,) = found(tmp_path, packets)
    (one,) = found(tmp_path, interleave(packets, tunnelled(packets, name, apart)))
    assert facts(one) == facts(bare)


@pytest.mark.parametrize("name", ["VLAN", "VXLAN"])
def test_each_direction_may_come_in_its_own_order(tmp_path: Path, name: str) -> None:
    """As on the host of one side: what it sends is seen inside first, what it gets outside."""
    packets = told(answered)
    ways = [dict[bool, list[Packet]]() for _ in range(2)]
    for way, shift in zip(ways, (0, 1), strict=True):
        for mine in (False, True):
            chosen = [one for one in packets if (take_apart(one.data).source[1] == 80) == mine]  # type: ignore[union-attr]
            way[mine] = tunnelled(chosen, name, 1000) if shift else chosen
    for first in (False, True):
        outside_first = [one._replace(time_ns=one.time_ns - 2000) for one in ways[1][first]]
        mixed = interleave(*ways[0].values(), ways[1][not first], outside_first)
        assert len(found(tmp_path, mixed)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_copied_connection_counts_once_however_it_is_cut_and_sent_again(
    tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    packets = duplicate(
        retransmit(reorder(resegment(told(answered), 90), random), random), random, 0.3
    )
    (bare,) = found(tmp_path, packets)
    (one,) = found(tmp_path, interleave(packets, tunnelled(packets, "VXLAN", 3000)))
    assert facts(one) == facts(bare)


def test_three_places_are_one_connection_as_well(tmp_path: Path) -> None:
    packets = told(answered)
    copies = [tunnelled(packets, name, 2000) for name in ("VLAN", "VXLAN", "GRE with a key")]
    assert len(found(tmp_path, interleave(packets, *copies))) == 1


def tenant(isn: tuple[int, int], text: bytes, start_ns: int = 10**18) -> list[Packet]:
    talk = Conversation(isn=isn, start_ns=start_ns).handshake().upgrade()
    talk.client(frame(TEXT, text, mask=MASK)).server(frame(CLOSE, close_body(1000)))
    return talk.client(frame(CLOSE, close_body(1000), mask=MASK)).close_tcp().packets


def test_tenants_with_equal_addresses_and_ports_are_two(tmp_path: Path) -> None:
    one, other = tenant((1000, 2000), b"one"), tenant((1001, 2000), b"two")
    for name in BOTH_WAYS[:5]:
        both = interleave(one, tunnelled(other, name, 5000))
        assert len(found(tmp_path, both)) == (2 if name != "GRE" else 1), name  # GRE is no network


def test_what_happens_again_later_is_another_connection(tmp_path: Path) -> None:
    one, later = tenant((1000, 2000), b"x"), tenant((1000, 2000), b"x", 10**18 + 100 * MS)
    assert len(found(tmp_path, interleave(one, tunnelled(later, "VXLAN")))) == 2


def test_equal_numbers_and_other_words_are_two_connections(tmp_path: Path) -> None:
    one = tenant((1000, 2000), b"x")
    other = [packet._replace(data=packet.data.replace(b"/chat", b"/else")) for packet in one]
    # Their checksums are not those of their words, nor are those of cards that write them later.
    wrong = [at_checksum(packet, b"\0\0") for packet in other]
    assert len(found(tmp_path, interleave(one, tunnelled(wrong, "VXLAN", 1000)))) == 2


def at_checksum(packet: Packet, value: bytes) -> Packet:
    """Write another TCP checksum: 14 bytes of Ethernet, 20 of IPv4, 16 of TCP before it."""
    return packet._replace(data=packet.data[:50] + value + packet.data[52:])


def test_a_checksum_that_is_unfinished_inside_hides_no_copy(tmp_path: Path) -> None:
    packets = told(answered)
    inside = [at_checksum(packet, b"\x12\x34") for packet in packets]
    assert len(found(tmp_path, interleave(inside, tunnelled(packets, "VXLAN", 1000)))) == 1


def test_a_connection_older_than_the_capture_counts_once(tmp_path: Path) -> None:
    way = Plain()
    begin(way)
    for number in range(30):
        way.say(
            number % 2, frame(TEXT, b"text %d" % number, mask=MASK if number % 2 == 0 else None)
        )
        way.talk.wait(0.2)
    answered(way)
    packets = way.talk.packets[5:]
    assert len(found(tmp_path, packets)) == 1
    assert len(found(tmp_path, interleave(packets, tunnelled(packets, "VXLAN", 1000)))) == 1


@tshark.needs_tshark
@pytest.mark.parametrize("name", sorted(TUNNELS.keys() - {"ERSPAN II"}))
def test_frames_in_a_tunnel_are_those_that_tshark_sees(tmp_path: Path, name: str) -> None:
    link_type, _ = TUNNELS[name]
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(tunnelled(told(answered), name), link_type=link_type))
    (one,) = read(path, frames=True).connections
    assert one.frames is not None
    theirs = tshark.websocket_frames(path)
    rows = zip(one.frames.packet, one.frames.opcode, one.frames.payload_length, strict=True)
    assert [(frame.packet, frame.opcode, frame.length) for frame in theirs] == list(rows)
