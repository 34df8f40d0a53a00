"""The command: ``wsanalyze CAPTURE…``.

Exit status: 0 analysed; 1 some input could not be read (what could be read is still reported);
2 wrong usage; 3 analysed, and what ``--fail-on`` names was met.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from analyzer.capture.source import Inputs, Source
from analyzer.errors import AnalyzerError, UsageError
from analyzer.failing import Failing
from analyzer.live import LiveInput
from analyzer.options import exports, parse_options, selection
from analyzer.output import complain, discard_stdout, make_safe, output_to
from analyzer.read import Session
from analyzer.record import Connection
from analyzer.selection import Selection
from analyzer.terminal import LiveCount, ProgressLine, wants_colour, width_of, write_lines
from analyzer.text import Line, connection_line, overview, summary

if TYPE_CHECKING:
    from analyzer.follow import FollowedFolder

JUST_NOW_NS = 60_000_000_000
SHOWN = 40  # connections, on a terminal
HINT = "--all shows everything, --connection N explains one"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words behind the command's name; without them, those of this process.
    """
    if arguments is None:
        # A process of our own: connections hold no cycles, and a quarter of the time would go into
        # the search for some.
        gc.freeze()
        gc.set_threshold(1_000_000, 50, 1000)
    options = parse_options(sys.argv[1:] if arguments is None else list(arguments))
    # JSON is UTF-8 (RFC 8259, section 8.1) whatever the terminal speaks.
    make_safe(sys.stdout, encoding=None if options.format == "text" else "utf-8")
    try:
        return _run(options)
    except UsageError as error:
        complain(str(error))
        return 2
    except AnalyzerError as error:
        complain(str(error))
        return 1
    except BrokenPipeError:
        discard_stdout()  # whoever read our output has seen enough
        return 0
    except OSError as error:
        discard_stdout()
        complain(f"cannot write the results: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        discard_stdout()
        return 130


def _run(options: argparse.Namespace) -> int:
    if options.join or options.compare:
        from analyzer.apart import run_apart  # noqa: PLC0415 - one capture starts sooner

        return run_apart(options)
    if options.dask is not None:
        from analyzer.cluster import run_on_cluster  # noqa: PLC0415 - for who has one

        return run_on_cluster(options, complain)
    return Run(options).run()


class Run:
    """One run of the command.

    Parameters
    ----------
    options : argparse.Namespace
        As `parse_options` gives them.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.number: int | None = options.connection
        self.chosen: Selection = selection(options)
        self.followed: FollowedFolder | None = None
        self.live: LiveInput | FollowedFolder | None = None
        self.held: list[Connection] = []  # ended, but not yet shown
        self.out: TextIO = sys.stdout
        self.exports = exports(options)
        self.fails_on = Failing(options.fail_on)
        self.found: list[Connection] = []  # for the files beside the output, and for --fail-on
        wants = self.exports
        only = () if self.number is None else (self.number,)
        self.session = Session(
            self._sources(),
            only or wants.keep_frames,
            only or wants.keep_messages,
            wants.last_frames if wants.any_file else None,
            options.max_streams,
            options.keylog or os.environ.get("SSLKEYLOGFILE") or None,
            options.jobs,
            encrypted=options.encrypted or options.table == "encrypted",
            growing=self.live is not None,
        )
        self.progress = ProgressLine(
            sys.stderr.isatty() and options.format != "jsonl" and self.live is None
        )
        # Results on a terminal would be written over a count that stands there, too.
        apart = options.format == "text" or not sys.stdout.isatty()
        self.count = LiveCount(sys.stderr.isatty() and apart and self.live is not None)

    def run(self) -> int:
        """Analyse, and write what was asked for; return the exit status."""
        inputs = self.session.inputs
        for text in skipped_lines(inputs):
            complain(text)
        if inputs.sources or self.options.format != "text":
            write = WRITERS[self.options.format]
            at_once = self.options.format == "jsonl"
            paths = [source.path for source in inputs.sources]
            opened = output_to(self.options.output, paths, at_once=at_once)
            with opened as self.out, self.progress, self._interruptible():
                write(self)
            self.count.clear()
            if self.exports.any_file:
                self._export()
            self._say_undecrypted()
        return self._problems() or self._failed()

    def _failed(self) -> int:
        """Return 3 where something was met that is to fail; 1, of what could not be read, wins."""
        return self.fails_on.status([self.session.analysis(self.found)]) if self.fails_on else 0

    def _say_undecrypted(self) -> None:
        """Say which streams could not be decrypted, where the output has no place for it."""
        form, one = self.options.format, self.number is not None
        if form == "json" or self.options.encrypted or (form == "text" and not one):
            return
        for line in self.session.analysis(()).encrypted_lines():
            if line.text:
                complain(line.text.strip())

    def _export(self) -> None:
        """Write the files that were asked for besides the output."""
        for done in self.exports.write(self.session.analysis(self.found)):
            complain(done)

    def connections(self) -> Iterator[Connection]:
        """Read on, and yield the connections that were asked for, as they end.

        Raises
        ------
        UsageError
            One was asked for by its number, and there is none.
        """
        chosen = 0
        missing = self.number is not None
        choose = None if self.chosen == Selection() else self.chosen
        keep = self.exports.any_file or bool(self.fails_on)
        for one in self.session.connections(self.progress):
            if choose is not None and not choose(one):
                continue
            chosen += 1
            if self.number is None or self.number == one.id:
                missing = False
                if keep:
                    self.found.append(one)
                yield one
        if missing:
            found = self.session.connections_over
            raise UsageError(no_such_connection(self.number or 0, chosen, found))

    def show(self, lines: Sequence[Line]) -> None:
        """Write lines for a person."""
        self.progress.stop()
        self.count.clear()
        write_lines(lines, self.out, colour=wants_colour(self.out, self.options.color))

    def width(self) -> int | None:
        """Return how many columns a line may take."""
        return None if self.options.all else width_of(self.out)

    def is_live(self, one: Connection) -> bool:
        """Whether somebody waits for the lines: the input has paused, or this happened just now."""
        if self.live is None:
            return False
        return self.live.paused or one.last_at > time.time_ns() - JUST_NOW_NS

    def show_held(self) -> None:
        """Show what has ended so far: the input pauses, so it is still being written."""
        self.show([connection_line(one) for one in self.held])
        self.held.clear()
        self.out.flush()

    def _sources(self) -> list[Source]:
        """Return the captures; a pipe on standard input tells when it pauses."""
        sources: list[Source] = list(self.options.captures)
        if self.options.follow is not None:
            from analyzer.follow import FollowedFolder  # noqa: PLC0415 - few ask for it

            self.live = self.followed = FollowedFolder(self.options.follow, self._pause)
            return [self.live]  # type: ignore[list-item]
        if "-" in sources and sys.stdin is not None and sys.stdin.isatty():
            raise UsageError("standard input is a terminal: pipe a capture into it")
        if "-" in sources and sys.stdin is not None and _is_pipe():
            place = sources.index("-")
            self.live = LiveInput(sys.stdin.buffer, self._pause)
            sources = [one for one in sources if one != "-"]
            sources.insert(place, self.live)  # type: ignore[arg-type]
        return sources

    def _pause(self) -> None:
        if self.options.format == "text" and self.options.connection is None and self.held:
            self.show_held()
        self.count.show(*self.session.counts)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let Ctrl-C end the reading, not the report; a second one ends everything."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.session.stop()
            if self.live is not None:
                self.live.stop()

        try:
            before = signal.signal(signal.SIGINT, stop)
        except ValueError:  # not the main thread: no signals here
            yield
            return
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _problems(self) -> int:
        """Say what could not be read; return the exit status."""
        if self.followed is not None:
            for path, why in self.followed.skipped:
                complain(f"{path}: skipped: {why}")
        problems = [one for one in self.session.captures if not one.complete]
        if self.session.stopped and self.live is not None:
            # Ctrl-C is how a live capture ends, wherever that happens to cut it.
            problems = [one for one in problems if one.path != self.live.name]
        for one in problems:
            complain(f"{one.path}: {one.problem}")
        return 1 if problems else 0


def _is_pipe() -> bool:
    """Whether standard input can pause: no file, no terminal."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def skipped_lines(inputs: Inputs) -> list[str]:
    """Say what was left out of folders and globs, briefly: many of them hold notes and logs."""
    strange = [path for path, why in inputs.skipped if why != "given twice"]
    lines = [f"{path}: skipped: {why}" for path, why in inputs.skipped if path not in strange]
    if len(strange) == 1:
        lines.append(f"{strange[0]}: skipped: no capture")
    elif strange:
        lines.append(f"{len(strange)} files skipped that are no captures, such as {strange[0]}")
    return lines


def no_such_connection(number: int, chosen: int, found: int) -> str:
    """Say why a connection cannot be shown, and which could be."""
    if found == 0:
        return f"there is no connection {number}: no WebSocket connection was found"
    if 0 <= number < found:
        return f"connection {number} is not among the {chosen} chosen of {found}"
    numbers = "only number 0" if found == 1 else f"they are numbered from 0 to {found - 1}"
    return f"there is no connection {number}; {numbers}"


def write_text(run: Run) -> None:
    """Write the overview, or one connection explained."""
    if run.options.connection is not None:
        (one,) = run.connections()
        from analyzer.ladder import explain  # noqa: PLC0415 - for one connection

        run.show(explain(one, run.session.captures, run.width()))
        return
    found = []
    for one in run.connections():
        found.append(one)
        run.held.append(one)
        if run.is_live(one):
            run.show_held()
    analysis = run.session.analysis(found)
    parts = (analysis.captures, analysis.connections, analysis.anomalies)
    if len(run.held) < len(found):
        # The input was live: lines were shown as connections ended.
        run.show_held()
        sealed = analysis.encrypted_lines(width=run.width())
        told = summary(*parts, width=run.width(), findings=analysis.findings)
        run.show([Line(""), *told, *sealed])
        return
    limit = None if run.width() is None else SHOWN
    width = run.width()
    sealed = analysis.encrypted_lines(limit=limit, width=width)
    told = overview(*parts, limit=limit, width=width, hint=HINT, findings=analysis.findings)
    run.show([*told, *sealed])


def write_json(run: Run) -> None:
    """Write the record as one document."""
    from analyzer.document import write_document  # noqa: PLC0415 - loads json

    analysis = run.session.analysis(run.connections())
    run.progress.stop()
    parts = (analysis.captures, analysis.connections, analysis.anomalies)
    write_document(*parts, run.out, analysis.encrypted, analysis.findings)


def write_jsonl(run: Run) -> None:
    """Write each connection on a line of its own, as it ends."""
    from analyzer.document import json_line  # noqa: PLC0415 - loads json

    for one in run.connections():
        run.out.write(json_line(one) + "\n")
        run.out.flush()


def write_rows(run: Run) -> None:
    """Write one row per connection, or another table."""
    analysis = run.session.analysis(run.connections())
    run.progress.stop()
    if run.exports.table in {None, "connections"}:
        from analyzer.document import write_csv  # noqa: PLC0415 - loads json

        write_csv(analysis.connections, run.out)
        return
    from analyzer.tables import write_csv as write_table  # noqa: PLC0415 - loads pandas

    write_table(analysis.to_pandas(run.exports.table), run.out)


WRITERS: dict[str, Callable[[Run], None]] = {
    "text": write_text,
    "json": write_json,
    "jsonl": write_jsonl,
    "csv": write_rows,
}

if __name__ == "__main__":
    sys.exit(main())
