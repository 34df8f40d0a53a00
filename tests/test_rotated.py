"""Several files are one capture in order of time: connections that span files are whole."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

from analyzer.read import read
from analyzer.record import Connection
from capture_files import FORMATS, pcap, write, write_rotated
from conversation import Conversation
from packets import Packet
from records import differences, meaning, plain
from wire import CLOSE, MASK, TEXT, close_body, frame

RECORDED = sorted(
    (Path(__file__).resolve().parents[1] / "captures" / "conditions").glob("rotated-*.pcap")
)


def talk() -> list[Packet]:
    told = Conversation().handshake().upgrade()
    for number in range(8):
        told.client(frame(TEXT, b"%d" % number, mask=MASK)).ack("server").wait(1)
    told.server(frame(CLOSE, close_body(1001, "restart")))
    told.client(frame(CLOSE, close_body(1001), mask=MASK))
    return told.close_tcp().packets


def plain_of(connections: list[Connection]) -> list[object]:
    return [plain(one) for one in connections]


def test_recorded_files_are_whole_in_any_order() -> None:
    """The truth, ``rotated.truth.json``, is checked in test_recordings."""
    expected = plain_of(read(RECORDED, frames=True).connections)
    assert len(RECORDED) == 4
    assert {one.seen_from for one in read(RECORDED).connections} == {"syn"}
    for order in list(permutations(RECORDED))[::5]:
        assert plain_of(read(order, frames=True).connections) == expected


def test_a_file_alone_says_that_it_is_a_part() -> None:
    for path in RECORDED[1:]:
        for one in read(path).connections:
            if one.seen_from == "midstream":
                assert any("began before the capture" in text for text in one.ending.caveats)


def test_every_file_may_have_another_format(tmp_path: Path) -> None:
    packets = talk()
    size = -(-len(packets) // len(FORMATS))
    for number, file_format in enumerate(FORMATS.values()):
        write(tmp_path / f"{number}", packets[number * size :][:size], file_format)
    whole = read(write(tmp_path / ".whole", packets), frames=True)
    parts = read(tmp_path, frames=True)
    assert plain_of(parts.connections) == plain_of(whole.connections)
    assert sum(one.packets for one in parts.captures) == len(packets)


def test_files_without_packets_in_between_change_nothing(tmp_path: Path) -> None:
    packets = talk()
    paths = write_rotated(tmp_path, packets, 3)
    empty = [write(tmp_path / f"empty{number}", []) for number in range(2)]
    found = read([paths[2], empty[0], paths[0], empty[1], paths[1]], frames=True)
    expected = read(write(tmp_path / "whole", packets), frames=True)
    assert plain_of(found.connections) == plain_of(expected.connections)


def test_file_that_is_cut_off_hides_only_its_last_packet(tmp_path: Path) -> None:
    packets = talk()
    paths = write_rotated(tmp_path, packets, 2)
    paths[0].write_bytes(paths[0].read_bytes()[:-3])
    analysis = read(paths)
    (one,) = analysis.connections
    assert [capture.complete for capture in analysis.captures] == [False, True]
    assert str(one.ending.kind) == "hybi_close"
    assert one.ending.server_close is not None
    assert one.ending.server_close.code == 1001


def by_direction(packets: list[Packet]) -> tuple[list[Packet], list[Packet]]:
    # Byte 29 is the last of the source address.
    client = [packet for packet in packets if packet.data[29] == 1]
    return client, [packet for packet in packets if packet.data[29] == 2]


def by_turns(packets: list[Packet]) -> tuple[list[Packet], list[Packet]]:
    return packets[::2], packets[1::2]


@pytest.mark.parametrize("share", [by_direction, by_turns])
def test_files_of_one_time_are_merged_packet_by_packet(
    tmp_path: Path, share: Callable[[list[Packet]], tuple[list[Packet], list[Packet]]]
) -> None:
    """One file for each direction, or for each of two queues."""
    packets = talk()
    paths = [write(tmp_path / name, part) for name, part in zip("ab", share(packets), strict=True)]
    whole = read(write(tmp_path / "whole", packets), frames=True)
    assert plain_of(read(paths, frames=True).connections) == plain_of(whole.connections)


def test_two_captures_of_the_same_packets_are_one(tmp_path: Path) -> None:
    """Captured at both ends, 3 µs apart: what was captured twice was not sent twice."""
    packets = talk()
    later = [packet._replace(time_ns=packet.time_ns + 3_000) for packet in packets]
    one, other = write(tmp_path / "near", packets), write(tmp_path / "far", later)
    alone = [meaning(each) for each in read(one, frames=True).connections]
    found = read([one, other], frames=True).connections
    assert differences(alone, [meaning(each) for each in found], 10_000) == []
    assert found[0].client_sent.retransmitted_segments == 0
    assert found[0].server_sent.retransmitted_segments == 0


def test_connection_that_ended_in_one_file_is_not_begun_again_by_the_next(tmp_path: Path) -> None:
    """The last ACK comes a little later, in the next file."""
    packets = talk()
    first, last = packets[:-1], packets[-1:]
    paths = [write(tmp_path / "a", first), write(tmp_path / "b", last)]
    assert len(read(paths).connections) == 1


def test_one_packet_a_file_is_whole(tmp_path: Path) -> None:
    packets = talk()
    for number, packet in enumerate(packets):
        write(tmp_path / f"{number:04}", [packet], pcap)
    whole = read(write(tmp_path / ".whole", packets), frames=True)
    assert plain_of(read(tmp_path, frames=True).connections) == plain_of(whole.connections)
