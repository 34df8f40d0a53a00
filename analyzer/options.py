"""The command line: words in; options, and a selection, out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from analyzer.errors import UsageError
from analyzer.exports import Exports
from analyzer.failing import unknown
from analyzer.findings.rules import NAMES, explain
from analyzer.selection import FIRST, Selection, parse_kinds, parse_time
from analyzer.stream.table import MAX_STREAMS

TABLES = (
    "connections",
    "endings",
    "timings",
    "tcp",
    "frames",
    "messages",
    "anomalies",
    "findings",
    "encrypted",
)
# Of captures that are kept apart, the first without a name given.
APART = {"--join": ("conversations", "steps", "clocks"), "--compare": ("changes",)}

USAGE = """\
wsanalyze [options] CAPTURE…
       wsanalyze capture.pcap                   what happened
       wsanalyze capture.pcap --connection 14   one connection, step by step
       wsanalyze --help                         all options, and examples"""

DESCRIPTION = """\
Tell how every WebSocket connection in a packet capture ended: by a close frame (0xFF 0x00 or 0x88),
by FIN or RST without one, or in silence; who was first, with which code and reason, whether the
other side answered, how long every step took, and which packet proves it.

The text output says what the capture is, counts the endings by kind and by who was first, and has
a line per connection: abnormal endings first, a clean closing handshake last. On a terminal it is
cut to fit; in a pipe it is whole, for grep and the like."""

EPILOG = """\
kinds of ending:
  refused, unanswered      the upgrade never became a WebSocket
  hybi_close, hixie_close  a close frame (0x88; before 2011: 0xFF 0x00) from at least one side
  fin, rst                 TCP was closed, or reset, without a close frame
  vanished                 one side stopped answering
  undetermined             the capture lacks the bytes that would tell
  open                     the capture ended first

examples:
  wsanalyze capture.pcap                      what happened, the abnormal endings first
  wsanalyze capture.pcap --connection 14      one connection: every step, with packet numbers
  wsanalyze 'captures/*.pcap.gz' --kind rst   many files are one capture, in order of time
  wsanalyze capture.pcap --kind fin,rst --first server --path '/chat*'
  wsanalyze capture.pcap --since 2026-11-22T19:20 --until 2026-11-22T19:25
  wsanalyze capture.pcap -f json | jq '.connections[].ending.sentence'
  wsanalyze capture.pcap -f csv -o endings.csv
  wsanalyze capture.pcap --table timings      how long each step took, as CSV
  wsanalyze capture.pcap --report incident.html --charts charts/
  wsanalyze capture.pcap --save tables/ --save-as parquet
  tcpdump -U -w - port 80 | wsanalyze - -f jsonl
                                              each connection as it ends
  wsanalyze capture.pcap --keylog keys.log    wss, decrypted
  wsanalyze --follow /var/captures            rotated files, as they appear
  wsanalyze 's3://bucket/2026-11-22/*.zst' --dask tcp://scheduler:8786 -f csv
                                              captures of many hosts, by a cluster
  wsanalyze client.pcap proxy.pcap server.pcap --join
                                              who closed first, over all hops
  wsanalyze tuesday.pcap --compare monday.pcap --report changed.html
                                              what changed, and how sure that is
  wsanalyze soak.pcap --fail-on rst,mass-end  exit status 3 where a soak test met one of these

exit status:
  0  analysed
  1  some input could not be read; what could be read is reported all the same
  2  wrong usage
  3  analysed, and --fail-on names a kind of ending or a finding that was met"""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Complain, and exit."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def parse_options(arguments: list[str]) -> argparse.Namespace:
    """Return the options; the process ends where they are wrong, or ask for help alone."""
    parser = make_parser()
    if not arguments:
        parser.print_usage(sys.stderr)
        raise SystemExit(2)
    options = parser.parse_args(arguments)
    if options.merge and options.dask is None:
        parser.error("--merge is for --dask; without it all captures are one")
    if bool(options.captures) == (options.follow is not None):
        parser.error("give captures, or --follow and one folder")
    if options.format is None:
        options.format = "text" if options.table is None else "csv"
    return options


def exports(options: argparse.Namespace) -> Exports:
    """Return what the options ask to be written beside the output.

    Raises
    ------
    UsageError
        A table is asked for in a format that holds none, or one of captures that are kept apart.
    """
    refuse_table(options)
    for asked, names in APART.items():
        if options.table in names:
            raise UsageError(f"--table {options.table} goes with {asked}")
    return Exports(options.table, options.save, options.save_as, options.charts, options.report)


def refuse_table(options: argparse.Namespace) -> None:
    """Refuse a table in a format that holds none."""
    if options.table is not None and options.format != "csv":
        raise UsageError(f"--table is written as csv, not as {options.format}")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = Parser(
        prog="wsanalyze",
        usage=USAGE,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "captures",
        metavar="CAPTURE",
        nargs="*",
        help="pcap or pcapng, plain or compressed; a glob; a folder; - for standard input",
    )
    parser.add_argument(
        "--follow",
        metavar="FOLDER",
        help="read the captures of a folder, and those that are rotated into it, until Ctrl-C",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show version and form, and exit"
    )
    parser.add_argument(
        "--keylog",
        metavar="FILE",
        help="secrets of TLS, as browsers, curl and OpenSSL log them; without it $SSLKEYLOGFILE,"
        " and those that a pcapng file carries",
    )
    parser.add_argument(
        "--encrypted",
        action="store_true",
        help="tell of TLS streams without keys, too: names, sizes, times, how TCP ended, and where"
        " that looks like a WebSocket",
    )
    parser.add_argument(
        "--max-streams",
        metavar="N",
        type=_number(10**9),
        default=MAX_STREAMS,
        help="TCP streams remembered at once, of whatever protocol (%(default)s)",
    )
    parser.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=_number(1024, least=1),
        help="processes that share the work, with the same result; without it all processors, where"
        " much is to be read",
    )
    _add_apart(parser.add_argument_group("captures that are kept apart"))
    _add_output(parser.add_argument_group("output"))
    _add_cluster(parser.add_argument_group("a cluster, for captures of many hosts"))
    _add_files(parser.add_argument_group("files for later, besides the output"))
    _add_selection(parser.add_argument_group("which connections (all conditions must hold)"))
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        import analyzer  # noqa: PLC0415 - looking up a version takes longer than a small capture

        sys.stdout.write(f"wsanalyze {analyzer.__version__} ({form()})\n")
        parser.exit()


class _Explain(argparse.Action):
    def __call__(
        self, parser: argparse.ArgumentParser, _namespace: object, name: Any, _option: object = None
    ) -> NoReturn:
        if name not in NAMES:
            parser.error(unknown(f"no finding is called {name!r}", str(name), NAMES))
        sys.stdout.write(explain(str(name)))
        parser.exit()


def _add_apart(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--join",
        action="store_true",
        help="captures from several points of one path, such as both sides of a proxy: match the"
        " legs, compare the clocks, and tell how each ending travelled",
    )
    group.add_argument(
        "--compare",
        metavar="EARLIER",
        action="append",
        help="a capture from before: which endings, close codes and times have changed since",
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-c", "--connection", metavar="N", type=int, help="explain one connection, step by step"
    )
    group.add_argument(
        "-f",
        "--format",
        choices=("text", "json", "jsonl", "csv"),
        help="text for people (default); json: one document; jsonl: one connection a line, as each"
        " ends; csv: one row per connection, or the table that --table names",
    )
    group.add_argument(
        "-t",
        "--table",
        choices=(*TABLES, *(name for names in APART.values() for name in names)),
        metavar="NAME",
        help=f"which table csv writes: {', '.join(TABLES)}"
        + "".join(f"; with {asked} {', '.join(names)}" for asked, names in APART.items()),
    )
    group.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write there; the file appears when it is whole (jsonl: line by line)",
    )
    group.add_argument(
        "-a", "--all", action="store_true", help="on a terminal: all connections, in whole lines"
    )
    group.add_argument(
        "--explain",
        metavar="NAME",
        action=_Explain,
        help=f"tell how a finding is decided, and exit: {', '.join(NAMES)}",
    )
    group.add_argument(
        "--fail-on",
        metavar="WHAT",
        action="append",
        default=[],
        help="exit with status 3 where a connection ended by this kind, or this finding was made;"
        " several with commas, or given again; with --compare in the captures of after, with --join"
        " in any of them",
    )
    group.add_argument(
        "--color",
        metavar="WHEN",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto (default: on a terminal, unless NO_COLOR is set), always, or never",
    )


def _add_cluster(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="let the workers of this Dask scheduler do it, such as tcp://scheduler:8786, or local;"
        " captures may be URLs that fsspec knows (s3://…), and those of each place stay apart",
    )
    group.add_argument("--merge", action="store_true", help="all of them are one capture")


def _add_files(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--report",
        metavar="FILE",
        help="one HTML file that holds all it needs, or Markdown where the name ends in .md",
    )
    group.add_argument("--charts", metavar="FOLDER", help="every chart, as SVG and PNG")
    group.add_argument("--save", metavar="FOLDER", help="all tables but the messages")
    group.add_argument(
        "--save-as",
        metavar="FORM",
        choices=("csv", "parquet", "excel"),
        default="csv",
        help="csv (default), parquet or excel",
    )


def _add_selection(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--host", help="an address of either side, or the Host that was asked for; * as in names"
    )
    group.add_argument("--port", type=_number(65535), help="a port of either side")
    group.add_argument("--path", help="the request target; * and ? as in file names")
    group.add_argument(
        "--kind",
        action="append",
        default=[],
        help="how it ended, see below; several with commas, or given again",
    )
    group.add_argument("--first", choices=FIRST, help="who was first")
    group.add_argument("--code", type=_number(65535), help="a close code that either side sent")
    group.add_argument("--since", metavar="TIME", help="alive at or after, as 2026-11-22T19:20")
    group.add_argument("--until", metavar="TIME", help="alive at or before; UTC without an offset")


def _number(largest: int, least: int = 0) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= largest:
            problem = f"{text!r} is not a number from {least} to {largest}"
            raise argparse.ArgumentTypeError(problem)
        return int(text)

    return number


def selection(options: argparse.Namespace) -> Selection:
    """Return the selection that the options ask for.

    Raises
    ------
    UsageError
        A kind or a time that is none, or times in the wrong order.
    """
    chosen = Selection(
        host=options.host,
        port=options.port,
        path=options.path,
        kinds=parse_kinds(options.kind),
        first=options.first,
        code=options.code,
        since=None if options.since is None else parse_time(options.since),
        until=None if options.until is None else parse_time(options.until),
    )
    if chosen.since is not None and chosen.until is not None and chosen.since > chosen.until:
        raise UsageError(f"--since {options.since} is later than --until {options.until}")
    return chosen


def form() -> str:
    """Return which form of the hot modules runs: ``compiled`` or ``interpreted``."""
    from analyzer import engine  # noqa: PLC0415 - asked for by --version alone

    return "interpreted" if str(engine.__file__).endswith(".py") else "compiled"
