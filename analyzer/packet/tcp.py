"""A TCP header (RFC 9293, section 3.1): from where IP says it begins, into a `Segment`."""

from __future__ import annotations

from analyzer.packet.cursor import Cursor
from analyzer.packet.segment import Segment


def parse_tcp(cursor: Cursor, segment: Segment, buffer: bytes) -> int:
    """Fill the TCP fields of a segment whose IP fields are filled.

    Parameters
    ----------
    cursor : Cursor
        At the TCP header; `wire_end` as IP gives it.
    segment : Segment
        Gets everything but addresses, `ip_version`, `ip_id` and `ttl`.
    buffer : bytes
        Holds the packet.

    Returns
    -------
    int
        1 when there is a segment, otherwise `UNDECODABLE`.
    """
    start = cursor.start
    end = cursor.end
    if end - start < 20:
        return cursor.cut_or_malformed(20, "TCP header")
    header = (buffer[start + 12] >> 4) * 4
    payload = start + header
    if header < 20 or payload > cursor.wire_end:
        return cursor.fail("malformed_header", "TCP data offset")
    segment.source_port = (buffer[start] << 8) | buffer[start + 1]
    segment.destination_port = (buffer[start + 2] << 8) | buffer[start + 3]
    sequence = buffer[start + 4]
    sequence = (sequence << 24) | (
        (buffer[start + 5] << 16) | (buffer[start + 6] << 8) | buffer[start + 7]
    )
    acknowledgment = buffer[start + 8]
    acknowledgment = (acknowledgment << 24) | (
        (buffer[start + 9] << 16) | (buffer[start + 10] << 8) | buffer[start + 11]
    )
    segment.sequence, segment.acknowledgment = sequence, acknowledgment
    segment.flags = flags = buffer[start + 13]
    segment.window = (buffer[start + 14] << 8) | buffer[start + 15]
    segment.buffer = buffer
    segment.end = end
    # Options may be cut by the snap length: then no payload is there, and all of it is missing.
    segment.start = min(payload, end)
    segment.missing = cursor.wire_end - max(payload, end)
    segment.window_scale = -1
    segment.time_ns = cursor.time_ns
    segment.packet = cursor.packet
    timestamp = 0
    if flags & 0x02:  # SYN: only there does the scale stand (RFC 7323, section 2.2)
        segment.window_scale = window_scale(buffer, start + 20, segment.start)
    if header >= 32 and end - start >= 28:
        # NOP, NOP, kind, length, TSval: the layout of RFC 7323, appendix A, that all senders use.
        timestamp = buffer[start + 24]
        timestamp = (timestamp << 24) | (
            (buffer[start + 25] << 16) | (buffer[start + 26] << 8) | buffer[start + 27]
        )
    stamped = (timestamp << 32) | (segment.ip_id << 16)
    stamped |= (buffer[start + 16] << 8) | buffer[start + 17]
    segment.fingerprint = fingerprint_of((sequence << 32) | acknowledgment, stamped)
    return 1


def fingerprint_of(numbers: int, stamped: int) -> int:
    """Mix what tells a packet from its retransmission into 64 bits.

    Parameters
    ----------
    numbers : int
        Sequence number and acknowledgment.
    stamped : int
        Timestamp, IP identification and checksum.
    """
    # Two odd factors make each half a one-to-one mapping of its fields.
    mask = 0xFFFFFFFFFFFFFFFF
    factor = 0x9E3779B97F4A7C15
    other = 0xC2B2AE3D27D4EB4F
    return ((numbers * factor) & mask) ^ ((stamped * other) & mask)


def window_scale(buffer: bytes, start: int, end: int) -> int:
    """Find the window scale among a SYN's options (RFC 7323, section 2.2).

    Parameters
    ----------
    buffer : bytes
        Holds the options as ``buffer[start:end]``.
    start, end : int
        Bounds of the options as captured.

    Returns
    -------
    int
        The shift as sent, or -1 when there is none or the options make no sense.
    """
    while start < end:
        kind = buffer[start]
        if kind == 0:  # end of options
            return -1
        if kind == 1:  # no operation, the only other option without a length
            start += 1
            continue
        if start + 1 >= end:
            return -1
        length = buffer[start + 1]
        if length < 2 or start + length > end:
            return -1
        if kind == 3 and length == 3:
            return buffer[start + 2]
        start += length
    return -1
