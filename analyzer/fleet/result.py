"""What a cluster found: connections that stay on the workers until somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.analysis import Analysis
from analyzer.capture.record import CaptureRecord
from analyzer.errors import CaptureError, UsageError
from analyzer.fleet.listing import Place
from analyzer.fleet.points import point_of
from analyzer.fleet.run import PIECE_BYTES, CaptureParts, FleetRun, Progress
from analyzer.record import Connection
from analyzer.share import Task

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame
    from distributed import Client
    from pandas import DataFrame


class FleetAnalysis:
    """What captures of many places say of the WebSocket connections in them.

    Attributes
    ----------
    captures : dict of str to CaptureParts
        Every capture: its files, and its connections on the workers.
    problems : list of CaptureRecord
        What was asked for and is not there.
    """

    def __init__(self, captures: list[CaptureParts], problems: list[CaptureRecord]) -> None:
        self.captures = {one.name: one for one in captures}
        self.problems = problems

    def __len__(self) -> int:
        return sum(one.connections for one in self.captures.values())

    def __repr__(self) -> str:
        return (
            f"<FleetAnalysis of {len(self)} WebSocket connections in {len(self.captures)} captures>"
        )

    def analysis(self, capture: str | None = None) -> Analysis:
        """Bring the connections of a capture here.

        Parameters
        ----------
        capture : str, optional
            Its name; not needed where there is one alone.

        Returns
        -------
        Analysis
            The same that one process would have given.

        Raises
        ------
        UsageError
            There is no such capture, or there are several.
        """
        if capture is None and len(self.captures) == 1:
            capture = next(iter(self.captures))
        if capture not in self.captures:
            raise UsageError(f"which capture? there are {', '.join(self.captures) or 'none'}")
        parts = self.captures[capture]
        connections: list[Connection] = []
        for part in parts.parts:
            connections += part.result()
        connections.sort(key=lambda one: one.id)
        sealed = parts.aside.encrypted
        return Analysis(
            _whole_files(parts.records),
            connections,
            [*parts.anomalies, *parts.aside.anomalies()],
            sorted(sealed.found, key=lambda one: one.tcp_stream),
            sealed.dropped,
            parts.aside.failed(),
            listed=sealed.every,
        )

    def to_dask(self, name: str = "connections") -> DaskFrame:
        """Return a table of all captures as a Dask DataFrame, with a column ``capture``.

        Parameters
        ----------
        name : str
            As in `Analysis.to_pandas`; not ``anomalies``, some of which belong to no connection.
        """
        import dask.dataframe as dd  # noqa: PLC0415 - a cluster has it

        tables = [
            part.client.submit(_table, name, capture.name, part, pure=False)
            for capture in self.captures.values()
            for part in capture.parts
        ]
        if not tables:
            return dd.from_pandas(_table(name, "", []), npartitions=1)
        return dd.from_delayed(tables, meta=_table(name, "", []), verify_meta=False)

    def save(self, folder: str | Path, name: str = "connections") -> None:
        """Write a table as a Parquet dataset, a folder a day, for ``pandas.read_parquet``.

        Parameters
        ----------
        folder : str or path
            Of any file system that fsspec knows; the workers write there.
        name : str
            As in `to_dask`.

        Notes
        -----
        The day, ``day=2026-11-22``, is that of the connection's first packet, in UTC;
        ``day=unknown`` where the capture has no times.
        """
        import dask  # noqa: PLC0415 - a cluster has it

        table = self.to_dask(name)
        day = table.map_partitions(_with_day, meta=_with_day(_table(name, "", [])))
        # Words would become numbers or categories where a partition has few of them.
        with dask.config.set({"dataframe.convert-string": False}):
            day.to_parquet(str(folder), partition_on=["day"], write_index=False)


def read_fleet(
    places: Iterable[Place],
    client: Client,
    task: Task | None = None,
    *,
    merge: bool = False,
    point: Callable[[str], str] = point_of,
    piece_bytes: int = PIECE_BYTES,
    progress: Progress | None = None,
) -> FleetAnalysis:
    """Analyse captures on a cluster.

    Parameters
    ----------
    places : iterable of str or path
        Files, globs and folders, as paths or URLs that fsspec knows (``s3://…``). Workers read
        them, so they must see the same.
    client : distributed.Client
        The cluster.
    task : Task, optional
        What is asked; without it, neither frames nor messages.
    merge : bool
        Take everything for one capture. Without it, files that were captured at several places
        stay apart, since they may hold the same packets.
    point : callable
        Tells by its path the place where a file was captured; see `point_of`.
    piece_bytes : int
        Larger pcap files are cut into pieces of about this size.
    progress : callable, optional
        See `Progress`.

    Raises
    ------
    CaptureError
        Nothing of the input could be read as a capture.
    UsageError
        The key log cannot be read.
    """
    task = task or Task()
    try:
        secrets = b"" if task.keylog is None else Path(task.keylog).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the key log {task.keylog}: {error.strerror}") from error
    run = FleetRun(client, task, secrets, piece_bytes, progress)
    captures = run.run(places, (lambda _: "all") if merge else point)
    if not captures and run.problems:
        raise CaptureError(run.problems[0].path, run.problems[0].problem)
    return FleetAnalysis(captures, run.problems)


def _whole_files(records: list[CaptureRecord]) -> list[CaptureRecord]:
    """Put the records of a file's pieces together."""
    found: dict[str, CaptureRecord] = {}
    for one in records:
        before = found.get(one.path)
        if before is None:
            found[one.path] = replace(one)
            continue
        before.packets += one.packets
        before.bytes += one.bytes
        before.last_at = one.last_at or before.last_at
        before.complete = before.complete and one.complete
        before.problem = before.problem or one.problem
    return sorted(found.values(), key=lambda one: (one.first_at or 0, one.path))


def _table(name: str, capture: str, connections: list[Connection]) -> DataFrame:
    from analyzer.tables import table  # noqa: PLC0415 - loads pandas

    made = table(name, connections)
    made.insert(0, "capture", capture)
    made["capture"] = made["capture"].astype("string")
    return made


def _with_day(table: DataFrame) -> DataFrame:
    times: Any = table["first_at"] if "first_at" in table else table["at"]
    day = times.dt.strftime("%Y-%m-%d").astype("object").where(times.notna(), "unknown")
    return table.assign(day=day.astype("string"))
