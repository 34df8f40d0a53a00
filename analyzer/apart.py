"""The command where captures are kept apart: ``--join``, and ``--compare``."""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from analyzer.analysis import Analysis
from analyzer.comparison import Comparison, compare_connections
from analyzer.comparison.story import row as change_row
from analyzer.comparison.story import story as comparison_story
from analyzer.comparison.story import to_dict as comparison_dict
from analyzer.document import cell, json_text
from analyzer.errors import UsageError
from analyzer.join import JoinedCaptures, join
from analyzer.legs import Joined
from analyzer.legs.records import conversation_dict, row
from analyzer.options import selection
from analyzer.output import complain, output_to
from analyzer.read import read

# What speaks of one capture alone.
NOT_WITH = ("connection", "table", "save", "charts", "report", "follow", "dask")


def run_apart(options: argparse.Namespace) -> int:
    """Read each capture for itself, and write what they say together; return the exit status.

    Raises
    ------
    UsageError
        Options that speak of one capture.
    """
    _refuse(options, "--join" if options.join else "--compare")
    return _run_join(options) if options.join else _run_compare(options)


def _run_join(options: argparse.Namespace) -> int:
    joined = join(*options.captures, keylog=_keylog(options))
    chosen = _chosen(joined, options)
    with output_to(options.output, _paths(joined.analyses), at_once=False) as out:
        WRITERS[options.format](chosen, out)
    return problems(joined.analyses)


def _run_compare(options: argparse.Namespace) -> int:
    choose, keylog = selection(options), _keylog(options)
    both = [read(one, keylog=keylog) for one in (options.compare, options.captures)]
    chosen = [[one for one in analysis.connections if choose(one)] for analysis in both]
    with output_to(options.output, _paths(both), at_once=False) as out:
        write_comparison(compare_connections(*chosen), options.format, out)
    return problems(both)


def write_comparison(comparison: Comparison, form: str, out: TextIO) -> None:
    """Write what changed: text, one document, or one line or row per thing that was compared."""
    rows = (change_row(change) for change in comparison.changes)
    if form == "csv":
        write_rows(rows, out)
    elif form == "jsonl":
        out.writelines(f"{json_text(one)}\n" for one in rows)
    elif form == "json":
        out.write(json_text(comparison_dict(comparison)) + "\n")
    else:
        out.writelines(f"{line}\n" for line in comparison_story(comparison))


def _keylog(options: argparse.Namespace) -> str | None:
    return options.keylog or os.environ.get("SSLKEYLOGFILE") or None


def _refuse(options: argparse.Namespace, asked: str) -> None:
    for name in NOT_WITH:
        if getattr(options, name) is not None:
            raise UsageError(f"{asked} does not go with --{name}")
    if options.join and options.compare:
        raise UsageError("--join does not go with --compare")
    if "-" in [*options.captures, *(options.compare or [])]:
        raise UsageError(f"{asked} reads files, not standard input")


def _paths(analyses: Iterable[Analysis]) -> list[str]:
    return [capture.path for one in analyses for capture in one.captures]


def _chosen(joined: JoinedCaptures, options: argparse.Namespace) -> JoinedCaptures:
    """Return the conversations of which any leg was asked for."""
    choose = selection(options)
    found = [
        one
        for one in joined.conversations
        if any(choose(sight.connection) for leg in one.legs for sight in leg.sightings)
    ]
    return JoinedCaptures(joined.analyses, Joined(joined.clocks, found))


def problems(analyses: Iterable[Analysis]) -> int:
    """Say what could not be read; return the exit status."""
    found = [one for analysis in analyses for one in analysis.captures if not one.complete]
    for one in found:
        complain(f"{one.path}: {one.problem}")
    return 1 if found else 0


def write_text(joined: JoinedCaptures, out: TextIO) -> None:
    """Write the clocks, and every conversation hop by hop."""
    out.write(f"{joined}\n")


def write_json(joined: JoinedCaptures, out: TextIO) -> None:
    """Write one document."""
    out.write(json_text(joined.to_dict()) + "\n")


def write_jsonl(joined: JoinedCaptures, out: TextIO) -> None:
    """Write each conversation on a line of its own."""
    out.writelines(json_text(conversation_dict(one)) + "\n" for one in joined.conversations)


def write_csv(joined: JoinedCaptures, out: TextIO) -> None:
    """Write one row per conversation."""
    write_rows((row(one) for one in joined.conversations), out)


def write_rows(rows: Iterator[dict[str, Any]], out: TextIO) -> None:
    """Write rows of the same names, harmless to look at; none, no header."""
    writer = csv.writer(out, lineterminator="\n")
    for number, one in enumerate(rows):
        if number == 0:
            writer.writerow(one)
        writer.writerow([cell(value) for value in one.values()])


WRITERS: dict[str, Callable[[JoinedCaptures, TextIO], None]] = {
    "text": write_text,
    "json": write_json,
    "jsonl": write_jsonl,
    "csv": write_csv,
}
