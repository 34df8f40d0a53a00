"""TLS streams that stay encrypted: a layer that found no keys in; what can honestly be said out.

None of them is a connection: whether a WebSocket was inside is not known, at best likely.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from analyzer.ending.facts import Facts
from analyzer.ending.rules import first_fin
from analyzer.ending.secured import TlsEnd, tls_dict, tls_end
from analyzer.endpoint import Endpoint
from analyzer.printable import iso
from analyzer.record import TcpEnd, tcp_dict
from analyzer.side import SIDES
from analyzer.stream.tcpstream import TcpStream

if TYPE_CHECKING:  # few captures hold TLS that is followed
    from analyzer.tls.encrypted import CloseHint, EncryptedStream, SealedSide
    from analyzer.tls.layer import TlsLayer
    from analyzer.tls.session import TlsSession

# Of streams that nobody asked for: beyond, they are only counted.
MOST_KEPT = 100_000

REASONS = {
    "no_secrets": "the key log has no secret for their client random",
    "wrong_secrets": "their secrets in the key log open no record",
    "no_hello": "a hello of their handshake is not in the capture",
    "unsupported": "their version or cipher suite is not supported",
    "nothing_encrypted": "they ended before anything was encrypted",
    "no_key_log": "there is no key log",
}


@dataclass(frozen=True, slots=True)
class SealedTraffic:
    """What one side sent, as far as one sees without keys.

    Attributes
    ----------
    records, bytes : int
        Records of application data (in TLS 1.3 of everything encrypted), and bytes of them.
    """

    records: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A TLS stream that could not be decrypted.

    Attributes
    ----------
    tcp_stream, network, first_packet, last_packet, first_at, last_at, community_id, client, server
        As of `Connection`.
    reason : str
        Why: one of `REASONS`.
    client_random : str or None
        What a key log names its secrets by, as hexadecimal digits; None where it was not seen.
    tls : TlsEnd
        What is in the clear. In TLS 1.3 that is no alert and no close_notify.
    tcp : TcpEnd
        How TCP went down.
    idle_before_end : int or None
        Last record of either side to the first FIN or RST, nanoseconds; None where there was none,
        or the records were not looked at.
    client_sent, server_sent : SealedTraffic or None
        None where the records were not looked at (`read` without ``encrypted=True``).
    two_way : bool or None
        Each side sent more than a question and its answer.
    hint : CloseHint or None
        Why the end looks like that of a WebSocket, and how sure that is; None where it does not.
    """

    tcp_stream: int
    network: int
    first_packet: int
    last_packet: int
    first_at: int
    last_at: int
    community_id: str
    client: Endpoint
    server: Endpoint
    reason: str
    client_random: str | None
    tls: TlsEnd
    tcp: TcpEnd
    idle_before_end: int | None = None
    client_sent: SealedTraffic | None = None
    server_sent: SealedTraffic | None = None
    two_way: bool | None = None
    hint: CloseHint | None = None

    @property
    def looks_like_websocket(self) -> bool:
        """Whether both sides said much, and the end looks like a closing handshake."""
        return self.hint is not None and bool(self.two_way)

    def to_dict(self) -> dict[str, Any]:
        """Return the record, ready for JSON: times ISO 8601 in UTC, durations in seconds."""
        idle = self.idle_before_end
        return {
            "tcp_stream": self.tcp_stream,
            "network": self.network,
            "first_packet": self.first_packet,
            "last_packet": self.last_packet,
            "first_at": iso(self.first_at),
            "last_at": iso(self.last_at),
            "community_id": self.community_id,
            "client": {"ip": self.client.ip, "port": self.client.port},
            "server": {"ip": self.server.ip, "port": self.server.port},
            "reason": self.reason,
            "client_random": self.client_random,
            "tls": tls_dict(self.tls),
            "tcp": tcp_dict(self.tcp),
            "idle_before_end_s": None if idle is None else idle / 1e9,
            "client_sent": _sent_dict(self.client_sent),
            "server_sent": _sent_dict(self.server_sent),
            "two_way": self.two_way,
            "hint": _hint_dict(self.hint),
        }


def _sent_dict(sent: SealedTraffic | None) -> dict[str, Any] | None:
    return None if sent is None else {"records": sent.records, "bytes": sent.bytes}


def _hint_dict(hint: CloseHint | None) -> dict[str, Any] | None:
    if hint is None:
        return None
    return {
        "first": str(SIDES[hint.first]),
        "answered": hint.answered,
        "with_code": hint.with_code,
        "confidence": hint.confidence,
        "at": iso(hint.at),
        "packet": hint.packet,
        "evidence": hint.evidence,
    }


class EncryptedStreams:
    """Collects the streams that stay encrypted.

    Parameters
    ----------
    every : bool
        All were asked for; otherwise only those for which a key log should have had secrets.

    Attributes
    ----------
    found : list of Encrypted
        In the order in which they ended.
    dropped : Counter of str
        How many more there were, by reason: too many to keep.
    """

    def __init__(self, *, every: bool) -> None:
        self.every = every
        self.found: list[Encrypted] = []
        self.dropped: Counter[str] = Counter()

    def add(
        self,
        layer: TlsLayer,
        facts: Facts,
        ends: tuple[Endpoint, Endpoint],
        community_id: str,
        *,
        asked: bool,
    ) -> None:
        """Take a stream that is over.

        Parameters
        ----------
        layer : TlsLayer
            What was found.
        facts : Facts
            How TCP ended.
        ends : (Endpoint, Endpoint)
            Client and server.
        community_id : str
            Of the stream.
        asked : bool
            There is a key log.
        """
        reason = reason_of(layer.session, asked=asked)
        if not self.every and reason in {"nothing_encrypted", "no_key_log"}:
            return
        if len(self.found) >= MOST_KEPT:
            self.dropped[reason] += 1
            return
        self.found.append(_record(layer, facts, ends, community_id, reason))

    def take(self, others: EncryptedStreams, number: Callable[[int], int]) -> None:
        """Add those of a share of the streams, with the TCP stream numbers they have in all."""
        self.dropped += others.dropped
        for one in others.found:
            if len(self.found) < MOST_KEPT:
                self.found.append(replace(one, tcp_stream=number(one.tcp_stream)))
            else:
                self.dropped[one.reason] += 1


def reason_of(session: TlsSession, *, asked: bool) -> str:
    """Return why a stream stays encrypted, one of `REASONS`."""
    if session.keys == "wrong":
        return "wrong_secrets"
    if session.keys == "unsupported":
        return "unsupported"
    if not session.client_random:
        return "no_hello"
    if session.keys != "missing":
        return "nothing_encrypted"
    if session.version is None:
        return "no_hello"
    return "no_secrets" if asked else "no_key_log"


def _record(
    layer: TlsLayer,
    facts: Facts,
    ends: tuple[Endpoint, Endpoint],
    community_id: str,
    reason: str,
) -> Encrypted:
    stream: TcpStream = layer.stack.stream  # type: ignore[assignment]
    client, server = facts.client, facts.server
    seen = layer.summary
    return Encrypted(
        tcp_stream=stream.number,
        network=stream.network,
        first_packet=stream.first_packet,
        last_packet=stream.last_packet,
        first_at=stream.first_at,
        last_at=stream.last_at,
        community_id=community_id,
        client=ends[0],
        server=ends[1],
        reason=reason,
        client_random=layer.session.client_random.hex() or None,
        tls=tls_end(layer.session),
        tcp=TcpEnd(first_fin(facts), client.fin, server.fin, client.rst, server.rst),
        idle_before_end=None if seen is None else _idle(facts, seen),
        client_sent=None if seen is None else _sent(seen.client),
        server_sent=None if seen is None else _sent(seen.server),
        two_way=None if seen is None else seen.two_way,
        hint=None if seen is None else seen.hint,
    )


def _sent(side: SealedSide) -> SealedTraffic:
    return SealedTraffic(side.records, side.bytes)


def _idle(facts: Facts, seen: EncryptedStream) -> int | None:
    ends = [
        moment.at for side in facts.sides for moment in (side.fin, side.rst) if moment is not None
    ]
    if not ends or not seen.last_at or min(ends) < seen.last_at:
        return None
    return min(ends) - seen.last_at
