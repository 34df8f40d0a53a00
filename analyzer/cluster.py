"""The command on a cluster: ``wsanalyze s3://… --dask tcp://scheduler:8786``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TextIO

from analyzer.analysis import Analysis
from analyzer.document import write_document
from analyzer.errors import UsageError
from analyzer.exports import Exports
from analyzer.failing import Failing
from analyzer.fleet.result import FleetAnalysis, read_fleet
from analyzer.options import exports, selection
from analyzer.output import output_to
from analyzer.printable import printable
from analyzer.share import Task
from analyzer.terminal import wants_colour, width_of, write_lines
from analyzer.text import Line, overview

SHOWN = 40
Complain = Callable[[str], None]


def run_on_cluster(options: argparse.Namespace, complain: Complain) -> int:
    """Analyse on a cluster, and write what was asked for; return the exit status.

    Parameters
    ----------
    options : argparse.Namespace
        As `parse_options` gives them.
    complain : callable
        Told of each problem, in one line.

    Raises
    ------
    UsageError
        Something is asked for that a cluster does not do, or there is no cluster.
    """
    wants = exports(options)
    refuse(options, wants)
    fails_on = Failing(options.fail_on)
    task = Task(
        wants.keep_frames if wants.table else (),
        wants.keep_messages,
        max_streams=options.max_streams,
        keylog=options.keylog or os.environ.get("SSLKEYLOGFILE") or None,
        encrypted=options.encrypted or options.table == "encrypted",
    )
    with _client(options.dask) as client, _Progress(sys.stderr.isatty()) as progress:
        found = read_fleet(
            options.captures, client, task, merge=options.merge, progress=progress.show
        )
        progress.clear()
        problems = [one for one in found.problems if one.problem]
        if wants.folder is not None:
            found.save(wants.folder)
            complain(f"{wants.folder}: {len(found)} connections, a folder a day")
        with output_to(options.output, (), at_once=options.format == "jsonl") as out:
            WRITERS[options.format](found, options, out)
        for capture in found.captures.values():
            problems += [one for one in capture.records if one.problem]
        # The connections stay on the workers: each capture's come here once more.
        failed = fails_on.status(one for _, one in _chosen(found, options)) if fails_on else 0
    for one in problems:
        complain(f"{one.path}: {one.problem}")
    return 1 if problems else failed


def refuse(options: argparse.Namespace, wants: Exports) -> None:
    """Refuse what a cluster does not do."""
    if options.connection is not None or wants.charts or wants.report:
        raise UsageError("--connection, --charts and --report need the packets here, not --dask")
    if wants.folder is not None and wants.form != "parquet":
        raise UsageError("a cluster saves Parquet: add --save-as parquet")
    if options.follow is not None:
        raise UsageError("--follow and --dask exclude each other")


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """Give a client of the cluster; ``local`` is one on this machine, made for this run."""
    try:
        import fsspec  # noqa: F401, PLC0415 - an extra
        from distributed import Client, LocalCluster  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError("--dask needs more: pip install 'wsanalyze[fleet]'") from error
    if address == "local":
        with (
            LocalCluster(threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {address}") from error
    with client:
        yield client


class _Progress:
    """A line on standard error that says how far the cluster is."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def show(self, stage: str, done: int, total: int) -> None:
        if self._wanted:
            sys.stderr.write(f"\r\x1b[K{stage}: {done} of {total}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._wanted:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _chosen(found: FleetAnalysis, options: argparse.Namespace) -> Iterator[tuple[str, Analysis]]:
    """Yield each capture, and what was chosen of it; one is here at a time."""
    chosen = selection(options)
    for name in found.captures:
        analysis = found.analysis(name)
        analysis.connections = [one for one in analysis.connections if chosen(one)]
        yield name, analysis


def write_text(found: FleetAnalysis, options: argparse.Namespace, out: TextIO) -> None:
    """Write an overview of each capture."""
    width = None if options.all else width_of(out)
    for index, (name, one) in enumerate(_chosen(found, options)):
        heading = [Line(f"== {printable(name)}"), Line("")] if len(found.captures) > 1 else []
        limit = None if width is None else SHOWN
        lines = overview(
            one.captures,
            one.connections,
            one.anomalies,
            limit=limit,
            width=width,
            hint="--all shows everything",
            findings=one.findings,
        )
        lines += one.encrypted_lines(limit=limit, width=width)
        space = [Line("")] if index else []
        colour = wants_colour(out, options.color)
        write_lines([*space, *heading, *lines], out, colour=colour)


def write_json(found: FleetAnalysis, options: argparse.Namespace, out: TextIO) -> None:
    """Write the record of a capture as one document."""
    if len(found.captures) > 1:
        raise UsageError("json holds one capture: take jsonl or csv, or --merge them")
    for _, one in _chosen(found, options):
        parts = (one.captures, one.connections, one.anomalies)
        write_document(*parts, out, one.encrypted, one.findings)


def write_jsonl(found: FleetAnalysis, options: argparse.Namespace, out: TextIO) -> None:
    """Write each connection on a line of its own, its capture first."""
    for name, analysis in _chosen(found, options):
        for one in analysis.connections:
            line = json.dumps({"capture": name} | one.to_dict())
            out.write(line + "\n")


def write_rows(found: FleetAnalysis, options: argparse.Namespace, out: TextIO) -> None:
    """Write one row per connection, or another table, its capture first."""
    import pandas as pd  # noqa: PLC0415 - takes longer to load than a small capture

    from analyzer.tables import table, write_csv  # noqa: PLC0415 - loads pandas

    tables = [
        one.to_pandas(options.table or "connections").assign(capture=name)
        for name, one in _chosen(found, options)
    ]
    rows = pd.concat(tables) if tables else table(options.table or "connections", [])
    first = ["capture"] if "capture" in rows else []
    write_csv(rows[first + [name for name in rows.columns if name != "capture"]], out)


WRITERS: dict[str, Callable[[FleetAnalysis, argparse.Namespace, TextIO], None]] = {
    "text": write_text,
    "json": write_json,
    "jsonl": write_jsonl,
    "csv": write_rows,
}
