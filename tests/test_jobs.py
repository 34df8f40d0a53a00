"""Shares of one capture, done apart and merged, against the whole, done at once."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer import jobs
from analyzer.capture.source import open_captures
from analyzer.jobs import Merger, Worker, jobs_for, words
from analyzer.read import Session, read
from analyzer.record import Connection
from analyzer.share import ALL, ShareRun, Task
from capture_files import FORMATS, pcap
from conversation import START_NS
from generated import several_talks
from packets import Packet
from records import plain
from told import SECOND, closed, finished, merged, opened
from transform import HARMLESS
from wire import MASK, TEXT, frame

RECORDINGS = sorted((Path(__file__).resolve().parents[1] / "captures").glob("*/*.pcap"))


def crowd(count: int = 30) -> list[Packet]:
    """Make connections that begin, end and are left open in between each other."""
    talks = []
    for number in range(count):
        make = (closed, finished)[number % 2]
        talks.append(make(40000 + number, start_ns=START_NS + number * SECOND // 3))
    left = [opened(50000 + n, start_ns=START_NS + n * 2 * SECOND).packets for n in range(5)]
    return merged(*talks, *left)


def write(path: Path, packets: list[Packet]) -> Path:
    path.write_bytes(pcap(packets))
    return path


def in_shares(data: bytes, count: int) -> tuple[list[Connection], Merger, ShareRun]:
    """Do all shares in this process, without a pipe between."""
    runs = [
        ShareRun(open_captures(io.BytesIO(data)).sources, Task(frames=ALL).share(index, count))
        for index in range(count)
    ]
    merger = Merger(count)
    return list(merger.connections([words(run) for run in runs])), merger, runs[0]


def alone(data: bytes) -> Session:
    return Session(io.BytesIO(data), keep_frames=ALL)


@settings(max_examples=25, deadline=None)
@given(packets=several_talks(), count=st.integers(2, 5))
def test_any_number_of_shares_tells_what_one_process_tells_in_the_same_order(
    packets: list[Packet], count: int
) -> None:
    data = pcap(packets)
    session = alone(data)
    expected = [plain(one) for one in session]
    found, merger, first = in_shares(data, count)
    assert [plain(one) for one in found] == expected
    assert merger.anomalies(first) == session.anomalies
    assert merger.opened == len(expected)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_recordings_are_told_the_same_by_three_shares(path: Path) -> None:
    data = path.read_bytes()
    expected = [plain(one) for one in alone(data)]
    assert [plain(one) for one in in_shares(data, 3)[0]] == expected


@pytest.mark.parametrize("change", ["reordered", "retransmitted", "captured twice", "everything"])
def test_a_changed_crowd_is_told_the_same_by_shares(change: str) -> None:
    data = pcap(HARMLESS[change](crowd(), Random(7)))
    expected = [plain(one) for one in alone(data)]
    assert len(expected) == 35
    for count in (2, 3, 8):
        assert [plain(one) for one in in_shares(data, count)[0]] == expected


@pytest.mark.parametrize("file_format", FORMATS.values(), ids=FORMATS.keys())
def test_processes_tell_what_one_process_tells(
    tmp_path: Path, file_format: Callable[[list[Packet]], bytes]
) -> None:
    path = tmp_path / "crowd.cap"
    path.write_bytes(file_format(crowd()))
    one = read(path, frames=True, messages=True, jobs=1)
    several = read(path, frames=True, messages=True, jobs=3)
    assert [plain(each) for each in several.connections] == [
        plain(each) for each in one.connections
    ]
    assert several.anomalies == one.anomalies
    assert str(several) == str(one)


def test_processes_read_many_files(tmp_path: Path) -> None:
    packets = crowd()
    third = len(packets) // 3
    parts = [packets[:third], packets[third : 2 * third], packets[2 * third :]]
    for number, part in enumerate(parts):
        write(tmp_path / f"{number}.pcap", part)
    whole = read(io.BytesIO(pcap(packets)))
    cut = read(tmp_path, jobs=2)
    assert [plain(one) for one in cut.connections] == [plain(one) for one in whole.connections]


def test_the_share_of_a_process_that_dies_is_done_here(tmp_path: Path) -> None:
    path = write(tmp_path / "crowd.pcap", crowd())
    share = Task().share(1, 2)
    whole = Worker([str(path)], share)
    expected = [(told.position, told.opened) for told in whole.told()]
    killed = Worker([str(path)], share)
    killed.stop()
    assert [(told.position, told.opened) for told in killed.told()] == expected


def test_a_process_may_die_anywhere(tmp_path: Path) -> None:
    path = write(tmp_path / "crowd.pcap", crowd())
    share = Task().share(1, 2)
    expected = list(words(ShareRun(open_captures(path).sources, share)))
    for heard in range(len(expected)):
        again = list(jobs._again([str(path)], share, heard))
        assert [told[:-1] for told in again] == [told[:-1] for told in expected[heard:]]


def test_stopping_ends_all_shares(tmp_path: Path) -> None:
    path = write(tmp_path / "crowd.pcap", crowd())
    session = Session(path, jobs=2)
    for _ in session:
        session.stop()
    assert session.stopped
    assert [record.problem for record in session.captures] in ([""], ["interrupted"])


def test_given_up_streams_of_all_shares_are_told(tmp_path: Path) -> None:
    talks = [
        opened(40000 + number, start_ns=START_NS + 3 * number * SECOND).packets
        for number in range(40)
    ]
    path = write(tmp_path / "crowd.pcap", merged(*talks))
    found = Session(path, max_streams=10, jobs=2)
    assert len(list(found)) == 40
    (anomaly,) = found.anomalies
    assert anomaly.name == "stream_table_full"
    # Each share remembers five; all but those were given up.
    assert anomaly.detail == "30 streams were given up, the oldest first"


def test_processes_are_used_where_that_pays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "cores", lambda: 4)
    monkeypatch.setattr(jobs, "LEAST_PACKETS", 100)
    monkeypatch.setattr(jobs, "LEAST_SEALED", 2)
    monkeypatch.setattr(jobs, "PACKETS_EACH", 2)
    monkeypatch.setattr(jobs, "LOOK", 200)
    large = open_captures(write(tmp_path / "large.pcap", crowd())).sources
    small = open_captures(write(tmp_path / "small.pcap", crowd()[:3])).sources
    (tmp_path / "packed.pcap").write_bytes(FORMATS["pcap.gz"](crowd()))
    packed = open_captures(tmp_path / "packed.pcap").sources
    open_file = open_captures(io.BytesIO(pcap(crowd()))).sources
    assert jobs_for(large, Task()) == 4
    assert jobs_for(large, Task(), 2) == 2
    assert jobs_for(large, Task(frames=ALL)) == 4
    assert jobs_for(large, Task(frames={3})) == 1  # numbers are not known while shares are read
    assert jobs_for(small, Task()) == 1
    assert jobs_for(small, Task(keylog=os.devnull)) == 4
    assert jobs_for(small, Task(), 2) == 2
    assert jobs_for(packed, Task()) == 1
    assert jobs_for(packed, Task(), 2) == 2
    assert jobs_for(open_file, Task(), 2) == 1
    monkeypatch.setattr(jobs, "LONGEST_MEAN", 60)  # an Ethernet frame and its record take more
    assert jobs_for(large, Task()) == 1
    assert jobs_for(large, Task(), 2) == 2
    monkeypatch.setattr(jobs, "LONGEST_MEAN", 400)
    monkeypatch.setattr(jobs, "PACKETS_EACH", 200)  # as many as no conversation of this crowd has
    assert jobs_for(large, Task()) == 1
    assert jobs_for(large, Task(), 2) == 2


def test_connections_that_are_there_all_the_time_do_not_count_as_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "cores", lambda: 4)
    monkeypatch.setattr(jobs, "LEAST_PACKETS", 100)
    monkeypatch.setattr(jobs, "LOOK", 400)
    talks = []
    for number in range(20):
        talk = opened(40000 + number, start_ns=START_NS + number)  # 7 packets
        for _ in range(20):
            talk.client(frame(TEXT, b"hello", mask=MASK)).wait(2)
        talks.append(talk.packets)
    path = write(tmp_path / "crowd.pcap", merged(*talks))
    assert jobs_for(open_captures(path).sources, Task()) == 4


def test_there_is_a_processor_at_least() -> None:
    assert jobs.cores() >= 1


def test_streams_that_stay_encrypted_are_told_the_same_by_processes() -> None:
    """Recordings of TLS, read without their keys."""
    paths = [str(path) for path in RECORDINGS if "tls" in path.parent.name or "tls" in path.name]
    for path in paths:
        one = read(path, encrypted=True, jobs=1)
        several = read(path, encrypted=True, jobs=2)
        assert several.encrypted == one.encrypted
        assert several.encrypted_dropped == one.encrypted_dropped
