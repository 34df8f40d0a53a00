"""Packets in, finished connections out: every packet is pushed through the rooms, once."""

from __future__ import annotations

from collections.abc import Container

from analyzer.anomaly import Anomaly
from analyzer.attempt import Attempt
from analyzer.capture.merge import CaptureSet
from analyzer.observer import Observer
from analyzer.packet.decoder import PacketDecoder
from analyzer.record import Connection
from analyzer.stream.table import MAX_STREAMS, StreamTable
from analyzer.tls.keylog import KeyLog


class Engine:
    """Analyses packets as they come; holds only the connections in progress.

    Parameters
    ----------
    keep_frames : container of int
        Numbers of the connections whose frames are kept.
    keep_messages : container of int
        Numbers of the connections whose messages are kept.
    last_frames : int or None
        Keep about so many frames of a connection, the last ones; None for all.
    captures : tuple of str
        Where the packets can be read again.
    max_streams : int
        TCP streams remembered at once.
    keys : KeyLog or None
        The secrets of TLS streams.

    Attributes
    ----------
    over : list of Connection
        Those that ended, or were left when the capture did, until somebody takes them out.
    now_ns : int
        Time of the latest packet, nanoseconds since the epoch.
    """

    def __init__(
        self,
        keep_frames: Container[int] = (),
        keep_messages: Container[int] = (),
        last_frames: int | None = None,
        captures: tuple[str, ...] = (),
        max_streams: int = MAX_STREAMS,
        keys: KeyLog | None = None,
    ) -> None:
        self.over: list[Connection] = []
        self.decoder = PacketDecoder()
        self.observer = Observer(
            self.over.append, keep_frames, keep_messages, last_frames, captures, keys
        )
        self.table = StreamTable(self.observer.first_layer, max_streams)
        self.now_ns = 0
        self.expire_at = 0

    def run(self, captures: CaptureSet, limit: int) -> bool:
        """Push up to `limit` packets through, fewer if a connection ends; False for no more."""
        decoder = self.decoder
        table = self.table
        over = self.over
        done = 0
        while done < limit and len(over) == 0:
            if not captures.next():
                return False
            done += 1
            reader = captures.reader
            now_ns = reader.time_ns
            if decoder.decode(
                reader.buffer,
                reader.start,
                reader.end,
                reader.original_length,
                reader.link_type,
                now_ns,
                captures.number,
            ):
                table.push(decoder.segment)
            if now_ns > self.expire_at:
                self.now_ns = now_ns
                self.expire_at = now_ns + 500_000_000  # often enough for who watches a live pipe
                table.expire(now_ns)
        return True

    def finish(self) -> None:
        """Report the connections that are still in progress: the capture is over."""
        self.table.finish()

    @property
    def opened(self) -> int:
        """Connections that began so far."""
        return self.observer.opened_count

    @property
    def attempts(self) -> list[Attempt]:
        """TCP connections that were refused."""
        return self.observer.attempts

    def anomalies(self) -> list[Anomaly]:
        """Return the odd things that belong to no connection."""
        found: list[Anomaly] = list(self.decoder.anomalies)
        if self.table.evicted:
            detail = f"{self.table.evicted} streams were given up, the oldest first"
            if self.table.evicted_asleep:
                detail += f"; {self.table.evicted_asleep} of them were no more than a SYN"
            found.append(Anomaly("stream_table_full", None, self.now_ns, 0, detail))
        return found
