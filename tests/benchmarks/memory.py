"""Measure how peak memory follows the length of a capture. Out: a table, and a chart.

::

    python tests/benchmarks/memory.py --chart tests/benchmarks/memory.svg
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from run import make, measure

# The same connections, longer and longer; and nothing but SYNs, more and more of them.
LENGTHS = {
    "long": (250_000, 500_000, 1_000_000, 2_500_000),
    "flood": (250_000, 500_000, 1_000_000, 2_500_000),
}


def curve(profile: str, lengths: tuple[int, ...], ours: str) -> dict[str, list[tuple[int, float]]]:
    """Return peak memory, MB, by packets, of every program that is there."""
    found: dict[str, list[tuple[int, float]]] = {}
    for length in lengths:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{profile}.pcap"
            packets = make(path, profile, length)
            commands = {
                "wsanalyze": [ours, str(path)],
                "wsanalyze, from a pipe": ["sh", "-c", f"cat {path} | {ours} - -f jsonl"],
            }
            if shutil.which("tshark") and profile == "long":
                commands["tshark"] = ["tshark", "-n", "-r", str(path), "-Y", "websocket.opcode==8"]
            for name, command in commands.items():
                peak = measure(command).peak_kib / 1024
                found.setdefault(f"{profile}: {name}", []).append((packets, peak))
                sys.stdout.write(f"{profile:8}{packets:>12,} packets  {name:24}{peak:>8.0f} MB\n")
                sys.stdout.flush()
    return found


def draw(curves: dict[str, list[tuple[int, float]]], path: Path) -> None:
    """Draw the curves, memory from zero."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only who wants a chart

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, points in curves.items():
        packets, peaks = zip(*points, strict=True)
        line = "--" if "tshark" in name else "-"
        axes.plot([count / 1e6 for count in packets], peaks, line, marker="o", label=name)
    axes.set(xlabel="packets, millions", ylabel="peak memory, MB", ylim=(0, None), xlim=(0, None))
    axes.set_title("Memory by the length of a capture", loc="left")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    """Read the command line, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--chart", type=Path, help="an SVG or PNG file")
    parser.add_argument("--ours", default=str(Path(sys.executable).with_name("wsanalyze")))
    parser.add_argument("--scale", type=float, default=1, help="of the lengths")
    arguments = parser.parse_args()
    curves: dict[str, list[tuple[int, float]]] = {}
    for profile, lengths in LENGTHS.items():
        scaled = tuple(int(length * arguments.scale) for length in lengths)
        curves |= curve(profile, scaled, arguments.ours)
    if arguments.chart is not None:
        draw(curves, arguments.chart)


if __name__ == "__main__":
    main()
