"""Packets that Linux's netfilter logs (LINKTYPE_NFLOG): attributes, one of which is the packet."""

from __future__ import annotations

from analyzer.packet.cursor import Cursor


def parse_nflog(cursor: Cursor, buffer: bytes) -> int:
    """Go to the packet among the attributes.

    Parameters
    ----------
    cursor : Cursor
        At the NFLOG header, moved to the IP header; its ends narrowed to the attribute.
    buffer : bytes
        Holds the packet.

    Returns
    -------
    int
        1 when a packet stands at the cursor, otherwise 0 or `UNDECODABLE`.
    """
    start = cursor.start
    if cursor.end - start < 4:
        return cursor.cut_or_malformed(4, "NFLOG header")
    if buffer[start + 1] != 0:
        return cursor.fail("malformed_header", "NFLOG version")
    start += 4
    while cursor.wire_end - start >= 4:
        cursor.start = start
        if cursor.end - start < 4:
            return cursor.cut_or_malformed(4, "NFLOG attribute")
        # In the byte order of the machine that captured; kinds and most lengths are small.
        length = buffer[start] | (buffer[start + 1] << 8)
        kind = buffer[start + 2] | (buffer[start + 3] << 8)
        if kind > 0xFF:
            length = (buffer[start] << 8) | buffer[start + 1]
            kind >>= 8
        if length < 4:
            return cursor.fail("malformed_header", "NFLOG attribute")
        if kind == 9:  # NFULA_PAYLOAD
            cursor.start = start + 4
            cursor.wire_end = min(cursor.wire_end, start + length)
            cursor.end = min(cursor.end, start + length)
            return 1
        start += (length + 3) & ~3
    return 0
