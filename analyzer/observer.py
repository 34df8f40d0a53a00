"""Puts the layers on top of each other, and makes a `Connection` of each that is over."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Container
from hashlib import sha1

from analyzer.ending.caveats import caveats
from analyzer.ending.facts import Facts
from analyzer.ending.gather import gather, gather_failed
from analyzer.ending.rules import classify, first_fin, was_answered, was_clean, who_ended
from analyzer.ending.sentence import describe
from analyzer.ending.timing import Timing, measure
from analyzer.ending.views import view_of
from analyzer.http.handshake import OpeningHandshake
from analyzer.http.layer import HttpLayer
from analyzer.quick import maker
from analyzer.record import Connection, Ending, Endpoint, Handshake, TcpEnd, Traffic, endpoint
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

make_connection = maker(Connection)
make_ending = maker(Ending)
make_handshake = maker(Handshake)
make_tcp_end = maker(TcpEnd)
make_traffic = maker(Traffic)
NO_HANDSHAKE = Handshake()


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
    """

    def __init__(
        self,
        report: Callable[[Connection], None],
        keep_frames: Container[int] = (),
        keep_messages: Container[int] = (),
        last_frames: int | None = None,
        captures: tuple[str, ...] = (),
        keys: KeyLog | None = None,
    ) -> None:
        self._keys = keys
        self._report = report
        self._keep_frames = keep_frames
        self._keep_messages = keep_messages
        self._last_frames = last_frames
        self._captures = captures
        self.opened_count = 0

    def first_layer(self, stack: Stack, syn_seen: bool) -> Layer:
        """Return the layer of a new stream."""
        begin = self._http if syn_seen else self.lost
        keys = self._keys
        if keys is None or (len(keys) == 0 and not keys.refresh()):
            return begin(stack)
        return OpeningLayer(stack, begin, self._secure)

    def _http(self, stack: Stack) -> Layer:
        return HttpLayer(stack, self, whole=True)

    def _secure(self, stack: Stack) -> Layer | None:
        return TlsLayer(stack, self._keys, self) if self._keys is not None else None

    def inside(self, stack: SecureStack, whole: bool) -> Layer | None:
        """Return the layer on the plaintext of a TLS stream."""
        return self._http(stack) if whole else self.lost(stack)

    def opaque(self, layer: TlsLayer) -> None:
        """Pass over a TLS stream that cannot be decrypted."""

    def lost(self, stack: Stack) -> Layer:
        """Return the layer that searches in a stream whose beginning is not known."""
        return MidstreamLayer(stack, self._http_anywhere, self._recognised)

    def _http_anywhere(self, stack: Stack) -> Layer:
        return HttpLayer(stack, self, whole=False)

    def opened(self, stack: Stack, handshake: OpeningHandshake) -> int:  # noqa: ARG002
        """Give a connection its number."""
        self.opened_count += 1
        return self.opened_count - 1

    def accepted(self, stack: Stack, number: int, handshake: OpeningHandshake) -> Layer:
        """Return the layer behind an accepted upgrade."""
        stream: TcpStream = stack.stream  # type: ignore[assignment]
        log = self._log(number, choose_framing(handshake), handshake)
        return WebSocketLayer(stack, number, handshake, log, _seen_from(stream), self._finished)

    def _recognised(self, stack: Stack, finders: list[FrameFinder]) -> Layer:
        number = self.opened_count
        self.opened_count += 1
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
        log = self._log(number, choose_framing(handshake), handshake)
        facts = gather_failed(stream, log, handshake, last=last)
        self._build(stream, number, log, handshake, facts, _seen_from(stream), _carrier(stack))

    def _finished(self, layer: WebSocketLayer) -> None:
        stream: TcpStream = layer.stack.stream  # type: ignore[assignment]
        facts = gather(layer.stack, layer.log, layer.handshake)
        self._build(
            stream,
            layer.number,
            layer.log,
            layer.handshake,
            facts,
            layer.seen_from,
            _carrier(layer.stack),
        )

    def _build(
        self,
        stream: TcpStream,
        number: int,
        log: FrameLog,
        handshake: OpeningHandshake | None,
        facts: Facts,
        seen_from: str,
        carrier: str,
    ) -> None:
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
                community_id=community_id(stream),
                client=client,
                server=server,
                framing=log.framing,
                version=handshake.version if handshake else None,
                seen_from=seen_from,
                handshake=_handshake(handshake),
                ending=_ending(stream, log, handshake, facts, timing),
                timing=timing,
                client_sent=_traffic(stream, log, facts, 0),
                server_sent=_traffic(stream, log, facts, 1),
                anomalies=tuple(log.anomalies),
                frames=log.columns,
                carrier=carrier,
                messages=messages,
                captures=self._captures,
            )
        )


def _carrier(stack: Stack) -> str:
    return "tls" if isinstance(stack, SecureStack) else "tcp"


def _ending(
    stream: TcpStream,
    log: FrameLog,
    handshake: OpeningHandshake | None,
    facts: Facts,
    timing: Timing,
) -> Ending:
    kind = classify(facts)
    return make_ending(
        kind=kind,
        first=who_ended(facts, kind),
        answered=was_answered(facts, kind),
        clean=was_clean(facts, kind),
        sentence=describe(facts, kind, timing),
        caveats=tuple(caveats(stream, log, handshake, facts, kind)),
        client_close=facts.client.close,
        server_close=facts.server.close,
        tcp=make_tcp_end(
            first_fin(facts),
            facts.client.fin,
            facts.server.fin,
            facts.client.rst,
            facts.server.rst,
        ),
        client_view=view_of(facts, kind, 0),
        server_view=view_of(facts, kind, 1),
    )


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
        key=handshake.field("sec-websocket-key"),
        accept=handshake.answer("sec-websocket-accept"),
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


def community_id(stream: TcpStream) -> str:
    """Return the Community ID, version 1, seed 0, of a TCP stream."""
    width = 16 if stream.ip_version == 6 else 4
    one = (stream.high_a << 64 | stream.low_a).to_bytes(width, "big")
    other = (stream.high_b << 64 | stream.low_b).to_bytes(width, "big")
    port, other_port = stream.port_a.to_bytes(2, "big"), stream.port_b.to_bytes(2, "big")
    if (other, other_port) < (one, port):
        one, port, other, other_port = other, other_port, one, port
    data = b"\0\0" + one + other + b"\x06\0" + port + other_port
    return "1:" + b64encode(sha1(data, usedforsecurity=False).digest()).decode("ascii")
