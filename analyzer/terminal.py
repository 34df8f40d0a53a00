"""What is special about a terminal: colour, width, and progress. Pipes get plain text."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from analyzer.text import Line

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

# Work that is over sooner needs no progress.
QUIET_S = 0.7
# ECMA-48, section 8.3.117 (SGR). A library for five numbers would double the time to start.
SGR = {"bold": "1", "dim": "2", "red": "31", "yellow": "33", "magenta": "35"}


def width_of(out: TextIO) -> int | None:
    """Return how many columns a line may take; None where nothing needs to fit."""
    if not out.isatty():
        return None
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    try:
        return os.get_terminal_size(out.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def wants_colour(out: TextIO, asked: str) -> bool:
    """Say whether to write colours: ``always``, ``never``, or ``auto``: where a terminal has them.

    For ``auto``, any value of ``NO_COLOR`` turns them off (no-color.org).
    """
    if asked != "auto":
        return asked == "always"
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_lines(lines: Iterable[Line], out: TextIO, *, colour: bool) -> None:
    """Write lines, in their styles where `colour` asks for it."""
    out.writelines(f"{_styled(line) if colour else line.text.rstrip()}\n" for line in lines)


def _styled(line: Line) -> str:
    text, sgr = line.text.rstrip(), SGR.get(line.style)
    return f"\x1b[{sgr}m{text}\x1b[0m" if sgr and text else text


class ProgressLine:
    """A line on standard error that says how far the reading is, for long work on a terminal.

    Parameters
    ----------
    wanted : bool
        Without it nothing is ever shown.
    """

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._started = time.monotonic()
        self._rich: RichProgress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the line away: something else is about to be written."""
        self._wanted = False
        if self._rich is not None:
            self._rich.stop()

    def __call__(self, done: int, total: int | None, packets: int, connections: int) -> None:
        """Show bytes done, bytes in all if known, packets, and connections that are over."""
        if not self._wanted or time.monotonic() - self._started < QUIET_S:
            return
        if self._rich is None:
            self._rich = self._start(total)
        text = f"{packets:,} packets, {connections:,} connections over"
        self._rich.update(self._rich.task_ids[0], completed=done, total=total, description=text)

    @staticmethod
    def _start(total: int | None) -> RichProgress:
        from rich.console import Console  # noqa: PLC0415 - only for long work on a terminal
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        progress.add_task("reading", total=total)
        progress.start()
        return progress


class LiveCount:
    """A line on standard error that counts while a live input is watched.

    Parameters
    ----------
    wanted : bool
        Without it nothing is ever shown.
    """

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._shown = False

    def show(self, over: int, in_progress: int, packets: int) -> None:
        """Show how many connections are over and in progress, and how many packets were read."""
        if self._wanted:
            text = f"{over:,} over, {in_progress:,} in progress, {packets:,} packets"
            self._write(f"\r\x1b[K{text}")
            self._shown = True

    def clear(self) -> None:
        """Take the line away: something else is about to be written."""
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False

    @staticmethod
    def _write(text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
