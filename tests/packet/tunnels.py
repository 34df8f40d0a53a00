"""Packets within packets, for tests. In: nothing. Out: a TCP segment that carries ``inner``, wrapped.

Written by hand from the RFCs that are named.
"""

from __future__ import annotations

import struct

from headers import ethernet, ipv4, ipv6, tcp, udp

INNER = ipv4(tcp(b"inner"))
INNER6 = ipv6(tcp(b"inner"))
VXLAN = b"\x08\0\0\0\0\0\x05\0"  # RFC 7348, section 5: network 5
GENEVE = b"\0\0\x65\x58\0\0\x05\0"  # RFC 8926, section 3.4: Ethernet, network 5
LLC = b"\xaa\xaa\x03\0\0\0\x08\0"  # with SNAP, RFC 1042


def outer(payload: bytes, protocol: int) -> bytes:
    """Put a payload into an IPv4 packet that is no part of the connection."""
    return ipv4(payload, protocol, identification=0x7777)


def gre(payload: bytes, kind: int, flags: int = 0, fields: bytes = b"") -> bytes:
    """Put a payload into GRE in IPv4 (RFC 2784, RFC 2890)."""
    return ethernet(outer(struct.pack("!HH", flags, kind) + fields + payload, 47))


def over_udp(payload: bytes, port: int) -> bytes:
    """Put a payload into UDP in IPv4."""
    return ethernet(outer(udp(payload, port), 17))


# draft-foschiano-erspan-03, sections 4.2 and 4.3: version, VLAN; session 5; III has a time as well.
ERSPAN_2 = bytes.fromhex("1000000500000001")
ERSPAN_3 = bytes.fromhex("20000005000000010000") + b"\0\0"
ERSPAN_3_LONGER = ERSPAN_3[:11] + b"\x01" + bytes(8)
ERSPAN_3_IP = ERSPAN_3[:10] + b"\x08\0"  # frame type 2

WRAPPED = {
    "MPLS": ethernet(b"\0\x01\x01\x40" + INNER, 0x8847),  # RFC 3032: label 16, bottom of stack
    "MPLS, two labels": ethernet(b"\0\x01\0\x40\0\x02\x01\x40" + INNER, 0x8847),
    "MPLS in a VLAN": ethernet(b"\0\x01\x01\x40" + INNER, 0x8847, (0x8100, 5)),
    "MPLS with IPv6": ethernet(b"\0\x01\x01\x40" + INNER6, 0x8847),
    # RFC 4448, section 4.6: a control word before Ethernet.
    "MPLS with Ethernet": ethernet(b"\0\x01\x01\x40\0\0\0\0" + ethernet(INNER), 0x8847),
    "MPLS over UDP": over_udp(b"\0\x01\x01\x40" + INNER, 6635),  # RFC 7510
    "GRE": gre(INNER, 0x0800),
    "GRE with a key": gre(INNER, 0x0800, 0x2000, b"\0\0\0\x07"),
    "GRE with everything": gre(INNER, 0x0800, 0xB000, bytes(4) + b"\0\0\0\x07" + bytes(4)),
    "GRE with Ethernet": gre(ethernet(INNER), 0x6558),
    "GRE with MPLS": gre(b"\0\x01\x01\x40" + INNER, 0x8847),
    "GRE with IPv6": gre(INNER6, 0x86DD),
    # RFC 2637: version 1, key and sequence number, PPP with address and control.
    "PPTP": gre(b"\xff\x03\x00\x21" + INNER, 0x880B, 0x3001, b"\0\x31\0\x07" + bytes(4)),
    "PPTP, acknowledging": gre(
        b"\x21" + INNER, 0x880B, 0x3081, b"\0\x2e\0\x07" + bytes(4) + bytes(4)
    ),
    "ERSPAN I": gre(ethernet(INNER), 0x88BE),
    "ERSPAN II": gre(ERSPAN_2 + ethernet(INNER), 0x88BE, 0x1000, bytes(4)),
    "ERSPAN III": gre(ERSPAN_3 + ethernet(INNER), 0x22EB, 0x1000, bytes(4)),
    "ERSPAN III, longer": gre(ERSPAN_3_LONGER + ethernet(INNER), 0x22EB, 0x1000, bytes(4)),
    "IPv4 in IPv4": ethernet(outer(INNER, 4)),  # RFC 2003
    "IPv6 in IPv4": ethernet(outer(INNER6, 41)),  # RFC 4213
    "IPv4 in IPv6": ethernet(ipv6(INNER, 4), 0x86DD),  # RFC 2473
    "MPLS in IPv4": ethernet(outer(b"\0\x01\x01\x40" + INNER, 137)),  # RFC 4023
    "VXLAN": over_udp(VXLAN + ethernet(INNER), 4789),
    "VXLAN, Linux's first port": over_udp(VXLAN + ethernet(INNER), 8472),
    # draft-ietf-nvo3-vxlan-gpe: flags I and P, next protocol 1.
    "VXLAN-GPE": over_udp(b"\x0c\0\0\x01\0\0\x05\0" + INNER, 4790),
    "GENEVE": over_udp(GENEVE + ethernet(INNER), 6081),
    "GENEVE with options": over_udp(b"\x02" + GENEVE[1:] + bytes(8) + ethernet(INNER), 6081),
    "GENEVE with IP": over_udp(b"\0\0\x08\0\0\0\x05\0" + INNER, 6081),
    "VXLAN in GRE": gre(outer(udp(VXLAN + ethernet(INNER), 4789), 17), 0x0800),
    "PPPoE": ethernet(b"\x11\0\0\x07\0\x2f\x00\x21" + INNER, 0x8864),  # RFC 2516
}
# tshark 4.0 does not take Linux's first port for VXLAN, and finds no control word where the address
# behind it may be one; asked for the last address it gives the IPv4 one of packets that have both.
NOT_OF_TSHARK = {
    "VXLAN, Linux's first port",
    "MPLS with Ethernet",
    "GRE with IPv6",
    "IPv6 in IPv4",
}
# What scapy does not know, or reads differently than the standard says.
NOT_OF_SCAPY = {"MPLS over UDP", "MPLS in IPv4", "PPTP, acknowledging", "VXLAN-GPE"}

FRAME = b"\x08\x02" + bytes(22)  # 802.11: data, from an access point
# Link type, and the bytes before an IPv4 packet.
LINKS = {
    "PPP": (9, b"\x00\x21"),
    "PPP with address and control": (9, b"\xff\x03\x00\x21"),
    "PPP with HDLC framing": (50, b"\xff\x03\x00\x21"),
    "PPP, protocol in one byte": (50, b"\xff\x03\x21"),
    "PPP with MPLS": (9, b"\x02\x81\0\x01\x01\x40"),
    "PPPoE": (51, b"\x11\0\0\x07\0\x2f\x00\x21"),
    "LLC": (100, LLC),
    "Cisco HDLC": (104, b"\x0f\x00\x08\x00"),
    "Cisco HDLC, multicast": (50, b"\x8f\x00\x08\x00"),
    "MPLS": (219, b"\0\x01\x01\x40"),
    "802.11": (105, FRAME + LLC),
    "802.11, between access points": (105, b"\x08\x03" + bytes(28) + LLC),
    "802.11, quality of service": (105, b"\x88\x02" + bytes(24) + LLC),
    "802.11, HT control": (105, b"\x88\x82" + bytes(28) + LLC),
    "802.11 with radiotap": (127, b"\0\0\x08\0\0\0\0\0" + FRAME + LLC),
    # A timestamp and flags: 0x20 says that the header is padded to four bytes, here by two.
    "802.11 with radiotap, padded": (
        127,
        b"\0\0\x11\0\x03\0\0\0" + bytes(8) + b"\x20" + b"\x88\x02" + bytes(24) + bytes(2) + LLC,
    ),
    "802.11 with radiotap, more fields": (
        127,
        b"\0\0\x10\0\x02\0\0\x80" + bytes(4) + b"\x00" + bytes(3) + FRAME + LLC,
    ),
    # draft: linktype NFLOG: family 2, version, resource; a prefix, then the payload.
    "NFLOG": (
        239,
        b"\x02\0\0\x01" + b"\x05\0\x0a\0x\0\0\0" + struct.pack("<HH", 4 + len(INNER), 9),
    ),
    "NFLOG, of a big-endian machine": (
        239,
        b"\x02\0\0\x01" + b"\0\x05\0\x0ax\0\0\0" + struct.pack(">HH", 4 + len(INNER), 9),
    ),
}
# What others do not read: tshark 4.0 has no link type 219, and the byte order is a setting of its.
LINKS_NOT_OF_TSHARK = {"MPLS", "NFLOG, of a big-endian machine"}
LINKS_NOT_OF_SCAPY = {
    "LLC",  # has no number there
    "MPLS",
    "NFLOG",
    "NFLOG, of a big-endian machine",
    "PPP with MPLS",
    "Cisco HDLC, multicast",
    "802.11, HT control",
    "802.11 with radiotap, padded",
}
