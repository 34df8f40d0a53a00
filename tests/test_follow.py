"""A folder that files are rotated into, read as it fills."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzer.errors import UsageError
from analyzer.follow import FollowedFolder
from analyzer.read import read
from capture_files import pcap, pcapng, write_rotated
from conversation import START_NS
from told import SECOND, closed, finished, merged

HEADER = 24


class Writer:
    """Does the next thing whenever the reader waits; stops it when there is nothing left to do."""

    def __init__(self) -> None:
        self.steps: Iterator[Callable[[], object]] = iter(())
        self.followed: FollowedFolder | None = None

    def __call__(self) -> None:
        step = next(self.steps, None)
        if step is None:
            assert self.followed is not None
            self.followed.stop()
        else:
            step()


def followed(folder: Path, *steps: Callable[[], object]) -> bytes:
    """Read a folder, while each pause makes the next step happen; then stop."""
    writer = Writer()
    writer.steps = iter(steps)
    writer.followed = FollowedFolder(str(folder), writer)
    pieces = []
    while piece := writer.followed.read1(1000):
        pieces.append(piece)
    writer.followed.close()
    return b"".join(pieces)


def both() -> bytes:
    return pcap(merged(closed(), finished(40001, start_ns=START_NS + 20 * SECOND)))


def endings(data: bytes) -> list[str]:
    return [one.ending.sentence for one in read(io.BytesIO(data)).connections]


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_files_that_are_there_are_one_capture_in_order_of_time(tmp_path: Path) -> None:
    packets = closed()
    paths = write_rotated(tmp_path, packets, files=3)
    for path, name in zip(paths, "cab", strict=True):
        path.rename(tmp_path / f"{name}.pcap")
    assert followed(tmp_path) == pcap(packets)


def test_files_that_appear_follow(tmp_path: Path) -> None:
    data = both()
    first = pcap(closed())
    second = data[:HEADER] + data[len(first) :]
    found = followed(
        tmp_path,
        lambda: (tmp_path / "1.pcap").write_bytes(first),
        lambda: (tmp_path / "2.pcap").write_bytes(second),
    )
    assert found == data


@pytest.mark.parametrize("cut", [5, HEADER, HEADER + 1, HEADER + 100, 700])
def test_a_file_that_grows_is_read_as_it_grows(tmp_path: Path, cut: int) -> None:
    data = pcap(closed())
    path = tmp_path / "1.pcap"
    found = followed(
        tmp_path,
        lambda: path.write_bytes(data[:cut]),
        lambda: append(path, data[cut:]),
    )
    assert found == data


def test_what_was_written_before_the_next_file_is_not_lost(tmp_path: Path) -> None:
    packets = closed()
    first, second = pcap(packets[:6]), pcap(packets[6:])
    path = tmp_path / "1.pcap"

    def rotate() -> None:
        append(path, first[200:])
        (tmp_path / "2.pcap").write_bytes(second)

    assert followed(tmp_path, lambda: path.write_bytes(first[:200]), rotate) == pcap(packets)


def test_a_compressed_copy_of_what_was_read_is_left_out(tmp_path: Path) -> None:
    data = pcap(closed())
    path = tmp_path / "1.pcap"

    def compress() -> None:
        (tmp_path / "1.pcap.gz").write_bytes(gzip.compress(data))
        path.unlink()

    assert followed(tmp_path, lambda: path.write_bytes(data), compress) == data


def test_compressed_files_are_unpacked(tmp_path: Path) -> None:
    packets = closed()
    (tmp_path / "1.gz").write_bytes(gzip.compress(pcap(packets[:6])))
    (tmp_path / "2.gz").write_bytes(gzip.compress(pcap(packets[6:])))
    assert followed(tmp_path) == pcap(packets)


def test_sections_of_pcapng_follow_each_other(tmp_path: Path) -> None:
    packets = closed()
    (tmp_path / "1").write_bytes(pcapng(packets[:6]))
    (tmp_path / "2").write_bytes(pcapng(packets[6:]))
    assert endings(followed(tmp_path)) == endings(pcap(packets))


def test_a_file_that_is_written_over_is_read_again(tmp_path: Path) -> None:
    packets = closed()
    path, other = tmp_path / "1.pcap", tmp_path / "2.pcap"
    # As tcpdump -W 2 does: the third file has the name of the first.
    found = followed(
        tmp_path,
        lambda: path.write_bytes(pcap(packets[:6])),
        lambda: other.write_bytes(pcap(packets[6:9])),
        lambda: path.write_bytes(pcap(packets[9:])),
    )
    assert found == pcap(packets)


def test_other_files_are_let_be(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing that a capture begins with " * 9)
    (tmp_path / ".hidden.pcap").write_bytes(pcap(closed()))
    (tmp_path / "folder").mkdir()
    (tmp_path / "1.pcap").write_bytes(pcap(finished()))
    assert followed(tmp_path) == pcap(finished())


def test_a_capture_of_another_kind_is_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "1.pcap").write_bytes(pcap(closed()))
    (tmp_path / "2.pcap").write_bytes(
        pcap(finished(start_ns=START_NS + 60 * SECOND), link_type=113)
    )
    writer = Writer()
    writer.followed = FollowedFolder(str(tmp_path), writer)
    data = b"".join(iter(lambda: writer.followed.read(1 << 20), b""))  # type: ignore[union-attr]
    writer.followed.close()
    assert data == pcap(closed())
    assert [path for path, _ in writer.followed.skipped] == [str(tmp_path / "2.pcap")]


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot follow"):
        FollowedFolder(os.fspath(tmp_path / "none"), lambda: None)
