"""Bytes are crafted from draft-ietf-opsawg-pcap; variants as libpcap and Wireshark read them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.capture.pcap import LONGEST_PACKET, PcapReader, byte_order
from capture_files import pcap
from capture_reading import cut, drain, read_pcap
from packets import Packet

PACKETS = [Packet(1_700_000_000_123_456_000, b"abc", 3), Packet(1_700_000_001_000_001_000, b"", 9)]

packet_lists = st.lists(
    st.builds(
        Packet,
        st.integers(0, 2**32 * 1_000_000 - 1).map(lambda us: us * 1000),
        st.binary(max_size=80),
        st.integers(0, 2**32 - 1),
    ),
    max_size=8,
)


def header(magic: int = 0xA1B2C3D4, version: tuple[int, int] = (2, 4), network: int = 1) -> bytes:
    return struct.pack("<IHHiIII", magic, *version, 0, 0, 262_144, network)


def record(seconds: int, fraction: int, captured: int, original: int, data: bytes = b"") -> bytes:
    return struct.pack("<IIII", seconds, fraction, captured, original) + data


@given(packet_lists, st.lists(st.integers(0, 1000)), st.sampled_from("<>"))
def test_any_byte_order_resolution_and_chunking_gives_the_same_packets(
    packets: list[Packet], places: list[int], order: str
) -> None:
    for resolution in ("us", "ns"):
        file = pcap(packets, order=order, resolution=resolution)  # type: ignore[arg-type]
        reader = PcapReader()
        assert drain(reader, cut(file, places)) == packets
        assert reader.finish() == ""


def test_nanoseconds_are_kept() -> None:
    packets = [Packet(1_700_000_000_123_456_789, b"x", 1)]
    assert read_pcap(pcap(packets, resolution="ns")) == (packets, "")


def test_the_latest_time_there_is_fits() -> None:
    file = header() + record(0xFFFFFFFF, 0xFFFFFFFF, 0, 0)
    ((packet,), _) = read_pcap(file)
    assert packet.time_ns == 0xFFFFFFFF * 1_000_000_000 + 0xFFFFFFFF * 1000


@pytest.mark.parametrize(
    ("network", "link_type"),
    [
        (1, 1),
        (113, 113),
        (12, 101),  # DLT_RAW of most systems
        (14, 101),  # DLT_RAW of OpenBSD
        (11, 100),  # DLT_ATM_RFC1483
        (0x24000001, 1),  # frame check sequence of 2 times 16 bits, length present
        (0x02240000 | 101, 101),  # NetBSD's class, now reserved
    ],
)
def test_the_link_type_is_the_low_half_of_the_field(network: int, link_type: int) -> None:
    reader = PcapReader()
    drain(reader, [header(network=network) + record(1, 2, 0, 0)])
    assert (reader.link_type, reader.damage) == (link_type, "")


@pytest.mark.parametrize("version", [(2, 0), (2, 2), (543, 0)])
def test_old_versions_have_the_original_length_first(version: tuple[int, int]) -> None:
    file = header(version=version) + record(1, 0, 60, 3, b"abc")
    assert read_pcap(file) == ([Packet(1_000_000_000, b"abc", 60)], "")


def test_version_2_3_has_the_captured_length_first_unless_that_is_the_larger_one() -> None:
    file = header(version=(2, 3)) + record(1, 0, 3, 60, b"abc") + record(1, 0, 60, 3, b"abc")
    assert read_pcap(file)[0] == [Packet(1_000_000_000, b"abc", 60)] * 2


def test_in_version_2_4_more_may_be_captured_than_there_was() -> None:
    file = header() + record(1, 0, 3, 2, b"abc")
    assert read_pcap(file) == ([Packet(1_000_000_000, b"abc", 2)], "")


@pytest.mark.parametrize("version", [(1, 2), (0, 0)])
def test_archaic_versions_are_refused(version: tuple[int, int]) -> None:
    assert read_pcap(header(version=version) + record(1, 0, 0, 0)) == (
        [],
        f"pcap version {version[0]}.{version[1]} is not supported",
    )


def test_kuznetzovs_record_headers_have_24_bytes() -> None:
    file = header(0xA1B2CD34) + (record(5, 6, 3, 3) + bytes(8) + b"abc") * 2
    assert read_pcap(file) == ([Packet(5_000_006_000, b"abc", 3)] * 2, "")


@pytest.mark.parametrize(("magic", "unit"), [(0x1C0001AC, 1), (0x1C0001AB, 1000)])
def test_ixia_files_have_a_longer_file_header(magic: int, unit: int) -> None:
    file = header(magic) + struct.pack("<I", 19) + record(5, 6, 3, 3, b"abc")
    assert read_pcap(file) == ([Packet(5_000_000_000 + 6 * unit, b"abc", 3)], "")


@pytest.mark.parametrize(("network", "link_type"), [(6, 1), (9, 6), (15, 10), (24, 0)])
def test_aix_writes_nanoseconds_and_interface_types(network: int, link_type: int) -> None:
    reader = PcapReader()
    file = header(version=(2, 2), network=network) + record(1, 7, 60, 3, b"abc")
    assert drain(reader, [file]) == [Packet(1_000_000_007, b"abc", 60)]
    assert reader.link_type == link_type


def test_the_longest_packet_is_read_and_one_byte_more_is_damage() -> None:
    longest = record(1, 0, LONGEST_PACKET, LONGEST_PACKET, bytes(LONGEST_PACKET))
    assert len(read_pcap(header() + longest)[0]) == 1
    packets, problem = read_pcap(header() + record(1, 0, 1, 1, b"a") + record(1, 0, 262_145, 1))
    assert [packet.data for packet in packets] == [b"a"]
    assert problem == "damaged: a record claims 262145 captured bytes"


@pytest.mark.parametrize("length", range(1, 24))
def test_a_file_cut_in_its_header_says_so(length: int) -> None:
    assert read_pcap(header()[:length]) == ([], "cut short in the file header")


def test_a_file_cut_in_a_record_keeps_the_packets_before() -> None:
    file = pcap(PACKETS)
    whole = len(pcap(PACKETS[:1]))
    for length in range(whole + 1, len(file)):
        assert read_pcap(file[:length]) == (PACKETS[:1], "cut short in the middle of a packet")
    assert read_pcap(file[:whole]) == (PACKETS[:1], "")


def test_other_bytes_are_no_pcap_file() -> None:
    assert read_pcap(bytes(40)) == ([], "not a pcap file")


def test_the_byte_order_is_told_by_the_magic_number() -> None:
    assert byte_order(b"\xa1\xb2\xc3\xd4") == "big"
    assert byte_order(b"\xd4\xc3\xb2\xa1") == "little"
    assert byte_order(b"\x0a\x0d\x0d\x0a") == byte_order(b"\xa1\xb2\xc3") == ""
