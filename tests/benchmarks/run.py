"""Measure this program beside others on captures made for it. In: profiles. Out: tables.

::

    python tests/benchmarks/run.py --profile dense --packets 1000000
    python tests/benchmarks/run.py --file some.pcap --runs 3
    python tests/benchmarks/run.py --all --markdown tests/benchmarks/RESULTS.md

Each program runs as a whole process, several times, all of them in turn; the table has medians. It
asserts nothing: times belong to the machine they were taken on.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import NamedTuple

from machine import about_machine, about_programs

MAKE_CAPTURE = Path(__file__).with_name("make_capture.py")
NFSTREAM = "import sys, nfstream\nfor flow in nfstream.NFStreamer(source=sys.argv[1]): pass"
NOWHERE = Path(tempfile.gettempdir())  # not the checkout: its folder `analyzer` would be imported


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


class Case(NamedTuple):
    """A capture to measure on; `packets` None for the profile's own number; `alone` without others."""

    profile: str
    packets: int | None = None
    packed: bool = False
    alone: bool = False


# What `--all` measures. The first three are large, so that starting up weighs nothing in them; TLS
# too, as its thousand handshakes should not, and `tls13` also in the usual size, where they do;
# `long` comes twice, because its memory should not follow its length; random payload does not
# shrink, so that `bulk` and `mixed` packed would measure no more than copying.
ALL = (
    *(Case(profile, 5_000_000) for profile in ("dense", "bulk", "mixed")),
    Case("many"),
    Case("lossy"),
    Case("tls12", 5_000_000),
    Case("tls13"),
    Case("tls13", 5_000_000),
    Case("tls13-bulk", 1_000_000),
    Case("h2"),
    Case("long", 1_000_000, alone=True),
    Case("long", 10_000_000, alone=True),
    Case("tiny"),
    *(Case(profile, packed=True) for profile in ("dense", "many", "tiny")),
)


def measure(command: list[str]) -> Usage:
    """Run a command to its end, output thrown away."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=NOWHERE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss, process.returncode)


def programs(capture: Path, ours: str, nfstream: str, *, packed: bool) -> list[Program]:
    """Give what is to be measured, ours first, what only reads the file last."""
    path = str(capture)
    missing = "" if Path(ours).exists() else f"no {ours}: install the package, or name it by --ours"
    form = _said([ours, "--version"]).rpartition("(")[2].rstrip(")\n") or "?"
    flows = "" if _said([nfstream, "-c", "import nfstream; print(1)"]) else "not installed"
    log = capture.with_suffix(".keys")
    keys = ["--keylog", str(log)] if log.exists() else []
    for_tshark = ["-o", f"tls.keylog_file:{log}"] if log.exists() else []
    return [
        Program(f"wsanalyze -j 1 ({form})", [ours, "-j", "1", path, *keys], missing),
        Program("wsanalyze", [ours, path, *keys], missing),
        Program("wsanalyze -j 1 -f json", [ours, "-j", "1", "-f", "json", path, *keys], missing),
        _installed("tshark", ["-n", *for_tshark, "-r", path, "-Y", "websocket.opcode==8"]),
        _installed("tcptrace", ["-n", path]),
        Program("nfstream", [nfstream, "-c", NFSTREAM, path], flows),
        _installed("gzip", ["-dc", path]) if packed else _installed("cat", [path]),
    ]


def _said(command: list[str]) -> str:
    """Give what a command prints; empty where it is not there, or fails."""
    try:
        done = subprocess.run(command, cwd=NOWHERE, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout


def _installed(name: str, options: list[str]) -> Program:
    there = shutil.which(name) is not None
    return Program(name, [name, *options], "" if there else "not installed")


COLUMNS = ("program", "CPU s", "wall s", "peak MB", "packets/s", "CPU", "wall", "memory")


def rows(measured: list[Program], packets: int, floor_kib: int) -> Iterator[tuple[str, ...]]:
    """Yield the cells of a table; the last three are ratios to the first program that ran."""
    ran = [program for program in measured if program.runs]
    for program in measured:
        if not program.runs:
            yield program.name, f"missing: {program.missing}"
            continue
        cpu, wall, peak = (program.middle(what) for what in ("cpu_s", "wall_s", "peak_kib"))
        sign = "<" if peak <= floor_kib * 1.05 else ""
        yield (
            program.name,
            f"{cpu:.3f}",
            f"{wall:.3f}",
            f"{sign}{peak / 1024:.0f}",
            f"{packets / max(cpu, 1e-3):,.0f}",
            f"{cpu / max(ran[0].middle('cpu_s'), 1e-3):.2f}",
            f"{wall / max(ran[0].middle('wall_s'), 1e-3):.2f}",
            f"{peak / ran[0].middle('peak_kib'):.2f}",
        )
        if failed := sorted({usage.status for usage in program.runs} - {0}):
            yield "", f"ended with status {', '.join(map(str, failed))}"


def as_text(title: str, cells: list[tuple[str, ...]]) -> str:
    """Give a table for the terminal."""
    lines = [title]
    for name, *others in (COLUMNS, *cells):
        wide = len(others) == len(COLUMNS) - 1
        text = "".join(f"{one:>13}" for one in others) if wide else f"  {others[0]}"
        lines.append(f"{name:24}{text}")
    return "\n".join(lines) + "\n"


def as_markdown(title: str, cells: list[tuple[str, ...]]) -> str:
    """Give a table for a page."""
    lines = [f"### {title}", "", "| " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * 7]
    for cell in cells:
        padded = [*cell, *[""] * (len(COLUMNS) - len(cell))]
        lines.append("| " + " | ".join(padded) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the command line, measure, print the tables."""
    arguments = _arguments()
    cases = ALL if arguments.all else (Case(arguments.profile, arguments.packets, arguments.gzip),)
    tables: list[str] = []
    # A child's peak is never told lower than what this process had when it started it.
    floor = measure(["true"]).peak_kib
    for case in cases:
        with _capture(case, arguments) as (capture, packets):
            title = f"{capture.name}: {packets:,} packets, {capture.stat().st_size / 1e6:,.1f} MB"
            packed = capture.suffix == ".gz"
            measured = programs(capture, arguments.ours, arguments.nfstream, packed=packed)
            only = ["wsanalyze", "cat"] if case.alone else arguments.only
            cells = list(rows(_run_all(measured, capture, arguments.runs, only), packets, floor))
        sys.stdout.write(as_text(title, cells) + "\n")
        sys.stdout.flush()
        tables.append(as_markdown(title, cells))
        if arguments.markdown:
            arguments.markdown.write_text(_page(arguments, tables), encoding="utf-8")


def _page(arguments: argparse.Namespace, tables: list[str]) -> str:
    about = [*about_machine(), *about_programs(arguments.ours, arguments.nfstream)]
    machine = "".join(f"- {line}\n" for line in about)
    return PAGE.format(machine=machine, runs=arguments.runs) + "\n" + "\n".join(tables)


PAGE = """# Measured

By `python tests/benchmarks/run.py --all --markdown tests/benchmarks/RESULTS.md`, see README.md
beside this file. Medians of {runs} runs, all programs in turn, files in the page cache. CPU is user and
system time, packets/s is per CPU second. The last three columns are ratios to the first line: a CPU
ratio of 100 says that a program takes a hundred times the CPU time of `wsanalyze`.

{machine}"""


@contextmanager
def _capture(case: Case, arguments: argparse.Namespace) -> Iterator[tuple[Path, int]]:
    """Make the capture, unless one is given, and put it into the page cache."""
    if arguments.file is not None:
        yield arguments.file.resolve(), arguments.packets or _count(arguments.file)
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        capture = Path(folder) / f"{case.profile}.pcap"
        packets = make(capture, case.profile, case.packets)
        if case.packed:
            packed = capture.with_suffix(".pcap.gz")
            with capture.open("rb") as file, gzip.open(packed, "wb", compresslevel=6) as into:
                shutil.copyfileobj(file, into, 1 << 20)
            capture = packed
        yield capture, packets


def _run_all(
    measured: list[Program], capture: Path, runs: int, only: list[str] | None
) -> list[Program]:
    for program in measured:
        if only and program.name.split()[0] not in only:
            program.missing = "left out"
    measure(["cat", str(capture)])
    for _ in range(runs):
        for program in measured:
            if not program.missing:
                program.runs.append(measure(program.command))
    return measured


def _arguments() -> argparse.Namespace:
    ours = Path(sys.executable).with_name("wsanalyze")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--profile", default="dense", help="as of make_capture.py")
    parser.add_argument("--packets", type=int, help="about so many; each profile has a default")
    parser.add_argument("--gzip", action="store_true", help="measure on the capture gzip'd")
    parser.add_argument("--file", type=Path, help="measure on this capture instead")
    parser.add_argument("--all", action="store_true", help="every profile, at full size")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there, too")
    parser.add_argument("--runs", type=int, default=5)
    names = "wsanalyze, tshark, tcptrace, nfstream, cat, gzip"
    parser.add_argument("--only", nargs="+", help=f"some of {names}")
    parser.add_argument("--ours", default=str(ours), help="the installed command")
    parser.add_argument("--nfstream", default=sys.executable, help="an interpreter that has it")
    parser.add_argument("--folder", type=Path, help="where captures are made; 6 GB with --all")
    return parser.parse_args()


def make(path: Path, profile: str, packets: int | None) -> int:
    """Write a capture; return how many packets it has."""
    command = [sys.executable, str(MAKE_CAPTURE), str(path), "--profile", profile]
    command += ["--packets", str(packets)] if packets else []
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _count(capture: Path) -> int:
    """Count packets with capinfos, where it is installed."""
    if shutil.which("capinfos") is None:
        return 0
    line = _said(["capinfos", "-c", "-M", "-T", "-r", str(capture.resolve())]).strip()
    return int(line.split("\t")[1]) if "\t" in line else 0


if __name__ == "__main__":
    main()
