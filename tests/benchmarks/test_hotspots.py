"""The command that profiles: a table for each capture, or what it lacks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOTSPOTS = Path(__file__).with_name("hotspots.py")


def test_what_cannot_be_measured_is_said(tmp_path: Path) -> None:
    command = [sys.executable, str(HOTSPOTS), "--profile", "tiny"]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={"PATH": str(tmp_path)}
    )
    assert done.stderr.startswith("hotspots: no perf here")


@pytest.mark.skipif(shutil.which("perf") is None, reason="perf of Linux is not installed")
def test_a_command_is_profiled(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    command = [sys.executable, str(HOTSPOTS), "--profile", "tiny", "--markdown", str(page)]
    slow = tmp_path / "slow"
    slow.write_text(f"#!{sys.executable}\nsum(range(3_000_000))\n", encoding="utf-8")
    slow.chmod(0o755)
    done = subprocess.run(
        [*command, "--after", str(slow)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"perf may not look here: {done.stderr.strip().splitlines()[-1]}")
    assert "| Python" in done.stdout
    assert "tiny.pcap: 13 packets" in page.read_text(encoding="utf-8")
