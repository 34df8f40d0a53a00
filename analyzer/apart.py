"""The command where captures are kept apart: ``--join``, and ``--compare``."""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from analyzer.analysis import Analysis
from analyzer.comparison.story import row as change_row
from analyzer.document import cell, json_text
from analyzer.errors import UsageError
from analyzer.failing import Failing
from analyzer.join import JoinedCaptures, join
from analyzer.legs import Conversation, Joined, Sighting
from analyzer.legs.records import clock_row, conversation_dict, row, step_rows
from analyzer.options import APART, refuse_table, selection
from analyzer.output import complain, output_to
from analyzer.read import read
from analyzer.selection import Selection
from analyzer.versus import Compared, compare

# What speaks of one capture alone.
NOT_WITH = ("connection", "save", "charts", "follow", "dask")


def run_apart(options: argparse.Namespace) -> int:
    """Read each capture for itself, and write what they say together; return the exit status.

    Raises
    ------
    UsageError
        Options that speak of one capture.
    """
    _refuse(options, "--join" if options.join else "--compare")
    fails_on = Failing(options.fail_on)
    return _run_join(options, fails_on) if options.join else _run_compare(options, fails_on)


def _run_join(options: argparse.Namespace, fails_on: Failing) -> int:
    chosen = _chosen(join(*options.captures, keylog=_keylog(options)), selection(options))
    with output_to(options.output, _paths(chosen.analyses), at_once=False) as out:
        WRITERS[options.format](chosen, options.table, out)
    _report(chosen, options.report)
    return problems(chosen.analyses) or fails_on.status(chosen.analyses)


def _run_compare(options: argparse.Namespace, fails_on: Failing) -> int:
    choose, keylog = selection(options), _keylog(options)
    both = [read(one, keylog=keylog) for one in (options.compare, options.captures)]
    for one in both:
        one.connections = [found for found in one.connections if choose(found)]
    compared = compare(*both)
    with output_to(options.output, _paths(both), at_once=False) as out:
        write_comparison(compared, options.format, out)
    _report(compared, options.report)
    # What was before is what one measures by; it cannot fail any more.
    return problems(both) or fails_on.status(both[1:])


def _report(found: JoinedCaptures | Compared, path: str | None) -> None:
    if path is not None:
        found.report(path)
        complain(f"wrote {path}")


def write_comparison(compared: Compared, form: str, out: TextIO) -> None:
    """Write what changed: text, one document, or one line or row per thing that was compared."""
    rows = (change_row(change) for change in compared.changes)
    if form == "csv":
        write_rows(rows, out)
    elif form == "jsonl":
        out.writelines(f"{json_text(one)}\n" for one in rows)
    elif form == "json":
        out.write(json_text(compared.to_dict()) + "\n")
    else:
        out.write(f"{compared}\n")


def _keylog(options: argparse.Namespace) -> str | None:
    return options.keylog or os.environ.get("SSLKEYLOGFILE") or None


def _refuse(options: argparse.Namespace, asked: str) -> None:
    if options.join and options.compare:
        raise UsageError("--join does not go with --compare")
    for name in NOT_WITH:
        if getattr(options, name) is not None:
            raise UsageError(f"{asked} does not go with --{name}")
    refuse_table(options)
    if options.table not in {None, *APART[asked]}:
        has = ", ".join(APART[asked])
        raise UsageError(f"{asked} does not go with --table {options.table}; it has {has}")
    if "-" in [*options.captures, *(options.compare or [])]:
        raise UsageError(f"{asked} reads files, not standard input")


def _paths(analyses: Iterable[Analysis]) -> list[str]:
    return [capture.path for one in analyses for capture in one.captures]


def _chosen(joined: JoinedCaptures, choose: Selection) -> JoinedCaptures:
    """Return the conversations of which any leg was asked for, in every capture."""
    found = [
        one
        for one in joined.conversations
        if any(choose(sight.connection) for sight in _sightings(one))
    ]
    kept = {(sight.capture, sight.connection.id) for one in found for sight in _sightings(one)}
    for number, analysis in enumerate(joined.analyses):
        analysis.connections = [one for one in analysis.connections if (number, one.id) in kept]
    return JoinedCaptures(joined.analyses, Joined(joined.clocks, found))


def _sightings(one: Conversation) -> Iterator[Sighting]:
    return (sight for leg in one.legs for sight in leg.sightings)


def problems(analyses: Iterable[Analysis]) -> int:
    """Say what could not be read; return the exit status."""
    found = [one for analysis in analyses for one in analysis.captures if not one.complete]
    for one in found:
        complain(f"{one.path}: {one.problem}")
    return 1 if found else 0


def write_text(joined: JoinedCaptures, _table: str | None, out: TextIO) -> None:
    """Write the clocks, and every conversation hop by hop."""
    out.write(f"{joined}\n")


def write_json(joined: JoinedCaptures, _table: str | None, out: TextIO) -> None:
    """Write one document."""
    out.write(json_text(joined.to_dict()) + "\n")


def write_jsonl(joined: JoinedCaptures, _table: str | None, out: TextIO) -> None:
    """Write each conversation on a line of its own."""
    out.writelines(json_text(conversation_dict(one)) + "\n" for one in joined.conversations)


def write_csv(joined: JoinedCaptures, table: str | None, out: TextIO) -> None:
    """Write one row per conversation; or per step of the endings' ways, or per clock."""
    if table == "steps":
        write_rows((one for talk in joined.conversations for one in step_rows(talk)), out)
    elif table == "clocks":
        pairs = zip(joined.clocks, joined.paths(), strict=True)
        write_rows((clock_row(clock, paths) for clock, paths in pairs), out)
    else:
        write_rows((row(one) for one in joined.conversations), out)


def write_rows(rows: Iterable[dict[str, Any]], out: TextIO) -> None:
    """Write rows of the same names, harmless to look at; none, no header."""
    writer = csv.writer(out, lineterminator="\n")
    for number, one in enumerate(rows):
        if number == 0:
            writer.writerow(one)
        writer.writerow([cell(value) for value in one.values()])


WRITERS: dict[str, Callable[[JoinedCaptures, str | None, TextIO], None]] = {
    "text": write_text,
    "json": write_json,
    "jsonl": write_jsonl,
    "csv": write_csv,
}
