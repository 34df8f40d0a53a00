"""TCP connections that were refused, or not answered."""

from __future__ import annotations

import io

from analyzer.attempt import MOST, Attempt
from analyzer.observer import Observer
from analyzer.read import read
from analyzer.record import Endpoint
from capture_files import pcap
from conversation import START_NS, Conversation
from packets import ACK, RST, SYN
from segments import Wire
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
        opened(4).rst("server").packets,
    )
    assert read(io.BytesIO(pcap(talks))).attempts == []


def test_a_syn_that_nothing_answers_is_an_attempt_that_was_not_refused() -> None:
    talk = Conversation(("10.0.0.1", 3)).segment("client", flags=SYN)
    analysis = read(io.BytesIO(pcap(talk.wait(1).retransmit("client").packets)))
    (found,) = analysis.attempts
    client, server = Endpoint("10.0.0.1", 3), Endpoint("10.0.0.2", 80)
    assert found == Attempt(client, server, START_NS, 1, None, talk.packets[1].time_ns)
    assert found.over_at == talk.packets[1].time_ns


def test_a_syn_that_is_answered_late_is_none() -> None:
    talk = Conversation(("10.0.0.1", 3)).segment("client", flags=SYN).wait(1).retransmit("client")
    talk.segment("server", flags=SYN | ACK).ack("client").close_tcp("client")
    assert read(io.BytesIO(pcap(talk.packets))).attempts == []


def test_a_flood_of_syns_is_kept_up_to_a_limit() -> None:
    here = Endpoint("10.0.0.1", 1)
    observer = Observer(lambda _: None)
    observer.aside.unanswered += [Attempt(here, here, 0, 0, None)] * (MOST - 5)
    wire = Wire(unanswered=observer.unanswered)
    for port in range(9):
        wire.push((0x0A000001, port), 1000, flags=SYN)
    wire.table.finish()
    assert len(observer.aside.unanswered) == MOST
