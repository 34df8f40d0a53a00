"""The report as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.capture.record import CaptureRecord
from analyzer.errors import UsageError
from analyzer.report import write_report
from told import found_in, reset


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.html", "<!doctype html>"),
        ("a.htm", "<!doctype html>"),
        ("a", "<!doctype html>"),
        ("a.md", "# WebSocket endings"),
        ("a.MD", "# WebSocket endings"),
        ("a.markdown", "# WebSocket endings"),
    ],
)
def test_the_name_decides_what_is_written(tmp_path: Path, name: str, begins: str) -> None:
    write_report(tmp_path / name, [], found_in(reset()))
    assert (tmp_path / name).read_text("utf-8").startswith(begins)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_capture_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "capture.md"
    path.write_bytes(b"packets")
    with pytest.raises(UsageError, match="is being read"):
        write_report(path, [CaptureRecord(str(path))], [])
    assert path.read_bytes() == b"packets"


def test_a_report_that_fails_leaves_what_stood_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.write_text("before")

    def fail(*_: object, **__: object) -> str:
        raise RuntimeError

    monkeypatch.setattr("analyzer.report.files.markdown", fail)
    with pytest.raises(RuntimeError):
        write_report(path, [], [])
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_when_and_by_whom_is_said_if_told(tmp_path: Path) -> None:
    write_report(tmp_path / "a.html", [], [], made="2026-11-23")
    assert "2026-11-23" in (tmp_path / "a.html").read_text("utf-8")
