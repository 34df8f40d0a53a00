"""Measure this program beside others on one capture. In: a profile or a file. Out: a table.

::

    python tests/benchmarks/run.py --profile dense --packets 1000000
    python tests/benchmarks/run.py --file some.pcap --runs 3

Each program runs as a whole process, several times, all of them in turn; the table has medians. It
asserts nothing: times belong to the machine they were taken on.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[2]
MAKE_CAPTURE = Path(__file__).with_name("make_capture.py")


class Usage(NamedTuple):
    """What one run of a program cost."""

    cpu_s: float
    wall_s: float
    peak_kib: int
    status: int


@dataclass
class Program:
    """A program to measure; `missing` says why it cannot be."""

    name: str
    command: list[str]
    missing: str = ""
    runs: list[Usage] = field(default_factory=list)

    def middle(self, what: str) -> float:
        """Give the median of one figure over the runs."""
        return float(median(getattr(usage, what) for usage in self.runs))


def measure(command: list[str], checkout: Path) -> Usage:
    """Run a command to its end, output thrown away."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss, process.returncode)


def programs(capture: Path, checkout: Path, python: str) -> list[Program]:
    """Give what is to be measured, ours first."""
    path = str(capture)
    there = (checkout / "analyzer" / "cli.py").exists()
    return [
        Program(
            f"wsanalyze ({_form(checkout)})",
            [python, "-m", "analyzer.cli", path],
            "" if there else "analyzer/cli.py is not there",
        ),
        _installed("tshark", ["-n", "-r", path, "-Y", "websocket.opcode==8"]),
        _installed("tcptrace", ["-n", path]),
        _installed("cat", [path]),
    ]


def table(measured: list[Program], packets: int, size: int, floor_kib: int) -> str:
    """Give the figures as text; ratios are to the first program that ran."""
    head = f"{'program':24}{'CPU s':>9}{'wall s':>9}{'peak MB':>10}{'packets/s':>13}"
    lines = [f"{packets:,} packets, {size / 1e6:,.1f} MB", head + f"{'CPU ratio':>11}{'memory':>9}"]
    ran = [program for program in measured if program.runs]
    for program in measured:
        if not program.runs:
            lines.append(f"{program.name:24} missing: {program.missing}")
            continue
        cpu, peak = program.middle("cpu_s"), program.middle("peak_kib")
        sign = "<" if peak <= floor_kib * 1.05 else ""
        lines.append(
            f"{program.name:24}{cpu:9.3f}{program.middle('wall_s'):9.3f}"
            f"{sign + format(peak / 1024, '.0f'):>10}{packets / max(cpu, 1e-3):13,.0f}"
            f"{cpu / max(ran[0].middle('cpu_s'), 1e-3):11.2f}"
            f"{peak / ran[0].middle('peak_kib'):9.2f}"
        )
        if failed := sorted({usage.status for usage in program.runs} - {0}):
            lines.append(f"{'':24} ended with status {', '.join(map(str, failed))}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the command line, measure, print the table."""
    arguments = _arguments()
    checkout = arguments.checkout.resolve()
    with tempfile.TemporaryDirectory() as folder:
        capture = arguments.file or Path(folder) / f"{arguments.profile}.pcap"
        if arguments.file is None:
            packets = _make(capture, arguments.profile, arguments.packets)
        else:
            packets = arguments.packets or _count(capture)
        capture = capture.resolve()
        measured = programs(capture, checkout, arguments.python)
        for program in measured:
            if arguments.only and program.name.split()[0] not in arguments.only:
                program.missing = "left out"
        measure(["cat", str(capture)], checkout)  # everyone finds the file in the page cache
        _run_all(measured, arguments.runs, checkout)
        # A child's peak is never told lower than what this process had when it started it.
        floor = measure(["true"], checkout).peak_kib
        sys.stdout.write(table(measured, packets, capture.stat().st_size, floor))


def _run_all(measured: list[Program], runs: int, checkout: Path) -> None:
    for _ in range(runs):
        for program in measured:
            if not program.missing:
                program.runs.append(measure(program.command, checkout))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--profile", default="dense", help="as of make_capture.py")
    parser.add_argument("--packets", type=int, help="about so many; each profile has a default")
    parser.add_argument("--file", type=Path, help="measure on this capture instead")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="+", help="wsanalyze, tshark, tcptrace, cat")
    parser.add_argument("--checkout", type=Path, default=CHECKOUT, help="where analyzer/ is")
    parser.add_argument("--python", default=sys.executable, help="the interpreter for wsanalyze")
    return parser.parse_args()


def _make(path: Path, profile: str, packets: int | None) -> int:
    command = [sys.executable, str(MAKE_CAPTURE), str(path), "--profile", profile]
    command += ["--packets", str(packets)] if packets else []
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _count(capture: Path) -> int:
    """Count packets with capinfos, where it is installed."""
    if shutil.which("capinfos") is None:
        return 0
    command = ["capinfos", "-c", "-M", "-T", "-r", str(capture)]
    line = subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
    return int(line.split("\t")[1]) if "\t" in line else 0


def _form(checkout: Path) -> str:
    compiled = any((checkout / "analyzer").rglob("*.so"))
    return "compiled" if compiled else "interpreted"


def _installed(name: str, options: list[str]) -> Program:
    there = shutil.which(name) is not None
    return Program(name, [name, *options], "" if there else "not installed")


if __name__ == "__main__":
    main()
