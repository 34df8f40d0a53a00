"""Transformations keep what they promise: by the bytes, by the second decoder, by tshark."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import capture_files
import reference
import transform
import tshark
from conversation import Conversation
from packets import FIN, Packet, take_apart
from transform import HARMLESS
from wire import Side


def talk() -> Conversation:
    """Messages both ways, a Close each way, TCP closed; step after step without pauses."""
    told = Conversation().handshake().upgrade()
    frames = told.frames
    told.client(frames.text("client", "a" * 30)).client(frames.ping("client", b"p"))
    told.server(frames.text("server", "b" * 200)).server(frames.pong("server", b"p"))
    told.ack("client").server(frames.text("server", "c" * 10))
    told.client(frames.close("client", 1001)).server(frames.close("server", 1001))
    return told.close_tcp("server")


def stream(packets: list[Packet], port: int) -> bytes:
    """Put one direction together: the first copy of each byte counts."""
    parts = [tcp for packet in packets if (tcp := take_apart(packet.data))]
    isn = 1000 if port == 40000 else 500_000
    data: dict[int, int] = {}
    for tcp in parts:
        if tcp.source[1] == port:
            for place, byte in enumerate(tcp.payload, tcp.sequence - isn - 1):
                assert data.setdefault(place, byte) == byte
    assert sorted(data) == list(range(len(data)))
    return bytes(data[place] for place in sorted(data))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_both_byte_strings_stay_the_same(change: transform.Change, seed: int) -> None:
    told = talk()
    changed = change(told.packets, Random(seed))
    assert stream(changed, 40000) == told.sent("client")
    assert stream(changed, 80) == told.sent("server")
    assert changed[0].time_ns == told.packets[0].time_ns
    assert changed[-1].time_ns == told.packets[-1].time_ns


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_times_stay_in_order(change: transform.Change) -> None:
    times = [packet.time_ns for packet in change(talk().packets, Random(1))]
    assert times == sorted(times)


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_changes_do_change_something(change: transform.Change) -> None:
    assert change(talk().packets, Random(1)) != talk().packets


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_nobody_acknowledges_what_was_not_sent_yet(change: transform.Change) -> None:
    sent: dict[int, int] = {40000: 1001, 80: 500_001}
    for packet in change(talk().packets, Random(2)):
        tcp = take_apart(packet.data)
        assert tcp is not None
        port = tcp.source[1]
        sent[port] = max(sent[port], tcp.sequence + tcp.sequence_length)
        assert tcp.acknowledgment <= sent[40080 - port]


@tshark.needs_tshark
@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_tshark_sees_the_same_frames(change: transform.Change, tmp_path: Path) -> None:
    told = talk()
    path = capture_files.write(tmp_path / "a.pcap", change(told.packets, Random(3)))
    seen = tshark.websocket_frames(path)
    reading = reference.read(told.sent("client"), told.sent("server"))
    sides: list[tuple[Side, list[reference.Frame]]] = [
        ("client", reading.client),
        ("server", reading.server),
    ]
    for side, frames in sides:
        assert [(one.opcode, one.length) for one in seen if one.side == side] == [
            (one.opcode, len(one.payload)) for one in frames
        ]
    assert tshark.complaints(path) == []


def test_byte_by_byte_has_one_byte_in_each_packet_and_fin_in_the_last() -> None:
    told = Conversation().handshake().fin("client", b"abc")
    parts = [take_apart(packet.data) for packet in transform.resegment(told.packets, 1)[3:]]
    assert [(tcp.payload, tcp.flags & FIN) for tcp in parts if tcp] == [
        (b"a", 0),
        (b"b", 0),
        (b"c", FIN),
    ]


def test_data_is_joined_only_when_it_is_near() -> None:
    told = Conversation().handshake().client(b"a").client(b"b").wait(1).client(b"c")
    parts = [take_apart(packet.data) for packet in transform.resegment(told.packets, 100)[3:]]
    assert [tcp.payload for tcp in parts if tcp] == [b"ab", b"c"]


def test_retransmissions_have_another_ip_id_and_stay_inside_the_conversation() -> None:
    packets = talk().packets
    changed = transform.retransmit(packets, Random(1), 1.0)
    known = {packet.data for packet in packets}
    added = [packet for packet in changed if packet.data not in known]
    ids = {tcp.ip_id for packet in packets if (tcp := take_apart(packet.data))}
    new_ids = {tcp.ip_id for packet in added if (tcp := take_apart(packet.data))}
    assert new_ids
    assert not ids & new_ids


def test_duplicates_are_the_same_byte_for_byte() -> None:
    packets = talk().packets
    assert transform.duplicate(packets, Random(1))[::2] == packets
    assert transform.duplicate(packets, Random(1))[1::2] == packets


def test_interleaving_is_by_time_and_loses_nothing() -> None:
    first, second = (
        talk().packets,
        Conversation(("10.0.0.9", 5), step_ns=70_000).handshake().packets,
    )
    merged = transform.interleave(first, second)
    assert sorted(merged) == sorted([*first, *second])
    assert [packet.time_ns for packet in merged] == sorted(packet.time_ns for packet in merged)


def test_snap_keeps_the_length_on_the_wire() -> None:
    packets = talk().packets
    assert {len(packet.data) for packet in transform.snap(packets, 50)} == {50}
    assert [packet.original_length for packet in transform.snap(packets, 50)] == [
        len(packet.data) for packet in packets
    ]


def test_drop_loses_the_named_packets() -> None:
    packets = talk().packets
    assert transform.drop(packets, lambda number: number in (2, 4)) == [
        packets[0],
        packets[2],
        *packets[4:],
    ]
