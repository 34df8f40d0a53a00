"""The same conversation, cut, ordered, captured and stored in other ways, gets the same record.

What may differ: packet numbers, counts of segments, and times by as much as joined packets lie
apart. Nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.read import Session, read
from analyzer.record import Connection
from capture_files import FORMATS, Write, pcap, write, write_rotated
from generated import several_talks, talks
from packet_files import captured
from packets import Packet, take_apart
from records import differences, meaning, plain
from transform import HARMLESS, Change, interleave
from wire import FRAMINGS

RECORDINGS = sorted((Path(__file__).resolve().parents[1] / "captures").glob("*/*.pcap"))
# Joined packets lie less than a millisecond apart, each from the next.
WITHIN_NS = 3_000_000
LONGEST = 250
# Where segments begin is evidence for one who looks for frames, and what overtakes the first
# packet of a capture cannot be told from what was sent before it.
HARMLESS_IN_MIDSTREAM = ("retransmitted", "captured twice")

QUICK = settings(max_examples=12, deadline=None)


def connections(packets: Iterable[Packet], file_format: Write = pcap) -> list[Connection]:
    return read(BytesIO(file_format(list(packets))), frames=True, messages=True).connections


def assert_same(
    before: list[Connection], after: list[Connection], within_ns: int = WITHIN_NS
) -> None:
    one, other = [meaning(each) for each in before], [meaning(each) for each in after]
    assert differences(one, other, within_ns) == []


def recorded(path: Path) -> list[Packet]:
    """Read packets with scapy; times lose what is below a microsecond."""
    return [
        Packet(one.time_ns // 1000 * 1000, one.data, one.original_length) for one in captured(path)
    ]


def can_be_changed(packets: list[Packet]) -> bool:
    """Whether all are whole Ethernet packets with TCP, few enough to be quick."""
    return len(packets) <= LONGEST and all(
        len(packet.data) >= 14 and take_apart(packet.data) is not None for packet in packets
    )


# -- what was made up ---------------------------------------------------------------------------


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
@QUICK
@given(packets=several_talks(), seed=st.integers(0, 2**32))
def test_generated_conversations_mean_the_same_after(
    change: Change, packets: list[Packet], seed: int
) -> None:
    assert_same(connections(packets), connections(change(packets, Random(seed))))


@pytest.mark.parametrize("framing", FRAMINGS)
@settings(QUICK, max_examples=8)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_every_framing_means_the_same_after_everything(
    framing: str, data: st.DataObject, seed: int
) -> None:
    packets = data.draw(talks(framing))
    for name in ("byte by byte", "everything"):
        assert_same(connections(packets), connections(HARMLESS[name](packets, Random(seed))))


@pytest.mark.parametrize("file_format", FORMATS.values(), ids=FORMATS.keys())
@QUICK
@given(packets=several_talks())
def test_generated_conversations_are_the_same_in_every_format(
    file_format: Write, packets: list[Packet]
) -> None:
    expected = [plain(one) for one in connections(packets)]
    assert [plain(one) for one in connections(packets, file_format)] == expected


@QUICK
@given(packets=several_talks(), others=several_talks())
def test_conversations_of_others_in_between_change_nothing(
    packets: list[Packet], others: list[Packet]
) -> None:
    moved = []
    for packet in others:
        tcp = take_apart(packet.data)
        assert tcp is not None
        there = tcp.with_(
            source=("10.9.9.9", tcp.source[1]), destination=("10.8.8.8", tcp.destination[1])
        )
        moved.append(Packet(packet.time_ns + 7_000, there.build(), packet.original_length))
    alone = connections(packets)
    together = connections(interleave(packets, moved))
    ours = [one for one in together if one.client.ip == "10.0.0.1"]
    renumbered = [meaning(one) | {"id": 0, "tcp_stream": 0} for one in ours]
    assert renumbered == [meaning(one) | {"id": 0, "tcp_stream": 0} for one in alone]


# -- what was recorded --------------------------------------------------------------------------


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_recordings_mean_the_same_after(path: Path) -> None:
    packets = recorded(path)
    if not can_be_changed(packets):
        pytest.skip("it is long, or holds packets that cannot be taken apart")
    before = connections(packets)
    changes = HARMLESS
    if any(one.seen_from == "midstream" or not one.handshake.target for one in before):
        changes = {name: HARMLESS[name] for name in HARMLESS_IN_MIDSTREAM}
    failed = {}
    for number, (name, change) in enumerate(changes.items()):
        after = connections(change(packets, Random(number)))
        found = differences(
            [meaning(one) for one in before], [meaning(one) for one in after], WITHIN_NS
        )
        if found:
            failed[name] = found
    assert failed == {}


@pytest.mark.parametrize("file_format", FORMATS.values(), ids=FORMATS.keys())
def test_recordings_are_the_same_in_every_format(file_format: Write) -> None:
    for path in RECORDINGS[::9]:
        packets = recorded(path)
        if all(len(packet.data) >= 14 for packet in packets):
            expected = [plain(one) for one in connections(packets)]
            assert [plain(one) for one in connections(packets, file_format)] == expected, path


# -- how it is read -----------------------------------------------------------------------------


class Pipe:
    """A file that gives few bytes at a time, as a slow pipe does."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data = BytesIO(data)
        self._random = Random(len(data))
        self._most = most

    def read(self, size: int = -1) -> bytes:
        few = self._random.randint(1, self._most)
        return self._data.read(few if size < 0 else min(size, few))


@pytest.mark.parametrize("most", [1, 7, 100])
@pytest.mark.parametrize("name", ["pcap", "pcapng", "pcap.gz", "pcap.zst", "pcapng.lz4"])
@settings(QUICK, max_examples=5)
@given(packets=several_talks())
def test_pipe_that_gives_few_bytes_at_a_time_is_the_same(
    name: str, most: int, packets: list[Packet]
) -> None:
    expected = [plain(one) for one in connections(packets)]
    piped = read(Pipe(FORMATS[name](packets), most), frames=True, messages=True)  # type: ignore[arg-type]
    assert [plain(one) for one in piped.connections] == expected
    assert piped.captures[0].complete


@pytest.mark.parametrize("batch", [1, 2, 3, 1000])
def test_batches_of_any_size_are_the_same(batch: int) -> None:
    for path in RECORDINGS[::10]:
        expected = [plain(one) for one in read(path).connections]
        session = Session(path)
        found = sorted(session.connections(batch=batch), key=lambda one: one.id)
        assert [plain(one) for one in found] == expected, path


def test_two_runs_are_the_same() -> None:
    for path in RECORDINGS[::10]:
        first, second = read(path, frames=True), read(path, frames=True)
        assert [plain(a) for a in first.connections] == [plain(b) for b in second.connections]
        assert first.anomalies == second.anomalies
        assert first.captures == second.captures
        assert str(first) == str(second)


def test_frames_and_messages_that_nobody_asks_for_change_nothing() -> None:
    for path in RECORDINGS[::10]:
        plainly = [one.to_dict() for one in read(path).connections]
        for asked in ({"frames": True}, {"messages": True}, {"frames": True, "messages": True}):
            found = read(path, **asked).connections
            assert [one.to_dict() for one in found] == plainly, path


# -- several files ------------------------------------------------------------------------------


@QUICK
@given(packets=several_talks(), files=st.integers(1, 9), seed=st.integers(0, 2**32))
def test_rotated_files_are_one_capture_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, packets: list[Packet], files: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("rotated")
    paths = write_rotated(folder, packets, files)
    expected = [plain(one) for one in connections(packets)]
    shuffled = list(paths)
    Random(seed).shuffle(shuffled)
    for source in (shuffled, folder, str(folder / "*.pcap"), str(folder / "**")):
        found = read(source, frames=True, messages=True).connections  # type: ignore[arg-type]
        assert [plain(one) for one in found] == expected, source


def test_recordings_split_over_files_are_whole(tmp_path: Path) -> None:
    for number, path in enumerate(RECORDINGS[::6]):
        packets = recorded(path)
        if not all(len(packet.data) >= 14 for packet in packets):
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        write_rotated(folder, packets, 1 + number % 7)
        whole = read(write(tmp_path / "whole.pcap", packets), frames=True).connections
        split = read(folder, frames=True).connections
        assert [plain(one) for one in split] == [plain(one) for one in whole], path
