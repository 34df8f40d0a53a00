"""Measure what a TLS record costs beside the bare cipher. Out: a table.

::

    python tests/benchmarks/records.py --packets 3000000

`dense` and the same conversations in TLS are read by `wsanalyze -j 1`; the difference in CPU time,
shared among the records, is what a record costs. Beside it stands what ``cryptography`` takes for
AES-128-GCM on plaintext of the same mean length, called from Python, and nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from run import make, measure

CALLS = 100_000
KEYS = 2000


def bare_ns(length: int) -> float:
    """Return the nanoseconds of CPU that decrypting so many bytes takes, with two thousand keys.

    As many as the sides of a thousand connections have: one key alone would stay in the cache.
    """
    nonce, header = os.urandom(12), bytes(5)
    ciphers = [AESGCM(os.urandom(16)) for _ in range(KEYS)]
    records = [(one.decrypt, one.encrypt(nonce, bytes(length), header)) for one in ciphers]
    taken = []
    for _ in range(5):
        began = time.process_time_ns()
        for _ in range(CALLS // KEYS):
            for decrypt, sealed in records:
                decrypt(nonce, sealed, header)
        taken.append((time.process_time_ns() - began) / CALLS)
    return median(taken)


def frames_of(command: list[str]) -> tuple[int, int]:
    """Return how many frames a capture holds, and their bytes."""
    told = subprocess.run([*command, "-f", "json"], check=True, capture_output=True).stdout
    sides = [
        one[side]
        for one in json.loads(told)["connections"]
        for side in ("client_sent", "server_sent")
    ]
    return sum(one["frames"] for one in sides), sum(one["bytes"] for one in sides)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packets", type=int, default=3_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--ours", default=str(Path(sys.executable).with_name("wsanalyze")))
    arguments = parser.parse_args()
    line = "{:8}{:>10}{:>10}{:>14}{:>14}{:>8}\n".format
    sys.stdout.write(line("profile", "records", "bytes", "ours, ns", "cipher, ns", "ratio"))
    with tempfile.TemporaryDirectory() as folder:
        took: dict[str, float] = {}
        for profile in ("dense", "tls12", "tls13"):
            path = Path(folder) / f"{profile}.pcap"
            make(path, profile, arguments.packets)
            command = [arguments.ours, "-j", "1", str(path)]
            if profile != "dense":
                command += ["--keylog", str(path.with_suffix(".keys"))]
            runs = [measure(command).cpu_s for _ in range(arguments.runs)]
            took[profile] = median(runs)
            if profile == "dense":
                continue
            records, size = frames_of(command)
            length = size // max(records, 1)
            ours = (took[profile] - took["dense"]) / max(records, 1) * 1e9
            bare = bare_ns(length)
            cells = (
                f"{records:,}",
                str(length),
                f"{ours:,.0f}",
                f"{bare:,.0f}",
                f"{ours / bare:.1f}",
            )
            sys.stdout.write(line(profile, *cells))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
