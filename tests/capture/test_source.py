from __future__ import annotations

import io
from pathlib import Path

import pytest

from analyzer.capture.source import Inputs, open_captures
from analyzer.errors import CaptureError, NotACaptureError, UsageError
from capture_files import gzipped, pcap, pcapng
from packets import Packet

PACKETS = [Packet(1_000_000_000, b"abc", 3)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b.pcap").write_bytes(pcap(PACKETS))
    (tmp_path / "a.cap").write_bytes(pcapng(PACKETS))
    (tmp_path / "c").write_bytes(gzipped(pcap(PACKETS)))
    (tmp_path / "notes.txt").write_text("no capture")
    (tmp_path / "empty.pcap").touch()
    (tmp_path / ".hidden").write_text("no capture either")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "d.pcap").write_bytes(pcap(PACKETS))
    return tmp_path


def names(inputs: Inputs) -> list[str]:
    return [Path(source.path).name for source in inputs.sources]


def test_a_path_is_one_capture(folder: Path) -> None:
    for path in (folder / "b.pcap", str(folder / "b.pcap"), [folder / "b.pcap"]):
        inputs = open_captures(path)
        assert names(inputs) == ["b.pcap"]
        assert (inputs.skipped, inputs.errors) == ([], [])
        assert inputs.sources[0].format == "pcap"


def test_a_folder_gives_its_own_captures_by_name_and_skips_the_rest(folder: Path) -> None:
    inputs = open_captures(folder)
    assert names(inputs) == ["a.cap", "b.pcap", "c"]
    assert [source.format for source in inputs.sources] == ["pcapng", "pcap", "pcap+gzip"]
    assert [(Path(path).name, reason.split(":")[0]) for path, reason in inputs.skipped] == [
        ("empty.pcap", "empty file"),
        ("notes.txt", "no pcap or pcapng capture"),
    ]
    assert inputs.errors == []


def test_a_glob_gives_what_matches(folder: Path) -> None:
    inputs = open_captures(f"{folder}/*.pcap")
    assert names(inputs) == ["b.pcap"]
    assert [Path(path).name for path, _ in inputs.skipped] == ["empty.pcap"]
    assert names(open_captures(f"{folder}/**/*.pcap")) == ["b.pcap", "d.pcap"]


def test_a_file_may_have_the_name_of_a_glob(folder: Path) -> None:
    (folder / "[1].pcap").write_bytes(pcap(PACKETS))
    assert names(open_captures(folder / "[1].pcap")) == ["[1].pcap"]


def test_a_file_named_explicitly_that_is_none_is_an_error_for_that_file(folder: Path) -> None:
    inputs = open_captures([folder / "notes.txt", folder / "b.pcap", folder / "missing"])
    assert names(inputs) == ["b.pcap"]
    assert [type(error) for error in inputs.errors] == [NotACaptureError, CaptureError]
    assert inputs.errors[1].problem == "No such file or directory"


def test_no_capture_in_a_folder_or_glob_is_an_error(folder: Path) -> None:
    (folder / "none").mkdir()
    inputs = open_captures([folder / "none", f"{folder}/*.nothing", f"{folder}/*.txt"])
    assert [str(error) for error in inputs.errors] == [
        f"{folder}/none: no capture in this folder",
        f"{folder}/*.nothing: no capture matches",
        f"{folder}/*.txt: no capture matches",
    ]


def test_a_capture_given_twice_is_read_once(folder: Path) -> None:
    (folder / "link.pcap").symlink_to(folder / "b.pcap")
    inputs = open_captures([folder / "b.pcap", f"{folder}/*.pcap"])
    assert names(inputs) == ["b.pcap"]
    assert ("given twice") in [reason for _, reason in inputs.skipped]
    assert inputs.errors == []


def test_open_files_and_paths_may_be_mixed(folder: Path) -> None:
    file = io.BytesIO(pcap(PACKETS))
    assert len(open_captures(file).sources) == 1
    file.seek(0)
    assert len(open_captures([file, folder / "b.pcap"]).sources) == 2


def test_files_are_closed_until_they_are_read(folder: Path) -> None:
    before = sum(1 for _ in Path("/dev/fd").iterdir())
    inputs = open_captures(folder)
    assert sum(1 for _ in Path("/dev/fd").iterdir()) == before
    assert [source.bytes for source in inputs.sources] == [0, 0, 0]


def test_a_home_folder_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert names(open_captures("~/b.pcap")) == ["b.pcap"]


@pytest.mark.parametrize("source", [7, [7], None, [None]])
def test_other_things_are_a_usage_error(source: object) -> None:
    with pytest.raises(UsageError, match="cannot read captures from"):
        open_captures(source)  # type: ignore[arg-type]


def test_a_path_that_is_none_is_an_error() -> None:
    assert len(open_captures("nul\0byte").errors) == 1
