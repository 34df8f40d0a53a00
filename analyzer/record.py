"""What comes out: one `Connection` for every WebSocket connection, and its form in JSON.

Names are a published contract: they are added to, never renamed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from analyzer.anomaly import Anomaly
from analyzer.ending.facts import Moment, Reset
from analyzer.ending.h2 import NO_HTTP2, Http2End, http2_dict
from analyzer.ending.rules import EndingKind
from analyzer.ending.secured import TlsEnd, tls_dict
from analyzer.ending.timing import STEPS, Timing
from analyzer.ending.views import View
from analyzer.endpoint import Endpoint
from analyzer.printable import iso, printable
from analyzer.proxy.hop import Hop, proxied_for
from analyzer.side import Side
from analyzer.traffic import TIMES, Traffic
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.log import FrameColumns
from analyzer.websocket.messages import MessageColumns
from analyzer.websocket.registry import Framing

if TYPE_CHECKING:
    from scapy.plist import PacketList

SCHEMA = 1
RESET = Reset.__slots__
"""What a `Reset` has more than a `Moment`."""

renderers: dict[type, Callable[[Any], str]] = {}
"""How Jupyter shows things as HTML; who has a renderer enters it here."""


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
    location : str or None
        Where an answer sends the client instead (``Location``), as sent.
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
    location: str | None = None


@dataclass(frozen=True, slots=True)
class TcpEnd:
    """How TCP went down.

    Attributes
    ----------
    first_fin : Side, "both" or None
        Who sent the first FIN; ``both`` where the two crossed.
    client_fin, server_fin, client_rst, server_rst : Moment or None
        The first of each; of a RST as a `Reset`, which has more.
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
        How TCP went down; on HTTP/2 only as far as it took the stream with it.
    client_view, server_view : View
        What the API at each end would report.
    tls : TlsEnd or None
        The TLS connection below, and how it ended; None where there is none.
    h2 : Http2End
        How HTTP/2 ended the stream; all of it None where there is none.
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
    tls: TlsEnd | None = None
    h2: Http2End = NO_HTTP2

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
        What the WebSocket travelled in: ``tcp``, ``tls`` on top of it, ``h2`` on top of TCP, or
        ``tls+h2``.
    h2_stream : int or None
        The stream of HTTP/2 that it was.
    via : tuple of Hop
        What stood in front of the upgrade, the outermost first: what proxies were asked for, and
        what they told of the client. `client` and `server` are the ends of the TCP stream.
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
    via: tuple[Hop, ...] = ()
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

    @property
    def proxied_for(self) -> Endpoint | None:
        """The client that a proxy says it speaks for, where it speaks the PROXY protocol."""
        return proxied_for(self.via)

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
        timing = dict(zip(_TIMING, map(_seconds, _steps_of(self.timing)), strict=True))
        return {
            "id": self.id,
            "tcp_stream": self.tcp_stream,
            "network": self.network,
            "first_packet": self.first_packet,
            "last_packet": self.last_packet,
            "first_at": iso(self.first_at),
            "last_at": iso(self.last_at),
            "community_id": self.community_id,
            "client": self.client.to_dict(),
            "server": self.server.to_dict(),
            "proxied_for": self.proxied_for.to_dict() if self.proxied_for else None,
            "via": [_hop_dict(hop) for hop in self.via],
            "carrier": self.carrier,
            "h2_stream": self.h2_stream,
            "framing": str(self.framing),
            "version": self.version,
            "seen_from": self.seen_from,
            "handshake": _handshake_dict(self.handshake),
            "ending": _ending_dict(self.ending),
            "timing": timing,
            "client_sent": _traffic_dict(self.client_sent),
            "server_sent": _traffic_dict(self.server_sent),
            "anomalies": [anomaly_dict(anomaly) for anomaly in self.anomalies],
        }


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
    names = value.__slots__
    return dict(zip(names, _values_of(names)(value), strict=True))


# One call in place of one per name; asked for every connection.
_values_of = cache(lambda names: attrgetter(*names))
_steps_of = attrgetter(*STEPS)
_TIMING = tuple(f"{step}_s" for step in STEPS)


def _hop_dict(hop: Hop) -> dict[str, Any]:
    times = {"asked_at": iso(hop.asked_at), "answered_at": iso(hop.answered_at)}
    return hop.to_dict() | times


def _traffic_dict(traffic: Traffic) -> dict[str, Any]:
    times = {name: iso(getattr(traffic, name)) for name in TIMES}
    return _plain(traffic) | times


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
        "tcp": tcp_dict(ending.tcp),
        "client_view": _plain(ending.client_view),
        "server_view": _plain(ending.server_view),
        "tls": tls_dict(ending.tls),
        "h2": http2_dict(ending.h2),
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


def tcp_dict(tcp: TcpEnd) -> dict[str, Any]:
    """Return how TCP went down, ready for JSON."""
    found: dict[str, Any] = {"first_fin": None if tcp.first_fin is None else str(tcp.first_fin)}
    for name in ("client_fin", "server_fin", "client_rst", "server_rst"):
        moment: Moment | None = getattr(tcp, name)
        found[f"{name}_at"] = iso(moment.at) if moment else None
        found[f"{name}_packet"] = moment.packet if moment else None
        if name.endswith("_rst"):
            found |= {f"{name}_{what}": getattr(moment, what, None) for what in RESET}
            since = found.pop(f"{name}_since_other")
            found[f"{name}_since_other_s"] = _seconds(since)
    return found
