"""Packets of a connection, handed to scapy."""

from __future__ import annotations

import io
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import CaptureError, UsageError
from analyzer.packets import Whereabouts, raw_packets
from analyzer.read import read
from analyzer.record import Connection
from capture_files import pcap, write, write_rotated
from conversation import START_NS
from packets import Packet
from told import SECOND, closed, finished, merged, opened, reset
from tshark import fields, needs_tshark, tcp_streams
from wire import TEXT, frame

ROOT = Path(__file__).resolve().parents[1]
RECORDINGS = sorted((ROOT / "captures").glob("*/*.pcap*"))[::7]


def numbers(one: Connection) -> list[int]:
    return [int(packet.comment.decode().removeprefix("packet ")) for packet in one.packets()]


@needs_tshark
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_packets_are_those_of_the_tcp_stream(path: Path) -> None:
    # Where a packet was captured inside and outside of a tunnel, Wireshark numbers both alike.
    inside = {int(number) for number, _ in fields(path, "vxlan", "frame.number", "vxlan.vni")}
    streams = tcp_streams(path)
    both = inside and inside != set(streams)
    for one in read(path).connections:
        if both:
            own = one.first_packet in inside
            streams = {number: of for number, of in streams.items() if (number in inside) == own}
        expected = [packet for packet, stream in streams.items() if stream == one.tcp_stream]
        assert numbers(one) == expected


def test_packets_hold_what_was_captured(tmp_path: Path) -> None:
    talk = closed()
    (one,) = read(write(tmp_path / "a.pcap", talk)).connections
    packets = one.packets()
    assert packets.listname == "connection 0"
    assert [bytes(packet) for packet in packets] == [packet.data for packet in talk]
    assert [int(packet.time * 1_000_000) for packet in packets] == [
        packet.time_ns // 1000 for packet in talk
    ]
    assert [packet["TCP"].dport for packet in packets[:2]] == [80, 40000]


def test_connections_between_others_are_picked_out(tmp_path: Path) -> None:
    talks = [closed(40000), finished(40001), reset(40002)]
    together = merged(*talks)
    path = write(tmp_path / "a.pcap", together)
    for one, talk in zip(read(path).connections, talks, strict=True):
        assert [bytes(packet) for packet in one.packets()] == [packet.data for packet in talk]
        assert [together[number - 1] for number in numbers(one)] == talk


def test_ports_used_again_belong_to_the_next_connection(tmp_path: Path) -> None:
    talks = [closed(), finished(start_ns=START_NS + 60 * SECOND)]
    path = write(tmp_path / "a.pcap", merged(*talks))
    found = [len(one.packets()) for one in read(path).connections]
    assert found == [len(talk) for talk in talks]


def test_packets_come_out_of_rotated_files(tmp_path: Path) -> None:
    paths = write_rotated(tmp_path, closed(), files=3)
    (one,) = read(reversed(paths)).connections
    assert numbers(one) == list(range(1, 13))


def test_what_came_through_a_stream_is_gone() -> None:
    (one,) = read(io.BytesIO(pcap(closed()))).connections
    with pytest.raises(UsageError, match="gone"):
        one.packets()


def test_a_capture_that_was_removed_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pcap", closed())
    (one,) = read(path).connections
    path.unlink()
    with pytest.raises(CaptureError, match=r"a\.pcap"):
        one.packets()


def split_in_fragments(packet: Packet, at: int) -> list[Packet]:
    """Cut an IPv4 packet in two (RFC 791, section 3.2); `at` counts bytes behind the IP header."""
    link, header, rest = packet.data[:14], packet.data[14:34], packet.data[34:]
    pieces = []
    for part, offset, more in ((rest[:at], 0, 0x2000), (rest[at:], at // 8, 0)):
        head = bytearray(header)
        head[2:4] = (20 + len(part)).to_bytes(2)
        head[6:8] = (more | offset).to_bytes(2)
        head[10:12] = bytes(2)
        total = sum(int.from_bytes(head[i : i + 2]) for i in range(0, 20, 2))
        total = (total & 0xFFFF) + (total >> 16)
        head[10:12] = (~((total & 0xFFFF) + (total >> 16)) & 0xFFFF).to_bytes(2)
        data = link + bytes(head) + part
        pieces.append(Packet(packet.time_ns, data, len(data)))
    return pieces


def test_fragments_come_with_their_datagram(tmp_path: Path) -> None:
    talk = opened().server(frame(TEXT, b"x" * 200)).close_tcp("server").packets
    large = max(range(len(talk)), key=lambda i: len(talk[i].data))
    cut = talk[:large] + split_in_fragments(talk[large], 64) + talk[large + 1 :]
    (one,) = read(write(tmp_path / "a.pcap", cut)).connections
    assert [bytes(packet) for packet in one.packets()] == [packet.data for packet in cut]


@given(st.integers(1, 12), st.integers(1, 12))
def test_numbers_bound_what_is_read(first: int, last: int) -> None:
    path = ROOT / "captures" / "browsers" / "chromium_reload_reconnect.pcap"
    one = read(path).connections[0]
    ends = frozenset((end.ip, end.port) for end in (one.client, one.server))
    found = [
        packet.number for packet in raw_packets(Whereabouts((str(path),), first, last, ends, 0))
    ]
    whole = numbers(one)
    assert found == [number for number in whole if first <= number <= last]
    assert all(ip_address(ip) for ip, _ in ends)
