"""What a layer stands on: a stack in; HTTP/2, TLS and proxies below it out."""

from __future__ import annotations

from typing import Any

from analyzer.ending.secured import TlsEnd, tls_end
from analyzer.http.handshake import OpeningHandshake
from analyzer.http2.stream import StreamStack
from analyzer.proxy.hop import Hop, absolute_hop
from analyzer.stream.layer import Stack
from analyzer.tls.secure import SecureStack


def _below_http2(stack: Stack) -> Stack:
    """Return where a layer would stand if it were not on a stream of HTTP/2."""
    return stack.outer if isinstance(stack, StreamStack) else stack


def carrier_of(stack: Stack) -> str:
    """Return what a WebSocket travels in: ``tcp``, ``tls``, ``h2`` or ``tls+h2``."""
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


def tls_of(stack: Stack) -> TlsEnd | None:
    """Return how TLS ended; None where there is none."""
    stack = _below_http2(stack)
    if not isinstance(stack, SecureStack):
        return None
    return tls_end(stack.session, stack.below.plain.turned)
