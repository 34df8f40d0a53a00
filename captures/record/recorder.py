"""What every recording script shares: tcpdump around a scenario, and the truth file beside the capture.

In: a scenario that drives real programs. Out: ``captures/FAMILY/NAME.pcap`` and ``NAME.truth.json``.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

CAPTURES = Path(__file__).resolve().parent.parent


@contextmanager
def tcpdump(
    path: Path,
    filter_: str,
    *,
    interface: str = "lo",
    netns: str | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[None]:
    """Capture on `interface` (of the namespace `netns`) into `path` while the block runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    inside = ["ip", "netns", "exec", netns] if netns else []
    # without immediate mode the kernel may hold the last second back, and SIGINT would lose it
    at_once = ("--immediate-mode", "-B", "16384")
    command = [
        *inside,
        "tcpdump",
        "-i",
        interface,
        "-U",
        "-s",
        "0",
        "-Z",
        "root",
        *at_once,
        *options,
    ]
    process = subprocess.Popen(
        [*command, "-w", str(path), filter_], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "listening on" in line:
            break
    try:
        yield
        time.sleep(0.6)  # the last ACK of a teardown reaches the file late
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
        if "\n0 packets dropped by kernel" not in "\n" + process.stderr.read():
            print(f"{path.name}: the kernel dropped packets, record again", file=sys.stderr)


def write_truth(family: str, name: str, truth: dict[str, Any]) -> None:
    """Write what the endpoints logged beside the capture."""
    truth = {"recorded": date.today().isoformat(), **truth}
    path = CAPTURES / family / f"{name}.truth.json"
    path.write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
