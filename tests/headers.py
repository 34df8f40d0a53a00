"""Headers for tests of the packet room. In: what a header says, wrong things included. Out: bytes.

Written from the RFCs that the functions name; nothing here is shared with the decoder under test.
"""

from __future__ import annotations

import struct

from analyzer.packet.decoder import PacketDecoder
from analyzer.packet.segment import Segment

IPV4, IPV6 = 0x0800, 0x86DD
TCP, UDP = 6, 17
CLIENT, SERVER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
CLIENT6, SERVER6 = bytes(15) + b"\x01", bytes(15) + b"\x02"
TIMESTAMP = bytes([1, 1, 8, 10, 0xDE, 0xAD, 0xBE, 0xEF, 0, 0, 0, 9])  # RFC 7323, appendix A


def ethernet(payload: bytes, kind: int = IPV4, *tags: tuple[int, int]) -> bytes:
    """Give an Ethernet frame; each tag is an EtherType and a tag control field (IEEE 802.1Q)."""
    head = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
    return (
        head
        + b"".join(struct.pack("!HH", *tag) for tag in tags)
        + struct.pack("!H", kind)
        + payload
    )


def ipv4(
    payload: bytes,
    protocol: int = TCP,
    *,
    total: int | None = None,
    identification: int = 0x0102,
    fragment: int = 0,
    options: bytes = b"",
    first: int | None = None,
) -> bytes:
    """Give an IPv4 packet (RFC 791, section 3.1); `fragment` is flags and offset, 16 bits."""
    first = 0x45 + len(options) // 4 if first is None else first
    total = 20 + len(options) + len(payload) if total is None else total
    head = struct.pack("!BBHHHBBH", first, 0, total, identification, fragment, 64, protocol, 0)
    return head + CLIENT + SERVER + options + payload


def ipv6(payload: bytes, next_header: int = TCP, *, length: int | None = None) -> bytes:
    """Give an IPv6 packet (RFC 8200, section 3)."""
    length = len(payload) if length is None else length
    return struct.pack("!IHBB", 0x60000000, length, next_header, 63) + CLIENT6 + SERVER6 + payload


def fragment_header(next_header: int, offset: int, identification: int, *, more: bool) -> bytes:
    """Give an IPv6 fragment header (RFC 8200, section 4.5); the offset is in bytes."""
    return struct.pack("!BBHI", next_header, 0, offset | more, identification)


def tcp(
    payload: bytes = b"",
    *,
    flags: int = 0x18,
    options: bytes = b"",
    sequence: int = 0xFFFFFFF0,
    data_offset: int | None = None,
    checksum: int = 0xABCD,
) -> bytes:
    """Give a TCP segment from port 50000 to port 80 (RFC 9293, section 3.1)."""
    words = 5 + len(options) // 4 if data_offset is None else data_offset
    fields = (50_000, 80, sequence, 0x80000001, words << 4, flags, 0xFFFE, checksum, 0)
    return struct.pack("!HHIIBBHHH", *fields) + options + payload


def udp(payload: bytes, port: int) -> bytes:
    """Give a UDP datagram (RFC 768)."""
    return struct.pack("!HHHH", 40_000, port, 8 + len(payload), 0) + payload


def decode(
    data: bytes,
    link_type: int = 1,
    original_length: int | None = None,
    *,
    decoder: PacketDecoder | None = None,
    packet: int = 1,
    time_ns: int = 0,
) -> Segment | None:
    """Decode one packet that stands in the middle of a buffer; None when it completes nothing."""
    decoder = PacketDecoder() if decoder is None else decoder
    around = b"\xff" * 50  # would be seen as header bytes by one who reads outside his bounds
    length = len(data) if original_length is None else original_length
    end = 50 + len(data)
    found = decoder.decode(around + data + around, 50, end, length, link_type, time_ns, packet)
    return decoder.segment if found else None


def payload_of(segment: Segment | None) -> bytes:
    """Give the captured payload; there must be a segment."""
    assert segment is not None
    return segment.buffer[segment.start : segment.end]


def names(decoder: PacketDecoder) -> list[str]:
    """Give the names of the anomalies so far."""
    return [anomaly.name for anomaly in decoder.anomalies]
