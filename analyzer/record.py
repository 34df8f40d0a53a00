"""What comes out: one `Connection` for every WebSocket connection, and its form in JSON.

Names are a published contract: they are added to, never renamed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from analyzer.anomaly import Anomaly
from analyzer.ending.facts import Moment
from analyzer.ending.rules import EndingKind
from analyzer.ending.timing import STEPS, Timing
from analyzer.ending.views import View
from analyzer.printable import printable
from analyzer.side import Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.log import FrameColumns
from analyzer.websocket.messages import MessageColumns
from analyzer.websocket.registry import Framing

if TYPE_CHECKING:
    from scapy.plist import PacketList

SCHEMA = 1

renderers: dict[type, Callable[[Any], str]] = {}
"""How Jupyter shows things as HTML; who has a renderer enters it here."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


@dataclass(frozen=True, slots=True)
class Handshake:
    """The opening handshake, as far as the capture holds it; text as sent by strangers.

    Attributes
    ----------
    target, host, origin, user_agent : str or None
        Of the request.
    subprotocol : str or None
        The one that the server chose.
    offered_subprotocols : tuple of str
        Those that the client offered.
    extensions : tuple of str
        Those that the server accepted, with parameters.
    status : int or None
        Of the answer.
    accept_valid : bool or None
        The server's proof fits the client's key; None where there is nothing to check.
    requested_at, answered_at : int or None
        When request and answer were whole, nanoseconds since the epoch.
    request_packet, response_packet : int or None
        The packets that made them whole.
    key, accept : str or None
        ``Sec-WebSocket-Key`` (random) and ``-Accept`` (made of it): either names this handshake.
    """

    target: str | None = None
    host: str | None = None
    origin: str | None = None
    user_agent: str | None = None
    subprotocol: str | None = None
    offered_subprotocols: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    status: int | None = None
    accept_valid: bool | None = None
    requested_at: int | None = None
    answered_at: int | None = None
    request_packet: int | None = None
    response_packet: int | None = None
    key: str | None = None
    accept: str | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one side sent on the WebSocket.

    Attributes
    ----------
    frames, messages, pings, pongs : int
        How many of each.
    bytes, payload_bytes : int
        Frame headers included, and payload alone.
    after_close_bytes : int
        Behind its own close frame.
    retransmitted_segments : int
        TCP segments, over the whole stream, whose bytes the capture already held.
    missing_bytes : int
        Sent on the stream, but not in the capture.
    """

    frames: int = 0
    messages: int = 0
    bytes: int = 0
    payload_bytes: int = 0
    pings: int = 0
    pongs: int = 0
    after_close_bytes: int = 0
    retransmitted_segments: int = 0
    missing_bytes: int = 0


@dataclass(frozen=True, slots=True)
class TcpEnd:
    """How TCP went down.

    Attributes
    ----------
    first_fin : Side, "both" or None
        Who sent the first FIN; ``both`` where the two crossed.
    client_fin, server_fin, client_rst, server_rst : Moment or None
        The first of each.
    """

    first_fin: Side | str | None = None
    client_fin: Moment | None = None
    server_fin: Moment | None = None
    client_rst: Moment | None = None
    server_rst: Moment | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Ending:
    """How a connection ended; ``str(ending)`` is the sentence.

    Attributes
    ----------
    kind : EndingKind
        By the table of `analyzer.ending.rules`.
    first : Side, "both" or None
        Who was first; for `EndingKind.VANISHED` the side that stopped answering.
    answered : bool or None
        For the two close kinds: both sides sent a close frame. None where it cannot be told.
    clean : bool or None
        RFC 6455, section 7.1.4: TCP was closed after the closing handshake completed.
    sentence : str
        All of it in one line.
    caveats : tuple of str
        What this capture cannot tell of this ending.
    client_close, server_close : CloseFrame or None
        The first close frame of each side.
    tcp : TcpEnd
        How TCP went down.
    client_view, server_view : View
        What the API at each end would report.
    """

    kind: EndingKind
    first: Side | str | None
    answered: bool | None
    clean: bool | None
    sentence: str
    caveats: tuple[str, ...]
    client_close: CloseFrame | None
    server_close: CloseFrame | None
    tcp: TcpEnd
    client_view: View
    server_view: View

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return f"<Ending {self.kind}: {self.sentence}>"

    def _repr_html_(self) -> str | None:
        return _html(self)


@dataclass(frozen=True, slots=True, repr=False)
class Connection:
    """One WebSocket connection, asked for or older than the capture.

    Attributes
    ----------
    id : int
        In the order in which they were asked for, or recognised.
    tcp_stream : int
        Wireshark's ``tcp.stream``.
    network : int
        0, or a number that keeps equal addresses in different VLANs or tunnels apart.
    first_packet, last_packet : int
        Of the TCP stream.
    first_at, last_at : int
        Their times, nanoseconds since the epoch.
    community_id : str
        Community ID version 1 of the TCP stream.
    carrier : str
        What the WebSocket travelled in: ``tcp``, or ``tls`` on top of it.
    version : str or None
        ``Sec-WebSocket-Version``, as sent.
    seen_from : str
        ``syn``, ``upgrade`` or ``midstream``.
    frames, messages : FrameColumns, MessageColumns or None
        The frames themselves, and the messages, decoded, where they were asked for.
    captures : tuple of str
        The captures that it was found in; empty where they cannot be read again.
    """

    id: int
    tcp_stream: int
    network: int
    first_packet: int
    last_packet: int
    first_at: int
    last_at: int
    community_id: str
    client: Endpoint
    server: Endpoint
    framing: Framing
    version: str | None
    seen_from: str
    handshake: Handshake
    ending: Ending
    timing: Timing
    client_sent: Traffic
    server_sent: Traffic
    anomalies: tuple[Anomaly, ...]
    carrier: str = "tcp"
    h2_stream: int | None = None
    frames: FrameColumns | None = field(default=None, repr=False)
    messages: MessageColumns | None = field(default=None, repr=False)
    captures: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __str__(self) -> str:
        target = printable(self.handshake.target or "")
        return f"#{self.id} {self.client} → {self.server}{target}: {self.ending}"

    def __repr__(self) -> str:
        return f"<Connection {self}>"

    def _repr_html_(self) -> str | None:
        return _html(self)

    def packets(self) -> PacketList:
        """Read the connection's packets again, for scapy.

        Returns
        -------
        scapy.plist.PacketList
            All packets of its TCP stream, in order; each one's ``comment`` tells its number.

        Raises
        ------
        UsageError
            The capture came through a pipe or an open file.
        CaptureError
            A capture is gone.
        """
        from analyzer.packets import Whereabouts, scapy_packets  # noqa: PLC0415 - loads scapy

        ends = frozenset((end.ip, end.port) for end in (self.client, self.server))
        where = Whereabouts(self.captures, self.first_packet, self.last_packet, ends, self.network)
        return scapy_packets(where, f"connection {self.id}")

    def to_dict(self) -> dict[str, Any]:
        """Return the record, ready for JSON: times ISO 8601 in UTC, durations in seconds."""
        timing = {f"{step}_s": _seconds(getattr(self.timing, step)) for step in STEPS}
        return {
            "id": self.id,
            "tcp_stream": self.tcp_stream,
            "network": self.network,
            "first_packet": self.first_packet,
            "last_packet": self.last_packet,
            "first_at": iso(self.first_at),
            "last_at": iso(self.last_at),
            "community_id": self.community_id,
            "client": {"ip": self.client.ip, "port": self.client.port},
            "server": {"ip": self.server.ip, "port": self.server.port},
            "carrier": self.carrier,
            "h2_stream": self.h2_stream,
            "framing": str(self.framing),
            "version": self.version,
            "seen_from": self.seen_from,
            "handshake": _handshake_dict(self.handshake),
            "ending": _ending_dict(self.ending),
            "timing": timing,
            "client_sent": _plain(self.client_sent),
            "server_sent": _plain(self.server_sent),
            "anomalies": [anomaly_dict(anomaly) for anomaly in self.anomalies],
        }


def iso(time_ns: int | None) -> str | None:
    """Return a time as ISO 8601 in UTC, to the nanosecond; None and 0 are "not known".

    Examples
    --------
    >>> iso(1_700_000_000_000_000_001)
    '2023-11-14T22:13:20.000000001Z'
    """
    if not time_ns:
        return None
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    second = _iso_second(seconds)
    return None if second is None else f"{second}.{nanoseconds:09d}Z"


@lru_cache(1024)
def _iso_second(seconds: int) -> str | None:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None  # a capture may claim any time, also one that no calendar has
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


@lru_cache(4096)
def endpoint(ip_version: int, high: int, low: int, port: int) -> Endpoint:
    """Return an endpoint from two halves of an address; one object for all that are equal."""
    if ip_version == 4:
        return Endpoint(f"{low >> 24}.{low >> 16 & 255}.{low >> 8 & 255}.{low & 255}", port)
    return Endpoint(str(ip_address((high << 64 | low).to_bytes(16, "big"))), port)


def anomaly_dict(anomaly: Anomaly) -> dict[str, Any]:
    """Return an anomaly, ready for JSON."""
    return {
        "name": anomaly.name,
        "side": None if anomaly.side is None else str(anomaly.side),
        "at": iso(anomaly.time_ns),
        "packet": anomaly.packet or None,
        "detail": anomaly.detail,
    }


def _html(thing: object) -> str | None:
    render = renderers.get(type(thing))
    return None if render is None else render(thing)


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


def _plain(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _handshake_dict(handshake: Handshake) -> dict[str, Any]:
    return _plain(handshake) | {
        "offered_subprotocols": list(handshake.offered_subprotocols),
        "extensions": list(handshake.extensions),
        "requested_at": iso(handshake.requested_at),
        "answered_at": iso(handshake.answered_at),
    }


def _ending_dict(ending: Ending) -> dict[str, Any]:
    return {
        "kind": str(ending.kind),
        "first": None if ending.first is None else str(ending.first),
        "answered": ending.answered,
        "clean": ending.clean,
        "sentence": ending.sentence,
        "caveats": list(ending.caveats),
        "client_close": _close_dict(ending.client_close),
        "server_close": _close_dict(ending.server_close),
        "tcp": _tcp_dict(ending.tcp),
        "client_view": _plain(ending.client_view),
        "server_view": _plain(ending.server_view),
    }


def _close_dict(close: CloseFrame | None) -> dict[str, Any] | None:
    if close is None:
        return None
    return {
        "code": close.code,
        "reason": close.reason,
        "at": iso(close.at),
        "packet": close.packet,
        "body": close.body.hex(),
        "complete": close.complete,
    }


def _tcp_dict(tcp: TcpEnd) -> dict[str, Any]:
    found: dict[str, Any] = {"first_fin": None if tcp.first_fin is None else str(tcp.first_fin)}
    for name in ("client_fin", "server_fin", "client_rst", "server_rst"):
        moment: Moment | None = getattr(tcp, name)
        found[f"{name}_at"] = iso(moment.at) if moment else None
        found[f"{name}_packet"] = moment.packet if moment else None
    return found
