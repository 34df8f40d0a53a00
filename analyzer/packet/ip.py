"""IPv4 and IPv6 headers: a cursor at the header goes in, one at the transport layer comes out."""

from __future__ import annotations

from analyzer.packet.cursor import Cursor
from analyzer.packet.segment import Segment


def parse_ipv4(cursor: Cursor, segment: Segment, buffer: bytes) -> int:
    """Read an IPv4 header (RFC 791, section 3.1).

    Parameters
    ----------
    cursor : Cursor
        At the header; moved behind it, its ends narrowed to the packet's total length.
    segment : Segment
        Gets addresses, `ip_version`, `ip_id` and `ttl`.
    buffer : bytes
        Holds the packet.

    Returns
    -------
    int
        The protocol number; 44 for a fragment, which the cursor's ``fragment_`` fields describe
        (the number is IPv6's for fragments and means nothing on IPv4); 0 or `UNDECODABLE`.
    """
    start = cursor.start
    if cursor.end - start < 20:
        return cursor.cut_or_malformed(20, "IPv4 header")
    header = (buffer[start] & 0x0F) * 4
    total = (buffer[start + 2] << 8) | buffer[start + 3]
    # Zero where the sender's network card was to cut the packet up, or where it is longer than
    # 65535 bytes (BIG TCP): then all of the packet is meant.
    if total == 0:
        total = cursor.wire_end - start
    if buffer[start] >> 4 != 4 or header < 20 or total < header:
        return cursor.fail("malformed_header", "IPv4 version or lengths")
    if cursor.end - start < header:
        return cursor.cut_or_malformed(header, "IPv4 options")
    protocol = buffer[start + 9]
    segment.ip_version = 4
    segment.ip_id = (buffer[start + 4] << 8) | buffer[start + 5]
    segment.ttl = buffer[start + 8]
    address = buffer[start + 12]
    segment.source_high = 0
    segment.source_low = (address << 24) | (
        (buffer[start + 13] << 16) | (buffer[start + 14] << 8) | buffer[start + 15]
    )
    address = buffer[start + 16]
    segment.destination_high = 0
    segment.destination_low = (address << 24) | (
        (buffer[start + 17] << 16) | (buffer[start + 18] << 8) | buffer[start + 19]
    )
    segment.network = cursor.network
    if start + total != cursor.end:
        narrow(cursor, start + total)
    cursor.start = start + header
    fragment = ((buffer[start + 6] << 8) | buffer[start + 7]) & 0x3FFF
    if fragment:
        cursor.fragment_id = segment.ip_id
        cursor.fragment_offset = (fragment & 0x1FFF) * 8
        cursor.fragment_more = fragment & 0x2000 != 0
        cursor.fragment_protocol = protocol
        return 44
    if protocol == 51:  # authentication header
        return skip_extension_headers(cursor, buffer, 51)
    return 0 if protocol == 44 else protocol


def parse_ipv6(cursor: Cursor, segment: Segment, buffer: bytes) -> int:
    """Read an IPv6 header and its extension headers (RFC 8200, sections 3 and 4).

    Parameters, and the answer, are those of `parse_ipv4`.
    """
    start = cursor.start
    if cursor.end - start < 40:
        return cursor.cut_or_malformed(40, "IPv6 header")
    if buffer[start] >> 4 != 6:
        return cursor.fail("malformed_header", "IPv6 version")
    length = (buffer[start + 4] << 8) | buffer[start + 5]
    protocol = buffer[start + 6]
    segment.ip_version = 6
    segment.ip_id = 0
    segment.ttl = buffer[start + 7]
    segment.source_high = read_64(buffer, start + 8)
    segment.source_low = read_64(buffer, start + 16)
    segment.destination_high = read_64(buffer, start + 24)
    segment.destination_low = read_64(buffer, start + 32)
    segment.network = cursor.network
    start += 40
    # Zero where the packet was to be cut up by the network card, and in jumbograms (RFC 2675),
    # whose hop-by-hop option gives a length that the capture knows as well.
    if length and start + length != cursor.end:
        narrow(cursor, start + length)
    cursor.start = start
    if protocol == 6:
        return 6
    return skip_extension_headers(cursor, buffer, protocol)


def skip_extension_headers(cursor: Cursor, buffer: bytes, protocol: int) -> int:
    """Go behind IPv6 extension headers (RFC 8200, section 4; RFC 4302 for authentication).

    Parameters
    ----------
    cursor : Cursor
        At the first of them, moved behind the last.
    buffer : bytes
        Holds the packet.
    protocol : int
        Number of what stands at the cursor.

    Returns
    -------
    int
        As `parse_ipv4`.
    """
    while protocol in (0, 43, 44, 51, 60, 135, 139, 140):
        start = cursor.start
        if cursor.end - start < 8:
            return cursor.cut_or_malformed(8, "IPv6 extension header")
        inner = buffer[start]
        if protocol == 44:
            cursor.start = start + 8
            fragment = (buffer[start + 2] << 8) | buffer[start + 3]
            # Neither offset nor more to come: an atomic fragment is whole (RFC 6946, section 4).
            if fragment & 0xFFF9:
                describe_fragment(cursor, buffer, start, inner)
                return 44
        elif protocol == 51:
            cursor.start = start + (buffer[start + 1] + 2) * 4
        else:
            cursor.start = start + (buffer[start + 1] + 1) * 8
        if cursor.start > cursor.end:
            length = cursor.start - start
            cursor.start = start
            return cursor.cut_or_malformed(length, "IPv6 extension header")
        protocol = inner
    return protocol


def describe_fragment(cursor: Cursor, buffer: bytes, start: int, protocol: int) -> None:
    """Take an IPv6 fragment header (RFC 8200, section 4.5) into the cursor."""
    fragment = (buffer[start + 2] << 8) | buffer[start + 3]
    cursor.fragment_offset = fragment & 0xFFF8
    cursor.fragment_more = fragment & 1 != 0
    cursor.fragment_protocol = protocol
    identification = buffer[start + 4]
    cursor.fragment_id = (identification << 24) | (
        (buffer[start + 5] << 16) | (buffer[start + 6] << 8) | buffer[start + 7]
    )


def narrow(cursor: Cursor, end: int) -> None:
    """Set the ends of the cursor to where IP says that the packet ends.

    What follows there is padding or a frame check sequence. Where IP promises more than the link
    layer says was sent, the promise counts if the capture kept all of the packet (then something
    on the way has cut it), and the link layer's word if the snap length has cut it.
    """
    if end <= cursor.end:
        cursor.end = end
        cursor.wire_end = end
        return
    if end > cursor.wire_end:
        cursor.log.add_once(
            "ip_length_beyond_packet", cursor.time_ns, cursor.packet, "told once for all packets"
        )
        if cursor.wire_end > cursor.end:
            return
    cursor.wire_end = end


def read_64(buffer: bytes, start: int) -> int:
    """Read eight bytes, most significant first."""
    high = buffer[start]
    high = (high << 24) | ((buffer[start + 1] << 16) | (buffer[start + 2] << 8) | buffer[start + 3])
    low = buffer[start + 4]
    low = (low << 24) | ((buffer[start + 5] << 16) | (buffer[start + 6] << 8) | buffer[start + 7])
    return (high << 32) | low
