"""Puts whole captures into tunnels. In: packets. Out: packets, and the link type they then have.

Headers are written from the RFCs that `packet.tunnels` names.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from headers import ethernet, ipv4, ipv6, udp
from packet.tunnels import ERSPAN_2, FRAME, GENEVE, LLC, VXLAN
from packets import Packet

ETHERNET = 14  # bytes of the header that `TcpPacket` writes


def ip_of(frame: bytes) -> bytes:
    """Give the IPv4 packet in a frame without tags."""
    return frame[ETHERNET:]


def in_gre(payload: bytes, kind: int, flags: int = 0, fields: bytes = b"") -> bytes:
    """Give a frame with GRE in IPv4."""
    return ethernet(ipv4(struct.pack("!HH", flags, kind) + fields + payload, 47))


def over_udp(payload: bytes, port: int) -> bytes:
    """Give a frame with UDP in IPv4."""
    return ethernet(ipv4(udp(payload, port), 17))


# Link type, and a frame in the tunnel.
TUNNELS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "VLAN": (1, lambda frame: frame[:12] + b"\x81\x00\x00\x05" + frame[12:]),
    "VXLAN": (1, lambda frame: over_udp(VXLAN + frame, 4789)),
    "GENEVE": (1, lambda frame: over_udp(GENEVE + frame, 6081)),
    "GRE": (1, lambda frame: in_gre(ip_of(frame), 0x0800)),
    "GRE with a key": (1, lambda frame: in_gre(ip_of(frame), 0x0800, 0x2000, b"\0\0\0\x07")),
    "ERSPAN II": (1, lambda frame: in_gre(ERSPAN_2 + frame, 0x88BE, 0x1000, bytes(4))),
    "MPLS": (1, lambda frame: ethernet(b"\0\x01\x01\x40" + ip_of(frame), 0x8847)),
    "IPv4 in IPv4": (1, lambda frame: ethernet(ipv4(ip_of(frame), 4))),
    "IPv4 in IPv6": (1, lambda frame: ethernet(ipv6(ip_of(frame), 4), 0x86DD)),
    "PPPoE": (
        1,
        lambda frame: ethernet(
            b"\x11\0\0\x07" + struct.pack("!H", len(frame) - 12) + b"\x00\x21" + ip_of(frame),
            0x8864,
        ),
    ),
    "PPP": (9, lambda frame: b"\xff\x03\x00\x21" + ip_of(frame)),
    "802.11": (105, lambda frame: FRAME + LLC + ip_of(frame)),
    "802.11 with radiotap": (
        127,
        lambda frame: b"\0\0\x08\0" + bytes(4) + FRAME + LLC + ip_of(frame),
    ),
    "NFLOG": (
        239,
        lambda frame: b"\x02\0\0\x01" + struct.pack("<HH", len(frame) - 10, 9) + ip_of(frame),
    ),
}


def tunnelled(packets: Sequence[Packet], name: str, after_ns: int = 0) -> list[Packet]:
    """Put packets into a tunnel; they are seen there so much later."""
    _, wrap = TUNNELS[name]
    return [
        Packet(one.time_ns + after_ns, data, len(data))
        for one in packets
        for data in [wrap(one.data)]
    ]
