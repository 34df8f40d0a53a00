"""Link layers: from the first captured byte to the IP header.

EtherType numbers are IANA's; link types are those of tcpdump.org/linktypes.html.
"""

from __future__ import annotations

from analyzer.packet.cursor import PPPOE, VLAN, Cursor
from analyzer.packet.nflog import parse_nflog
from analyzer.packet.wlan import parse_wlan

IPV4 = 0x0800
IPV6 = 0x86DD

# What `locate_network_layer` answers for a link type that it does not know.
UNKNOWN_LINK = -3


def locate_network_layer(cursor: Cursor, buffer: bytes, link_type: int) -> int:
    """Move the cursor from a packet's first byte behind its link layer.

    Parameters
    ----------
    cursor : Cursor
        At the first byte of the packet.
    buffer : bytes
        Holds the packet.
    link_type : int
        ``LINKTYPE_`` or ``DLT_`` number.

    Returns
    -------
    int
        The EtherType of what stands at the cursor; 0, `UNDECODABLE` or `UNKNOWN_LINK`.
    """
    if link_type == 1:
        return parse_ethernet(cursor, buffer)
    if link_type == 113:
        return parse_cooked(cursor, buffer, 16, 14)
    if link_type == 276:
        return parse_cooked(cursor, buffer, 20, 0)
    if link_type in (0, 108):
        return parse_loopback(cursor, buffer)
    if link_type in (12, 14, 101, 228, 229):
        return parse_raw_ip(cursor, buffer)
    return locate_behind_rare_link(cursor, buffer, link_type)


def locate_behind_rare_link(cursor: Cursor, buffer: bytes, link_type: int) -> int:
    """Go on with link types that are not asked for first; as `locate_network_layer`."""
    if link_type in (9, 50, 104):  # PPP; in HDLC's framing, or Cisco's HDLC, which shares a number
        return parse_ppp_or_hdlc(cursor, buffer)
    if link_type == 51:
        return parse_pppoe(cursor, buffer)
    if link_type == 219:
        return parse_mpls(cursor, buffer)
    if link_type in (105, 127):
        kind = parse_wlan(cursor, buffer, link_type == 127)
        return kind if kind <= 0 else resolve_ethertype(cursor, buffer, 0)
    if link_type == 239:
        kind = parse_nflog(cursor, buffer)
        return kind if kind <= 0 else parse_raw_ip(cursor, buffer)
    return -3  # UNKNOWN_LINK


def parse_ethernet(cursor: Cursor, buffer: bytes) -> int:
    """Go behind an Ethernet header with any number of VLAN tags (IEEE 802.3, 802.1Q)."""
    start = cursor.start
    if cursor.end - start < 14:
        return cursor.cut_or_malformed(14, "Ethernet header")
    kind = (buffer[start + 12] << 8) | buffer[start + 13]
    cursor.start = start + 14
    if kind == 0x0800:
        return 0x0800
    return resolve_ethertype(cursor, buffer, kind)


def parse_cooked(cursor: Cursor, buffer: bytes, header: int, protocol_at: int) -> int:
    """Go behind a header of Linux's "any" device (LINKTYPE_LINUX_SLL and _SLL2)."""
    start = cursor.start
    if cursor.end - start < header:
        return cursor.cut_or_malformed(header, "Linux cooked header")
    kind = (buffer[start + protocol_at] << 8) | buffer[start + protocol_at + 1]
    cursor.start = start + header
    return resolve_ethertype(cursor, buffer, kind)


def parse_loopback(cursor: Cursor, buffer: bytes) -> int:
    """Go behind the address family of BSD's loopback (LINKTYPE_NULL and _LOOP).

    It stands in the byte order of the machine that captured, whatever order the file has.
    """
    start = cursor.start
    if cursor.end - start < 4:
        return cursor.cut_or_malformed(4, "loopback header")
    if buffer[start] == 0 and buffer[start + 1] == 0:
        family = (buffer[start + 2] << 8) | buffer[start + 3]
    else:
        family = buffer[start] | (buffer[start + 1] << 8)
    cursor.start = start + 4
    if family == 2:
        return 0x0800
    # AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS.
    if family in (10, 23, 24, 28, 30):
        return 0x86DD
    return 0


def parse_raw_ip(cursor: Cursor, buffer: bytes) -> int:
    """Tell IPv4 from IPv6 by the version, where no header says it."""
    if cursor.start >= cursor.end:
        return cursor.cut_or_malformed(1, "IP header")
    version = buffer[cursor.start] >> 4
    if version == 4:
        return 0x0800
    if version == 6:
        return 0x86DD
    return cursor.fail("malformed_header", "IP version")


def resolve_ethertype(cursor: Cursor, buffer: bytes, kind: int) -> int:
    """Go behind VLAN tags, LLC with SNAP, PPP and MPLS to what an EtherType finally names.

    Parameters
    ----------
    cursor : Cursor
        Behind the field that holds the EtherType.
    buffer : bytes
        Holds the packet.
    kind : int
        The EtherType, or a length below 0x600 (IEEE 802.3, section 3.2.6).

    Returns
    -------
    int
        The EtherType of what stands at the cursor, 0 or `UNDECODABLE`.
    """
    while kind in (0x8100, 0x88A8, 0x9100, 0x9200):
        start = cursor.start
        if cursor.end - start < 4:
            return cursor.cut_or_malformed(4, "VLAN tag")
        identifier = ((buffer[start] << 8) | buffer[start + 1]) & 0x0FFF
        # Identifier 0 is a priority and no VLAN (IEEE 802.1Q, table 9-2).
        if identifier:
            cursor.enter_network(VLAN, identifier)
        kind = (buffer[start + 2] << 8) | buffer[start + 3]
        cursor.start = start + 4
    if kind < 0x0600:
        kind = parse_llc(cursor, buffer)
    if kind in (0x0800, 0x86DD):
        return kind
    return resolve_rare_ethertype(cursor, buffer, kind)


def resolve_rare_ethertype(cursor: Cursor, buffer: bytes, kind: int) -> int:
    """Go behind what carries packets of its own; as `resolve_ethertype`."""
    if kind == 0x8864:
        return parse_pppoe(cursor, buffer)
    if kind == 0x880B:
        return parse_ppp(cursor, buffer)
    if kind in (0x8847, 0x8848):
        return parse_mpls(cursor, buffer)
    if kind == 0x6558:  # bridged Ethernet
        return parse_ethernet_within(cursor, buffer)
    return kind


def parse_ethernet_within(cursor: Cursor, buffer: bytes) -> int:
    """Read an Ethernet header that does not begin a packet; as `parse_ethernet`."""
    if cursor.deeper() < 0:
        return -2  # UNDECODABLE
    return parse_ethernet(cursor, buffer)


def parse_llc(cursor: Cursor, buffer: bytes) -> int:
    """Go behind LLC and SNAP headers (IEEE 802.2; RFC 1042): 0 where no EtherType follows."""
    start = cursor.start
    if cursor.end - start < 3:
        return cursor.cut_or_malformed(3, "LLC header")
    if buffer[start] != 0xAA or buffer[start + 2] != 0x03:  # SNAP, unnumbered information
        return 0
    if cursor.end - start < 8:
        return cursor.cut_or_malformed(8, "SNAP header")
    if buffer[start + 3] or buffer[start + 4] or buffer[start + 5] not in (0, 0xF8):
        return 0  # a vendor's own protocol: 00-00-00 and 00-00-F8 (802.1H) have EtherTypes
    cursor.start = start + 8
    return (buffer[start + 6] << 8) | buffer[start + 7]


def parse_pppoe(cursor: Cursor, buffer: bytes) -> int:
    """Go behind a PPPoE session header and PPP's protocol field (RFC 2516, section 4; RFC 1661)."""
    start = cursor.start
    if cursor.end - start < 8:
        return cursor.cut_or_malformed(8, "PPPoE header")
    if buffer[start] != 0x11 or buffer[start + 1] != 0:
        return cursor.fail("malformed_header", "PPPoE version or code")
    cursor.enter_network(PPPOE, (buffer[start + 2] << 8) | buffer[start + 3])
    cursor.start = start + 6
    return parse_ppp(cursor, buffer)


def parse_ppp(cursor: Cursor, buffer: bytes) -> int:
    """Go behind PPP's header: address and control, if there, and a protocol (RFC 1661)."""
    start = cursor.start
    if cursor.end - start < 4:
        return cursor.cut_or_malformed(4, "PPP header")
    if buffer[start] == 0xFF and buffer[start + 1] == 0x03:  # RFC 1662, section 3.1
        start += 2
    if buffer[start] & 1:  # compressed to one byte (RFC 1661, section 6.5)
        protocol = buffer[start]
        cursor.start = start + 1
    else:
        protocol = (buffer[start] << 8) | buffer[start + 1]
        cursor.start = start + 2
    if protocol == 0x0021:
        return 0x0800
    if protocol == 0x0057:
        return 0x86DD
    if protocol in (0x0281, 0x0283):  # RFC 3032, section 4.3
        return parse_mpls(cursor, buffer)
    return 0


def parse_ppp_or_hdlc(cursor: Cursor, buffer: bytes) -> int:
    """Tell Cisco's HDLC, whose first byte is 0x0F or 0x8F (RFC 1547, section 4.3), from PPP."""
    start = cursor.start
    if cursor.end - start < 4:
        return cursor.cut_or_malformed(4, "PPP or HDLC header")
    if buffer[start] not in (0x0F, 0x8F):
        return parse_ppp(cursor, buffer)
    cursor.start = start + 4
    return resolve_ethertype(cursor, buffer, (buffer[start + 2] << 8) | buffer[start + 3])


def parse_mpls(cursor: Cursor, buffer: bytes) -> int:
    """Go behind a stack of MPLS labels (RFC 3032); nothing says what stands behind the last one.

    IP tells itself by its version. Ethernet may have a control word of four zero bits and more in
    front of it (RFC 4448, section 4.6), or not: then the place of its EtherType tells.
    """
    start = cursor.start
    bottom = 0
    while not bottom:
        if cursor.end - start < 4:
            cursor.start = start
            return cursor.cut_or_malformed(4, "MPLS label")
        bottom = buffer[start + 2] & 1
        start += 4
    cursor.start = start
    if start >= cursor.end:
        return cursor.cut_or_malformed(1, "what stands behind MPLS")
    version = buffer[start] >> 4
    if version == 4:
        return 0x0800
    if version == 6:
        return 0x86DD
    if version == 0 and names_payload(cursor, buffer, 16):
        cursor.start = start + 4
        return parse_ethernet_within(cursor, buffer)
    return parse_ethernet_within(cursor, buffer) if names_payload(cursor, buffer, 12) else 0


def names_payload(cursor: Cursor, buffer: bytes, offset: int) -> bool:
    """Whether there is an EtherType of IP, a VLAN or MPLS, so far behind the cursor."""
    start = cursor.start + offset
    if cursor.end - start < 2:
        return False
    kind = (buffer[start] << 8) | buffer[start + 1]
    return kind in (0x0800, 0x86DD, 0x8100, 0x88A8, 0x8847, 0x8848, 0x8864)
