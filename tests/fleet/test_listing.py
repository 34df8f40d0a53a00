"""Which files a cluster is given."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from analyzer.errors import UsageError
from analyzer.fleet.listing import Listed, list_files, pieces_of

pytest.importorskip("fsspec")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("web7_1.pcap", "web7_2.pcap", "web8_1.pcap.zst", "notes.txt", ".hidden.pcap"):
        (tmp_path / name).write_bytes(b"x" * 10)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "web9_1.pcap").write_bytes(b"x")
    return tmp_path


def names(found: dict[str, list[Listed]]) -> dict[str, list[str]]:
    return {
        Path(capture).name: [Path(one.path).name for one in files]
        for capture, files in found.items()
    }


def test_files_of_a_folder_are_put_together_by_where_they_were_captured(folder: Path) -> None:
    found = list_files([folder]).captures
    assert names(found) == {
        "notes.txt": ["notes.txt"],
        "web7": ["web7_1.pcap", "web7_2.pcap"],
        "web8": ["web8_1.pcap.zst"],
    }
    assert {one.size for files in found.values() for one in files} == {10}
    assert not any(one.named for files in found.values() for one in files)


def test_globs_and_files_given_twice(folder: Path) -> None:
    found = list_files([str(folder / "*.pcap"), folder / "web7_1.pcap"]).captures
    assert names(found) == {"web7": ["web7_1.pcap", "web7_2.pcap"], "web8": []} or names(found) == {
        "web7": ["web7_1.pcap", "web7_2.pcap"]
    }


def test_a_file_that_is_named_must_be_a_capture(folder: Path) -> None:
    ((one,),) = list_files([folder / "notes.txt"]).captures.values()
    assert one.named


def test_urls_stay_urls() -> None:
    import fsspec  # noqa: PLC0415

    files = fsspec.filesystem("memory")
    files.pipe("/bucket/web_1.pcap", b"abc")
    files.pipe("/bucket/web_2.pcap", b"abcd")
    found = list_files(["memory://bucket/*.pcap"]).captures
    assert {name: [(one.path, one.size) for one in some] for name, some in found.items()} == {
        "memory:///bucket/web": [
            ("memory:///bucket/web_1.pcap", 3),
            ("memory:///bucket/web_2.pcap", 4),
        ]
    }


def test_what_is_not_there_is_said_and_the_rest_is_listed(folder: Path) -> None:
    found = list_files([folder / "gone.pcap", folder / "*.zst", folder / "*.gz", "odd://x"])
    assert names(found.captures) == {"web8": ["web8_1.pcap.zst"]}
    problems = {Path(one.source).name: one.problem for one in found.missing}
    assert set(problems) == {"gone.pcap", "*.gz", "x"}
    assert problems["*.gz"] == "no capture matches"


def test_the_user_may_say_what_belongs_together(folder: Path) -> None:
    assert len(list_files([folder], lambda _: "all").captures["all"]) == 4


@pytest.mark.parametrize("place", ["-", 7])
def test_a_cluster_reads_no_pipes(place: object) -> None:
    with pytest.raises(UsageError, match="a cluster reads files, no pipes"):
        list_files([place])  # type: ignore[list-item]


def test_a_large_file_is_cut_where_records_begin(tmp_path: Path) -> None:
    noise = random.Random(1)
    data, begins = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)), set()
    while len(data) < 12_000_000:
        begins.add(len(data))
        payload = noise.randbytes(noise.randrange(40, 1500))
        data += struct.pack("<IIII", 1_700_000_000, 7, len(payload), len(payload)) + payload
    path = tmp_path / "large.pcap"
    path.write_bytes(data)
    listed = Listed(str(path), len(data), named=True)
    pieces = pieces_of("large", listed, 3_000_000)
    assert len(pieces) >= 2
    assert (pieces[0].start, pieces[0].header, pieces[-1].end) == (0, b"", None)
    assert all(one.header == bytes(data[:24]) for one in pieces[1:])
    assert [one.end for one in pieces[:-1]] == [one.start for one in pieces[1:]]
    assert {one.start for one in pieces[1:]} <= begins
    assert len(pieces_of("large", listed, 1 << 30)) == 1
