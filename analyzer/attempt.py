"""Attempts at a TCP connection that failed: a sign of a WebSocket that is missed."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.endpoint import Endpoint

# A scan of ports, or a flood of SYNs, must not fill the memory: so many of each kind are kept.
MOST = 20_000


class Attempt(NamedTuple):
    """A SYN that was answered with a RST (RFC 9293, section 3.5.2), or by nothing.

    Attributes
    ----------
    client, server : Endpoint
        Who asked, and who was asked.
    at, packet : int
        The first SYN: nanoseconds since the epoch, and its packet.
    refused_at : int or None
        The RST: nobody listens there; None where nothing answered.
    last_at : int or None
        The last SYN, where nothing answered; till when the client waited no packet tells.
    """

    client: Endpoint
    server: Endpoint
    at: int
    packet: int
    refused_at: int | None
    last_at: int | None = None

    @property
    def over_at(self) -> int:
        """When it is known to have failed: the RST, or the last SYN."""
        return self.refused_at or self.last_at or self.at
