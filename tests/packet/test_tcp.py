"""TCP headers; expected values are read off the bytes by hand."""

from __future__ import annotations

import pytest

from analyzer.packet.decoder import PacketDecoder
from analyzer.packet.tcp import window_scale
from headers import TIMESTAMP, decode, ethernet, ipv4, names, payload_of, tcp

# Ethernet; IPv4: length 58, id 1c46, ttl 64, 172.16.10.99 to 172.16.10.12; TCP: ports 49320 and
# 8080, sequence 0x01020304, acknowledgment 0xa0b0c0d0, 32 bytes of header, PSH and ACK, window
# 0x01f5, checksum 0xe4a3; options NOP NOP timestamp; payload "hello!".
WHOLE = bytes.fromhex(
    "020000000001 020000000002 0800"
    "4500003a 1c464000 4006b1e6 ac100a63 ac100a0c"
    "c0a81f90 01020304 a0b0c0d0 801801f5 e4a30000 0101080a 11223344 55667788"
    "68656c6c6f21"
)


def test_every_field_of_a_packet_stands_in_the_segment() -> None:
    decoder = PacketDecoder()
    assert decoder.decode(WHOLE, 0, len(WHOLE), len(WHOLE), 1, 5, 7)
    segment = decoder.segment
    assert segment.buffer is WHOLE
    assert WHOLE[segment.start : segment.end] == b"hello!"
    assert (segment.missing, segment.time_ns, segment.packet, segment.ip_version) == (0, 5, 7, 4)
    assert (segment.source_high, segment.source_low) == (0, 0xAC100A63)
    assert (segment.destination_high, segment.destination_low) == (0, 0xAC100A0C)
    assert (segment.source_port, segment.destination_port) == (49320, 8080)
    assert (segment.sequence, segment.acknowledgment) == (0x01020304, 0xA0B0C0D0)
    assert (segment.flags, segment.window, segment.window_scale) == (0x18, 0x01F5, -1)
    assert (segment.ip_id, segment.ttl, segment.network) == (0x1C46, 64, 0)


def test_numbers_with_the_highest_bit_set_stay_positive() -> None:
    segment = decode(ethernet(ipv4(tcp(flags=0xFF))))
    assert segment is not None
    assert (segment.sequence, segment.acknowledgment) == (0xFFFFFFF0, 0x80000001)
    assert (segment.flags, segment.window) == (0xFF, 0xFFFE)


@pytest.mark.parametrize("words", [0, 1, 4])
def test_a_data_offset_within_the_header_is_no_segment(words: int) -> None:
    decoder = PacketDecoder()
    assert decode(ethernet(ipv4(tcp(bytes(40), data_offset=words))), decoder=decoder) is None
    assert names(decoder) == ["malformed_header"]
    assert decoder.counts["undecodable"] == 1


def test_a_data_offset_behind_the_packet_is_no_segment() -> None:
    assert decode(ethernet(ipv4(tcp(bytes(3), data_offset=6)))) is None
    assert payload_of(decode(ethernet(ipv4(tcp(bytes(4), data_offset=6))))) == b""


def test_a_header_that_was_short_on_the_wire_is_malformed_and_not_truncated() -> None:
    decoder = PacketDecoder()
    assert decode(ethernet(ipv4(tcp()[:19])), decoder=decoder) is None
    assert names(decoder) == ["malformed_header"]


# The frame: 14 Ethernet, 20 IPv4, 32 TCP, 100 payload.
@pytest.mark.parametrize(
    ("captured", "payload", "missing"),
    [
        (166, 100, 0),
        (165, 99, 1),
        (67, 1, 99),
        (66, 0, 100),
        (60, 0, 100),  # options cut
        (54, 0, 100),  # the 20 bytes without options
    ],
)
def test_what_the_snap_length_cuts_is_missing(captured: int, payload: int, missing: int) -> None:
    frame = ethernet(ipv4(tcp(bytes(100), options=TIMESTAMP)))
    segment = decode(frame[:captured], original_length=166)
    assert segment is not None
    assert (segment.end - segment.start, segment.missing) == (payload, missing)


@pytest.mark.parametrize("captured", [53, 40, 34, 33, 20, 14, 13, 0])
def test_a_header_that_the_snap_length_cuts_is_no_segment(captured: int) -> None:
    decoder = PacketDecoder()
    frame = ethernet(ipv4(tcp(bytes(100))))
    assert decode(frame[:captured], original_length=len(frame), decoder=decoder) is None
    assert names(decoder) == ["truncated_header"]


# RFC 7323, section 2.2: kind 3, length 3, shift.
@pytest.mark.parametrize(
    ("options", "scale"),
    [
        (b"\x03\x03\x07\x00", 7),
        (b"\x03\x03\x00\x00", 0),
        (b"\x02\x04\x05\xb4\x01\x03\x03\x08", 8),  # MSS, NOP, scale 8
        (b"\x02\x04\x05\xb4\x04\x02\x08\x0a\0\0\0\1\0\0\0\0\x01\x03\x03\x0e", 14),  # Linux's order
        (b"\x00\x03\x03\x07", -1),  # behind the end of options
        (b"\x03\x02\x07\x00", -1),  # wrong length
        (b"\x05\x00\x03\x03", -1),  # length 0 would never end
        (b"\x05\x09\x03\x03", -1),  # longer than the header
        (b"\x01\x01\x01\x03", -1),  # a kind without a length
        (b"\x01\x03\x03\xff", 255),  # as sent; what it means is not for this room
        (b"", -1),
    ],
)
def test_window_scale_is_found_among_the_options(options: bytes, scale: int) -> None:
    assert window_scale(b"\x03\x03\x05" + options + b"\x03\x03\x05", 3, 3 + len(options)) == scale
    segment = decode(ethernet(ipv4(tcp(flags=0x02, options=options))))
    assert segment is not None
    assert segment.window_scale == scale


def test_window_scale_counts_only_on_a_syn() -> None:
    decoder = PacketDecoder()
    scale = b"\x03\x03\x07\x00"
    segment = decode(ethernet(ipv4(tcp(flags=0x12, options=scale))), decoder=decoder)
    assert segment is not None
    assert segment.window_scale == 7
    segment = decode(ethernet(ipv4(tcp(flags=0x10, options=scale))), decoder=decoder)
    assert segment is not None
    assert segment.window_scale == -1


def fingerprint(packet: bytes) -> int:
    segment = decode(ethernet(packet))
    assert segment is not None
    return segment.fingerprint


def test_a_fingerprint_is_that_of_the_packet_and_not_of_its_capture() -> None:
    decoder = PacketDecoder()
    packet = ipv4(tcp(b"x", options=TIMESTAMP))
    first = decode(ethernet(packet), decoder=decoder, packet=1)
    assert first is not None
    seen = first.fingerprint
    again = decode(ethernet(packet, 0x0800, (0x8100, 5)) + b"padding", decoder=decoder, packet=2)
    assert again is not None
    assert again.fingerprint == seen
    assert 0 <= seen < 2**64


def test_a_fingerprint_tells_retransmissions_apart() -> None:
    later = TIMESTAMP[:7] + b"\xf0" + TIMESTAMP[8:]
    packets = [
        ipv4(tcp(b"x", options=TIMESTAMP)),
        ipv4(tcp(b"x", options=TIMESTAMP), identification=0x0103),
        ipv4(tcp(b"x", options=TIMESTAMP, checksum=0xABCE)),
        ipv4(tcp(b"x", options=TIMESTAMP, sequence=1)),
        ipv4(tcp(b"x", options=later)),
    ]
    assert len({fingerprint(packet) for packet in packets}) == len(packets)
