"""The benchmark of a cluster: a line for each number of workers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed")
FLEET = Path(__file__).with_name("fleet.py")


def test_there_is_a_line_for_each_number_of_workers() -> None:
    root = str(FLEET.parents[2])
    command = [sys.executable, str(FLEET), "--hosts", "2", "--packets", "3000", "--workers", "1"]
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": root, "HOME": "/tmp"},
    )
    title, head, line = done.stdout.splitlines()
    assert title.startswith("2 hosts, 3 files each, ")
    assert head.split()[:3] == ["workers", "wall", "s"]
    assert line.split()[0] == "1"
    assert line.endswith(" connections")
