"""The curves of memory: a line for each length and program, and a chart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MEMORY = Path(__file__).with_name("memory.py")


def test_there_is_a_line_for_each_length_and_a_chart(tmp_path: Path) -> None:
    chart = tmp_path / "memory.svg"
    command = [sys.executable, str(MEMORY), "--scale", "0.002", "--ours", "true"]
    done = subprocess.run(
        [*command, "--chart", str(chart)], check=True, capture_output=True, text=True
    )
    lines = [line for line in done.stdout.splitlines() if "tshark" not in line]
    assert len(lines) == 2 * 2 * 4
    assert all(line.endswith(" MB") for line in lines)
    assert "peak memory, MB" in chart.read_text(encoding="utf-8")
