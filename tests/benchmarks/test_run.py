"""The benchmark's command: a line for each program, one table on the terminal and one on a page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).with_name("run.py")
TINY = ("--profile", "tiny", "--runs", "1")


def output_of(*options: str) -> str:
    command = [sys.executable, str(RUN), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_table_has_a_line_for_each_program() -> None:
    first, _, *lines = output_of(*TINY, "--only", "cat").split("\n")[:9]
    assert first == "tiny.pcap: 13 packets, 0.0 MB"
    names = ["wsanalyze"] * 3 + ["tshark", "tcptrace", "nfstream", "cat"]
    assert [line.split()[0] for line in lines] == names
    assert all("missing" in line for line in lines[:6])


def test_a_packed_capture_is_measured_beside_gzip() -> None:
    lines = output_of(*TINY, "--gzip", "--only", "gzip").splitlines()
    assert lines[0].startswith("tiny.pcap.gz: 13 packets")
    assert lines[-2].split()[0] == "gzip"


def test_a_program_that_fails_is_said_to_have_failed(tmp_path: Path) -> None:
    capture = tmp_path / "no capture.pcap"
    capture.write_bytes(b"nothing of the kind")
    output = output_of("--file", str(capture), "--runs", "1", "--ours", "false", "--only", "cat")
    assert "wsanalyze" in output
    failing = output_of("--file", str(capture), "--runs", "1", "--ours", "/bin/false")
    assert "ended with status 1" in failing


def test_the_page_says_what_was_measured_and_on_what(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    output_of(*TINY, "--only", "cat", "--markdown", str(page))
    text = page.read_text(encoding="utf-8")
    assert "cores\n" in text
    assert "### tiny.pcap: 13 packets" in text
    assert "| cat |" in text
