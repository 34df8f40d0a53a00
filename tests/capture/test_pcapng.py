"""Bytes are crafted from draft-ietf-opsawg-pcapng."""

from __future__ import annotations

import struct
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.capture.pcapng import (
    LONGEST_BLOCK,
    MOST_INTERFACES,
    MOST_KEPT,
    PcapngReader,
)
from capture_files import pcapng
from capture_reading import current, cut, drain, read_pcapng
from packets import Packet

PACKETS = [Packet(1_700_000_000_123_456_000, b"abc", 3), Packet(1_700_000_001_000_001_000, b"", 9)]

packet_lists = st.lists(
    st.builds(
        Packet,
        st.integers(0, 2**62 // 1000 - 1).map(lambda us: us * 1000),
        st.binary(max_size=80),
        st.integers(0, 2**32 - 1),
    ),
    max_size=8,
)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<", version: tuple[int, int] = (1, 0), options: bytes = b"") -> bytes:
    fixed = struct.pack(order + "IHHq", 0x1A2B3C4D, *version, -1)
    return block(0x0A0D0D0A, fixed + options, order)


def interface(
    link_type: int = 1, snaplen: int = 0, options: bytes = b"", order: str = "<"
) -> bytes:
    return block(1, struct.pack(order + "HHI", link_type, 0, snaplen) + options, order)


def packet(stamp: int, data: bytes = b"abc", number: int = 0, order: str = "<") -> bytes:
    fields = (number, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data))
    return block(6, struct.pack(order + "5I", *fields) + data + bytes(-len(data) % 4), order)


def simple(data: bytes, original: int) -> bytes:
    return block(3, struct.pack("<I", original) + data + bytes(-len(data) % 4))


def times(file: bytes) -> list[int]:
    return [packet.time_ns for packet in read_pcapng(file)[0]]


@given(packet_lists, st.lists(st.integers(0, 1000)), st.sampled_from("<>"), st.integers(1, 3))
def test_any_byte_order_resolution_interface_and_chunking_gives_the_same_packets(
    packets: list[Packet], places: list[int], order: str, interfaces: int
) -> None:
    for resolution in ("us", "ns"):
        make = partial(pcapng, order=order, interfaces=interfaces, resolution=resolution)
        reader = PcapngReader()
        assert drain(reader, cut(make(packets), places)) == packets  # type: ignore[arg-type]
        assert reader.finish() == ""


def test_interfaces_tell_link_types_and_are_counted_on_over_sections() -> None:
    reader = PcapngReader()
    first = section() + interface(1) + interface(113) + packet(1, number=1) + packet(2, number=0)
    second = section(">") + interface(101, order=">") + packet(3, order=">")
    reader.feed(first + second)
    seen = []
    while reader.next():
        seen.append((reader.time_ns, reader.link_type, reader.interface))
    assert seen == [(1000, 113, 1), (2000, 1, 0), (3000, 101, 2)]
    assert reader.finish() == ""


@pytest.mark.parametrize(
    ("resolution", "stamp", "time_ns"),
    [
        (6, 1_500_000, 1_500_000_000),
        (9, 1_500_000, 1_500_000),
        (0, 3, 3_000_000_000),
        (12, 1_500_999, 1_500),  # picoseconds: what is below a nanosecond is cut off
        (0x8A, 1536, 1_500_000_000),  # 1024 units of a second
        (0x80, 3, 3_000_000_000),
        (0xFF, 1, 0),
        (6, 2**62, 2**62 - 1),  # beyond the year 2116: the latest time there is
        (6, 2**64 - 5, -5000),  # a clock that was not set
        (9, 2**64 - 5, -5),
    ],
)
def test_time_stamps_have_the_resolution_of_their_interface(
    resolution: int, stamp: int, time_ns: int
) -> None:
    file = section() + interface(options=option(9, bytes([resolution]))) + packet(stamp)
    assert times(file) == [time_ns]


@pytest.mark.parametrize(
    ("offset", "time_ns"), [(100, 100_000_001_000), (-1, -999_999_000), (2**63 - 1, 2**62 - 1)]
)
def test_the_offset_of_an_interface_is_added_in_seconds(offset: int, time_ns: int) -> None:
    file = section() + interface(options=option(14, struct.pack("<q", offset))) + packet(1)
    assert times(file) == [time_ns]


def test_a_simple_packet_is_cut_at_the_snap_length_and_keeps_the_last_time() -> None:
    file = section() + interface(snaplen=5) + simple(b"abc", 3) + packet(7) + simple(b"abcde", 60)
    assert read_pcapng(file) == (
        [Packet(0, b"abc", 3), Packet(7000, b"abc", 3), Packet(7000, b"abcde", 60)],
        "",
    )


def test_an_obsolete_packet_has_a_short_interface_number() -> None:
    body = struct.pack("<HHIIII", 1, 77, 0, 9, 3, 60) + b"abc\0"
    file = section() + interface() + interface(113) + block(2, body)
    reader = PcapngReader()
    reader.feed(file)
    assert reader.next()
    assert current(reader) == Packet(9000, b"abc", 60)
    assert reader.interface == 1


def test_blocks_of_an_unknown_kind_are_skipped() -> None:
    file = section() + block(0xBAD, b"data") + interface() + block(5, bytes(12)) + packet(1)
    assert times(file) == [1000]


def test_secrets_names_and_comments_are_kept() -> None:
    secrets = block(10, struct.pack("<II", 0x544C534B, 5) + b"keys!\0\0\0")
    names = block(4, struct.pack("<HH", 1, 9) + b"\x01\x02\x03\x04name\0\0\0\0" + bytes(4))
    comment = option(1, b"why")
    file = section(options=comment) + interface(options=option(2, b"eth0") + comment)
    reader = PcapngReader()
    reader.feed(file + secrets + names)
    assert not reader.next()
    assert reader.secrets == [(0x544C534B, b"keys!")]
    assert reader.names == [(b"\x01\x02\x03\x04", b"name")]
    assert reader.comments == [("section", "why"), ("interface 0", "why")]
    assert reader.interfaces[0].name == "eth0"
    assert reader.notes == []


def test_what_a_stranger_makes_us_keep_is_bounded() -> None:
    secret = block(10, struct.pack("<II", 1, 2**20) + bytes(2**20))
    reader = PcapngReader()
    reader.feed(section() + interface())
    for _ in range(70):
        reader.feed(secret)
        assert not reader.next()
    reader.feed(packet(1))
    assert reader.next()
    assert sum(len(data) for _, data in reader.secrets) <= MOST_KEPT
    assert reader.notes == ["secrets, names and comments beyond 64 MiB are left out"]


def test_secrets_longer_than_their_block_are_left_out() -> None:
    reader = PcapngReader()
    reader.feed(section() + block(10, struct.pack("<II", 1, 5) + b"keys") + interface() + packet(1))
    assert reader.next()
    assert reader.secrets == []
    assert reader.notes == ["decryption secrets are longer than their block"]


def test_options_out_of_order_are_noted_once_and_packets_go_on() -> None:
    odd = interface(options=struct.pack("<HH", 9, 400))
    reader = PcapngReader()
    reader.feed(section() + odd + odd + packet(1))
    assert reader.next()
    assert reader.notes == ["options of a block make no sense"]


@pytest.mark.parametrize(
    ("damaged", "problem"),
    [
        (struct.pack("<II", 6, 8), "damaged: a block claims a length of 8"),
        (struct.pack("<II", 6, 33), "damaged: a block claims a length of 33"),
        (struct.pack("<II", 6, 2**31), "damaged: a block of kind 6 claims a length of 2147483648"),
        (packet(2)[:-4] + b"\x20\0\0\0", "damaged: the two lengths of a block differ"),
        (section()[:-4] + b"\x20\0\0\0", "damaged: the two lengths of a block differ"),
        (packet(2, number=1), "damaged: a packet of an interface that is not described"),
        (block(6, bytes(16)), "damaged: a packet block is too short"),
        (block(6, struct.pack("<5I", 0, 0, 0, 1, 1)), "damaged: a packet is longer than its block"),
        (block(1, b"abcd"), "damaged: a block is too short for its kind"),
        (simple(b"abc", 60), "damaged: a packet is longer than its block"),
        (block(0x0A0D0D0A, bytes(16)), "damaged: a section header has no byte order"),
        (section(version=(2, 0)), "pcapng version 2 is not supported"),
        (section() + packet(2), "damaged: a packet of an interface that is not described"),
        (section() + simple(b"", 0), "damaged: a packet of an interface that is not described"),
    ],
)
def test_damage_ends_the_capture_behind_the_packets_before(damaged: bytes, problem: str) -> None:
    file = section() + interface() + packet(1) + damaged + bytes(12) + packet(3)
    assert read_pcapng(file) == ([Packet(1000, b"abc", 3)], problem)


@given(st.integers(1, 2**16))
def test_a_file_cut_in_a_block_says_so(place: int) -> None:
    file = pcapng(PACKETS)
    whole = len(pcapng(PACKETS[:1]))
    length = whole + 1 + place % (len(file) - whole - 1)
    assert read_pcapng(file[:length]) == (PACKETS[:1], "cut short in the middle of a block")


def test_a_file_without_a_section_is_none() -> None:
    assert read_pcapng(b"") == ([], "cut short in the section header")
    assert read_pcapng(interface() + packet(1)) == ([], "not a pcapng file")
    assert read_pcapng(struct.pack("<II", 5, 2**31) + bytes(8))[1].startswith("damaged")


def test_a_huge_block_is_skipped_without_being_kept() -> None:
    length = LONGEST_BLOCK + 4 * 1024 * 1024
    reader = PcapngReader()
    reader.feed(section() + interface() + struct.pack("<II", 0xBAD, length))
    for _ in range((length - 12) // 2**20):
        assert not reader.next()
        reader.feed(bytes(2**20))
    assert reader.finish() == "cut short in the middle of a block"
    reader.feed(bytes((length - 12) % 2**20) + struct.pack("<I", length) + packet(5))
    assert reader.next()
    assert reader.time_ns == 5000
    assert len(reader.buffer) < 3 * 2**20
    assert reader.notes == ["blocks beyond 16777216 bytes are skipped"]


def test_there_is_a_bound_on_interfaces() -> None:
    file = section() + interface() * (MOST_INTERFACES + 1)
    assert read_pcapng(file) == ([], "damaged: more than 65536 interfaces")


@given(st.lists(st.sampled_from([section(), interface(), packet(1), simple(b"a", 1)])), st.data())
def test_mutated_blocks_never_raise(blocks: list[bytes], data: st.DataObject) -> None:
    file = bytearray(section() + b"".join(blocks))
    for _ in range(data.draw(st.integers(0, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    places = data.draw(st.lists(st.integers(0, 1000)))
    reader = PcapngReader()
    packets = drain(reader, cut(bytes(file), places))
    assert (packets, reader.finish()) == read_pcapng(bytes(file))
