from __future__ import annotations

import pytest

from analyzer.capture.pcap import PcapReader
from analyzer.capture.reader import PacketReader
from capture_files import pcap
from capture_reading import current, cut, drain
from packets import Packet

PACKETS = [Packet(1_000_000_000 * i, bytes([i]) * (i * 7), i * 9) for i in range(1, 30)]


def test_without_a_format_there_are_no_packets() -> None:
    with pytest.raises(NotImplementedError):
        PacketReader().next()
    with pytest.raises(NotImplementedError):
        PacketReader().finish()


@pytest.mark.parametrize("size", [1, 2, 7, 15, 16, 17, 24, 100, 10_000])
def test_chunks_of_any_size_give_the_same_packets(size: int) -> None:
    file = pcap(PACKETS)
    reader = PcapReader()
    assert drain(reader, cut(file, range(0, len(file), size))) == PACKETS
    assert reader.finish() == ""


def test_several_chunks_may_be_fed_before_the_next_packet_is_asked_for() -> None:
    file = pcap(PACKETS)
    reader = PcapReader()
    for chunk in cut(file, [10, 30, 500]):
        reader.feed(chunk)
    packets = []
    while reader.next():
        packets.append(current(reader))
    assert packets == PACKETS


def test_empty_chunks_change_nothing() -> None:
    file = pcap(PACKETS)
    assert drain(PcapReader(), [b"", file[:50], b"", b"", file[50:], b""]) == PACKETS


def test_a_large_chunk_is_not_copied_for_the_record_across_its_border() -> None:
    file = pcap(PACKETS)
    reader = PcapReader()
    drain(reader, [file[:60]])
    rest = file[60:]
    reader.feed(rest)
    while reader.next():
        pass
    assert reader.buffer is rest


def test_the_packet_stays_until_more_is_fed() -> None:
    reader = PcapReader()
    reader.feed(pcap(PACKETS[:1]))
    assert reader.next()
    assert not reader.next()
    assert current(reader) == PACKETS[0]


def test_after_damage_fed_bytes_are_dropped_and_no_packet_comes() -> None:
    reader = PcapReader()
    drain(reader, [pcap(PACKETS[:1]) + b"\xff" * 16])
    assert reader.damage
    for _ in range(3):
        reader.feed(pcap(PACKETS))
        assert not reader.next()
    assert current(reader) == PACKETS[0]
