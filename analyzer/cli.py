"""The command: ``wsanalyze CAPTURE…``.

Exit status: 0 analysed; 1 some input could not be read (what could be read is still reported);
2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import analyzer
from analyzer.document import document, json_line, write_csv
from analyzer.ending.rules import EndingKind
from analyzer.errors import AnalyzerError, UsageError
from analyzer.ladder import explain
from analyzer.read import Session
from analyzer.record import Connection
from analyzer.selection import FIRST, Selection, parse_kinds, parse_time
from analyzer.terminal import ProgressLine, width_of, write_lines
from analyzer.text import connection_line, overview

DESCRIPTION = """\
Tell how every WebSocket connection in a packet capture ended: by a close frame (0xFF 0x00 or 0x88),
by FIN or RST without one, or in silence; who was first, with which code and reason, whether the
other side answered, how long every step took, and which packet proves it."""

EPILOG = """\
examples:
  wsanalyze capture.pcap                      what happened, the abnormal endings first
  wsanalyze capture.pcap --connection 14      one connection, step by step
  wsanalyze 'captures/*.pcap.gz' --kind rst   many files are one capture, in order of time
  wsanalyze capture.pcap --format json        the whole record, for programs
  tcpdump -U -w - port 80 | wsanalyze - --format jsonl
                                              each connection as it ends

exit status: 0 analysed; 1 some input could not be read; 2 wrong usage"""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="wsanalyze",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "captures",
        metavar="CAPTURE",
        nargs="+",
        help="pcap or pcapng, plain or compressed; a glob; a folder; - for standard input",
    )
    _add_output(parser.add_argument_group("output"))
    _add_selection(parser.add_argument_group("which connections (all conditions must hold)"))
    version = f"wsanalyze {analyzer.__version__} ({form()})"
    parser.add_argument("--version", action="version", version=version)
    return parser


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-c", "--connection", metavar="N", type=int, help="explain one connection, step by step"
    )
    group.add_argument(
        "-f",
        "--format",
        choices=("text", "json", "jsonl", "csv"),
        default="text",
        help="text for people (default); json: one document; jsonl: one connection a line, as each"
        " ends; csv: one row per connection",
    )
    group.add_argument("-o", "--output", metavar="FILE", help="write there, not to the terminal")
    group.add_argument("-a", "--all", action="store_true", help="show all connections, not just 40")
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colour on a terminal (default), always, or never",
    )


def _add_selection(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--host", help="an address of either side, or the Host that was asked for")
    group.add_argument("--port", type=int, help="a port of either side")
    group.add_argument("--path", help="the request target; * and ? as in file names")
    kinds = ", ".join(str(kind) for kind in EndingKind)
    group.add_argument("--kind", action="append", default=[], help=f"how it ended: {kinds}")
    group.add_argument("--first", choices=FIRST, help="who was first")
    group.add_argument("--code", type=int, help="a close code that either side sent")
    group.add_argument("--since", metavar="TIME", help="alive at or after, such as 2026-11-22T19:20")
    group.add_argument("--until", metavar="TIME", help="alive at or before; UTC without an offset")


def form() -> str:
    """Return which form of the hot modules runs: ``compiled`` or ``interpreted``."""
    from analyzer import engine  # noqa: PLC0415 - asked for by --version alone

    return "interpreted" if str(engine.__file__).endswith(".py") else "compiled"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = make_parser().parse_args(arguments)
    try:
        return run(options)
    except UsageError as error:
        print(f"wsanalyze: {error}", file=sys.stderr)
        return 2
    except AnalyzerError as error:
        print(f"wsanalyze: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def selection(options: argparse.Namespace) -> Selection:
    """Return the selection that the options ask for."""
    return Selection(
        host=options.host,
        port=options.port,
        path=options.path,
        kinds=parse_kinds(options.kind),
        first=options.first,
        code=options.code,
        since=parse_time(options.since) if options.since else None,
        until=parse_time(options.until) if options.until else None,
    )


def run(options: argparse.Namespace) -> int:
    """Analyse, and write what was asked for."""
    chosen = selection(options)
    session = Session(options.captures, () if options.connection is None else (options.connection,))
    for path, reason in session.inputs.skipped:
        _complain(f"{path}: skipped: {reason}")
    if not session.inputs.sources:
        for error in session.inputs.errors:
            _complain(str(error))
        return 1
    quiet = options.format == "jsonl" or not sys.stderr.isatty()
    with _output(options.output) as out, ProgressLine(not quiet) as progress:
        WRITERS[options.format](options, session, _read(session, chosen, progress), out)
    return _problems(session)


def _read(
    session: Session, chosen: Selection, progress: ProgressLine
) -> Iterator[Connection]:
    """Yield the chosen connections; an interrupt ends the reading, not the report."""
    connections = session.connections(progress)
    while True:
        try:
            one = next(connections, None)
        except KeyboardInterrupt:
            connections = session.interrupt()
            continue
        if one is None:
            return
        if chosen(one):
            yield one


def _problems(session: Session) -> int:
    """Say what could not be read; return the exit status."""
    problems = [one for one in session.captures if not one.complete]
    for one in problems:
        _complain(f"{one.path}: {one.problem}")
    return 1 if problems else 0


def _complain(text: str) -> None:
    print(f"wsanalyze: {text}", file=sys.stderr)


@contextmanager
def _output(path: str | None) -> Iterator[TextIO]:
    if path is None or path == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        out = Path(path).open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    with out:
        yield out


def write_text(
    options: argparse.Namespace,
    session: Session,
    connections: Iterator[Connection],
    out: TextIO,
) -> None:
    """Write the overview, or one connection explained."""
    colour = options.color == "always" or (
        options.color == "auto" and out.isatty() and "NO_COLOR" not in os.environ
    )
    found: list[Connection] = []
    for one in connections:
        found.append(one)
        if "-" in options.captures and options.connection is None:
            write_lines([connection_line(one)], out, colour=colour)
            out.flush()
    if options.connection is not None:
        write_lines(explain(_numbered(found, options.connection)), out, colour=colour)
        return
    analysis = session.analysis(found)
    lines = overview(
        analysis.captures,
        analysis.connections,
        limit=None if options.all else 40,
        width=width_of(out),
        hint="; --all shows them, --connection N explains one",
    )
    write_lines(lines, out, colour=colour)


def _numbered(connections: list[Connection], number: int) -> Connection:
    for one in connections:
        if one.id == number:
            return one
    plural = "" if len(connections) == 1 else "s"
    raise UsageError(f"there is no connection {number} among the {len(connections)} one{plural} found")


def write_json(
    options: argparse.Namespace,
    session: Session,
    connections: Iterator[Connection],
    out: TextIO,
) -> None:
    """Write the record as one document."""
    analysis = session.analysis(_only(options, connections))
    whole = document(analysis.captures, analysis.connections, analysis.anomalies)
    json.dump(whole, out, ensure_ascii=False, indent=1)
    out.write("\n")


def write_jsonl(
    options: argparse.Namespace,
    session: Session,  # noqa: ARG001 - all writers are called alike
    connections: Iterator[Connection],
    out: TextIO,
) -> None:
    """Write each connection on a line of its own, as it ends."""
    for one in _only(options, connections):
        out.write(json_line(one) + "\n")
        out.flush()


def write_rows(
    options: argparse.Namespace,
    session: Session,
    connections: Iterator[Connection],
    out: TextIO,
) -> None:
    """Write one row per connection."""
    write_csv(session.analysis(_only(options, connections)).connections, out)


def _only(
    options: argparse.Namespace, connections: Iterator[Connection]
) -> Iterator[Connection]:
    return (one for one in connections if options.connection in {None, one.id})


Writer = Callable[[argparse.Namespace, Session, Iterator[Connection], TextIO], None]
WRITERS: dict[str, Writer] = {
    "text": write_text,
    "json": write_json,
    "jsonl": write_jsonl,
    "csv": write_rows,
}

if __name__ == "__main__":
    sys.exit(main())
