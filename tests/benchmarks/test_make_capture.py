"""The captures to measure with are what they are said to be."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import tshark
from benchmarks.make_capture import PROFILES, write_capture


def made(name: str, packets: int, seed: int = 1) -> tuple[bytes, int]:
    file = io.BytesIO()
    written = write_capture(file, PROFILES[name], packets, seed)
    return file.getvalue(), written


@pytest.mark.parametrize("name", PROFILES)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    assert made(name, 2000) == made(name, 2000)
    assert made(name, 2000) != made(name, 2000, seed=2)


@pytest.mark.parametrize("name", sorted(set(PROFILES) - {"tiny"}))
def test_about_as_many_packets_as_asked_for(name: str) -> None:
    assert 0.9 < made(name, 40_000)[1] / 40_000 < 1.1


def test_dense_has_about_146_bytes_a_packet() -> None:
    data, packets = made("dense", 40_000)
    assert 140 < len(data) / packets < 152


@tshark.needs_tshark
@pytest.mark.parametrize("name", PROFILES)
def test_tshark_finds_nothing_wrong(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    data, packets = made(name, 4000)
    path.write_bytes(data)
    assert tshark.fields(path, "_ws.malformed", "frame.number") == []
    assert len(tshark.fields(path, "frame", "frame.number")) == packets
    disturbed = bool(tshark.fields(path, "tcp.analysis.flags", "frame.number"))
    assert disturbed == (name == "lossy")


@tshark.needs_tshark
@pytest.mark.parametrize("name", ["dense", "bulk", "many", "lossy"])
def test_a_connection_that_was_not_reset_has_a_close_of_each_side(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(made(name, 3000)[0])
    seen = tshark.websocket_frames(path)
    closed = {(frame.tcp_stream, frame.side) for frame in seen if frame.opcode == 8}
    whole = set(tshark.tcp_streams(path).values()) - {rst.tcp_stream for rst in tshark.rsts(path)}
    assert closed == {(stream, side) for stream in whole for side in ("client", "server")}
