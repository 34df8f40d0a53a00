"""Packets in, finished connections out: every packet is pushed through the rooms, once."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Container
from typing import NamedTuple

from analyzer.anomaly import Anomaly
from analyzer.aside import Aside
from analyzer.capture.merge import CaptureSet
from analyzer.observer import Observer
from analyzer.packet.decoder import PacketDecoder
from analyzer.packet.segment import Segment
from analyzer.record import Connection
from analyzer.route import Router
from analyzer.stream.table import MAX_STREAMS, StreamTable
from analyzer.tls.keylog import KeyLog

AFTER_ALL = 1 << 62


class Position(NamedTuple):
    """When something happened, in an order that is the same whoever watches which streams.

    Attributes
    ----------
    packet : int
        The packet that made it happen; `AFTER_ALL` for the end of the capture.
    first_packet : int
        Of the TCP stream, where time made it happen and not a packet of its own; otherwise 0.
    """

    packet: int
    first_packet: int


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
    encrypted : bool
        TLS streams without keys are followed to their end.
    router : Router or None
        Takes the segments that are not for this engine; None for none. Packets of all count for
        what time makes happen.

    Attributes
    ----------
    over : list of Connection
        Those that ended, or were left when the capture did, until somebody takes them out.
    over_at, opened_at : deque and list of Position
        Of an engine with a router: when each of `over` ended, and when each connection so far
        began.
    now_ns : int
        Time of the latest packet at the last tick, nanoseconds since the epoch.
    tick_at : int
        The first packet with this time, or a later one, makes the clock tick: it is a multiple of
        half a second, so that ticks depend on the packets alone, wherever a capture is cut.
    """

    def __init__(
        self,
        keep_frames: Container[int] = (),
        keep_messages: Container[int] = (),
        last_frames: int | None = None,
        captures: tuple[str, ...] = (),
        max_streams: int = MAX_STREAMS,
        keys: KeyLog | None = None,
        encrypted: bool = False,
        router: Router | None = None,
    ) -> None:
        self.over: list[Connection] = []
        self.over_at: deque[Position] = deque()
        self.opened_at: list[Position] = []
        self.decoder = PacketDecoder()
        self.router = router
        shared = router is not None
        self.observer = Observer(
            self._over_in_share if shared else self.over.append,
            keep_frames,
            keep_messages,
            last_frames,
            captures,
            keys,
            encrypted,
            self._opened_in_share if shared else None,
        )
        observer = self.observer
        self.table = StreamTable(observer.first_layer, max_streams, observer.unanswered)
        if shared:
            self.table.created_in = array("q")
        self.now_ns = 0
        self.tick_at = 0
        self.packet = 0
        self.sweeping = False

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
            table.latest = max(table.latest, now_ns)
            if decoder.decode(
                reader.buffer,
                reader.start,
                reader.end,
                reader.original_length,
                reader.link_type,
                now_ns,
                captures.number,
            ):
                if self.router is None:
                    table.push(decoder.segment)
                elif not self.router.takes(decoder.segment):
                    self.packet = captures.number
                    table.push(decoder.segment)
            if now_ns >= self.tick_at:
                self.tick(now_ns, captures.number)
        return True

    def take(self, segment: Segment) -> None:
        """Take a segment that another engine's router took."""
        self.table.latest = max(self.table.latest, segment.time_ns)
        self.packet = segment.packet
        self.table.push(segment)

    def tick(self, now_ns: int, packet: int) -> None:
        """Let time make happen what a packet of this time shows to be due."""
        self.now_ns = now_ns
        # Often enough for who watches a live pipe.
        self.tick_at = now_ns - now_ns % 500_000_000 + 500_000_000
        self.packet = packet
        self.sweeping = True
        self.table.expire(now_ns)
        self.sweeping = False
        if self.router is not None:
            self.router.ticked(now_ns, packet)

    def finish(self) -> None:
        """Report the connections that are still in progress: the capture is over."""
        self.packet = AFTER_ALL
        self.sweeping = True
        self.table.finish()

    def _opened_in_share(self, first_packet: int) -> None:
        self.opened_at.append(Position(self.packet, first_packet if self.sweeping else 0))

    def _over_in_share(self, connection: Connection) -> None:
        first_packet = connection.first_packet
        self.over_at.append(Position(self.packet, first_packet if self.sweeping else 0))
        self.over.append(connection)

    @property
    def opened(self) -> int:
        """Connections that began so far."""
        return self.observer.opened_count

    @property
    def aside(self) -> Aside:
        """What was noticed of streams beside the connections in them."""
        found: Aside = self.observer.aside
        return found

    def anomalies(self) -> list[Anomaly]:
        """Return the odd things that belong to no connection."""
        found: list[Anomaly] = [*self.decoder.anomalies, *self.aside.anomalies()]
        table = self.table
        if table.evicted:
            found.append(given_up_anomaly(table.evicted, table.evicted_asleep, self.now_ns))
        return found


def given_up_anomaly(streams: int, asleep: int, now_ns: int) -> Anomaly:
    """Tell that streams were given up, some of which were no more than a SYN."""
    detail = f"{streams} streams were given up, the oldest first"
    if asleep:
        detail += f"; {asleep} of them were no more than a SYN"
    return Anomaly("stream_table_full", None, now_ns, 0, detail)
