"""Several captures as if they were one: inputs in; packets in order of time, and records, out."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.capture.input_file import CaptureSource
from analyzer.capture.reader import PacketReader
from analyzer.capture.record import CaptureRecord
from analyzer.errors import CaptureError

_NEVER = (1 << 63) - 1
_AT_ONCE = -_NEVER


class OpenCapture:
    """A capture that is being read, with its reader at a packet.

    Attributes
    ----------
    reader : PacketReader
        Where in the capture we are.
    source : CaptureSource
        Where the bytes come from.
    record : CaptureRecord
        What became of it.
    index : int
        Its place among the sources.
    packets : int
        Packets that were stepped through.
    ended : bool
        Whether there is no further packet.
    """

    def __init__(self, source: CaptureSource, record: CaptureRecord, index: int) -> None:
        self.source = source
        self.record = record
        self.index = index
        self.packets = 0
        self.ended = False
        self.reader = source.new_reader()
        self._chunks: Iterator[bytes] = source.chunks()

    def load(self) -> bool:
        """Step to the next packet, reading as much as that takes; False if there is none."""
        while not self.reader.next():
            if not self._feed():
                return False
        return True

    def note(self) -> None:
        """Bring the record up to date."""
        record = self.record
        record.format = self.source.format
        record.bytes = self.source.bytes
        record.packets = self.packets
        if self.packets:
            record.last_at = self.reader.time_ns or None

    def _feed(self) -> bool:
        """Give the reader more bytes; False if there are no more, or no more use for them."""
        problem = self.reader.damage
        if not problem:
            try:
                chunk = next(self._chunks, None)
            except CaptureError as error:
                problem = error.problem
            else:
                if chunk is not None:
                    self.reader.feed(chunk)
                    return True
                problem = self.source.problem or self.reader.finish()
        self.source.close()
        self.ended = True
        self.record.problem = problem
        self.record.complete = not problem
        return False


class CaptureSet:
    """Steps through the packets of several captures in the order of time.

    Captures are put in order by their first packets and opened when their time has come, so that
    of a thousand rotated files one or two are open. Within a capture the order of the file stands,
    even where its times go back; of packets with one time, that of the earlier source comes first.
    What is wrong with a capture is kept in its record, and the others go on.

    Parameters
    ----------
    sources : list of CaptureSource
        The captures, as `open_captures` gives them.

    Attributes
    ----------
    reader : PacketReader
        Stands at the current packet; another object whenever the capture changes.
    number : int
        Number of the current packet over all captures, from 1.
    source_index : int
        Place of the current packet's capture in `sources` and `records`.
    sources : list of CaptureSource
        In the order of their first packets.
    """

    def __init__(self, sources: list[CaptureSource]) -> None:
        begins = [_begin(source) for source in sources] if len(sources) > 1 else [_AT_ONCE]
        order = sorted(range(len(sources)), key=begins.__getitem__)
        self.sources = [sources[i] for i in order]
        self.reader = PacketReader()
        self.number = 0
        self.source_index = 0
        self._records = [CaptureRecord(source.path, source.format) for source in self.sources]
        self._begins = [begins[i] for i in order]
        self._opened = 0  # so many of the sources have been opened
        self._active: list[OpenCapture] = []  # those that stand at a packet
        self._current: OpenCapture | None = None
        self._until = 0  # the current capture goes on alone up to this time
        self._counted = 0  # packets up to this number are counted in `OpenCapture.packets`

    def begin_at(self, packets: int) -> None:
        """Count on from so many packets that were before these captures."""
        self.number = packets
        self._counted = packets

    def next(self) -> bool:
        """Step to the next packet; False when there is none. Waits for the bytes of a live pipe."""
        if self._current is None:
            return self._switch()
        reader = self.reader
        if (reader.next() or self._current.load()) and reader.time_ns <= self._until:
            self.number += 1
            return True
        return self._switch()

    def progress(self) -> tuple[int, int | None]:
        """Give the bytes read so far, as they are on disk, and all bytes, if that is known."""
        sizes = [source.size for source in self.sources]
        known = [size for size in sizes if size is not None]
        total = sum(known) if len(known) == len(sizes) else None
        return sum([source.bytes for source in self.sources]), total

    @property
    def records(self) -> list[CaptureRecord]:
        """What became of each source so far."""
        self._settle()
        for capture in self._active:
            capture.note()
        return self._records

    def _switch(self) -> bool:
        """Go on in the capture whose packet is the earliest."""
        self._settle()
        if self._current is not None and self._current.ended:
            self._active.remove(self._current)
        self._open_due()
        best = self._earliest()
        self._current = best
        if best is None:
            return False
        self.reader = best.reader
        self.source_index = best.index
        self._until = self._limit(best)
        self.number += 1
        return True

    def _settle(self) -> None:
        """Count the packets of the current capture and bring its record up to date."""
        if self._current is not None:
            self._current.packets += self.number - self._counted
            self._current.note()
        self._counted = self.number

    def _earliest(self) -> OpenCapture | None:
        best = None
        for capture in self._active:
            if best is None or capture.reader.time_ns < best.reader.time_ns:
                best = capture
        return best

    def _limit(self, best: OpenCapture) -> int:
        """Give the time up to which no other capture has a packet."""
        until = _NEVER
        if self._opened < len(self.sources):
            until = self._begins[self._opened]
        for capture in self._active:
            if capture is not best:
                # Packets of one time come in the order of the sources.
                begin = capture.reader.time_ns - (capture.index < best.index)
                until = min(until, begin)
        return until

    def _open_due(self) -> None:
        """Open captures that begin before the next packet of those that are open."""
        while self._opened < len(self.sources):
            best = self._earliest()
            if best is not None and best.reader.time_ns < self._begins[self._opened]:
                return
            self._open_next()

    def _open_next(self) -> None:
        index = self._opened
        self._opened += 1
        record = self._records[index]
        try:
            capture = OpenCapture(self.sources[index], record, index)
        except CaptureError as error:
            record.problem = error.problem
            return
        if capture.load():
            record.first_at = capture.reader.time_ns or None
            self._active.append(capture)
        else:
            capture.note()


def _begin(source: CaptureSource) -> int:
    """Give the time of the first packet; what goes wrong is told when the capture is opened."""
    try:
        time_ns = source.first_time()
    except CaptureError:
        return _AT_ONCE
    return _AT_ONCE if time_ns is None else time_ns
