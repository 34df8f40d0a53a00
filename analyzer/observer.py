"""Puts the layers on top of each other, and makes a `Connection` of each that is over."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from analyzer.anomaly import Anomaly, AnomalyLog
from analyzer.encrypted import EncryptedStreams
from analyzer.ending.caveats import caveats
from analyzer.ending.facts import Facts
from analyzer.ending.gather import gather, gather_failed, gather_tcp
from analyzer.ending.h2 import http2_end
from analyzer.ending.rules import classify, first_fin, was_answered, was_clean, who_ended
from analyzer.ending.secured import TlsEnd, tls_caveats, tls_end
from analyzer.ending.sentence import describe
from analyzer.ending.timing import Timing, measure
from analyzer.ending.views import view_of
from analyzer.endpoint import Endpoint, community_id, endpoint
from analyzer.http.handshake import OpeningHandshake
from analyzer.http.layer import HttpLayer
from analyzer.http.message import Head
from analyzer.http2.layer import Http2Layer
from analyzer.http2.stream import StreamStack
from analyzer.proxy.front import FrontLayer
from analyzer.proxy.hop import Hop, absolute_hop, connect_hop
from analyzer.quick import maker
from analyzer.record import Connection, Ending, Handshake, TcpEnd, Traffic
from analyzer.side import Side
from analyzer.stream.layer import Layer, Stack
from analyzer.stream.tcpstream import TcpStream
from analyzer.tls.keylog import KeyLog
from analyzer.tls.layer import TlsLayer
from analyzer.tls.opening import OpeningLayer
from analyzer.tls.secure import SecureStack
from analyzer.websocket.connection import WebSocketLayer
from analyzer.websocket.finder import FrameFinder
from analyzer.websocket.log import FrameColumns, FrameLog
from analyzer.websocket.midstream import MidstreamLayer
from analyzer.websocket.negotiation import choose_framing, version_number
from analyzer.websocket.registry import Framing

make_connection: Callable[..., Connection] = maker(Connection, later={"community_id"})
make_ending = maker(Ending)
make_handshake = maker(Handshake)
make_tcp_end = maker(TcpEnd)
make_traffic = maker(Traffic)
NO_HANDSHAKE = Handshake()
# Proxies behind proxies, and TLS within TLS: more is not meant, and each takes room on the stack.
MAX_HOPS = 8


class Observer:
    """Takes the streams that a `StreamTable` opens, and hands on the connections in them.

    Parameters
    ----------
    report : callable
        Called with each `Connection`, when it is over or the capture is.
    keep_frames : container of int
        Numbers of the connections whose frames are kept.
    keep_messages : container of int
        Numbers of the connections whose messages are kept.
    last_frames : int or None
        Keep so many frames, and messages, of a connection: the last ones; None for all.
    captures : tuple of str
        Where the packets can be read again.
    keys : KeyLog or None
        The secrets of TLS streams; those without them are passed over.
    encrypted : bool
        TLS streams without keys are followed to their end.
    begun : callable or None
        Called with the first packet of its TCP stream when a connection gets its number.

    Attributes
    ----------
    opened_count : int
        Connections that began so far.
    encrypted : EncryptedStreams
        TLS streams that could not be decrypted.
    """

    def __init__(
        self,
        report: Callable[[Connection], None],
        keep_frames: Container[int] = (),
        keep_messages: Container[int] = (),
        last_frames: int | None = None,
        captures: tuple[str, ...] = (),
        keys: KeyLog | None = None,
        encrypted: bool = False,
        begun: Callable[[int], None] | None = None,
    ) -> None:
        self._keys = keys if keys is not None else KeyLog()
        self._begun = begun
        self.encrypted = EncryptedStreams(every=encrypted)
        self._report = report
        self._keep_frames = keep_frames
        self._keep_messages = keep_messages
        self._last_frames = last_frames
        self._captures = captures
        self.opened_count = 0
        self.anomalies = AnomalyLog()

    def first_layer(self, stack: Stack, syn_seen: bool) -> Layer:
        """Return the layer of a new stream."""
        begin = self._front if syn_seen else self.lost
        if not self.encrypted.every and not self._keys.hopeful:
            return begin(stack)
        return OpeningLayer(stack, begin, self._secure, whole=syn_seen)

    def _front(self, stack: Stack) -> Layer:
        return FrontLayer(stack, self._http, self)

    def behind(self, stack: Stack, hop: Hop) -> Layer | None:
        """Return the layer on what a proxy passes on, chosen by its first bytes like the first."""
        stack.via = (*stack.via, hop)
        return self.first_layer(stack, True) if len(stack.via) <= MAX_HOPS else None

    def tunnelled(
        self, stack: Stack, request: Head, response: Head | None, refusals: list[int]
    ) -> Layer | None:
        """Return the layer behind a CONNECT."""
        return self.behind(stack, connect_hop(request, response, refusals))

    def _http(self, stack: Stack) -> Layer:
        return HttpLayer(stack, self, whole=True)

    def _secure(self, stack: Stack) -> Layer | None:
        return TlsLayer(stack, self._keys, self, watch=self.encrypted.every)

    def inside(self, stack: SecureStack, whole: bool) -> Layer | None:
        """Return the layer on the plaintext of a TLS stream."""
        if stack.session.alpn == "h2":
            if whole:
                return self.http2(stack, 0)
            self.unseen(stack, None, 0, 0, "the beginning of HTTP/2 could not be decrypted")
            return None
        if not whole:
            return self.lost(stack)
        # TLS may stand within TLS: to a proxy, and through it.
        return self.first_layer(stack, True) if depth(stack) <= MAX_HOPS else None

    def http2(self, stack: Stack, known: int) -> Layer:
        """Return the layer of HTTP/2, of whose preface so many bytes were read."""
        return Http2Layer(stack, self, known)

    def unseen(self, stack: Stack, side: Side | None, time_ns: int, packet: int, why: str) -> None:
        """Take note that WebSockets on a stream of HTTP/2 cannot be seen."""
        stream: TcpStream = stack.stream  # type: ignore[assignment]
        detail = f"WebSockets that begin on tcp.stream {stream.number} are not seen: {why}"
        at = time_ns or stream.last_at
        self.anomalies.add("http2_unseen", side, at, packet or stream.last_packet, detail)

    def opaque(self, layer: TlsLayer) -> None:
        """Take note of a TLS stream that cannot be decrypted."""
        stream: TcpStream = layer.stack.stream  # type: ignore[assignment]
        facts, ends = gather_tcp(stream), _endpoints(stream)
        given = self._keys.given
        self.encrypted.add(layer, facts, ends, community_id(*ends), asked=given)

    def lost(self, stack: Stack) -> Layer:
        """Return the layer that searches in a stream whose beginning is not known."""
        return MidstreamLayer(stack, self._http_anywhere, self._recognised)

    def _http_anywhere(self, stack: Stack) -> Layer:
        return HttpLayer(stack, self, whole=False)

    def opened(self, stack: Stack, handshake: OpeningHandshake) -> int:  # noqa: ARG002
        """Give a connection its number."""
        return self._next_number(stack)

    def _next_number(self, stack: Stack) -> int:
        if self._begun is not None:
            self._begun(stack.stream.first_packet)  # type: ignore[attr-defined]
        self.opened_count += 1
        return self.opened_count - 1

    def accepted(self, stack: Stack, number: int, handshake: OpeningHandshake) -> Layer:
        """Return the layer behind an accepted upgrade."""
        stream: TcpStream = stack.stream  # type: ignore[assignment]
        log = self._log(number, _framing(stack, handshake), handshake)
        layer = WebSocketLayer(stack, number, handshake, log, _seen_from(stream), self._finished)
        if log.framing is Framing.RFC_6455:
            # Others may ask once more, when the first frame tells which framing it is.
            handshake.settle(_handshake(handshake), absolute_hop(handshake.request))
        return layer

    def _recognised(self, stack: Stack, finders: list[FrameFinder]) -> Layer:
        number = self._next_number(stack)
        log = self._log(number, Framing.RFC_6455, None)
        layer = WebSocketLayer(stack, number, None, log, "midstream", self._finished)
        layer.start_midstream(finders)
        return layer

    def _log(self, number: int, framing: Framing, handshake: OpeningHandshake | None) -> FrameLog:
        version = version_number(handshake) if handshake else 0
        columns = FrameColumns(self._last_frames) if number in self._keep_frames else None
        log = FrameLog(framing, version, columns)
        if number in self._keep_messages:
            # Few ask: the others do not wait for what it needs.
            from analyzer.websocket.message_log import message_log  # noqa: PLC0415

            log.messages = message_log(log.anomalies, handshake, version, self._last_frames)
        return log

    def failed(self, stack: Stack, number: int, handshake: OpeningHandshake, last: bool) -> None:
        """Report an upgrade that was refused or never answered."""
        stream: TcpStream = stack.stream  # type: ignore[assignment]
        log = self._log(number, _framing(stack, handshake), handshake)
        facts = gather_failed(stack, log, handshake, last=last)
        self._build(stack, number, log, handshake, facts, _seen_from(stream))

    def _finished(self, layer: WebSocketLayer) -> None:
        facts = gather(layer.stack, layer.log, layer.handshake)
        self._build(layer.stack, layer.number, layer.log, layer.handshake, facts, layer.seen_from)

    def _build(
        self,
        stack: Stack,
        number: int,
        log: FrameLog,
        handshake: OpeningHandshake | None,
        facts: Facts,
        seen_from: str,
    ) -> None:
        stream: TcpStream = stack.stream  # type: ignore[assignment]
        timing = measure(
            facts,
            tcp_connect=_tcp_connect(stream),
            upgrade=_upgrade(handshake),
            last_ping_rtt=log.last_ping_rtt if log.last_ping_rtt >= 0 else None,
            answered_packet=handshake.response.packet if handshake and handshake.response else 0,
        )
        client, server = _endpoints(stream)
        messages = log.messages.columns if log.messages is not None else None
        for columns in (log.columns, messages):
            if columns is not None:
                columns.trim()
        self._report(
            make_connection(
                id=number,
                tcp_stream=stream.number,
                network=stream.network,
                first_packet=stream.first_packet,
                last_packet=stream.last_packet,
                first_at=stream.first_at,
                last_at=stream.last_at,
                client=client,
                server=server,
                framing=log.framing,
                version=handshake.version if handshake else None,
                seen_from=seen_from,
                handshake=(handshake.record if handshake else None) or _handshake(handshake),
                ending=_ending(stack, log, handshake, facts, timing),
                timing=timing,
                client_sent=_traffic(stream, log, facts, 0),
                server_sent=_traffic(stream, log, facts, 1),
                anomalies=_anomalies(stack, log),
                frames=log.columns,
                carrier=_carrier(stack),
                via=via_of(stack, handshake),
                h2_stream=stack.identifier if isinstance(stack, StreamStack) else None,
                messages=messages,
                captures=self._captures,
            )
        )


def _framing(stack: Stack, handshake: OpeningHandshake) -> Framing:
    """Return the framing; HTTP/2 carries no other than RFC 6455's (RFC 8441, section 5)."""
    return Framing.RFC_6455 if isinstance(stack, StreamStack) else choose_framing(handshake)


def _anomalies(stack: Stack, log: FrameLog) -> tuple[Anomaly, ...]:
    if isinstance(stack, StreamStack):
        return (*log.anomalies, *stack.anomalies)
    return tuple(log.anomalies)


def _carrier(stack: Stack) -> str:
    if isinstance(stack, StreamStack):
        return "tls+h2" if isinstance(stack.outer, SecureStack) else "h2"
    return "tls" if isinstance(stack, SecureStack) else "tcp"


def depth(stack: Stack) -> int:
    """Return how many layers of TLS a stack stands on."""
    found = 0
    stack = _below_http2(stack)
    while isinstance(stack, SecureStack):
        stack = stack.below.stack
        found += 1
    return found


def via_of(stack: Stack, handshake: OpeningHandshake | None) -> tuple[Hop, ...]:
    """Return what stood in front of an upgrade, the outermost first."""
    stack = _below_http2(stack)
    via: tuple[Any, ...] = stack.via
    while isinstance(stack, SecureStack):
        stack = stack.below.stack
        via = (*stack.via, *via)
    if handshake is None:
        return via
    hop = handshake.hop if handshake.record is not None else absolute_hop(handshake.request)
    return via if hop is None else (*via, hop)


def _below_http2(stack: Stack) -> Stack:
    """Return where a layer would stand if it were not on a stream of HTTP/2."""
    return stack.outer if isinstance(stack, StreamStack) else stack


def _tls(stack: Stack) -> TlsEnd | None:
    stack = _below_http2(stack)
    if not isinstance(stack, SecureStack):
        return None
    return tls_end(stack.session, stack.below.plain.turned)


def _ending(
    stack: Stack,
    log: FrameLog,
    handshake: OpeningHandshake | None,
    facts: Facts,
    timing: Timing,
) -> Ending:
    stream: TcpStream = stack.stream  # type: ignore[assignment]
    kind = classify(facts)
    tls = _tls(stack)
    return make_ending(
        kind=kind,
        first=who_ended(facts, kind),
        answered=was_answered(facts, kind),
        clean=was_clean(facts, kind),
        sentence=describe(facts, kind, timing),
        caveats=(*caveats(stream, log, handshake, facts, kind), *tls_caveats(tls, facts)),
        client_close=facts.client.close,
        server_close=facts.server.close,
        tcp=_tcp_end(facts),
        client_view=view_of(facts, kind, 0),
        server_view=view_of(facts, kind, 1),
        tls=tls,
        h2=http2_end(facts),
    )


def _tcp_end(facts: Facts) -> TcpEnd:
    one, other = facts.client, facts.server
    h2, other_h2 = one.h2, other.h2
    if h2 is None or other_h2 is None:
        return make_tcp_end(first_fin(facts), one.fin, other.fin, one.rst, other.rst)
    # Who was first is told of what ended the WebSocket, which may be another than FIN.
    first = None if h2.end_stream or other_h2.end_stream else first_fin(facts)
    return make_tcp_end(first, h2.tcp_fin, other_h2.tcp_fin, h2.tcp_rst, other_h2.tcp_rst)


def _seen_from(stream: TcpStream) -> str:
    return "syn" if stream.of(0).syn_at or stream.of(1).syn_at else "upgrade"


def _traffic(stream: TcpStream, log: FrameLog, facts: Facts, side: int) -> Traffic:
    sent, own = stream.of(side), log.of(side)
    return make_traffic(
        frames=own.frames,
        messages=own.messages,
        bytes=own.bytes,
        payload_bytes=own.payload_bytes,
        pings=own.pings,
        pongs=own.pongs,
        after_close_bytes=facts.of(side).after_close_bytes,
        retransmitted_segments=sent.retransmitted_segments,
        missing_bytes=sent.missing_bytes,
    )


def _handshake(handshake: OpeningHandshake | None) -> Handshake:
    if handshake is None:
        return NO_HANDSHAKE
    request, response = handshake.request, handshake.response
    return make_handshake(
        target=(request.target or None) if request else None,
        host=handshake.field("host"),
        origin=handshake.field("origin") or handshake.field("sec-websocket-origin"),
        user_agent=handshake.field("user-agent"),
        subprotocol=handshake.subprotocol,
        offered_subprotocols=tuple(handshake.offered_subprotocols),
        extensions=tuple(handshake.extensions),
        status=handshake.status,
        accept_valid=handshake.accept_valid,
        requested_at=request.at if request else None,
        answered_at=response.at if response else None,
        request_packet=request.packet if request else None,
        response_packet=response.packet if response else None,
    )


def _upgrade(handshake: OpeningHandshake | None) -> int | None:
    if handshake is None or handshake.request is None or handshake.response is None:
        return None
    return _between(handshake.request.at, handshake.response.at)


def _between(start: int, end: int) -> int | None:
    """Return how long it took; None where the clock was set back meanwhile."""
    return end - start if end >= start else None


def _tcp_connect(stream: TcpStream) -> int | None:
    """Return SYN to the ACK that completes the handshake (RFC 9293, section 3.5)."""
    asked, answered = stream.of(0), stream.of(1)
    if answered.syn_at and not answered.syn_acknowledges:
        asked, answered = answered, asked
    if not asked.syn_at or not answered.syn_at or not stream.connected_at:
        return None
    return _between(asked.syn_at, stream.connected_at)


def _endpoints(stream: TcpStream) -> tuple[Endpoint, Endpoint]:
    a = endpoint(stream.ip_version, stream.high_a, stream.low_a, stream.port_a)
    b = endpoint(stream.ip_version, stream.high_b, stream.low_b, stream.port_b)
    return (b, a) if stream.stack.flipped else (a, b)
