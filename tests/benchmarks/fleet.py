"""Measure what a cluster does with captures of many hosts. Out: a table of stages, to plan with.

::

    python tests/benchmarks/fleet.py --hosts 4 --files 3 --packets 500000 --workers 1 2

Every host's capture is one profile, cut into files; all workers are processes of this machine, so
that more of them than it has processors bring nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from run import make

STAGES = ("cutting", "looking through", "analysing", "joining", "numbering")


class Clock:
    """Takes the time of stages, as their progress is told."""

    def __init__(self) -> None:
        self.begun = time.perf_counter()
        self.seconds = dict.fromkeys(STAGES, 0.0)

    def __call__(self, stage: str, done: int, total: int) -> None:  # noqa: ARG002
        now = time.perf_counter()
        self.seconds[stage] += now - self.begun
        self.begun = now


def cut(path: Path, files: int) -> list[Path]:
    """Cut a pcap file into as many, between records, and pack them with zstd."""
    import zstandard  # noqa: PLC0415

    data = path.read_bytes()
    found, begin, at = [], 24, 24
    for index in range(files):
        target = len(data) * (index + 1) // files
        while at < target:
            at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        found.append(path.with_name(f"{path.stem}_{index:05d}.pcap.zst"))
        found[-1].write_bytes(zstandard.compress(data[:24] + data[begin:at], 3))
        begin = at
    path.unlink()
    return found


def measure(folder: Path, workers: int) -> tuple[float, dict[str, float], Any]:
    """Return wall seconds, seconds by stage, and what was found."""
    from distributed import Client, LocalCluster  # noqa: PLC0415

    from analyzer.fleet.result import read_fleet  # noqa: PLC0415

    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.run(_import)
        clock = Clock()
        started = time.perf_counter()
        found = read_fleet([folder], client, progress=clock)
        return time.perf_counter() - started, clock.seconds, len(found)


def _import() -> None:
    import analyzer.fleet.work  # noqa: F401, PLC0415 - loaded before the clock runs


def main() -> None:
    """Read the command line, make captures, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--profile", default="mixed")
    parser.add_argument("--hosts", type=int, default=4)
    parser.add_argument("--files", type=int, default=3, help="of each host")
    parser.add_argument("--packets", type=int, default=500_000, help="of each host")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packets = size = packed = 0
        for host in range(arguments.hosts):
            path = folder / f"host{chr(97 + host % 26)}.pcap"
            packets += make(path, arguments.profile, arguments.packets)
            size += path.stat().st_size
            packed += sum(one.stat().st_size for one in cut(path, arguments.files))
        sys.stdout.write(
            f"{arguments.hosts} hosts, {arguments.files} files each, {packets:,} packets,"
            f" {size / 1e9:.2f} GB, {packed / 1e9:.2f} GB packed\n"
            f"{'workers':>8}{'wall s':>8}{'GB/s':>8}"
            + "".join(f"{one:>17}" for one in STAGES)
            + "\n"
        )
        for workers in arguments.workers:
            wall, stages, found = measure(folder, workers)
            sys.stdout.write(
                f"{workers:>8}{wall:>8.2f}{size / 1e9 / wall:>8.2f}"
                + "".join(f"{stages[one]:>15.2f} s" for one in STAGES)
                + f"   {found:,} connections\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
