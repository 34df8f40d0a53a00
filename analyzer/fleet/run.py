"""Stages of an analysis on a cluster: files in; connections, which stay on the workers, out.

First every piece is looked through for its streams. Streams that one piece alone holds, most of
them, are analysed where the piece is read; segments of the others are handed on, and analysed in
shares. Last, connections are numbered in the order in which they began. What is handed on between
stages is small, but for the segments of streams that several pieces hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from analyzer.anomaly import Anomaly
from analyzer.aside import Aside
from analyzer.capture.record import CaptureRecord
from analyzer.fleet.listing import Listed, Place, list_files, pieces_of
from analyzer.fleet.piece import Piece
from analyzer.fleet.work import (
    Before,
    Handed,
    Part,
    Scan,
    analyse,
    analyse_share,
    aside_of,
    common,
    number,
    renumbered,
    scan,
)
from analyzer.share import Task

if TYPE_CHECKING:
    from distributed import Client, Future

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, how many of its pieces are done, and of how many."""

PIECE_BYTES = 1 << 30
# Every piece hands something to every share: a scheduler takes a millisecond for each.
MOST_SHARES = 32
ONCE = {"unknown_link_type"}  # told once for a capture, whatever its pieces say


@dataclass
class CaptureParts:
    """One capture, analysed.

    Attributes
    ----------
    name : str
        Of the capture.
    records : list of CaptureRecord
        Its files.
    anomalies : list of Anomaly
        Of no connection.
    parts : list of Future
        Lists of `Connection`, on the workers.
    connections : int
        How many there are.
    aside : Aside
        What was noticed beside the connections.
    """

    name: str
    records: list[CaptureRecord] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    parts: list[Future] = field(default_factory=list)
    connections: int = 0
    aside: Aside = field(default_factory=Aside)


class FleetRun:
    """An analysis on a cluster.

    Parameters
    ----------
    client : distributed.Client
        The cluster.
    task : Task
        What is asked of every capture.
    keylog : bytes
        The user's key log.
    piece_bytes : int
        Larger files are cut, where that is possible.
    progress : callable, optional
        See `Progress`.
    """

    def __init__(
        self,
        client: Client,
        task: Task,
        keylog: bytes = b"",
        piece_bytes: int = PIECE_BYTES,
        progress: Progress | None = None,
    ) -> None:
        self._client = client
        self._task = replace(task, keylog=None)
        self._keylog = [keylog] if keylog else []
        self._piece_bytes = piece_bytes
        self._progress = progress
        self.problems: list[CaptureRecord] = []

    def run(self, places: Iterable[Place], point: Callable[[str], str]) -> list[CaptureParts]:
        """Do it; what cannot be read is in the records of its capture, or in `problems`."""
        listing = list_files(places, point)
        self.problems = [CaptureRecord(one.source, problem=one.problem) for one in listing.missing]
        named = {file.path: file.named for files in listing.captures.values() for file in files}
        scans = self._scanned(listing.captures)
        found = []
        for name in listing.captures:
            mine = [one for one in scans if one.piece.capture == name]
            mine = [one for one in mine if one.is_capture or named[one.piece.paths[0]]]
            if mine:
                found.append(self._capture(name, mine))
        return found

    def _scanned(self, captures: dict[str, list[Listed]]) -> list[Scan]:
        """Look through all pieces of all captures."""
        files = [(name, file) for name, some in captures.items() for file in some]
        cut = self._done(
            "cutting",
            [
                self._client.submit(pieces_of, name, file, self._piece_bytes, pure=False)
                for name, file in files
            ],
            [[Piece(name, (file.path,))] for name, file in files],
        )
        scans = self._looked_through([piece for some in cut for piece in some])
        wrong = {path for path, some in _by_file(scans).items() if not _cuts_are_proven(some)}
        if wrong:
            again = [Piece(name, (file.path,)) for name, file in files if file.path in wrong]
            scans = [one for one in scans if one.piece.paths[0] not in wrong]
            scans += self._looked_through(again)
        return scans

    def _looked_through(self, pieces: list[Piece]) -> list[Scan]:
        jobs = [self._client.submit(scan, piece, pure=False) for piece in pieces]
        briefs = [self._client.submit(_brief, job, pure=False) for job in jobs]
        scans: list[Scan] = self._done("looking through", briefs, [_lost(one) for one in pieces])
        for one, job in zip(scans, jobs, strict=True):
            # Which streams a piece holds is not for us: it goes from worker to worker.
            one.keys = self._client.submit(_keys, [job], pure=False) if one.packets else None
        return scans

    def _done(self, stage: str, futures: Sequence[Future], instead: Sequence[Any]) -> list[Any]:
        """Return what futures gave, and something else for those that failed for good."""
        self._wait(stage, futures)
        return [
            future.result() if _gives(future) else other
            for future, other in zip(futures, instead, strict=True)
        ]

    def _wait(self, stage: str, futures: Sequence[Future]) -> None:
        from distributed import as_completed  # noqa: PLC0415 - a cluster has it

        for count, _ in enumerate(as_completed(futures), 1):
            if self._progress is not None:
                self._progress(stage, count, len(futures))

    def _capture(self, name: str, scans: list[Scan]) -> CaptureParts:
        """Analyse a capture."""
        usable = [one for one in scans if one.packets]
        capture = CaptureParts(name)
        capture.records = [record for one in scans if not one.packets for record in one.records]
        groups = in_order(usable)
        if not groups:
            return capture
        return self._analysed(capture, groups)

    def _analysed(self, capture: CaptureParts, groups: list[list[Scan]]) -> CaptureParts:
        client, shares = self._client, min(len(groups), MOST_SHARES)
        pieces = [_joined(group) for group in groups]
        *befores, behind = _befores(groups, self._keylog)
        keys = [client.submit(_union, [one.keys for one in group], pure=False) for group in groups]
        shared = client.submit(common, keys, pure=False)
        jobs = [
            client.submit(analyse, piece, before, shared, shares, self._task, pure=False)
            for piece, before in zip(pieces, befores, strict=True)
        ]
        self._wait("analysing", jobs)
        good = [job for job in jobs if _gives(job)]
        for job, piece in zip(jobs, pieces, strict=True):
            if job not in good:
                capture.records += [
                    CaptureRecord(path, problem=_reason(job)) for path in piece.paths
                ]
        parts = [client.submit(_own, job, pure=False) for job in good]
        if len(good) > 1:
            parts += [
                client.submit(
                    analyse_share,
                    [client.submit(_share, job, index, pure=False) for job in good],
                    behind.secrets,
                    self._task,
                    pure=False,
                )
                for index in range(shares)
            ]
        return self._numbered(capture, parts)

    def _numbered(self, capture: CaptureParts, parts: list[Future]) -> CaptureParts:
        client = self._client
        self._wait("joining", parts)
        kept = [part for part in parts if _gives(part)]
        for part in parts:
            if part not in kept:
                problem = f"streams that several pieces hold were lost: {_reason(part)}"
                capture.records.append(CaptureRecord(capture.name, problem=problem))
        told = client.gather([client.submit(_summary, part, pure=False) for part in kept])
        numbers = client.submit(number, [places for _, _, places in told], pure=False)
        asides: list[Future] = []
        for index, (records, anomalies, places) in enumerate(told):
            capture.records += records
            capture.connections += places[0].shape[1]
            for one in anomalies:
                if one.name not in ONCE or one.name not in {it.name for it in capture.anomalies}:
                    capture.anomalies.append(one)
            numbered = client.submit(_renumbered, kept[index], numbers, index, pure=False)
            capture.parts.append(numbered)
            asides.append(client.submit(_aside, kept[index], numbers, index, pure=False))
        self._wait("numbering", capture.parts)
        for aside in client.gather(asides):
            capture.aside.take(aside, int)
        return capture


def in_order(scans: list[Scan]) -> list[list[Scan]]:
    """Put pieces in the order of time, those together whose times overlap.

    Pieces of one file stay in its order; where another file overlaps with any, all are read at one
    go, as one process would read them.
    """
    files = _by_file(scans)
    # Files without a packet stand at the beginning, as they do for one process.
    ordered = sorted(files.values(), key=lambda some: some[0].first_ns)
    groups: list[list[list[Scan]]] = []
    latest = 0
    for file in ordered:
        if groups and latest > file[0].first_ns:
            groups[-1].append(file)
        else:
            groups.append([file])
        latest = max(latest, *(one.latest_ns for one in file))
    result: list[list[Scan]] = []
    for group in groups:
        if len(group) == 1:
            result += [[one] for one in group[0]]
        else:
            result.append([one for file in group for one in file])
    return result


def _by_file(scans: list[Scan]) -> dict[str, list[Scan]]:
    """Return the pieces of every file, in its order; as yet every piece is of one file."""
    files: dict[str, list[Scan]] = {}
    for one in scans:
        files.setdefault(one.piece.paths[0], []).append(one)
    return files


def _cuts_are_proven(pieces: list[Scan]) -> bool:
    """Whether every piece of a file but the last ends where a record does."""
    return all(record.complete for one in pieces[:-1] for record in one.records)


def _lost(piece: Piece) -> Scan:
    lost = [CaptureRecord(path, problem="lost with its worker") for path in piece.paths]
    return Scan(piece, lost)


def _joined(group: list[Scan]) -> Piece:
    if len(group) == 1:
        return group[0].piece
    paths = dict.fromkeys(path for one in group for path in one.piece.paths)
    return Piece(group[0].piece.capture, tuple(paths))


def _brief(one: Scan) -> Scan:
    return replace(one, keys=None)


def _keys(scans: list[Scan]) -> Any:
    return scans[0].keys


def _union(keys: list[Any]) -> Any:
    import numpy as np  # noqa: PLC0415 - a cluster has it

    return keys[0] if len(keys) == 1 else np.unique(np.concatenate(keys))


def _befores(groups: list[list[Scan]], keylog: list[bytes]) -> Iterable[Before]:
    """Yield what stands in front of each group, and at last what stands in front of the end."""
    before = Before(secrets=list(keylog))
    for group in groups:
        yield before
        before = Before(
            before.packets + sum(one.packets for one in group),
            max(before.latest_ns, *(one.latest_ns for one in group)),
            before.secrets + [data for one in group for data in one.secrets],
        )
    yield before


def _own(analysed: tuple[Part, Handed]) -> Part:
    return analysed[0]


def _share(analysed: tuple[Part, Handed], index: int) -> tuple[bytes, Any, Any]:
    handed = analysed[1]
    return handed.shares[index], handed.tick_times, handed.tick_packets


def _summary(part: Part) -> tuple[list[CaptureRecord], list[Anomaly], tuple[Any, Any]]:
    return part.records, part.anomalies, (part.opened, part.created)


def _renumbered(part: Part, numbers: list[tuple[Any, Any]], index: int) -> list[Any]:
    return renumbered(part, numbers[index])


def _aside(part: Part, numbers: list[tuple[Any, Any]], index: int) -> Aside:
    return aside_of(part, numbers[index])


def _gives(future: Future) -> bool:
    """Whether a future has a result, or will: what was lost with its worker is done again."""
    return _error(future) is None


def _error(future: Future) -> BaseException | None:
    """Return why a future failed for good; waits until that is known."""
    try:
        found: BaseException | None = future.exception()
    except CancelledError as error:
        return error
    return found


def _reason(future: Future) -> str:
    error = _error(future)
    return " ".join(f"{type(error).__name__}: {error}".split())
