"""Tunnels over IP: a cursor behind an IP header goes in, one at what the tunnel carries comes out.

Identifiers that both directions of a connection share become part of `Segment.network`: those of
VXLAN and GENEVE, and the key of GRE. Call and session numbers (PPTP, ERSPAN) do not.
"""

from __future__ import annotations

from analyzer.packet.cursor import GENEVE, GRE, VXLAN, Cursor
from analyzer.packet.link import parse_ethernet_within, parse_mpls, resolve_ethertype

# What `parse_tunnel` answers where scapy knows more.
UNKNOWN_TUNNEL = -3


def parse_tunnel(cursor: Cursor, buffer: bytes, protocol: int) -> int:
    """Go into a tunnel.

    Parameters
    ----------
    cursor : Cursor
        Behind an IP header.
    buffer : bytes
        Holds the packet.
    protocol : int
        Of IP: 4, 41, 47, 137, or 17 where `is_udp_tunnel` says so.

    Returns
    -------
    int
        The EtherType of what stands at the cursor; 0, `UNDECODABLE` or `UNKNOWN_TUNNEL`.
    """
    if cursor.deeper() < 0:
        return -2  # UNDECODABLE
    if protocol == 4:  # RFC 2003, RFC 2473
        return 0x0800
    if protocol == 41:  # RFC 4213, RFC 2473
        return 0x86DD
    if protocol == 47:
        return parse_gre(cursor, buffer)
    if protocol == 137:  # RFC 4023
        return parse_mpls(cursor, buffer)
    return parse_udp_tunnel(cursor, buffer)


def is_udp_tunnel(cursor: Cursor, buffer: bytes) -> bool:
    """Whether the UDP header at the cursor has a tunnel's destination port."""
    start = cursor.start
    if cursor.end - start < 8:
        return False
    port = (buffer[start + 2] << 8) | buffer[start + 3]
    # VXLAN (RFC 7348, and Linux before it had a number), VXLAN-GPE, GENEVE (RFC 8926), MPLS (7510).
    return port in (4789, 8472, 4790, 6081, 6635)


def parse_udp_tunnel(cursor: Cursor, buffer: bytes) -> int:
    """Go behind UDP into what its destination port names."""
    start = cursor.start
    port = (buffer[start + 2] << 8) | buffer[start + 3]
    cursor.start = start + 8
    if port == 6081:
        return parse_geneve(cursor, buffer)
    if port == 6635:
        return parse_mpls(cursor, buffer)
    return parse_vxlan(cursor, buffer, port == 4790)


def parse_vxlan(cursor: Cursor, buffer: bytes, extended: bool) -> int:
    """Go behind VXLAN's header (RFC 7348, section 5) and the Ethernet header inside.

    Extended (draft-ietf-nvo3-vxlan-gpe-13, section 3), it may carry something else.
    """
    start = cursor.start
    if cursor.end - start < 8:
        return cursor.cut_or_malformed(8, "VXLAN header")
    enter_identified(cursor, buffer, VXLAN, start + 4)
    cursor.start = start + 8
    if extended and buffer[start] & 0x04:
        kind = buffer[start + 3]
        if kind != 3:
            return {1: 0x0800, 2: 0x86DD}.get(kind, 0)
    return parse_ethernet_within(cursor, buffer)


def parse_geneve(cursor: Cursor, buffer: bytes) -> int:
    """Go behind GENEVE's header and its options (RFC 8926, section 3.4)."""
    start = cursor.start
    if cursor.end - start < 8:
        return cursor.cut_or_malformed(8, "GENEVE header")
    if buffer[start] >> 6 != 0:
        return cursor.fail("malformed_header", "GENEVE version")
    length = 8 + (buffer[start] & 0x3F) * 4
    if cursor.end - start < length:
        return cursor.cut_or_malformed(length, "GENEVE options")
    enter_identified(cursor, buffer, GENEVE, start + 4)
    cursor.start = start + length
    return resolve_ethertype(cursor, buffer, (buffer[start + 2] << 8) | buffer[start + 3])


def enter_identified(cursor: Cursor, buffer: bytes, kind: int, start: int) -> None:
    """Enter the network that three bytes name; 0 is the one that most have who need but one."""
    identifier = (buffer[start] << 16) | (buffer[start + 1] << 8) | buffer[start + 2]
    if identifier:
        cursor.enter_network(kind, identifier)


def parse_gre(cursor: Cursor, buffer: bytes) -> int:
    """Go behind GRE's header (RFC 2784, RFC 2890; RFC 2637 for PPTP)."""
    start = cursor.start
    if cursor.end - start < 4:
        return cursor.cut_or_malformed(4, "GRE header")
    flags = (buffer[start] << 8) | buffer[start + 1]
    kind = (buffer[start + 2] << 8) | buffer[start + 3]
    if flags & 0x4000 or flags & 7 > 1:  # a list of routes (RFC 1701), or no version there is
        return -3  # UNKNOWN_TUNNEL
    length = gre_length(flags)
    if cursor.end - start < length:
        return cursor.cut_or_malformed(length, "GRE header")
    cursor.start = start + length
    if flags & 0x2000 and not flags & 7:
        enter_keyed(cursor, buffer, start + (8 if flags & 0x8000 else 4))
    if kind == 0x88BE:
        return parse_erspan(cursor, buffer, 8 if flags & 0x1000 else 0)
    if kind == 0x22EB:
        return parse_erspan(cursor, buffer, 12)
    return resolve_ethertype(cursor, buffer, kind)


def gre_length(flags: int) -> int:
    """Return the length of GRE's header: each flag stands for four bytes more."""
    length = 4
    for flag in (0x8000, 0x2000, 0x1000):  # checksum, key, sequence number
        if flags & flag:
            length += 4
    if flags & 7 and flags & 0x0080:  # acknowledgment, with PPTP
        length += 4
    return length


def enter_keyed(cursor: Cursor, buffer: bytes, start: int) -> None:
    """Enter the network that the key of GRE names."""
    key = buffer[start]
    key = (key << 24) | (buffer[start + 1] << 16) | (buffer[start + 2] << 8) | buffer[start + 3]
    if key:
        cursor.enter_network(GRE, key)


def parse_erspan(cursor: Cursor, buffer: bytes, length: int) -> int:
    """Go behind ERSPAN's header, of type I (none), II (8 bytes) or III (12 and perhaps 8 more).

    draft-foschiano-erspan-03, section 4; what it mirrors is Ethernet, with type III also bare IP.
    """
    start = cursor.start
    if cursor.end - start < length:
        return cursor.cut_or_malformed(length, "ERSPAN header")
    frame = 0
    if length == 12:
        frame = (buffer[start + 10] >> 2) & 0x1F
        if buffer[start + 11] & 1:
            length = 20
            if cursor.end - start < 20:
                return cursor.cut_or_malformed(20, "ERSPAN header")
    cursor.start = start + length
    if frame == 2:
        return resolve_raw(cursor, buffer)
    return parse_ethernet_within(cursor, buffer) if frame == 0 else 0


def resolve_raw(cursor: Cursor, buffer: bytes) -> int:
    """Tell IPv4 from IPv6 by the version; 0 where it is neither."""
    version = buffer[cursor.start] >> 4 if cursor.start < cursor.end else 0
    if version == 4:
        return 0x0800
    return 0x86DD if version == 6 else 0
