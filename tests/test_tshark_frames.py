"""Frames, FINs and RSTs of real captures are those that tshark sees, wherever tshark can see them.

Every difference that is left has its reason beside it.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import tshark
from analyzer.read import read
from analyzer.record import Connection
from analyzer.websocket.registry import Framing
from capture_files import write
from packet_files import captured
from packets import Packet
from shared import CAPTURES as SHARED
from shared import needs_shared

RECORDINGS = Path(__file__).resolve().parents[1] / "captures"
FAMILIES = ("browsers", "servers", "conditions")

OUT_OF_ORDER = "tshark names the packet that filled the hole, not the one that brought the frame"
NO_TSHARK = {
    "capture-lost-packets.pcap": "bytes are missing: tshark reads no frame behind the hole",
    "capture-lost-packets-close.pcap": "the same; its second Close is in the hole",
    "loss-and-reordering.pcap": OUT_OF_ORDER,
    "loss-seen-by-sender.pcap": OUT_OF_ORDER,
    "midstream-deflate.pcap": "began before the capture: tshark needs the upgrade",
    "midstream-fin.pcap": "the same",
    "midstream-large.pcap": "the same",
    "midstream-ping.pcap": "the same",
    "midstream-small.pcap": "the same",
    "one-direction-client.pcap": "tshark needs request and answer",
    "one-direction-server.pcap": "tshark needs request and answer",
    "rotated-1.pcap": "a part; the four are read as one below",
    "rotated-2.pcap": "a part",
    "rotated-3.pcap": "a part",
    "rotated-4.pcap": "a part",
    "snaplen-96.pcap": "tshark does not reassemble packets that were cut short",
    "snaplen-96-long-reason.pcap": "tshark does not reassemble packets that were cut short",
}
NO_TSHARK_SHARED = {
    "Lekensteyn-wireshark-notes__webrtc-freeswitch.pcapng": "inside TLS",
    "secdev-scapy__websocket_invalid_handshakes.pcap": "five broken handshakes on one stream",
}

# RSTs that the receiver does not accept (RFC 9293, section 3.5.3): their sequence number lies
# before what it had acknowledged. Worked out by hand from the packets: 258, where 270 had been
# acknowledged; and in the other one the number before the FIN, where the FIN had been.
NOT_ACCEPTED = {
    ("crossing-close-aiohttp-websockets.pcap", 16),
    ("susam-lab__wsapp.pcap", 32),
}

ETHERNET = 1


class Seen(NamedTuple):
    """A frame, as both can tell it; packet numbers count within one recording."""

    where: str
    packet: int
    side: str
    opcode: int
    length: int
    fin: bool
    masked: bool


class Places:
    """Which packet of which recording a packet of the joined capture is."""

    def __init__(self, places: list[tuple[str, int]]) -> None:
        self._places = places

    def of(self, packet: int) -> tuple[str, int]:
        return self._places[packet - 1]


class Recorded(NamedTuple):
    """A packet and where it comes from."""

    packet: Packet
    place: tuple[str, int]


@cache
def comparable() -> list[Path]:
    """Give the recordings that can be joined: Ethernet, whole, in a framing that tshark knows."""
    return [
        path
        for family in FAMILIES
        for path in sorted((RECORDINGS / family).glob("*.pcap*"))
        if path.name not in NO_TSHARK
        and not path.stem.endswith("-leg")  # cut out of a recording that is there as a whole
        and all(one.link_type == ETHERNET for one in captured(path))
    ]


def join(paths: list[Path], out: Path) -> Places:
    """Write one capture with the packets of all recordings, in order of time."""
    every = [
        Recorded(Packet(one.time_ns, one.data, one.original_length), (path.name, number))
        for path in paths
        for number, one in enumerate(captured(path), 1)
    ]
    every.sort(key=lambda one: one.packet.time_ns)
    write(out, [one.packet for one in every])
    return Places([one.place for one in every])


def our_frames(connections: list[Connection], places: Places) -> Counter[Seen]:
    found: Counter[Seen] = Counter()
    for one in connections:
        frames = one.frames
        assert frames is not None
        rows = zip(frames.packet, frames.side, frames.opcode, frames.payload_length, strict=True)
        for (packet, side, opcode, length), flags in zip(rows, frames.flags, strict=True):
            name = ("client", "server")[side]
            ends = (bool(flags & 128), bool(flags & 1))
            found[Seen(*places.of(packet), name, opcode, length, *ends)] += 1
    return found


def their_frames(path: Path, places: Places) -> Counter[Seen]:
    return Counter(
        Seen(*places.of(one.packet), one.side, one.opcode, one.length, one.fin, one.masked)
        for one in tshark.websocket_frames(path)
    )


def differences(ours: Counter[Seen], theirs: Counter[Seen]) -> dict[str, list[Seen]]:
    return {
        "ours alone": sorted((ours - theirs).elements()),
        "tshark's alone": sorted((theirs - ours).elements()),
    }


def tcp_ends(connections: list[Connection]) -> dict[tuple[int, str, str], int]:
    """Give the packet of the first FIN and RST by stream, kind and address of the sender."""
    found = {}
    for one in connections:
        for side in ("client", "server"):
            sender = getattr(one, side)
            for kind in ("fin", "rst"):
                moment = getattr(one.ending.tcp, f"{side}_{kind}")
                if moment is not None:
                    found[one.tcp_stream, kind, f"{sender.ip} {sender.port}"] = moment.packet
    return found


def their_tcp_ends(
    path: Path, places: Places, streams: set[int]
) -> dict[tuple[int, str, str], int]:
    found: dict[tuple[int, str, str], int] = {}
    for kind, events in (("fin", tshark.fins(path)), ("rst", tshark.rsts(path))):
        for event in events:
            if event.tcp_stream in streams and places.of(event.packet) not in NOT_ACCEPTED:
                key = (event.tcp_stream, kind, f"{event.source} {event.port}")
                found.setdefault(key, event.packet)
    return found


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Places, list[Connection]]:
    path = tmp_path_factory.mktemp("joined") / "all.pcap"
    places = join(comparable(), path)
    return path, places, read(path, frames=True).connections


@tshark.needs_tshark
def test_frames_of_all_recordings_in_one_capture_are_those_of_tshark(
    joined: tuple[Path, Places, list[Connection]],
) -> None:
    path, places, connections = joined
    ours, theirs = our_frames(connections, places), their_frames(path, places)
    assert differences(ours, theirs) == {"ours alone": [], "tshark's alone": []}
    assert sum(ours.values()) > 400


@tshark.needs_tshark
def test_streams_fins_and_rsts_of_all_recordings_are_those_of_tshark(
    joined: tuple[Path, Places, list[Connection]],
) -> None:
    path, places, connections = joined
    last = [one for one in connections if one.ending.kind.value not in {"refused", "unanswered"}]
    streams = {one.tcp_stream for one in last}
    assert tcp_ends(last) == their_tcp_ends(path, places, streams)
    by_packet = tshark.tcp_streams(path)
    assert all(by_packet[one.first_packet] == one.tcp_stream for one in connections)
    assert all(by_packet[one.last_packet] == one.tcp_stream for one in connections)


@tshark.needs_tshark
def test_recordings_by_one_are_those_in_one_capture(
    joined: tuple[Path, Places, list[Connection]],
) -> None:
    """What can be joined means the same joined: so the tests above stand for each of them."""
    _, places, connections = joined
    together = {(places.of(one.first_packet), str(one.ending.kind)) for one in connections}
    alone = {
        ((path.name, one.first_packet), str(one.ending.kind))
        for path in comparable()
        for one in read(path).connections
    }
    assert together == alone


@cache
def rotated() -> list[Path]:
    return sorted((RECORDINGS / "conditions").glob("rotated-*.pcap"))


@tshark.needs_tshark
def test_frames_of_rotated_files_are_those_that_tshark_sees_in_one(tmp_path: Path) -> None:
    out = tmp_path / "whole.pcap"
    places = join(rotated(), out)
    ours = our_frames(read(rotated(), frames=True).connections, places)
    assert differences(ours, their_frames(out, places)) == {"ours alone": [], "tshark's alone": []}


@tshark.needs_tshark
@pytest.mark.parametrize("name", ["loss-and-reordering.pcap", "loss-seen-by-sender.pcap"])
def test_frames_out_of_order_are_those_of_tshark_apart_from_their_packet(name: str) -> None:
    """Ours is the packet that brought the last byte, tshark's the one that filled the hole."""
    path = RECORDINGS / "conditions" / name
    places = Places([(name, number) for number, _ in enumerate(captured(path), 1)])
    ours = our_frames(read(path, frames=True).connections, places)
    theirs = their_frames(path, places)
    only_ours = sorted((ours - theirs).elements())
    only_theirs = sorted((theirs - ours).elements())
    assert len(only_ours) == len(only_theirs) <= 3
    for mine, other in zip(only_ours, only_theirs, strict=True):
        assert mine._replace(packet=0) == other._replace(packet=0)
        assert mine.packet < other.packet


def other_link_types() -> list[Path]:
    return [
        path
        for family in FAMILIES
        for path in sorted((RECORDINGS / family).glob("*.pcap*"))
        if path.name not in NO_TSHARK and path not in comparable()
    ]


def shared_captures() -> list[Path]:
    if not SHARED.is_dir():
        return []
    return [
        path
        for path in sorted((SHARED / "websocket").iterdir())
        if path.suffix != ".keys" and path.name not in NO_TSHARK_SHARED
    ]


def assert_alike(path: Path) -> None:
    """Compare one capture; a connection older than the capture is unknown to tshark."""
    places = Places([(path.name, number) for number, _ in enumerate(captured(path), 1)])
    connections = [
        one for one in read(path, frames=True).connections if one.seen_from != "midstream"
    ]
    assert all(one.framing is Framing.RFC_6455 for one in connections)
    ours, theirs = our_frames(connections, places), their_frames(path, places)
    assert differences(ours, theirs) == {"ours alone": [], "tshark's alone": []}
    upgraded = [one for one in connections if one.handshake.status == 101]
    streams = {one.tcp_stream for one in upgraded}
    assert tcp_ends(upgraded) == their_tcp_ends(path, places, streams)


@tshark.needs_tshark
@pytest.mark.parametrize("path", other_link_types(), ids=lambda path: path.name)
def test_recordings_on_other_link_types_are_as_tshark_sees_them(path: Path) -> None:
    assert_alike(path)


@tshark.needs_tshark
@needs_shared
@pytest.mark.shared
@pytest.mark.parametrize("path", shared_captures(), ids=lambda path: path.name)
def test_public_captures_are_as_tshark_sees_them(path: Path) -> None:
    assert_alike(path)
