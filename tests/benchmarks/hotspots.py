"""Measure in which rooms of the package a capture's time goes, before and after a change.

::

    python tests/benchmarks/hotspots.py --before OLD/bin/wsanalyze --packets 1000000

The two are installations of the compiled package (the interpreted form is all Python's own time).
``perf`` of Linux looks 2000 times a CPU second where the program stands; a share of these looks,
times the CPU time in user mode, is what a room took. Without ``--before`` there is one column.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import about_machine
from rooms import as_markdown, looks, table
from run import make

FREQUENCY = 1999  # not a round number: nothing in a program ticks in step with it
PROFILES = ("dense", "mixed", "many")


def one_process(program: str) -> list[str]:
    """Return the command that reads with one process; the first commits knew no other way."""
    told = subprocess.run([program, "--help"], check=False, capture_output=True, text=True).stdout
    return [program, "-j", "1"] if "--jobs" in told else [program]


def profile(command: list[str], folder: Path) -> dict[str, float]:
    """Return the CPU seconds in user mode that a command spends in each room."""
    data = str(folder / "perf.data")
    record = ["perf", "record", "-q", "-e", "cpu-clock:u", "-F", str(FREQUENCY), "-o", data]
    subprocess.run([*record, "--", *command], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    script = ["perf", "script", "-i", data, "-F", "ip,dso"]
    told = subprocess.run(script, check=True, capture_output=True, text=True, cwd=folder).stdout
    return {room: count / FREQUENCY for room, count in looks(told).items()}


PAGE = """# Where the time goes

By `python tests/benchmarks/hotspots.py --before OLD/bin/wsanalyze --markdown PAGE`: user-mode CPU
time in nanoseconds a packet, by room of the package (`-j 1`, text output, files in the page cache).
"Python" is the interpreter: what works on objects, whoever asked for it, and all that is not
compiled. OLD is an installation of an older commit{commit}.

{machine}

{tables}"""


def main() -> None:
    """Read the command line, profile, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--before", help="the command of an older installation")
    parser.add_argument("--commit", default="", help="which one that is, for the page")
    parser.add_argument("--after", default=str(Path(sys.executable).with_name("wsanalyze")))
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--profile", nargs="+", default=PROFILES)
    parser.add_argument("--markdown", type=Path, help="write a page")
    arguments = parser.parse_args()
    if shutil.which("perf") is None:
        sys.exit("hotspots: no perf here (Debian: apt install linux-perf)")
    tables = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what in arguments.profile:
            path = folder / f"{what}.pcap"
            packets = make(path, what, arguments.packets)
            commands = [arguments.before] * bool(arguments.before) + [arguments.after]
            found = [profile([*one_process(one), str(path)], folder) for one in commands]
            path.unlink()
            title = f"{path.name}: {packets:,} packets"
            tables.append(as_markdown(title, table(found, packets)))
            sys.stdout.write(tables[-1] + "\n")
            sys.stdout.flush()
    if arguments.markdown is not None:
        machine = "\n".join(f"- {line}" for line in about_machine())
        commit = f" ({arguments.commit})" if arguments.commit else ""
        page = PAGE.format(commit=commit, machine=machine, tables="\n".join(tables))
        arguments.markdown.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
