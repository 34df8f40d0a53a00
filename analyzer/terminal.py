"""What is special about a terminal: colour, width, and progress. Pipes get plain text."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from analyzer.text import Line

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

# Work that is over sooner needs no progress.
QUIET_S = 0.7


def width_of(out: TextIO) -> int | None:
    """Return how many characters fit on a line; None where nothing needs to fit."""
    return shutil.get_terminal_size().columns if out.isatty() else None


def write_lines(lines: Iterable[Line], out: TextIO, *, colour: bool) -> None:
    """Write lines, in their styles where `colour` asks for it."""
    if not colour:
        out.writelines(f"{line.text.rstrip()}\n" for line in lines)
        return
    from rich.console import Console  # noqa: PLC0415 - only where colour is asked for
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=out, force_terminal=True, soft_wrap=True)
    for line in lines:
        console.print(Text(line.text.rstrip(), style=line.style))


class ProgressLine:
    """A line on standard error that says how far the reading is, for long work on a terminal."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._started = time.monotonic()
        self._shown_at = 0.0
        self._rich: RichProgress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._rich is not None:
            self._rich.stop()

    def __call__(self, done: int, total: int | None, packets: int, connections: int) -> None:
        """Show bytes done, bytes in all if known, packets, and connections that are over."""
        now = time.monotonic()
        if not self._wanted or now - self._started < QUIET_S or now - self._shown_at < 0.1:
            return
        self._shown_at = now
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
