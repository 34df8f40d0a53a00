"""`analyzer.join`, as a notebook user holds it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.errors import CaptureError

CAPTURES = Path(__file__).resolve().parents[1] / "captures" / "conditions"


def test_join_keeps_each_capture_apart() -> None:
    parts = [CAPTURES / f"nginx-idle-{one}-leg.pcap" for one in ("client", "backend")]
    joined = analyzer.join(*parts)
    assert [len(one.connections) for one in joined.analyses] == [1, 1]
    assert repr(joined) == "<1 conversation in 2 captures>"
    assert "proxy was first" in str(joined)


def test_what_was_joined_is_written_as_a_file(tmp_path: Path) -> None:
    joined = analyzer.join(CAPTURES / "nginx-close.pcap")
    joined.report(tmp_path / "a.html")
    assert "server was first: Close 1001" in (tmp_path / "a.html").read_text("utf-8")


def test_what_stands_out_is_told_of_each_capture(tmp_path: Path) -> None:
    # The proxy ended both legs: eight clients, and a timer of 2 s (captures/incidents/README.md).
    joined = analyzer.join(CAPTURES.parent / "incidents" / "nginx-idle-crowd.pcap")
    captures: Any = joined.to_dict()["captures"]
    assert [one["name"] for one in captures[0]["findings"]] == ["idle-timer"]
    joined.report(tmp_path / "a.md")
    assert "What stands out in capture 0" in (tmp_path / "a.md").read_text("utf-8")


def test_what_is_no_capture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no capture")
    with pytest.raises(CaptureError):
        analyzer.join(path)


def test_who_reads_one_capture_does_not_load_the_room() -> None:
    program = "import analyzer, sys; print([name for name in sys.modules if '.legs' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
