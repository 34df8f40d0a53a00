"""A TLS stream that stayed encrypted, as the record has it, for tests of what is made of it."""

from __future__ import annotations

from typing import Any

from analyzer.encrypted import Encrypted, SealedTraffic
from analyzer.ending.facts import Moment
from analyzer.ending.secured import AlertSent, TlsEnd
from analyzer.record import Endpoint, TcpEnd
from analyzer.side import Side
from analyzer.tls.encrypted import CloseHint

SECOND = 1_000_000_000


def sealed_stream(**other: Any) -> Encrypted:
    """Give a stream of a minute that ends like a WebSocket, but for what is said otherwise."""
    fields: dict[str, Any] = {
        "tcp_stream": 7,
        "network": 0,
        "first_packet": 3,
        "last_packet": 90,
        "first_at": 1_000 * SECOND,
        "last_at": 1_060 * SECOND,
        "community_id": "1:x",
        "client": Endpoint("10.0.0.1", 40000),
        "server": Endpoint("10.0.0.2", 443),
        "reason": "no_secrets",
        "client_random": "ab" * 32,
        "tls": TlsEnd(
            version="TLS 1.2",
            server_name="chat.example",
            alpn="http/1.1",
            resumed=False,
            alerts=(AlertSent("encrypted alert", None, Side.SERVER, 1_059 * SECOND, 88),),
        ),
        "tcp": TcpEnd(first_fin=Side.SERVER, server_fin=Moment(1_059 * SECOND, 89)),
        "idle_before_end": 9 * SECOND,
        "client_sent": SealedTraffic(12, 3456),
        "server_sent": SealedTraffic(1, 1),
        "two_way": True,
        "hint": CloseHint(1, True, True, "likely", 1_050 * SECOND, 80, "last record fits"),
    }
    return Encrypted(**(fields | other))
