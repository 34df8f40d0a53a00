"""A capture that lacks packets may not tell how a connection ended; it never tells another ending."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from random import Random

import pytest

from analyzer.read import read
from analyzer.record import Connection
from capture_files import pcap
from packets import ACK, RST, Packet, TcpPacket, take_apart
from test_metamorphic import RECORDINGS, can_be_changed, recorded

TRIES = 60
LONGEST_RUN = 5


def told(packets: list[Packet], keys: Path) -> list[Connection]:
    keylog = keys if keys.exists() else None
    return read(BytesIO(pcap(packets)), keylog=keylog).connections


def words(one: Connection) -> tuple[object, ...]:
    """Give what is said of an ending."""
    ending = one.ending
    closes = [
        close and (close.code, close.reason) for close in (ending.client_close, ending.server_close)
    ]
    return str(ending.kind), str(ending.first), ending.answered, *closes


def name(one: Connection) -> tuple[object, ...]:
    return str(one.client), str(one.server), one.handshake.target


def leaves_a_trace(gone: TcpPacket, later: list[TcpPacket]) -> bool:
    """Whether other packets show that one was sent: by what they carry, or acknowledge."""
    return not gone.flags & RST and any(
        shows(tcp, gone)
        for tcp in later
        if tcp.conversation == gone.conversation and tcp.flags & ACK
    )


def shows(later: TcpPacket, gone: TcpPacket) -> bool:
    end = gone.sequence + gone.sequence_length
    if not gone.sequence_length:
        known, shown = gone.acknowledgment, later.acknowledgment
        return later.direction == gone.direction and not behind(known, shown)
    shown = later.sequence if later.direction == gone.direction else later.acknowledgment
    return not behind(end, shown)


def behind(one: int, other: int) -> bool:
    """Whether one sequence number comes after another (RFC 9293, section 3.4)."""
    return 0 < (one - other) & 0xFFFFFFFF < 1 << 31


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_missing_packets_change_no_ending_without_a_word(path: Path) -> None:
    packets, keys = recorded(path), path.with_suffix(".keys")
    if not can_be_changed(packets):
        pytest.skip("it is long, or holds packets that cannot be taken apart")
    whole: dict[tuple[object, ...], list[object]] = {}
    for one in told(packets, keys):
        whole.setdefault(name(one), []).append(words(one))
    random = Random(path.stem)
    segments = [take_apart(packet.data) for packet in packets]
    for _ in range(TRIES):
        start = random.randrange(len(packets))
        stop = start + random.randint(1, LONGEST_RUN)
        later = [tcp for tcp in segments[stop:] if tcp is not None]
        gone = [tcp for tcp in segments[start:stop] if tcp is not None]
        if not all(leaves_a_trace(tcp, later) for tcp in gone):
            continue
        for one in told(packets[:start] + packets[stop:], keys):
            if name(one) in whole and words(one) not in whole[name(one)]:
                assert one.ending.caveats, f"without {start} to {stop}: {one}"
