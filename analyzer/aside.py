"""What is noticed of streams beside the connections in them, told by TCP stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from analyzer.anomaly import Anomaly
from analyzer.attempt import Attempt
from analyzer.encrypted import EncryptedStreams
from analyzer.side import Side

MOST_UNSEEN = 1000


class Unseen(NamedTuple):
    """A stream of HTTP/2 of which WebSockets that begin on it cannot be seen.

    Attributes
    ----------
    side : Side or None
        Whose bytes are missing.
    at, packet : int
        Since when, nanoseconds since the epoch, and the packet.
    tcp_stream : int
        Its number.
    why : str
        One line.
    """

    side: Side | None
    at: int
    packet: int
    tcp_stream: int
    why: str

    def anomaly(self) -> Anomaly:
        """Return it as an anomaly of no connection."""
        detail = f"WebSockets that begin on tcp.stream {self.tcp_stream} are not seen: {self.why}"
        return Anomaly("http2_unseen", self.side, self.at, self.packet, detail)


class Aside:
    """What an observer noticed.

    Parameters
    ----------
    every : bool
        All TLS streams without keys were asked for.

    Attributes
    ----------
    encrypted : EncryptedStreams
        TLS streams that could not be decrypted.
    attempts : list of Attempt
        TCP connections that were refused.
    unanswered : list of Attempt
        SYNs that nothing answered.
    unseen : list of Unseen
        Streams of HTTP/2 that could not be followed.
    """

    def __init__(self, *, every: bool = False) -> None:
        self.encrypted = EncryptedStreams(every=every)
        self.attempts: list[Attempt] = []
        self.unanswered: list[Attempt] = []
        self.unseen: list[Unseen] = []

    def not_seen(self, one: Unseen) -> None:
        """Keep one; a thousand are enough."""
        if len(self.unseen) < MOST_UNSEEN:
            self.unseen.append(one)

    def take(self, other: Aside, number: Callable[[int], int]) -> None:
        """Add what was noticed of a share of the streams, with the numbers they have in all."""
        self.encrypted.every = self.encrypted.every or other.encrypted.every
        self.encrypted.take(other.encrypted, number)
        self.attempts += other.attempts
        self.unanswered += other.unanswered
        self.unseen += [one._replace(tcp_stream=number(one.tcp_stream)) for one in other.unseen]

    def anomalies(self) -> list[Anomaly]:
        """Return what is odd, in the order of packets."""
        return [one.anomaly() for one in sorted(self.unseen, key=lambda one: one.packet)]

    def failed(self) -> list[Attempt]:
        """Return the attempts that were refused, or not answered, in the order of packets."""
        return sorted([*self.attempts, *self.unanswered], key=lambda one: one.packet)
