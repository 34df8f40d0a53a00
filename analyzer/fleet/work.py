"""What a worker does: a piece, or a share of what pieces have in common, in; connections, out.

Every function gives the same for the same arguments, so that a cluster may do it again wherever a
worker was lost.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analyzer.anomaly import Anomaly
from analyzer.aside import Aside
from analyzer.capture.merge import CaptureSet
from analyzer.capture.record import CaptureRecord
from analyzer.engine import Engine
from analyzer.errors import NotACaptureError
from analyzer.fleet.piece import Piece
from analyzer.fleet.router import KeyRouter, SplitRouter
from analyzer.fleet.router import read as read_segment
from analyzer.packet.segment import Segment
from analyzer.quick import altered
from analyzer.record import Connection
from analyzer.route import Router
from analyzer.share import ALL, TLS_KEY_LOG, CarriedSecrets, Task
from analyzer.tls.keylog import KeyLog

if TYPE_CHECKING:
    import numpy as np

BATCH = 1_000_000
HALF_SECOND = 500_000_000


@dataclass
class Scan:
    """What a piece holds, before anything of it is analysed.

    Attributes
    ----------
    piece : Piece
        What was read.
    records : list of CaptureRecord
        What became of its files.
    is_capture : bool
        It is a capture, whatever is wrong with it.
    keys : array
        Sorted numbers of the pairs of endpoints in it, as `KeyRouter` notes them.
    packets : int
        In it.
    first_ns, latest_ns : int
        The time of its first packet, and the latest of all, nanoseconds since the epoch.
    secrets : list of bytes
        Key logs that it carries.
    """

    piece: Piece
    records: list[CaptureRecord]
    is_capture: bool = True
    keys: Any = None
    packets: int = 0
    first_ns: int = 0
    latest_ns: int = 0
    secrets: list[bytes] = field(default_factory=list)


@dataclass
class Before:
    """What was before a piece in its capture.

    Attributes
    ----------
    packets : int
        Packets before it.
    latest_ns : int
        The latest of their times.
    secrets : list of bytes
        Key logs that were met, and the user's.
    """

    packets: int = 0
    latest_ns: int = -HALF_SECOND
    secrets: list[bytes] = field(default_factory=list)


@dataclass
class Part:
    """Connections of a piece, or of a share of what pieces have in common.

    Attributes
    ----------
    connections : list of Connection
        Numbered as if there were no others.
    opened : array
        When connections began: packets and, in a second row, first packets; see `Position`.
    created : array
        In which packets TCP streams began.
    anomalies : list of Anomaly
        Of no connection.
    records : list of CaptureRecord
        What became of the files that were read.
    aside : Aside
        What was noticed beside the connections.
    """

    connections: list[Connection]
    opened: Any
    created: Any
    anomalies: list[Anomaly]
    records: list[CaptureRecord] = field(default_factory=list)
    aside: Aside | None = None


@dataclass
class Handed:
    """What a piece hands to others: segments of each share, and when its clock ticked."""

    shares: list[bytes]
    tick_times: array[int]
    tick_packets: array[int]


def scan(piece: Piece) -> Scan:
    """Look which streams a piece holds."""
    import numpy as np  # noqa: PLC0415 - a cluster has it

    router = KeyRouter()
    engine = Engine(router=router)
    try:
        sources = piece.sources()
        for source in sources:
            source.identify()
        captures = CaptureSet(sources)
        _read(engine, captures)
    except Exception as error:  # noqa: BLE001 - whatever one file holds, the others are read
        records = [CaptureRecord(path, problem=_problem(error)) for path in piece.paths]
        return Scan(piece, records, is_capture=not isinstance(error, NotACaptureError))
    records = captures.records
    keys = np.fromiter(router.keys, np.uint64, len(router.keys))
    keys.sort()
    firsts = [one.first_at for one in records if one.first_at]
    return Scan(
        piece,
        records,
        True,
        keys,
        captures.number,
        min(firsts, default=0),
        engine.table.latest,
        _secrets(captures),
    )


def _read(engine: Engine, captures: CaptureSet) -> list[Connection]:
    """Read all; return the connections that were over before the end."""
    found: list[Connection] = []
    while engine.run(captures, BATCH):
        found += engine.over
        engine.over.clear()
    return found


def _secrets(captures: CaptureSet) -> list[bytes]:
    found = getattr(captures.reader, "secrets", [])
    return [data for kind, data in found if kind == TLS_KEY_LOG]


def _problem(error: Exception) -> str:
    problem = getattr(error, "problem", "") or f"{type(error).__name__}: {error}"
    return " ".join(problem.split())


def common(keys: Sequence[np.ndarray]) -> np.ndarray:
    """Return the keys that more than one of several pieces hold."""
    import numpy as np  # noqa: PLC0415 - a cluster has it

    if len(keys) < 2:
        return np.empty(0, np.uint64)
    found, counts = np.unique(np.concatenate(list(keys)), return_counts=True)
    result: np.ndarray = found[counts > 1]
    return result


def analyse(
    piece: Piece, before: Before, shared: np.ndarray, shares: int, task: Task
) -> tuple[Part, Handed]:
    """Analyse the streams that only this piece holds, and hand on the others."""
    router = SplitRouter(set(shared.tolist()), shares)
    captures = CaptureSet(piece.sources())
    captures.begin_at(before.packets)
    secrets = _Secrets(before.secrets, captures)
    engine = _engine(task, router, secrets)
    engine.tick_at = before.latest_ns - before.latest_ns % HALF_SECOND + HALF_SECOND
    engine.table.latest = max(before.latest_ns, 0)
    found = _read(engine, captures)
    engine.finish()
    handed = Handed([bytes(one) for one in router.taken], router.tick_times, router.tick_packets)
    return _part(engine, found, captures.records), handed


def analyse_share(
    taken: Sequence[tuple[bytes, array[int], array[int]]], secrets: list[bytes], task: Task
) -> Part:
    """Analyse a share of what pieces have in common.

    Parameters
    ----------
    taken : sequence of (bytes, array, array)
        Of each piece, in order: segments, and times and packets of its clock's ticks.
    secrets : list of bytes
        Key logs.
    task : Task
        What is asked.
    """
    engine = _engine(task, Router(), _Secrets(secrets, None))
    segment = Segment()
    for segments, times, packets in taken:
        tick, at = 0, 0
        while at < len(segments):
            at = read_segment(segment, segments, at)
            # The clock ticks behind the packet that makes it tick.
            while tick < len(packets) and packets[tick] < segment.packet:
                engine.tick(times[tick], packets[tick])
                tick += 1
            engine.take(segment)
        for late in range(tick, len(packets)):
            engine.tick(times[late], packets[late])
    engine.finish()
    return _part(engine, [], [])


class _Secrets:
    """Key logs that came before, and those that a capture carries as it is read."""

    def __init__(self, before: list[bytes], captures: CaptureSet | None) -> None:
        self._before = before
        self._carried = CarriedSecrets(captures) if captures is not None else list

    def __call__(self) -> Iterable[bytes]:
        before, self._before = self._before, []
        return [*before, *self._carried()]


def _engine(task: Task, router: Router, secrets: Callable[[], Iterable[bytes]]) -> Engine:
    return Engine(
        ALL if task.frames else (),
        ALL if task.messages else (),
        task.last_frames,
        (),
        task.max_streams,
        KeyLog(more=secrets),
        task.encrypted,
        router,
    )


def _part(engine: Engine, found: list[Connection], records: list[CaptureRecord]) -> Part:
    import numpy as np  # noqa: PLC0415 - a cluster has it

    opened = np.array(engine.opened_at, np.int64).reshape(-1, 2).T
    created = np.array(engine.table.created_in, np.int64)
    odd = [one for one in engine.anomalies() if one.name != "http2_unseen"]  # in `aside`
    return Part([*found, *engine.over], opened, created, odd, records, engine.aside)


def number(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Give numbers to the connections and TCP streams of a capture, in the order they began.

    Parameters
    ----------
    parts : sequence of (array, array)
        `Part.opened` and `Part.created` of every part.

    Returns
    -------
    list of (array, array)
        For every part the numbers of its connections and of its TCP streams.
    """
    import numpy as np  # noqa: PLC0415 - a cluster has it

    opened = np.concatenate([one for one, _ in parts], axis=1)
    created = np.concatenate([one for _, one in parts])
    ids, streams = np.empty(opened.shape[1], np.int64), np.empty(len(created), np.int64)
    ids[np.lexsort((opened[1], opened[0]))] = np.arange(len(ids))
    streams[np.argsort(created, kind="stable")] = np.arange(len(streams))
    ends = np.cumsum([one.shape[1] for one, _ in parts])[:-1]
    stream_ends = np.cumsum([len(one) for _, one in parts])[:-1]
    return list(zip(np.split(ids, ends), np.split(streams, stream_ends), strict=True))


def renumbered(part: Part, numbers: tuple[np.ndarray, np.ndarray]) -> list[Connection]:
    """Return the connections of a part, with the numbers that they have in their capture."""
    ids, streams = numbers
    found = [
        altered(one, id=int(ids[one.id]), tcp_stream=int(streams[one.tcp_stream]))
        for one in part.connections
    ]
    return sorted(found, key=lambda one: one.id)


def aside_of(part: Part, numbers: tuple[np.ndarray, np.ndarray]) -> Aside:
    """Return what was noticed in a part, with the numbers that streams have in their capture."""
    found = Aside()
    if part.aside is not None:
        found.take(part.aside, lambda number: int(numbers[1][number]))
    return found
