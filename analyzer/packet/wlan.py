"""802.11: from the first byte of a frame, or of radiotap before it, to its LLC header.

IEEE 802.11, section 9; radiotap as described at radiotap.org.
"""

from __future__ import annotations

from analyzer.packet.cursor import Cursor


def parse_wlan(cursor: Cursor, buffer: bytes, radiotap: bool) -> int:
    """Go behind the header of a data frame.

    Parameters
    ----------
    cursor : Cursor
        At the frame, or at the radiotap header.
    buffer : bytes
        Holds the packet.
    radiotap : bool
        Whether there is a radiotap header.

    Returns
    -------
    int
        1 when an LLC header stands at the cursor; 0 or `UNDECODABLE`.
    """
    padded = 0
    if radiotap:
        padded = skip_radiotap(cursor, buffer)
        if padded < 0:
            return padded
    if not is_data(cursor, buffer):
        return 0
    if cursor.end - cursor.start < 24:
        return cursor.cut_or_malformed(24, "802.11 header")
    return parse_data_frame(cursor, buffer, padded)


def parse_data_frame(cursor: Cursor, buffer: bytes, padded: int) -> int:
    """Go behind the header of a data frame; as `parse_wlan`.

    Parameters
    ----------
    cursor : Cursor
        At the header, of which at least 24 bytes are there.
    buffer : bytes
        Holds the packet.
    padded : int
        1 when the header is filled up to a multiple of four bytes.
    """
    start = cursor.start
    flags = buffer[start + 1]
    length = 30 if flags & 3 == 3 else 24  # a fourth address between two access points
    aggregate = 0
    if buffer[start] & 0x80:  # quality of service
        length += 2
        if cursor.end - start < length:
            return cursor.cut_or_malformed(length, "802.11 header")
        aggregate = buffer[start + length - 2] & 0x80
        if flags & 0x80:  # HT control
            length += 4
    if flags & 0x40:
        cursor.log.add_once(
            "wlan_encrypted", cursor.time_ns, cursor.packet, "told once for all packets"
        )
        return 0
    if flags & 0x04 or buffer[start + 22] & 0x0F:
        cursor.log.add_once(
            "wlan_fragment", cursor.time_ns, cursor.packet, "told once for all packets"
        )
        return 0
    cursor.start = start + ((length + 3) & ~3 if padded else length)
    return enter_aggregate(cursor, buffer) if aggregate else 1


def is_data(cursor: Cursor, buffer: bytes) -> bool:
    """Whether a frame carries data: its type is 2, and the subtype does not say "no data"."""
    return cursor.start < cursor.end and buffer[cursor.start] & 0x4C == 0x08


def skip_radiotap(cursor: Cursor, buffer: bytes) -> int:
    """Go behind a radiotap header; 1 if the 802.11 header behind it is padded to four bytes."""
    start = cursor.start
    if cursor.end - start < 8:
        return cursor.cut_or_malformed(8, "radiotap header")
    length = buffer[start + 2] | (buffer[start + 3] << 8)
    if buffer[start] != 0 or length < 8:
        return cursor.fail("malformed_header", "radiotap version or length")
    if cursor.end - start < length:
        return cursor.cut_or_malformed(length, "radiotap header")
    cursor.start = start + length
    # Which fields there are: a word, and others while bit 31 says so.
    field = start + 4
    while field + 4 <= cursor.start and buffer[field + 3] & 0x80:
        field += 4
    field += 4
    if buffer[start + 4] & 1:  # a timestamp comes first, aligned to eight bytes
        field = start + ((field - start + 7) & ~7) + 8
    if not buffer[start + 4] & 2 or field >= cursor.start:
        return 0
    return 1 if buffer[field] & 0x20 else 0


def enter_aggregate(cursor: Cursor, buffer: bytes) -> int:
    """Go into the first of several frames in one (section 9.3.2.2); as `parse_wlan`."""
    start = cursor.start
    if cursor.end - start < 14:
        return cursor.cut_or_malformed(14, "802.11 aggregate")
    end = start + 14 + ((buffer[start + 12] << 8) | buffer[start + 13])
    if end + 14 < cursor.wire_end:  # a frame check sequence may follow the last one
        cursor.log.add_once(
            "wlan_aggregate", cursor.time_ns, cursor.packet, "only the first frame of each is read"
        )
    if end <= cursor.wire_end:
        cursor.wire_end = end
        cursor.end = min(cursor.end, end)
    cursor.start = start + 14
    return 1
