"""Capture readers for tests. In: a reader and chunks. Out: its packets, as values."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from analyzer.capture.merge import CaptureSet
from analyzer.capture.pcap import PcapReader
from analyzer.capture.pcapng import PcapngReader
from analyzer.capture.reader import PacketReader
from analyzer.capture.source import open_captures
from packets import Packet

SHARED = Path(__file__).parents[2] / "shared" / "captures"


def current(reader: PacketReader) -> Packet:
    """Copy the packet at which a reader stands."""
    data = reader.buffer[reader.start : reader.end]
    return Packet(reader.time_ns, data, reader.original_length)


def drain(reader: PacketReader, chunks: Iterable[bytes]) -> list[Packet]:
    """Feed chunk after chunk and copy every packet."""
    packets = []
    for chunk in chunks:
        reader.feed(chunk)
        while reader.next():
            packets.append(current(reader))
    return packets


def read_pcap(file: bytes) -> tuple[list[Packet], str]:
    """Give packets, and what is wrong with the end."""
    reader = PcapReader()
    return drain(reader, [file]), reader.finish()


def read_pcapng(file: bytes) -> tuple[list[Packet], str]:
    """Give packets, and what is wrong with the end."""
    reader = PcapngReader()
    return drain(reader, [file]), reader.finish()


def read_paths(*paths: Path) -> tuple[CaptureSet, list[Packet]]:
    """Read files to their ends as one capture."""
    captures = CaptureSet(open_captures(paths).sources)
    packets = []
    while captures.next():
        packets.append(current(captures.reader))
    return captures, packets


def cut(file: bytes, places: Iterable[int]) -> list[bytes]:
    """Cut a file into chunks at some places."""
    edges = sorted({0, len(file), *(place % (len(file) + 1) for place in places)})
    return [file[a:b] for a, b in pairwise(edges)]
