"""Packets in, finished connections out: every packet is pushed through the rooms, once."""

from __future__ import annotations

from collections.abc import Callable, Container

from analyzer.anomaly import Anomaly
from analyzer.capture.merge import CaptureSet
from analyzer.observer import Observer
from analyzer.packet.decoder import PacketDecoder
from analyzer.record import Connection
from analyzer.stream.table import StreamTable


class Engine:
    """Analyses packets as they come; holds only the connections in progress.

    Parameters
    ----------
    report : callable
        Called with each `Connection`, when it is over or the capture is.
    keep_frames : container of int
        Numbers of the connections whose frames are kept.

    Attributes
    ----------
    now_ns : int
        Time of the latest packet, nanoseconds since the epoch.
    """

    def __init__(
        self, report: Callable[[Connection], None], keep_frames: Container[int] = ()
    ) -> None:
        self.decoder = PacketDecoder()
        self.observer = Observer(report, keep_frames)
        self.table = StreamTable(self.observer.first_layer)
        self.now_ns = 0

    def run(self, captures: CaptureSet, limit: int) -> bool:
        """Push up to `limit` packets through; False when there are no more."""
        decoder = self.decoder
        table = self.table
        done = 0
        while done < limit:
            if not captures.next():
                return False
            done += 1
            reader = captures.reader
            if decoder.decode(
                reader.buffer,
                reader.start,
                reader.end,
                reader.original_length,
                reader.link_type,
                reader.time_ns,
                captures.number,
            ):
                table.push(decoder.segment)
                if done & 1023 == 0:
                    table.expire(reader.time_ns)
        table.expire(decoder.segment.time_ns)
        return True

    def finish(self) -> None:
        """Report the connections that are still in progress: the capture is over."""
        self.table.finish()

    def anomalies(self) -> list[Anomaly]:
        """Return the odd things that belong to no connection."""
        found: list[Anomaly] = list(self.decoder.anomalies)
        if self.table.evicted:
            detail = f"{self.table.evicted} streams were given up, the oldest first"
            found.append(Anomaly("stream_table_full", None, self.now_ns, 0, detail))
        return found
