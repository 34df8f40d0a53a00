"""What was recorded over TLS, and HTTP/2 in it, means the same however it is cut and stored."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from random import Random

import pytest

from analyzer.read import read
from analyzer.record import Connection
from capture.test_secrets import secret
from capture_files import FORMATS, Write, pcap, pcapng, write, write_rotated
from packets import Packet
from records import plain
from test_metamorphic import RECORDINGS, assert_same, can_be_changed, recorded
from transform import HARMLESS, Change

SEALED = [path for path in RECORDINGS if path.with_suffix(".keys").exists()]

CARRIERS = {"tls": "tls", "http2": "tls+h2"}


def name_of(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def opened(packets: Iterable[Packet], keys: Path, file_format: Write = pcap) -> list[Connection]:
    data = BytesIO(file_format(list(packets)))
    return read(data, frames=True, messages=True, keylog=keys).connections


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
@pytest.mark.parametrize("path", SEALED, ids=name_of)
def test_what_was_sealed_means_the_same_after(path: Path, change: Change) -> None:
    packets, keys = recorded(path), path.with_suffix(".keys")
    assert can_be_changed(packets)
    before = opened(packets, keys)
    assert CARRIERS[path.parent.name] in {one.carrier for one in before}
    assert_same(before, opened(change(packets, Random(len(packets))), keys))


@pytest.mark.parametrize("file_format", FORMATS.values(), ids=FORMATS.keys())
def test_what_was_sealed_is_the_same_in_every_format(file_format: Write) -> None:
    for path in SEALED[::5]:
        packets, keys = recorded(path), path.with_suffix(".keys")
        expected = [plain(one) for one in opened(packets, keys)]
        assert [plain(one) for one in opened(packets, keys, file_format)] == expected, path


@pytest.mark.parametrize("path", SEALED, ids=name_of)
def test_secrets_inside_the_capture_are_as_good_as_a_file(path: Path, tmp_path: Path) -> None:
    packets, log = recorded(path), path.with_suffix(".keys").read_bytes()
    whole = [plain(one) for one in opened(packets, path.with_suffix(".keys"))]
    data = pcapng(packets)
    for at in (28, len(data)):  # behind the section header block, and behind all
        both = tmp_path / f"{at}.pcapng"
        both.write_bytes(data[:at] + secret(log) + data[at:])
        found = read(both, frames=True, messages=True).connections
        assert [plain(one) for one in found] == whole


@pytest.mark.parametrize("path", SEALED, ids=name_of)
def test_what_was_sealed_is_whole_when_split_over_files(path: Path, tmp_path: Path) -> None:
    packets, keys = recorded(path), path.with_suffix(".keys")
    expected = [plain(one) for one in opened(packets, keys)]
    for files in (2, 7):
        folder = tmp_path / str(files)
        folder.mkdir()
        write_rotated(folder, packets, files)
        found = read(folder, frames=True, messages=True, keylog=keys).connections
        assert [plain(one) for one in found] == expected


def test_what_was_sealed_is_the_same_by_several_processes(tmp_path: Path) -> None:
    for path in SEALED[::8]:
        packets, keys = recorded(path), path.with_suffix(".keys")
        whole = write(tmp_path / "whole.pcap", packets)
        alone = read(whole, frames=True, messages=True, keylog=keys).connections
        found = read(whole, frames=True, messages=True, keylog=keys, jobs=2).connections
        assert [plain(one) for one in found] == [plain(one) for one in alone], path
