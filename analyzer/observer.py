"""Puts the layers on top of each other, and hands on a `Connection` when one is over."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING

from analyzer.aside import Aside, Unseen
from analyzer.assembly import assemble, endpoints_of, framing_of, handshake_of, seen_since
from analyzer.attempt import MOST, Attempt
from analyzer.below import depth
from analyzer.ending.gather import gather, gather_failed, gather_tcp
from analyzer.endpoint import community_id
from analyzer.http.handshake import OpeningHandshake
from analyzer.http.layer import HttpLayer
from analyzer.http.message import Head
from analyzer.http2.layer import Http2Layer
from analyzer.proxy.front import FrontLayer
from analyzer.proxy.hop import Hop, absolute_hop, connect_hop
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.stream.layer import Layer, Stack
from analyzer.stream.tcpstream import TcpStream
from analyzer.tls.keylog import KeyLog
from analyzer.tls.opening import OpeningLayer
from analyzer.tls.secure import SecureStack
from analyzer.websocket.connection import WebSocketLayer
from analyzer.websocket.finder import FrameFinder
from analyzer.websocket.log import FrameColumns, FrameLog
from analyzer.websocket.midstream import MidstreamLayer
from analyzer.websocket.negotiation import version_number
from analyzer.websocket.registry import Framing

if TYPE_CHECKING:
    from analyzer.tls.layer import TlsLayer

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
    aside : Aside
        What was noticed of streams beside the connections in them.
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
        self.aside = Aside(every=encrypted)
        self._report = report
        self._keep_frames = keep_frames
        self._keep_messages = keep_messages
        self._last_frames = last_frames
        self._captures = captures
        self.opened_count = 0

    def first_layer(self, stack: Stack, syn_seen: bool) -> Layer:
        """Return the layer of a new stream."""
        begin = self._front if syn_seen else self.lost
        if not self.aside.encrypted.every and not self._keys.hopeful:
            return begin(stack)
        return OpeningLayer(stack, begin, self._secure, whole=syn_seen)

    def _front(self, stack: Stack) -> Layer:
        return FrontLayer(stack, self)

    def behind(self, stack: Stack, hop: Hop) -> Layer | None:
        """Return the layer on what a proxy passes on, chosen by its first bytes like the first."""
        stack.via = (*stack.via, hop)
        return self.first_layer(stack, True) if len(stack.via) <= MAX_HOPS else None

    def tunnelled(
        self, stack: Stack, request: Head, response: Head | None, refusals: list[int]
    ) -> Layer | None:
        """Return the layer behind a CONNECT."""
        return self.behind(stack, connect_hop(request, response, refusals))

    def usual(self, stack: Stack) -> Layer:
        """Return the layer of a stream that begins with HTTP, or with nothing that is known."""
        return HttpLayer(stack, self, whole=True)

    def _secure(self, stack: Stack) -> Layer | None:
        # Loaded where there are keys: all others start sooner.
        from analyzer.tls.layer import TlsLayer  # noqa: PLC0415

        return TlsLayer(stack, self._keys, self, watch=self.aside.encrypted.every)

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

    def http2(self, stack: Stack, known: int, settings: str = "") -> Layer:
        """Return the layer of HTTP/2; see `analyzer.http.upgrades`."""
        return Http2Layer(stack, self, known, settings)

    def unseen(self, stack: Stack, side: Side | None, time_ns: int, packet: int, why: str) -> None:
        """Take note that WebSockets on a stream of HTTP/2 cannot be seen."""
        stream: TcpStream = stack.stream  # type: ignore[assignment]
        at, where = time_ns or stream.last_at, packet or stream.last_packet
        self.aside.not_seen(Unseen(side, at, where, stream.number, why))

    def opaque(self, layer: TlsLayer) -> None:
        """Take note of a TLS stream that cannot be decrypted."""
        stream: TcpStream = layer.stack.stream  # type: ignore[assignment]
        facts, ends = gather_tcp(stream), endpoints_of(stream)
        given = self._keys.given
        self.aside.encrypted.add(layer, facts, ends, community_id(*ends), asked=given)

    def lost(self, stack: Stack) -> Layer:
        """Return the layer that searches in a stream whose beginning is not known."""
        return MidstreamLayer(stack, self._http_anywhere, self._recognised, self.unseen)

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
        log = self._log(number, framing_of(stack, handshake), handshake)
        layer = WebSocketLayer(stack, number, handshake, log, seen_since(stream), self._finished)
        if log.framing is Framing.RFC_6455:
            # Others may ask once more, when the first frame tells which framing it is.
            handshake.settle(handshake_of(handshake), absolute_hop(handshake.request))
        return layer

    def _recognised(self, stack: Stack, finders: list[FrameFinder]) -> Layer:
        number = self._next_number(stack)
        log = self._log(number, Framing.RFC_6455, None)
        layer = WebSocketLayer(stack, number, None, log, "midstream", self._finished)
        layer.start_midstream(finders)
        return layer

    def unheard(self, stack: Stack) -> None:
        """Keep a SYN that was refused; ports were not exchanged, so ``a`` is who asked."""
        stream: TcpStream = stack.stream  # type: ignore[assignment]
        asked, answered = stream.of(0), stream.of(1)
        if not asked.syn_at or answered.syn_at or not answered.rst_at:
            return
        if len(self.aside.attempts) < MOST:
            client, server = endpoints_of(stream)
            attempt = Attempt(client, server, asked.syn_at, stream.first_packet, answered.rst_at)
            self.aside.attempts.append(attempt)

    def unanswered(self, stream: TcpStream) -> None:
        """Keep a SYN, and what repeated it, that nothing followed."""
        if len(self.aside.unanswered) < MOST:
            client, server = endpoints_of(stream)
            asked = stream.first_at, stream.first_packet
            attempt = Attempt(client, server, *asked, None, stream.last_at)
            self.aside.unanswered.append(attempt)

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
        log = self._log(number, framing_of(stack, handshake), handshake)
        facts = gather_failed(stack, log, handshake, last=last)
        self._report(
            assemble(stack, number, log, handshake, facts, seen_since(stream), self._captures)
        )

    def _finished(self, layer: WebSocketLayer) -> None:
        facts = gather(layer.stack, layer.log, layer.handshake)
        about = (layer.stack, layer.number, layer.log, layer.handshake, facts, layer.seen_from)
        self._report(assemble(*about, self._captures))
