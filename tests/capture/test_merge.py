from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.capture.input_file import CaptureSource
from analyzer.capture.merge import CaptureSet
from capture_files import gzipped, pcap, pcapng, write_rotated
from capture_reading import current, read_paths
from packets import Packet

SECOND = 1_000_000_000


def at(*seconds: int, mark: bytes = b"") -> list[Packet]:
    return [
        Packet(time * SECOND, mark + bytes([number % 256]), 60)
        for number, time in enumerate(seconds)
    ]


def in_memory(*files: list[Packet]) -> CaptureSet:
    return CaptureSet([CaptureSource(io.BytesIO(pcap(packets))) for packets in files])


def open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def drain(captures: CaptureSet) -> list[tuple[int, bytes]]:
    seen = []
    while captures.next():
        seen.append((captures.source_index, current(captures.reader).data))
        assert captures.number == len(seen)
    return seen


def test_one_capture_is_read_as_it_stands(tmp_path: Path) -> None:
    packets = at(5, 3, 9, 1)
    (tmp_path / "a").write_bytes(pcap(packets))
    captures, found = read_paths(tmp_path / "a")
    assert found == packets
    assert captures.number == 4
    (record,) = captures.records
    assert (record.path, record.format) == (str(tmp_path / "a"), "pcap")
    assert (record.packets, record.complete, record.problem) == (4, True, "")
    assert (record.first_at, record.last_at) == (5 * SECOND, 1 * SECOND)
    assert record.bytes == len(pcap(packets))
    assert not captures.next()


def test_no_capture_has_no_packets() -> None:
    captures = CaptureSet([])
    assert not captures.next()
    assert captures.records == []
    assert captures.progress() == (0, 0)


def test_captures_are_put_in_order_by_their_first_packets() -> None:
    captures = in_memory(at(20, 21, mark=b"c"), at(1, 2, mark=b"a"), at(10, mark=b"b"))
    assert drain(captures) == [(0, b"a\0"), (0, b"a\1"), (1, b"b\0"), (2, b"c\0"), (2, b"c\1")]
    assert [record.packets for record in captures.records] == [2, 1, 2]


def test_overlapping_captures_are_merged_by_time() -> None:
    captures = in_memory(at(1, 4, 5, 9, mark=b"a"), at(2, 3, 6, mark=b"b"))
    assert drain(captures) == [
        (0, b"a\0"),
        (1, b"b\0"),
        (1, b"b\1"),
        (0, b"a\1"),
        (0, b"a\2"),
        (1, b"b\2"),
        (0, b"a\3"),
    ]


def test_of_packets_with_one_time_that_of_the_earlier_source_comes_first() -> None:
    captures = in_memory(at(1, 2, 2, 3, mark=b"a"), at(1, 2, 3, mark=b"b"))
    assert drain(captures) == [
        (0, b"a\0"),
        (1, b"b\0"),
        (0, b"a\1"),
        (0, b"a\2"),
        (1, b"b\1"),
        (0, b"a\3"),
        (1, b"b\2"),
    ]


def test_within_a_capture_times_may_go_back() -> None:
    captures = in_memory(at(5, 1, 8, mark=b"a"), at(6, 7, mark=b"b"))
    assert [data for _, data in drain(captures)] == [b"a\0", b"a\1", b"b\0", b"b\1", b"a\2"]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.integers(0, 20).map(lambda n: n * 1000), max_size=8), max_size=5))
def test_merging_sorted_captures_is_sorting_their_packets(files: list[list[int]]) -> None:
    lists = [
        [Packet(time, bytes([number]), 1) for time in sorted(times)]
        for number, times in enumerate(files)
    ]
    order = sorted(
        (packets for packets in lists if packets), key=lambda packets: packets[0].time_ns
    )
    expected = sorted((p for packets in order for p in packets), key=lambda packet: packet.time_ns)
    captures = in_memory(*lists)
    found = []
    while captures.next():
        found.append(current(captures.reader))
    assert found == expected
    assert sum(record.packets for record in captures.records) == len(expected)


def test_rotated_files_are_open_only_when_their_time_has_come(tmp_path: Path) -> None:
    packets = [Packet(i * SECOND, bytes(8), 8) for i in range(300)]
    paths = write_rotated(tmp_path, packets, 100)
    before = open_files()
    captures = CaptureSet([CaptureSource(path) for path in reversed(paths)])
    most = 0
    found = []
    while captures.next():
        found.append(current(captures.reader))
        most = max(most, open_files() - before)
    assert found == packets
    assert most <= 2


def test_what_is_wrong_with_one_capture_is_recorded_and_the_others_go_on(tmp_path: Path) -> None:
    good, cut, bad = at(1, 2, 3), at(2, 3), at(3, 4)
    (tmp_path / "good").write_bytes(pcap(good))
    (tmp_path / "cut").write_bytes(pcap(cut)[:-1])
    (tmp_path / "bad").write_bytes(pcap(bad) + b"\xff" * 99)
    (tmp_path / "packed").write_bytes(gzipped(pcap(at(*range(5, 500))))[:-20])
    paths = [tmp_path / name for name in ("good", "cut", "bad", "packed")]
    captures = CaptureSet([CaptureSource(path) for path in paths])
    paths[0].unlink()
    drain(captures)
    records = captures.records
    assert [record.problem for record in records] == [
        "No such file or directory",
        "cut short in the middle of a packet",
        "damaged: a record claims 4294967295 captured bytes",
        "the gzip data is cut short",
    ]
    assert [record.packets for record in records[:3]] == [0, 1, 2]
    assert [record.complete for record in records] == [False] * 4
    assert 0 < records[3].packets < 495


def test_a_capture_without_packets_is_complete() -> None:
    captures = in_memory([], at(1))
    assert drain(captures) == [(1, b"\0")]
    assert [(r.complete, r.packets, r.first_at, r.last_at) for r in captures.records] == [
        (True, 0, None, None),
        (True, 1, SECOND, SECOND),
    ]


def test_records_are_up_to_date_at_any_time() -> None:
    captures = in_memory(at(1, 2, 3))
    assert captures.next()
    assert captures.next()
    (record,) = captures.records
    assert (record.packets, record.last_at, record.complete) == (2, 2 * SECOND, False)
    assert captures.next()
    assert captures.records[0].packets == 3


def test_packets_without_a_time_have_none_in_the_record() -> None:
    captures = CaptureSet([CaptureSource(io.BytesIO(pcapng([Packet(0, b"a", 1)])))])
    assert captures.next()
    assert captures.records[0].first_at is captures.records[0].last_at is None


def test_progress_counts_bytes_on_disk(tmp_path: Path) -> None:
    packets = [Packet(i * SECOND, os.urandom(1000), 1000) for i in range(4000)]
    paths = write_rotated(tmp_path, packets, 2, lambda part: gzipped(pcap(part)))
    total = sum(path.stat().st_size for path in paths)
    captures = CaptureSet([CaptureSource(path) for path in paths])
    assert captures.progress() == (0, total)
    assert captures.next()
    done, _ = captures.progress()
    assert 0 < done < total
    drain_all(captures)
    assert captures.progress() == (total, total)
    assert CaptureSet([CaptureSource(io.BytesIO(pcap([])))]).progress()[1] is None


def drain_all(captures: CaptureSet) -> None:
    while captures.next():
        pass


def test_a_live_pipe_is_read_as_it_comes() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as reading:
        packets = at(1, 2)
        first = len(pcap(packets[:1]))
        os.write(write, pcap(packets)[:first])
        captures = CaptureSet([CaptureSource(reading)])
        assert captures.next()
        os.write(write, pcap(packets)[first:])
        assert captures.next()
        os.close(write)
        assert not captures.next()


@pytest.mark.tshark
@pytest.mark.skipif(not shutil.which("mergecap"), reason="mergecap is not installed")
def test_packets_come_in_the_order_of_mergecap(tmp_path: Path) -> None:
    # No time comes twice: mergecap takes the last of several files first, we the first.
    lists = [at(*range(1, 300, 6)), at(*range(2, 200, 6)), at(*range(3, 100, 3))]
    paths = []
    for number, packets in enumerate(lists):
        paths.append(tmp_path / f"{number}.pcap")
        marked = [packet._replace(data=bytes([number]) + packet.data) for packet in packets]
        paths[-1].write_bytes(pcap(marked))
    merged = tmp_path / "merged.pcap"
    subprocess.run(["mergecap", "-F", "pcap", "-w", merged, *paths], check=True)
    assert read_paths(*paths)[1] == read_paths(merged)[1]
