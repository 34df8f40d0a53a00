"""Capture files for tests. In: packets. Out: the bytes of a file, or files.

Formats: draft-ietf-opsawg-pcap (classic pcap), draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import lz4.frame
import zstandard

from packets import Packet

Order = Literal["<", ">"]
Resolution = Literal["us", "ns"]

ETHERNET = 1
SNAPLEN = 262_144


def pcap(
    packets: Sequence[Packet],
    *,
    order: Order = "<",
    resolution: Resolution = "us",
    link_type: int = ETHERNET,
    snaplen: int = SNAPLEN,
) -> bytes:
    """Give a classic pcap file; with ``us`` the times lose what is below a microsecond."""
    magic, unit = (0xA1B2C3D4, 1000) if resolution == "us" else (0xA1B23C4D, 1)
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link_type)]
    record = struct.Struct(order + "IIII")
    for packet in packets:
        seconds, rest = divmod(packet.time_ns, 1_000_000_000)
        parts.append(record.pack(seconds, rest // unit, len(packet.data), packet.original_length))
        parts.append(packet.data)
    return b"".join(parts)


def pcapng(
    packets: Sequence[Packet],
    *,
    order: Order = "<",
    interfaces: int = 1,
    resolution: Resolution = "ns",
    link_type: int = ETHERNET,
    snaplen: int = 0,
) -> bytes:
    """Give a pcapng file of one section with Enhanced Packet Blocks.

    Packets go to the interfaces in turn. Every second interface has the other time resolution.
    """
    parts = [_block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    units = [1 if (resolution == "ns") != bool(i % 2) else 1000 for i in range(interfaces)]
    for unit in units:
        # if_tsresol (code 9): a power of ten; without it, microseconds.
        option = struct.pack(order + "HHB3xI", 9, 1, 9, 0) if unit == 1 else b""
        body = struct.pack(order + "HHI", link_type, 0, snaplen) + option
        parts.append(_block(order, 1, body))
    for number, packet in enumerate(packets):
        parts.append(_enhanced_packet(order, packet, number % interfaces, units))
    return b"".join(parts)


def _enhanced_packet(order: Order, packet: Packet, interface: int, units: list[int]) -> bytes:
    ticks = packet.time_ns // units[interface]
    length = len(packet.data)
    fields = (interface, ticks >> 32, ticks & 0xFFFFFFFF, length, packet.original_length)
    padding = bytes(-length % 4)
    return _block(order, 6, struct.pack(order + "IIIII", *fields) + packet.data + padding)


def _block(order: Order, kind: int, body: bytes) -> bytes:
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def gzipped(file: bytes) -> bytes:
    """Compress with gzip, the same every time."""
    return gzip.compress(file, mtime=0)


def zstd(file: bytes) -> bytes:
    """Compress with zstd."""
    return zstandard.ZstdCompressor().compress(file)


def lz4_(file: bytes) -> bytes:
    """Compress as an lz4 frame."""
    return bytes(lz4.frame.compress(file))


Write = Callable[[Sequence[Packet]], bytes]

# All of them hold the same packets, so an analyser has to say the same of each.
FORMATS: dict[str, Write] = {
    "pcap": pcap,
    "pcap, big-endian": lambda packets: pcap(packets, order=">"),
    "pcap, nanoseconds": lambda packets: pcap(packets, resolution="ns"),
    "pcapng": pcapng,
    "pcapng, big-endian": lambda packets: pcapng(packets, order=">"),
    "pcapng, three interfaces": lambda packets: pcapng(packets, interfaces=3),
    "pcap.gz": lambda packets: gzipped(pcap(packets)),
    "pcap.zst": lambda packets: zstd(pcap(packets)),
    "pcapng.lz4": lambda packets: lz4_(pcapng(packets)),
}


def write(path: Path, packets: Sequence[Packet], file_format: Write = pcap) -> Path:
    """Write one file and give its path back."""
    path.write_bytes(file_format(packets))
    return path


def write_rotated(
    folder: Path, packets: Sequence[Packet], files: int, file_format: Write = pcap
) -> list[Path]:
    """Write the packets over several files in order, as ``tcpdump -C`` does."""
    size = -(-len(packets) // files)
    return [
        write(folder / f"capture{number:02}.pcap", packets[number * size :][:size], file_format)
        for number in range(files)
    ]
