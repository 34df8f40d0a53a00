"""Ethernet, IP and TCP for tests. In: the fields of a TCP segment. Out: a packet, and back.

Both directions are here so that a transformation can take a packet apart, change one field and put
it together again with checksums that are right.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

_VLAN = 0x8100
_IPV4 = 0x0800
_IPV6 = 0x86DD


class Packet(NamedTuple):
    """One packet of a capture: time in ns since the epoch, captured bytes, length on the wire."""

    time_ns: int
    data: bytes
    original_length: int


@dataclass(frozen=True)
class TcpPacket:
    """The fields of an Ethernet/IP/TCP packet. Addresses are text, numbers are as on the wire."""

    source: tuple[str, int]
    destination: tuple[str, int]
    sequence: int
    acknowledgment: int
    flags: int
    payload: bytes = b""
    options: bytes = b""
    window: int = 502
    ip_id: int = 0
    vlan: int | None = None
    ttl: int = 64

    @property
    def sequence_length(self) -> int:
        """Room taken in sequence space: "counting SYN and FIN" (RFC 9293, section 3.4)."""
        return len(self.payload) + bool(self.flags & SYN) + bool(self.flags & FIN)

    @property
    def direction(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Source and destination: equal for the packets that one side sent."""
        return self.source, self.destination

    @property
    def conversation(self) -> frozenset[tuple[str, int]]:
        """Equal for the packets of both sides."""
        return frozenset((self.source, self.destination))

    def with_(self, **changes: object) -> TcpPacket:
        """Give a copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def build(self) -> bytes:
        """Put the packet together."""
        source, destination = (ip_address(end[0]) for end in (self.source, self.destination))
        version = source.version
        tcp = self._tcp(source.packed + destination.packed)
        link = bytes.fromhex("020000000002020000000001")
        if self.vlan is not None:
            link += struct.pack(">HH", _VLAN, self.vlan)
        if version == 6:
            header = struct.pack(">IHBB", 6 << 28, len(tcp), 6, self.ttl)
            header += source.packed + destination.packed
            return link + struct.pack(">H", _IPV6) + header + tcp
        header = struct.pack(
            ">BBHHHBBH", 0x45, 0, 20 + len(tcp), self.ip_id, 0x4000, self.ttl, 6, 0
        )
        header += source.packed + destination.packed
        header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
        return link + struct.pack(">H", _IPV4) + header + tcp

    def _tcp(self, addresses: bytes) -> bytes:
        padded = self.options + bytes(-len(self.options) % 4)
        header = struct.pack(
            ">HHIIBBHHH",
            self.source[1],
            self.destination[1],
            self.sequence & 0xFFFFFFFF,
            self.acknowledgment & 0xFFFFFFFF,
            (5 + len(padded) // 4) << 4,
            self.flags,
            self.window,
            0,
            0,
        )
        segment = header + padded + self.payload
        # The pseudo-header of IPv6 has wider fields, but their sum is the same (RFC 8200, 8.1).
        total = checksum(addresses + struct.pack(">HI", 6, len(segment)) + segment)
        return segment[:16] + struct.pack(">H", total) + segment[18:]


def checksum(data: bytes) -> int:
    """Give the Internet checksum (RFC 1071)."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def take_apart(data: bytes) -> TcpPacket | None:
    """Read a packet that `TcpPacket.build` made; None if it is anything else, or cut short."""
    kind, vlan, at = struct.unpack_from(">H", data, 12)[0], None, 14
    if kind == _VLAN:
        vlan, kind = struct.unpack_from(">HH", data, 14)
        at = 18
    if kind == _IPV4 and data[at] == 0x45 and data[at + 9] == 6:
        total, ip_id = struct.unpack_from(">HH", data, at + 2)
        ttl, width, addresses, end = data[at + 8], 4, at + 12, at + total
    elif kind == _IPV6 and data[at + 6] == 6:
        ip_id, ttl, width, addresses = 0, data[at + 7], 16, at + 8
        end = at + 40 + struct.unpack_from(">H", data, at + 4)[0]
    else:
        return None
    if end > len(data):
        return None
    hosts = [
        str(ip_address(data[start : start + width])) for start in (addresses, addresses + width)
    ]
    return _take_tcp_apart(data[addresses + 2 * width : end], hosts, vlan, ip_id, ttl)


def _take_tcp_apart(
    tcp: bytes, hosts: list[str], vlan: int | None, ip_id: int, ttl: int
) -> TcpPacket:
    source, destination, sequence, acknowledgment, offset, flags, window = struct.unpack_from(
        ">HHIIBBH", tcp
    )
    header = (offset >> 4) * 4
    return TcpPacket(
        (hosts[0], source),
        (hosts[1], destination),
        sequence,
        acknowledgment,
        flags,
        tcp[header:],
        tcp[20:header],
        window,
        ip_id,
        vlan,
        ttl,
    )
