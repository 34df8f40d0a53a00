"""Packets of a capture file for tests of the packet room, read by scapy: not by our own reader."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import zstandard
from scapy.utils import RawPcapNgReader, RawPcapReader


class Captured(NamedTuple):
    """A packet as the file has it."""

    data: bytes
    original_length: int
    link_type: int
    time_ns: int


def captured(path: Path) -> Iterator[Captured]:
    """Read a capture file, compressed or not."""
    data = path.read_bytes()
    if data[:4] == b"\x28\xb5\x2f\xfd":
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return _from_pcapng(data)
    return _from_pcap(data)


def _from_pcap(data: bytes) -> Iterator[Captured]:
    with RawPcapReader(BytesIO(data)) as reader:
        for packet, meta in reader:
            time_ns = meta.sec * 1_000_000_000 + meta.usec * (1 if reader.nano else 1000)
            yield Captured(packet, meta.wirelen, reader.linktype, time_ns)


def _from_pcapng(data: bytes) -> Iterator[Captured]:
    with RawPcapNgReader(BytesIO(data)) as reader:
        for packet, meta in reader:
            ticks = ((meta.tshigh or 0) << 32) | (meta.tslow or 0)
            ticks = (ticks ^ 1 << 63) - (1 << 63)  # one of the captures has times before 1970
            time_ns = ticks * 1_000_000_000 // (meta.tsresol or 1_000_000)
            yield Captured(packet, meta.wirelen or len(packet), meta.linktype, time_ns)
