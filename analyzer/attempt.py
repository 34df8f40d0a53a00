"""Attempts at a TCP connection that were refused: a sign of a WebSocket that is missed."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.endpoint import Endpoint

# A scan of ports must not fill the memory.
MOST = 20_000


class Attempt(NamedTuple):
    """A SYN that was answered with a RST (RFC 9293, section 3.5.2): nobody listens there.

    Attributes
    ----------
    client, server : Endpoint
        Who asked, and who was asked.
    at, packet : int
        The first SYN: nanoseconds since the epoch, and its packet.
    refused_at : int
        The RST.
    """

    client: Endpoint
    server: Endpoint
    at: int
    packet: int
    refused_at: int
