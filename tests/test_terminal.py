"""What is special about a terminal; a pseudo-terminal stands for one."""

from __future__ import annotations

import fcntl
import io
import os
import select
import struct
import termios
import time
from collections.abc import Iterator
from typing import TextIO

import pytest

from analyzer.terminal import SGR, ProgressLine, wants_colour, width_of, write_lines
from analyzer.text import STYLES, Line


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[TextIO]:
    """A terminal of 91 columns."""
    for name in ("COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    controller, end = os.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 91, 0, 0))
    with os.fdopen(end, "w", encoding="utf-8") as out:
        yield out
    os.close(controller)


def test_width_is_that_of_the_terminal(terminal: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    assert width_of(terminal) == 91
    monkeypatch.setenv("COLUMNS", "70")
    assert width_of(terminal) == 70
    monkeypatch.setenv("COLUMNS", "wide")
    assert width_of(terminal) == 91


def test_a_terminal_that_does_not_know_its_width_has_eighty_columns(terminal: TextIO) -> None:
    fcntl.ioctl(terminal.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
    assert width_of(terminal) == 80


def test_a_pipe_has_no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    assert width_of(io.StringIO()) is None


def test_colour_is_for_terminals_that_want_it(
    terminal: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wants_colour(terminal, "auto")
    assert not wants_colour(io.StringIO(), "auto")
    assert not wants_colour(terminal, "never")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(terminal, "auto")
    assert wants_colour(io.StringIO(), "always"), "who says always means it"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(terminal, "auto")


def test_every_style_has_its_colour() -> None:
    assert set(STYLES.values()) <= SGR.keys()


def test_lines_are_written_with_their_styles_or_without() -> None:
    lines = [Line("bad  ", "red"), Line("plain "), Line("", "bold")]
    plain, coloured = io.StringIO(), io.StringIO()
    write_lines(lines, plain, colour=False)
    write_lines(lines, coloured, colour=True)
    assert plain.getvalue() == "bad\nplain\n\n"
    assert coloured.getvalue() == "\x1b[31mbad\x1b[0m\nplain\n\n"


def test_short_work_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine(wanted=True) as progress:
        progress(1, 2, 3, 4)
    assert capsys.readouterr() == ("", "")


def whatever_comes(controller: int) -> bytes:
    """Read from the other end of a terminal until nothing more comes."""
    found = b""
    while select.select([controller], [], [], 0.2)[0]:
        found += os.read(controller, 100_000)
    return found


def test_long_work_shows_progress_until_something_else_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    controller, end = os.openpty()
    with os.fdopen(end, "w", encoding="utf-8") as stderr, ProgressLine(wanted=True) as progress:
        monkeypatch.setattr("sys.stderr", stderr)
        monkeypatch.setattr(progress, "_started", time.monotonic() - 60)
        progress(50_000, 100_000, 1234, 7)
        time.sleep(0.3)  # it is drawn ten times a second
        progress.stop()
        stderr.flush()
        shown = whatever_comes(controller)
        progress(60_000, 100_000, 2000, 8)
        stderr.write("end")
        stderr.flush()
        assert whatever_comes(controller) == b"end"
    os.close(controller)
    assert b"1,234 packets, 7 connections over" in shown
    assert shown.endswith(b"\x1b[2K"), "the line is gone"


def test_progress_that_nobody_wants_is_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProgressLine(wanted=False) as progress:
        monkeypatch.setattr(progress, "_started", 0.0)
        progress(1, None, 3, 4)
    assert capsys.readouterr().err == ""
