"""One thing that stands in front of an upgrade: what a proxy was asked for, or what it told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from analyzer.endpoint import Endpoint
from analyzer.http.message import Head

# Scheme and authority of a request target in absolute form (RFC 9112, section 3.2.2).
_ABSOLUTE = re.compile(r"(?i)(?:http|ws)s?://([^/?#]+)")


@dataclass(frozen=True, slots=True)
class Hop:
    """What stood in front of the upgrade; text as sent by strangers.

    Attributes
    ----------
    kind : str
        ``connect`` (a tunnel by HTTP, RFC 9110, section 9.3.6), ``absolute-form`` (a request that
        names the whole address, as proxies are asked), ``socks4``, ``socks4a``, ``socks5`` (RFC
        1928), ``proxy-v1`` or ``proxy-v2`` (the PROXY protocol, by which a proxy tells for whom it
        speaks).
    target : str or None
        Where the client asked to be connected to, as it wrote it: host and port.
    status : int or None
        The answer: an HTTP status, 0 for success with SOCKS5, 90 with SOCKS4; None where there is
        none by the protocol, or none in the capture.
    refusals : tuple of int
        Answers to the same wish that came before on this TCP stream, 407 for instance.
    source, destination : Endpoint or None
        Of the PROXY protocol: the client for whom the proxy speaks, and where that client connected
        to; None where the proxy speaks for itself, or does not know.
    asked_at, answered_at : int or None
        When it was asked for, or told, and answered, nanoseconds since the epoch.
    packet : int or None
        The packet that made the wish, or what was told, whole.
    """

    kind: str
    target: str | None = None
    status: int | None = None
    refusals: tuple[int, ...] = ()
    source: Endpoint | None = None
    destination: Endpoint | None = None
    asked_at: int | None = None
    answered_at: int | None = None
    packet: int | None = None

    def __str__(self) -> str:
        ends = f"{self.source} → {self.destination}" if self.source else ""
        return " ".join(part for part in (self.kind, self.target or ends) if part)

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON, but for its times, which are as above."""
        return {
            "hop": str(self),
            "kind": self.kind,
            "target": self.target,
            "status": self.status,
            "refusals": list(self.refusals),
            "source": self.source.to_dict() if self.source else None,
            "destination": self.destination.to_dict() if self.destination else None,
            "asked_at": self.asked_at,
            "answered_at": self.answered_at,
            "packet": self.packet,
        }


def connect_hop(request: Head, response: Head | None, refusals: Iterable[int]) -> Hop:
    """Return the hop of a CONNECT; without a response it is not in the capture."""
    return Hop(
        "connect",
        request.target or None,
        response.status if response is not None else None,
        tuple(refusals),
        asked_at=request.at,
        answered_at=response.at if response is not None else None,
        packet=request.packet,
    )


def absolute_hop(request: Head | None) -> Hop | None:
    """Return the hop of a request whose target is in absolute form; None where it is not."""
    found = _ABSOLUTE.match(request.target) if request is not None else None
    if request is None or found is None:
        return None
    return Hop("absolute-form", found[1], asked_at=request.at, packet=request.packet)


def proxied_for(via: Iterable[Hop]) -> Endpoint | None:
    """Return the client for whom the proxies speak: the innermost word counts, it is the oldest."""
    found = None
    for hop in via:
        found = hop.source or found
    return found
