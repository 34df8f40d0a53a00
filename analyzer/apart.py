"""The command where captures are kept apart: ``--join``."""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from analyzer.analysis import Analysis
from analyzer.document import cell, json_text
from analyzer.errors import UsageError
from analyzer.join import JoinedCaptures, join
from analyzer.legs import Joined
from analyzer.legs.records import conversation_dict, row
from analyzer.options import selection
from analyzer.output import complain, output_to

# What speaks of one capture alone.
NOT_WITH = ("connection", "table", "save", "charts", "report", "follow")


def kept_apart(options: argparse.Namespace) -> bool:
    """Whether the captures are kept apart."""
    return bool(options.join)


def run_apart(options: argparse.Namespace) -> int:
    """Read each capture for itself, and write what they say together; return the exit status.

    Raises
    ------
    UsageError
        Options that speak of one capture.
    """
    _refuse(options, "--join")
    keylog = options.keylog or os.environ.get("SSLKEYLOGFILE") or None
    joined = join(*options.captures, keylog=keylog)
    chosen = _chosen(joined, options)
    with output_to(options.output, _paths(joined.analyses), at_once=False) as out:
        WRITERS[options.format](chosen, out)
    return problems(joined.analyses)


def _refuse(options: argparse.Namespace, asked: str) -> None:
    for name in NOT_WITH:
        if getattr(options, name) is not None:
            raise UsageError(f"{asked} does not go with --{name}")
    if "-" in options.captures:
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
