"""The packets of one connection, read again from its captures: for other tools to go on with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from analyzer.capture.merge import CaptureSet
from analyzer.capture.source import open_captures
from analyzer.errors import UsageError
from analyzer.packet.decoder import PacketDecoder
from analyzer.packet.segment import Segment

if TYPE_CHECKING:
    from scapy.plist import PacketList

MAX_FRAGMENTS = 1024  # that wait for the rest of their datagram


class RawPacket(NamedTuple):
    """A packet as it stands in a capture.

    Attributes
    ----------
    number : int
        From 1, over all captures that were read.
    time_ns : int
        Nanoseconds since the epoch.
    link_type : int
        ``LINKTYPE_`` number.
    data : bytes
        What was captured of it.
    wire_length : int
        Bytes that it had on the wire.
    """

    number: int
    time_ns: int
    link_type: int
    data: bytes
    wire_length: int


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the packets of a TCP stream stand.

    Attributes
    ----------
    paths : tuple of str
        The captures, as they were given; empty where they cannot be read again.
    first, last : int
        Numbers of the stream's first and last packets.
    ends : frozenset of (str, int)
        Address and port of both ends.
    network : int
        As in `Segment`.
    """

    paths: tuple[str, ...]
    first: int
    last: int
    ends: frozenset[tuple[str, int]]
    network: int


def raw_packets(where: Whereabouts) -> Iterator[RawPacket]:
    """Yield the packets of a TCP stream, those that are fragments of its datagrams included.

    Raises
    ------
    UsageError
        The captures cannot be read again.
    CaptureError
        A capture is gone.
    """
    if not where.paths:
        raise UsageError("the capture came through a pipe or an open file: it is gone")
    inputs = open_captures(where.paths)
    if inputs.errors:
        raise inputs.errors[0]
    captures = CaptureSet(inputs.sources)
    decoder = PacketDecoder()
    ends = frozenset((*_halves(ip), port) for ip, port in where.ends)
    waiting: list[RawPacket] = []  # fragments of datagrams that are not whole
    while captures.next() and captures.number <= where.last:
        before = decoder.fragments
        whole = _decode(decoder, captures)
        if decoder.fragments > before:
            waiting.append(_packet(captures))
            del waiting[:-MAX_FRAGMENTS]
        if not whole or captures.number < where.first:
            continue
        if decoder.segment.network == where.network and _ends(decoder.segment) == ends:
            packet = _packet(captures)
            if waiting:
                yield from _fragments_of(packet, waiting)
            yield packet


def scapy_packets(where: Whereabouts, name: str) -> PacketList:
    """Return the packets of a TCP stream for scapy; each has its number as a comment.

    Parameters
    ----------
    where : Whereabouts
        Which packets, and of which captures.
    name : str
        Of the list.

    Raises
    ------
    UsageError
        The captures cannot be read again.
    CaptureError
        A capture is gone.
    """
    from analyzer.packet import dissect  # noqa: PLC0415 - loads scapy

    return dissect.packet_list(
        name,
        (
            dissect.whole_packet(
                packet.link_type,
                packet.data,
                packet.time_ns,
                packet.wire_length,
                f"packet {packet.number}",
            )
            for packet in raw_packets(where)
        ),
    )


def _decode(decoder: PacketDecoder, captures: CaptureSet) -> bool:
    reader = captures.reader
    return decoder.decode(
        reader.buffer,
        reader.start,
        reader.end,
        reader.original_length,
        reader.link_type,
        reader.time_ns,
        captures.number,
    )


def _packet(captures: CaptureSet) -> RawPacket:
    reader = captures.reader
    data = bytes(reader.buffer[reader.start : reader.end])
    length = max(reader.original_length, len(data))
    return RawPacket(captures.number, reader.time_ns, reader.link_type, data, length)


def _ends(segment: Segment) -> frozenset[tuple[int, int, int]]:
    return frozenset(
        {
            (segment.source_high, segment.source_low, segment.source_port),
            (segment.destination_high, segment.destination_low, segment.destination_port),
        }
    )


def _halves(ip: str) -> tuple[int, int]:
    return divmod(int(ip_address(ip)), 1 << 64)


def _fragments_of(last: RawPacket, waiting: list[RawPacket]) -> list[RawPacket]:
    """Take the fragments out of `waiting` whose datagram `last` has completed."""
    from analyzer.packet import dissect  # noqa: PLC0415 - loads scapy

    datagram = dissect.datagram_of(last.link_type, last.data)
    if datagram is None:
        return []
    found = [one for one in waiting if dissect.datagram_of(one.link_type, one.data) == datagram]
    waiting[:] = [one for one in waiting if one not in found]
    return found
