"""Collect the facts of an ending from the TCP stream and the frames on it."""

from __future__ import annotations

from analyzer.ending.facts import (
    Facts,
    Goaway,
    Moment,
    Reset,
    SideFacts,
    StreamFacts,
    StreamReset,
    is_strange,
)
from analyzer.http.handshake import OpeningHandshake
from analyzer.http2.stream import StreamSide, StreamStack
from analyzer.quick import maker
from analyzer.side import SIDES, Side
from analyzer.stream.bytestream import ByteStream
from analyzer.stream.layer import Stack
from analyzer.stream.tcpstream import TcpStream
from analyzer.tls.secure import SecureStack
from analyzer.websocket.log import FrameLog

moment = maker(Moment)


def gather(stack: Stack, log: FrameLog, handshake: OpeningHandshake | None) -> Facts:
    """Return the facts of a connection whose upgrade was accepted, or whose answer is hidden."""
    response = handshake.response if handshake else None
    stream: TcpStream = stack.stream  # type: ignore[assignment]
    h2 = stack if isinstance(stack, StreamStack) else None
    return Facts(
        framing=log.framing,
        upgraded=True,
        status=handshake.status if handshake else None,
        client=_side_facts(stack, log, 0),
        server=_side_facts(stack, log, 1),
        reused_by=_reused_by(stream),
        answered_at=response.at if response else 0,
        first_at=stream.first_at,
        last_at=(h2.last_at if h2 is not None else 0) or stream.last_at,
        shared=h2.shared if h2 is not None else 0,
    )


def gather_failed(stack: Stack, log: FrameLog, handshake: OpeningHandshake, *, last: bool) -> Facts:
    """Return the facts of an upgrade that was refused or never answered.

    Where more was said on the stream afterwards (`last` is False), how TCP ended is not part of it.
    """
    response = handshake.response
    stream: TcpStream = stack.stream  # type: ignore[assignment]
    return Facts(
        framing=log.framing,
        upgraded=False,
        status=handshake.status,
        client=_failed_facts(stack, 0, last),
        server=_failed_facts(stack, 1, last),
        reused_by=_reused_by(stream) if last else None,
        answered_at=response.at if response else 0,
        first_at=stream.first_at,
        last_at=stream.last_at,
        answer_hidden=handshake.answer_hidden,
    )


def gather_tcp(stream: TcpStream) -> Facts:
    """Return how TCP ended, of a stream of which nothing more is known."""
    return Facts(
        client=_tcp_facts(stream.of(0)),
        server=_tcp_facts(stream.of(1)),
        reused_by=_reused_by(stream),
        first_at=stream.first_at,
        last_at=stream.last_at,
    )


def _failed_facts(stack: Stack, side: int, last: bool) -> SideFacts:
    stream: TcpStream = stack.stream  # type: ignore[assignment]
    facts = _tcp_facts(stream.of(side)) if last else SideFacts()
    if isinstance(stack, StreamStack):
        _take_stream(facts, stack, side)
    return facts


def _reused_by(stream: TcpStream) -> Side | None:
    return SIDES[stream.reused_by ^ stream.stack.flipped] if stream.reused else None


def _side_facts(stack: Stack, log: FrameLog, side: int) -> SideFacts:
    stream: TcpStream = stack.stream  # type: ignore[assignment]
    sent = stream.of(side)
    other = stream.of(1 - side)
    own = log.of(side)
    close = own.close
    # Of a frame whose header was cut off, the end is not known.
    behind = 0
    if close is not None and (close.complete or close.body):
        if isinstance(stack, StreamStack):
            behind = stack.behind(side, close.end_offset)
        elif isinstance(stack, SecureStack):
            behind = stack.below.behind(side, close.end_offset)
        else:
            behind = max(sent.next - close.end_offset, 0)
    closing = log.client.close is not None or log.server.close is not None
    facts = _tcp_facts(sent)
    facts.close = close
    facts.acknowledged = sent.acknowledged if sent.acknowledgment_seen else -1
    facts.fin_hidden = sent.fin_hidden
    facts.close_hidden = close is None and (own.hidden or sent.packets == 0)
    # One that may come from a box on the way proves nothing.
    facts.segment_hidden = other.rst_answers > other.acknowledged and not is_strange(_reset(other))
    silence = sent.silence
    if other.packets and silence is not None and silence.repeats:
        # A side that was never captured may have answered.
        facts.unanswered = silence.repeats
        facts.unanswered_since = silence.since
    if isinstance(stack, SecureStack):
        _note_tls(facts, stack, side)
    facts.after_close_bytes = behind
    facts.last_frame_at = own.last_frame_at if closing else own.last_before_down
    if isinstance(stack, StreamStack):
        _take_stream(facts, stack, side)
    return facts


def _note_tls(facts: SideFacts, stack: SecureStack, side: int) -> None:
    """Take note of a side's close_notify."""
    sent = stack.session.of(side ^ stack.below.plain.turned).close_notify
    if sent is not None:
        facts.notified = moment(sent.at, sent.packet)
        facts.notify_offset = sent.end_offset
        facts.notify_acknowledged = sent.acknowledged


def _take_stream(facts: SideFacts, stack: StreamStack, side: int) -> None:
    """Let what HTTP/2 showed stand for FIN and RST (RFC 8441, section 5)."""
    own: StreamSide = stack.sides[side]
    if stack.over:
        # What became of TCP afterwards has nothing to do with it.
        facts.fin = facts.rst = None
        facts.fin_offset = facts.fin_acknowledged = -1
    found = facts.h2 = StreamFacts(
        Moment(own.ended_at, own.ended_packet) if own.ended_at else None,
        StreamReset(own.reset_at, own.reset_packet, own.reset_code) if own.reset_at else None,
        _goaway(own),
        facts.fin,
        facts.rst,
        own.lost,
    )
    facts.fin_hidden = facts.fin_hidden or own.lost
    if found.end_stream is not None:
        facts.fin = found.end_stream
        # A FIN takes a number of its own behind the bytes; END_STREAM is a bit of a frame.
        facts.fin_offset = own.ended_offset - 1
        facts.fin_acknowledged = own.ended_acknowledged
    if found.reset is not None:
        facts.rst = found.reset
    elif found.goaway is not None and found.goaway.code:
        # "After sending the GOAWAY frame for an error condition, the endpoint MUST close the TCP
        # connection" (RFC 9113, section 5.4.1).
        facts.rst = found.goaway


def _goaway(own: StreamSide) -> Goaway | None:
    if not own.goaway_at:
        return None
    return Goaway(
        own.goaway_at, own.goaway_packet, own.goaway_last, own.goaway_code, own.goaway_debug
    )


def _reset(sent: ByteStream) -> Moment:
    if sent.reset is None:
        return moment(sent.rst_at, sent.rst_packet)
    acknowledges, ttl, usual, window, offset, unacknowledged, since, ip_id, before = sent.reset
    return Reset(
        sent.rst_at,
        sent.rst_packet,
        acknowledges != 0,
        ttl or None,
        usual or None,
        window,
        offset,
        unacknowledged,
        since if since >= 0 else None,
        ip_id if ip_id >= 0 else None,
        before if before >= 0 else None,
    )


def _tcp_facts(sent: ByteStream) -> SideFacts:
    # Filled in one by one: passing so many by their names takes longer than all the rest.
    facts = SideFacts()
    if sent.fin_at:
        facts.fin = moment(sent.fin_at, sent.fin_packet)
    if sent.rst_at:
        facts.rst = _reset(sent)
    facts.fin_offset = sent.fin_offset
    facts.fin_acknowledged = sent.fin_acknowledged
    facts.captured = sent.packets > 0
    return facts
