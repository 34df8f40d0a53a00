"""TCP connections that were refused."""

from __future__ import annotations

import io

from analyzer.attempt import Attempt
from analyzer.read import read
from analyzer.record import Endpoint
from capture_files import pcap
from conversation import START_NS, Conversation
from packets import ACK, RST, SYN
from told import closed, merged, opened


def refused(port: int = 40000, **options: int) -> Conversation:
    """A SYN, and a RST that acknowledges it."""
    talk = Conversation(("10.0.0.1", port), **options).segment("client", flags=SYN)
    return talk.segment("server", flags=RST | ACK, sequence=0)


def test_a_syn_that_is_answered_with_a_reset_is_an_attempt() -> None:
    talks = merged(refused().packets, closed(40001, start_ns=START_NS + 1_000_000_000))
    analysis = read(io.BytesIO(pcap(talks)))
    assert len(analysis.connections) == 1
    (found,) = analysis.attempts
    client, server = Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", 80)
    assert found == Attempt(client, server, START_NS, 1, talks[1].time_ns)


def test_what_was_accepted_and_then_reset_is_none() -> None:
    talks = merged(
        Conversation(("10.0.0.1", 1)).handshake().rst("server").packets,
        Conversation(("10.0.0.1", 2)).handshake().rst("client").packets,
        Conversation(("10.0.0.1", 3)).segment("client", flags=SYN).packets,
        opened(4).rst("server").packets,
    )
    assert read(io.BytesIO(pcap(talks))).attempts == []
