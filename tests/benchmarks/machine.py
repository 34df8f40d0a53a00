"""Say what was measured on. Out: lines for a page of results, without names of hosts or users."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def about_machine() -> list[str]:
    """Give date, processor, memory and kernel."""
    cores = len(os.sched_getaffinity(0))
    return [
        f"{datetime.now(UTC):%Y-%m-%d}",
        f"{_field('/proc/cpuinfo', 'model name') or platform.machine()}, {cores} cores",
        f"{_memory_gib()} GiB of memory",
        f"Linux {re.match(r'[0-9.]*', platform.release())[0]}, Python {platform.python_version()}",  # type: ignore[index]
    ]


def about_programs(ours: str, nfstream: str) -> list[str]:
    """Give the versions of the programs that are there."""
    commands = {
        "wsanalyze": [ours, "--version"],
        "TShark": ["tshark", "--version"],
        "tcptrace": ["tcptrace", "-v"],
        "NFStream": [nfstream, "-c", "import nfstream; print(nfstream.__version__)"],
    }
    found = {name: _version(command) for name, command in commands.items()}
    return [f"{name} {version}" for name, version in found.items() if version]


def _version(command: list[str]) -> str:
    """Give the first version number, and what stands in brackets behind our own."""
    try:
        done = subprocess.run(command, cwd="/", check=False, capture_output=True, text=True)
    except OSError:
        return ""
    found = re.search(r"\d+(\.\d+)+(?: \((?:compiled|interpreted)\))?", done.stdout + done.stderr)
    return found[0] if found else ""


def _field(path: str, name: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(rf"^{name}\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _memory_gib() -> int:
    kib = _field("/proc/meminfo", "MemTotal").split()
    return round(int(kib[0]) / 2**20) if kib else 0
