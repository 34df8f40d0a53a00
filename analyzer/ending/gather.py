"""Collect the facts of an ending from the TCP stream and the frames on it."""

from __future__ import annotations

from analyzer.ending.facts import Facts, Moment, Reset, SideFacts
from analyzer.http.handshake import OpeningHandshake
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
    return Facts(
        framing=log.framing,
        upgraded=True,
        status=handshake.status if handshake else None,
        client=_side_facts(stack, log, 0),
        server=_side_facts(stack, log, 1),
        reused_by=_reused_by(stream),
        answered_at=response.at if response else 0,
        first_at=stream.first_at,
        last_at=stream.last_at,
    )


def gather_failed(
    stream: TcpStream, log: FrameLog, handshake: OpeningHandshake, *, last: bool
) -> Facts:
    """Return the facts of an upgrade that was refused or never answered.

    Where more was said on the stream afterwards (`last` is False), how TCP ended is not part of it.
    """
    response = handshake.response
    return Facts(
        framing=log.framing,
        upgraded=False,
        status=handshake.status,
        client=_tcp_facts(stream.of(0)) if last else SideFacts(),
        server=_tcp_facts(stream.of(1)) if last else SideFacts(),
        answered_at=response.at if response else 0,
        first_at=stream.first_at,
        last_at=stream.last_at,
    )


def _reused_by(stream: TcpStream) -> Side | None:
    return SIDES[stream.reused_by ^ stream.stack.flipped] if stream.reused else None


def _side_facts(stack: Stack, log: FrameLog, side: int) -> SideFacts:
    stream: TcpStream = stack.stream  # type: ignore[assignment]
    sent = stream.of(side)
    answers = stream.of(1 - side).packets > 0
    own = log.of(side)
    close = own.close
    # Of a frame whose header was cut off, the end is not known.
    behind = 0
    if close is not None and (close.complete or close.body):
        if isinstance(stack, SecureStack):
            behind = stack.below.behind(side, close.end_offset)
        else:
            behind = max(sent.next - close.end_offset, 0)
    closing = log.client.close is not None or log.server.close is not None
    facts = _tcp_facts(sent)
    facts.close = close
    facts.acknowledged = sent.acknowledged if sent.acknowledgment_seen else -1
    facts.fin_hidden = sent.fin_hidden
    facts.close_hidden = close is None and (own.hidden or sent.packets == 0)
    if answers:  # a side that was never captured may have answered
        facts.unanswered = sent.unanswered
        facts.unanswered_since = sent.unanswered_since
    facts.after_close_bytes = behind
    facts.last_frame_at = own.last_frame_at if closing else own.last_before_down
    return facts


def _reset(sent: ByteStream) -> Moment:
    if sent.reset is None:
        return moment(sent.rst_at, sent.rst_packet)
    acknowledges, ttl, usual, window, offset, unacknowledged, since = sent.reset
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
