"""Measure what a TLS record costs beside the bare cipher. Out: a table.

::

    python tests/benchmarks/records.py --packets 3000000

`dense` and the same conversations in TLS are read by `wsanalyze -j 1`; the difference in CPU time,
shared among the records, is what a record costs. Beside it stands what ``cryptography`` takes for
AES-128-GCM on plaintext of the same mean length with as many keys, called from Python, and nothing
else. So are `bulk` and `tls13-bulk`, whose records are as long as records may be.
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
from random import Random
from statistics import median

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from run import make, measure

CALLS = 100_000
RECORD = 16_384  # RFC 8446, section 5.1: the most that one holds
# What each is without TLS.
PLAIN = {"tls12": "dense", "tls13": "dense", "tls13-bulk": "bulk"}


def bare_ns(length: int, keys: int) -> float:
    """Return the nanoseconds of CPU that decrypting so many bytes takes, with so many keys.

    As many as the connections have sides, and in no order, as these speak: one key alone would
    stay in the cache.
    """
    nonce, header = os.urandom(12), bytes(5)
    ciphers = [AESGCM(os.urandom(16)) for _ in range(keys)]
    records = [(one.decrypt, one.encrypt(nonce, bytes(length), header)) for one in ciphers]
    order = Random(keys).choices(records, k=max(CALLS * 100 // max(length, 100), 1))
    taken = []
    for _ in range(5):
        began = time.process_time_ns()
        for decrypt, sealed in order:
            decrypt(nonce, sealed, header)
        taken.append((time.process_time_ns() - began) / len(order))
    return median(taken)


def frames_of(command: list[str]) -> tuple[int, int, int]:
    """Return how many sides a capture has, how many frames they sent, and bytes in these."""
    told = subprocess.run([*command, "-f", "json"], check=True, capture_output=True).stdout
    sides = [
        one[side]
        for one in json.loads(told)["connections"]
        for side in ("client_sent", "server_sent")
    ]
    frames, size = (sum(one[what] for one in sides) for what in ("frames", "bytes"))
    return len(sides), frames, size


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packets", type=int, default=3_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--ours", default=str(Path(sys.executable).with_name("wsanalyze")))
    arguments = parser.parse_args()
    line = "{:12}{:>10}{:>10}{:>14}{:>14}{:>8}\n".format
    sys.stdout.write(line("profile", "records", "bytes", "ours, ns", "cipher, ns", "ratio"))
    with tempfile.TemporaryDirectory() as folder:
        took: dict[str, float] = {}
        for profile in (*dict.fromkeys(PLAIN.values()), *PLAIN):
            path = Path(folder) / f"{profile}.pcap"
            make(path, profile, arguments.packets)
            command = [arguments.ours, "-j", "1", str(path)]
            if profile in PLAIN:
                command += ["--keylog", str(path.with_suffix(".keys"))]
            runs = [measure(command).cpu_s for _ in range(arguments.runs)]
            took[profile] = median(runs)
            if profile not in PLAIN:
                path.unlink()
                continue
            sides, frames, size = frames_of(command)
            path.unlink()
            records = max(frames, size // RECORD, 1)
            length = min(size // records, RECORD)
            ours = (took[profile] - took[PLAIN[profile]]) / records * 1e9
            bare = bare_ns(length, sides)
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
