"""What the rooms found of a connection that is over in; its record out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analyzer.anomaly import Anomaly
from analyzer.below import carrier_of, tls_of, via_of
from analyzer.ending.caveats import caveats
from analyzer.ending.facts import Facts
from analyzer.ending.h2 import http2_end
from analyzer.ending.rules import classify, first_fin, was_answered, was_clean, who_ended
from analyzer.ending.secured import tls_caveats
from analyzer.ending.sentence import describe
from analyzer.ending.timing import Timing, steps
from analyzer.ending.views import view_of
from analyzer.endpoint import Endpoint, community_id, endpoint
from analyzer.http.handshake import OpeningHandshake
from analyzer.http2.stream import StreamStack
from analyzer.quick import maker
from analyzer.record import Connection, Ending, Handshake, TcpEnd
from analyzer.stream.layer import Stack
from analyzer.stream.silence import Silence
from analyzer.stream.tcpstream import TcpStream
from analyzer.traffic import Traffic
from analyzer.websocket.log import FrameLog
from analyzer.websocket.negotiation import choose_framing
from analyzer.websocket.registry import Framing

make_connection: Callable[..., Connection] = maker(
    Connection, {"community_id": lambda one: community_id(one.client, one.server)}
)
make_ending = maker(Ending)
make_handshake = maker(Handshake)
make_tcp_end = maker(TcpEnd)
make_traffic = maker(Traffic)
NO_HANDSHAKE = Handshake()
QUIET = Silence()


def assemble(
    stack: Stack,
    number: int,
    log: FrameLog,
    handshake: OpeningHandshake | None,
    facts: Facts,
    seen_from: str,
    captures: tuple[str, ...],
) -> Connection:
    """Return the record of a connection that is over.

    Parameters
    ----------
    stack : Stack
        Where its layer stood.
    number : int
        Its number.
    log : FrameLog
        Its frames.
    handshake : OpeningHandshake or None
        Its opening handshake, as far as the capture holds it.
    facts : Facts
        How it ended.
    seen_from : str
        ``syn``, ``upgrade`` or ``midstream``.
    captures : tuple of str
        Where the packets can be read again.
    """
    stream: TcpStream = stack.stream  # type: ignore[assignment]
    timing = _timing(stream, log, handshake, facts)
    client, server = endpoints_of(stream)
    messages = log.messages.columns if log.messages is not None else None
    _trim(log.columns, messages)
    return make_connection(
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
        handshake=(handshake.record if handshake else None) or handshake_of(handshake),
        ending=_ending(stack, log, handshake, facts, timing),
        timing=timing,
        client_sent=_traffic(stream, log, facts, 0),
        server_sent=_traffic(stream, log, facts, 1),
        anomalies=_anomalies(stack, log),
        frames=log.columns,
        carrier=carrier_of(stack),
        via=via_of(stack, handshake),
        h2_stream=stack.identifier if isinstance(stack, StreamStack) else None,
        messages=messages,
        captures=captures,
    )


def _timing(
    stream: TcpStream, log: FrameLog, handshake: OpeningHandshake | None, facts: Facts
) -> Timing:
    return steps(
        facts,
        _tcp_connect(stream),
        _upgrade(handshake),
        log.last_ping_rtt if log.last_ping_rtt >= 0 else None,
        handshake.response.packet if handshake and handshake.response else 0,
    )


def _trim(*kept: Any) -> None:
    for columns in kept:
        if columns is not None:
            columns.trim()


def framing_of(stack: Stack, handshake: OpeningHandshake) -> Framing:
    """Return the framing; HTTP/2 carries no other than RFC 6455's (RFC 8441, section 5)."""
    return Framing.RFC_6455 if isinstance(stack, StreamStack) else choose_framing(handshake)


def _anomalies(stack: Stack, log: FrameLog) -> tuple[Anomaly, ...]:
    if isinstance(stack, StreamStack):
        return (*log.anomalies, *stack.anomalies)
    return log.anomalies.all()


def _ending(
    stack: Stack,
    log: FrameLog,
    handshake: OpeningHandshake | None,
    facts: Facts,
    timing: Timing,
) -> Ending:
    stream: TcpStream = stack.stream  # type: ignore[assignment]
    kind = classify(facts)
    tls = tls_of(stack)
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


def seen_since(stream: TcpStream) -> str:
    """Return whether a stream was seen from its SYN, or from the upgrade."""
    return "syn" if stream.of(0).syn_at or stream.of(1).syn_at else "upgrade"


def _traffic(stream: TcpStream, log: FrameLog, facts: Facts, side: int) -> Traffic:
    sent, own = stream.of(side), log.of(side)
    silence = sent.silence or QUIET
    pings = own.outstanding_pings or ()
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
        segments=sent.packets,
        last_at=sent.last_at or None,
        unanswered_segments=facts.of(side).unanswered,
        unanswered_at=facts.of(side).unanswered_since or None,
        unanswered_pings=len(pings),
        unanswered_ping_at=pings[0][1] if pings else None,
        zero_windows=sent.zero_windows,
        zero_window_at=sent.zero_window_at or None,
        stalled_segments=silence.stalled,
        stalled_at=silence.stalled_at or None,
        stall_ended_at=silence.stall_ended_at or None,
    )


def handshake_of(handshake: OpeningHandshake | None) -> Handshake:
    """Return the record of an opening handshake."""
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
        location=handshake.answer("location"),
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


def endpoints_of(stream: TcpStream) -> tuple[Endpoint, Endpoint]:
    """Return client and server of a stream."""
    a = endpoint(stream.ip_version, stream.high_a, stream.low_a, stream.port_a)
    b = endpoint(stream.ip_version, stream.high_b, stream.low_b, stream.port_b)
    return (b, a) if stream.stack.flipped else (a, b)
