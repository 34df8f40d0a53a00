"""One capture read by several processes, with the result of one.

Every process reads all packets and analyses those of its share of the TCP streams. Connections come
out in the order in which one process would have reported them, with the numbers that it would have
given: each share tells in which packets its streams and connections began, and what began earlier
in any share counts. So nothing is handed from process to process but what is over, and it does not
matter how the packets of the streams are mixed.
"""

from __future__ import annotations

import gc
import os
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from heapq import merge
from queue import SimpleQueue
from threading import Thread

from analyzer.anomaly import Anomaly
from analyzer.aside import Aside
from analyzer.capture.input_file import CaptureSource
from analyzer.engine import Position, given_up_anomaly
from analyzer.quick import altered
from analyzer.record import Connection
from analyzer.share import ShareRun, Task, Told

BATCH = 200_000
SPOKEN = 250  # words told at once: what they share is then written once
# Processes are started, and every packet is read by each of them: fewer are read sooner by one; not
# so many where TLS is decrypted.
LEAST_PACKETS, LEAST_SEALED = 2_500_000, 500_000
# Longer ones, in the mean, take longer to read than to analyse.
LONGEST_MEAN = 400
# To hand a connection from process to process takes as long as to read so many packets more.
PACKETS_EACH = 200
LOOK = 40_000
SHORTEST = 70  # bytes of a packet in a file
PROGRAM = "from analyzer.jobs import work; work()"


def cores() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # no such thing outside Linux
        return os.cpu_count() or 1


def jobs_for(sources: Sequence[CaptureSource], task: Task, asked: int | None = None) -> int:
    """Return how many processes share the work.

    Parameters
    ----------
    sources : sequence of CaptureSource
        The captures.
    task : Task
        What is asked of them.
    asked : int, optional
        As many as the user wants; without it all processors, where that pays: where there are
        many packets, and short ones, none of which must be unpacked first, since every process
        reads all of them; and where connections are few among them.

    Returns
    -------
    int
        1 where the captures can be read only once, or what is kept depends on numbers.
    """
    if asked == 1 or not task.divisible or not all(one.can_reopen for one in sources):
        return 1
    if asked is not None:
        return asked
    plain = not any("+" in one.format for one in sources)
    return cores() if plain and cores() > 1 and _pays(sources, task) else 1


def _pays(sources: Sequence[CaptureSource], task: Task) -> bool:
    """Whether a look at the beginning finds much to analyse, and few connections in it."""
    size = sum(one.size or 0 for one in sources)
    least = LEAST_PACKETS if task.keylog is None else LEAST_SEALED
    if size < least * SHORTEST:
        return False
    looked = [CaptureSource(one.path) for one in sources]
    run = ShareRun(looked, task)
    # Connections of the first half may have been there all the time.
    first, before = _look(run, LOOK // 2)
    packets, opened = _look(run, LOOK)
    read, _ = run.captures.progress()
    for one in looked:
        one.close()
    mean = read / max(packets, 1)
    if mean > LONGEST_MEAN or size < least * mean:
        return False
    return (opened - before) * PACKETS_EACH <= packets - first


def _look(run: ShareRun, until: int) -> tuple[int, int]:
    """Read up to a packet; return how many were read by then, and connections that began."""
    while run.captures.number < until and run.advance(until - run.captures.number):
        run.engine.over.clear()
    return run.captures.number, run.engine.opened


class Worker:
    """A process that does a share; should it die, its share is done here.

    Parameters
    ----------
    paths : sequence of str
        The captures.
    task : Task
        The share.
    """

    def __init__(self, paths: Sequence[str], task: Task) -> None:
        self._work = (list(paths), task)
        import subprocess  # noqa: PLC0415 - loading takes longer than a small capture

        # What is imported here must be importable there, from wherever this program was started.
        known = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": known},
            start_new_session=True,  # Ctrl-C is for us: we pass it on
        )
        # Taken as it comes, so that the process never waits for us.
        self._heard: SimpleQueue[list[Told]] = SimpleQueue()
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        import pickle  # noqa: PLC0415 - as subprocess

        process = self._process
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            pickle.dump(self._work, process.stdin)
            process.stdin.flush()
            with process.stdout as heard:
                while True:
                    self._heard.put(pickle.load(heard))  # noqa: S301 - our own process
        except Exception:  # noqa: BLE001 - whatever a process does that dies while it speaks
            self._heard.put([])

    def told(self) -> Iterator[Told]:
        """Yield what the share tells."""
        heard = 0
        while batch := self._heard.get():
            for one in batch:
                heard += 1
                yield one
                if one.connection is None:
                    self.stop()
                    return
        self.stop()
        yield from _again(*self._work, heard)

    def end_early(self) -> None:
        """Let the process read no further, and tell what it has."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def stop(self) -> None:
        """End the process, wherever it is."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        self.end_early()


def _again(paths: list[str], task: Task, heard: int) -> Iterator[Told]:
    """Do a share, and tell what was not heard of it yet."""
    run = ShareRun([CaptureSource(path) for path in paths], task)
    for number, told in enumerate(words(run)):
        if number >= heard:
            yield told


def words(run: ShareRun) -> Iterator[Told]:
    """Yield all that a share tells, the last word too."""
    while run.advance(BATCH):
        yield from run.told()
    yield from run.told()
    yield run.end()


def work() -> None:
    """Do a share: what a process of its own does, as its standard input asks."""
    import pickle  # noqa: PLC0415 - as subprocess

    gc.disable()  # connections hold no cycles
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr
    paths, task = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
    run = ShareRun([CaptureSource(path) for path in paths], task)
    Thread(target=_stop_with_input, args=[run], daemon=True).start()
    told: list[Told] = []
    while run.advance(BATCH):
        told += run.told()
        if len(told) >= SPOKEN:
            pickle.dump(told, out, pickle.HIGHEST_PROTOCOL)
            told.clear()
    pickle.dump([*told, *run.told(), run.end()], out, pickle.HIGHEST_PROTOCOL)
    out.close()


def _stop_with_input(run: ShareRun) -> None:
    """Read no further once whoever asked closes our input, or is gone."""
    sys.stdin.buffer.read()
    run.stopped = True


class Merger:
    """Puts what shares tell in order, and gives the connections their numbers.

    Parameters
    ----------
    count : int
        How many shares there are.
    """

    def __init__(self, count: int) -> None:
        self._opened: list[list[Position]] = [[] for _ in range(count)]
        self._created = [array("q") for _ in range(count)]
        self._given_up = [(0, 0)] * count
        self._asides: list[tuple[int, Aside]] = []

    @property
    def opened(self) -> int:
        """Connections that began, as far as was told."""
        return sum(len(one) for one in self._opened)

    def connections(self, shares: Sequence[Iterator[Told]]) -> Iterator[Connection]:
        """Yield the connections of all shares.

        Parameters
        ----------
        shares : sequence of iterators of Told
            What each tells. A connection is yielded once every other share has told of a later
            one, so that whatever began before it is known.
        """
        heard = [self._noted(index, share) for index, share in enumerate(shares)]
        for _, index, told in merge(*heard, key=_when):
            if told.connection is not None:
                yield self._numbered(index, told.connection)

    def _noted(self, index: int, share: Iterator[Told]) -> Iterator[tuple[Position, int, Told]]:
        for told in share:
            self._opened[index] += told.opened
            self._created[index] += told.created
            self._given_up[index] = told.given_up
            if told.aside is not None:
                self._asides.append((index, told.aside))
            yield told.position, index, told

    def _numbered(self, index: int, one: Connection) -> Connection:
        opened = self._opened[index][one.id]
        return altered(
            one,
            id=sum(bisect_left(others, opened) for others in self._opened),
            tcp_stream=self._stream(index, one.tcp_stream),
        )

    def _stream(self, index: int, number: int) -> int:
        created = self._created[index][number]
        return sum(bisect_left(others, created) for others in self._created)

    @property
    def aside(self) -> Aside:
        """What was noticed beside the connections; known at the end."""
        found = Aside()
        for index, one in self._asides:
            found.take(one, partial(self._stream, index))
        return found

    def anomalies(self, first: ShareRun) -> list[Anomaly]:
        """Return the odd things of no connection.

        Parameters
        ----------
        first : ShareRun
            Any of the shares: each of them met all packets.
        """
        found = [*first.engine.decoder.anomalies, *self.aside.anomalies()]
        given_up = sum(one for one, _ in self._given_up)
        if given_up:
            asleep = sum(one for _, one in self._given_up)
            found.append(given_up_anomaly(given_up, asleep, first.engine.now_ns))
        return found


def _when(heard: tuple[Position, int, Told]) -> tuple[Position, int]:
    return heard[:2]
