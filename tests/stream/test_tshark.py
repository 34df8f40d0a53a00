"""Stream numbers, against Wireshark's ``tcp.stream``.

Wireshark does not look at VLANs and tunnels: it takes streams with the same addresses and ports for
one. Ours stay apart; they have the number that Wireshark gives to their first packet, and `network`
tells them from each other.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.packet.decoder import PacketDecoder
from packet_files import captured
from segments import Wire
from shared import CAPTURES, needs_shared
from tshark import fields, needs_tshark

OURS = Path(__file__).resolve().parents[2] / "captures"
NO_CAPTURES = (".keys", ".pem", ".md", ".json")


def captures(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*")) if path.suffix not in NO_CAPTURES]


SHARED = [path for room in ("containers", "websocket", "tls") for path in captures(CAPTURES / room)]
# Most recordings hold one stream: of those, every eighth.
RECORDED = captures(OURS / "conditions") + [
    path for room in ("browsers", "old_framing", "servers") for path in captures(OURS / room)[::8]
]


def numbers(path: Path) -> tuple[dict[int, int], set[tuple[int, int]]]:
    """Give the stream number of each packet, and the numbers and networks of all streams."""
    decoder, wire = PacketDecoder(), Wire()
    found = {}
    streams: set[tuple[int, int]] = set()
    for number, packet in enumerate(captured(path), 1):
        if not decoder.decode(packet.data, 0, len(packet.data), *packet[1:], number):
            continue
        stream = wire.table.push(decoder.segment)
        found[number] = stream.number
        streams.add((stream.number, stream.network))
    return found, streams


def told_by_tshark(path: Path) -> dict[int, int]:
    """Give the same of tshark, without what ICMP errors quote and what it decrypts."""
    rows = fields(path, "tcp && !icmp && !icmpv6 && !wg", "frame.number", "tcp.stream")
    return {int(packet): int(stream) for packet, stream in rows}


@pytest.mark.shared
@needs_shared
@needs_tshark
@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.name)
def test_numbers_of_public_captures_are_those_of_wireshark(path: Path) -> None:
    assert numbers(path)[0] == told_by_tshark(path)


@needs_tshark
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_numbers_of_recordings_are_those_of_wireshark(path: Path) -> None:
    assert numbers(path)[0] == told_by_tshark(path)


@pytest.mark.shared
@needs_shared
def test_streams_that_wireshark_merges_are_told_apart_by_their_network() -> None:
    """One conversation without a tag, one in VLAN 42, and one in VLAN 20 inside VLAN 10."""
    _, streams = numbers(CAPTURES / "containers" / "zeek-zeek__vlan-collisions.pcap")
    assert [number for number, _ in streams] == [0, 0, 0]
