"""What the benchmark seals, tshark opens, and finds in it the same frames as this program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import tshark
from analyzer.read import read
from benchmarks.make_capture import PROFILES, write_capture


def made(folder: Path, name: str) -> tuple[Path, Path]:
    path, keys = folder / f"{name}.pcap", list[str]()
    with path.open("wb") as file:
        write_capture(file, PROFILES[name], 1000, keys=keys)
    log = path.with_suffix(".keys")
    log.write_text("\n".join([*keys, ""]))
    return path, log


@tshark.needs_tshark
@pytest.mark.parametrize("name", ["tls12", "tls13", "tls13-bulk"])
def test_frames_are_those_that_tshark_finds(tmp_path: Path, name: str) -> None:
    path, log = made(tmp_path, name)
    command = ["tshark", "-n", "-r", str(path), "-o", f"tls.keylog_file:{log}"]
    fields = ["-Y", "websocket", "-T", "fields", "-e", "frame.number", "-e", "websocket.opcode"]
    done = subprocess.run([*command, *fields], capture_output=True, text=True, check=True)
    theirs = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    analysis = read(path, keylog=log, frames=True)
    assert analysis.encrypted == []
    ours = [
        (packet, opcode)
        for one in analysis.connections
        if one.frames is not None
        for packet, opcode in zip(one.frames.packet, one.frames.opcode, strict=True)
    ]
    assert sorted(ours) == sorted(theirs)
    assert {one.carrier for one in analysis.connections} == {"tls"}
