"""Every TCP packet of the shared captures, against tshark."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

import tshark
from analyzer.packet.decoder import PacketDecoder
from analyzer.packet.segment import Segment
from packet_files import captured

CAPTURES = Path(__file__).parents[2].parent / "shared" / "captures"
NOT_CAPTURES = (".keys", ".pem", ".md", ".json")
FILES = [
    path
    for folder in ("containers", "websocket", "tls")
    for path in sorted((CAPTURES / folder).glob("*"))
    if path.suffix not in NOT_CAPTURES
]

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FILES, reason="the team's captures are not beside this checkout"),
]

# What tshark is asked for; the innermost layer counts.
FIELDS = ("ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "tcp.dstport", "tcp.seq_raw")
FIELDS += ("tcp.ack_raw", "tcp.flags", "tcp.window_size_value", "tcp.len")
FIELDS += ("tcp.options.wscale.shift", "ip.id", "ip.ttl", "ipv6.hlim")


def decoded(path: Path) -> dict[int, tuple[str, ...]]:
    """Give what we say of each TCP packet, by its number."""
    decoder = PacketDecoder()
    rows = {}
    for number, packet in enumerate(captured(path), 1):
        start = b"\xff" * 7  # the packet does not stand at the beginning of the buffer
        buffer = start + packet.data + start
        if decoder.decode(buffer, 7, 7 + len(packet.data), *packet[1:], number):
            rows[number] = row(decoder.segment)
    return rows


def row(segment: Segment) -> tuple[str, ...]:
    """Write a segment as tshark does; a payload counts with what the snap length has cut."""
    addresses = (
        address(segment.ip_version, segment.source_high, segment.source_low),
        address(segment.ip_version, segment.destination_high, segment.destination_low),
    )
    length = segment.end - segment.start + segment.missing
    numbers = (segment.source_port, segment.destination_port, segment.sequence)
    numbers += (segment.acknowledgment, segment.flags, segment.window, length)
    numbers += (segment.window_scale, segment.ip_id, segment.ttl)
    return (*addresses, *map(str, numbers))


def address(version: int, high: int, low: int) -> str:
    return str(ip_address((high << 64 | low).to_bytes(16 if version == 6 else 4)))


def told_by_tshark(path: Path) -> dict[int, tuple[str, ...]]:
    """Give the same of tshark.

    Two differences are meant: TCP that an ICMP error quotes was not sent there, and TCP within
    WireGuard is seen only by one who decrypts it with the secrets in the capture, as tshark does.
    """
    arguments = ["-Y", "tcp && !icmp && !icmpv6 && !wg"]
    arguments += ["-T", "fields", "-E", "occurrence=l", "-e", "frame.number"]
    for name in FIELDS:
        arguments += ["-e", name]
    rows = {}
    for line in tshark.run(path, *arguments).splitlines():
        number, source4, source6, destination4, destination6, *rest = line.split("\t")
        *rest, scale, identification, ttl, hop_limit = rest
        rest[4] = str(int(rest[4], 16) & 0xFF)
        rest += [scale or "-1", str(int(identification or "0", 16)), ttl or hop_limit]
        rows[int(number)] = (source4 or source6, destination4 or destination6, *rest)
    return rows


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@tshark.needs_tshark
def test_every_tcp_packet_is_told_as_tshark_tells_it(path: Path) -> None:
    ours, theirs = decoded(path), told_by_tshark(path)
    assert theirs or "wireguard" in path.name
    differences = {
        number: (ours.get(number), theirs.get(number))
        for number in ours | theirs
        if ours.get(number) != theirs.get(number)
    }
    assert differences == {}
