"""Outages that healed, told by packets, and in made-up records."""

from __future__ import annotations

import pytest

from analyzer.findings.finding import Given
from analyzer.findings.outage import outage
from analyzer.side import Side
from conversation import Conversation
from http2_peers import Peers
from population import at, connection, with_traffic
from told import found_in, opened
from wire import MASK, TEXT, frame


def stalled(waits: list[float], *, healed: bool = True) -> Conversation:
    """A client that repeats a text after each of these times, and is answered a second later."""
    talk = opened().client(frame(TEXT, b"still there?", mask=MASK), arrives=False)
    for wait in waits:
        talk.wait(wait).retransmit("client")
    return talk.wait(1).ack("server") if healed else talk


def test_a_side_that_is_heard_again_after_repeats_was_gone_for_so_long() -> None:
    (one,) = found_in(stalled([0.2, 0.4, 0.8, 1.6]).packets)
    sent = one.client_sent
    # By hand: from the first repeat, 0.4 + 0.8 + 1.6 and the last second, and 0.1 ms a packet.
    assert (sent.stalled_segments, sent.unanswered_segments) == (4, 0)
    assert sent.stall_ended_at is not None
    assert sent.stalled_at is not None
    assert sent.stall_ended_at - sent.stalled_at == pytest.approx(3.8e9, abs=1e6)
    (found,) = outage(Given([one]))
    assert found.sentence == (
        "nothing came of the server in 1 connection for 3.8 s, though the client repeated itself;"
        " then the server was heard again; none of them ended without a close frame"
    )


def test_an_outage_of_one_tcp_connection_is_one_however_many_websockets_are_on_it() -> None:
    talk = Conversation().handshake()
    carry = (talk.client, talk.server)
    peers = Peers(lambda side, data: carry[side](data))
    streams = [peers.open(f"/{i}") for i in range(3)]
    peers.carry = lambda side, data: carry[side](data, arrives=False)
    peers.say(streams[0], 0, frame(TEXT, b"still there?", mask=MASK))
    for wait in (0.2, 0.4, 0.8, 1.6):
        talk.wait(wait).retransmit("client")
    ones = found_in(talk.wait(1).ack("server").packets)
    (found,) = outage(Given(ones))
    assert found.sentence.startswith(
        "nothing came of the server in 3 connections (on 1 TCP connection) for up to 3.8 s"
    )
    # By hand: four segments, in the record of each of the three.
    assert [one.client_sent.stalled_segments for one in ones] == [4, 4, 4]
    assert found.numbers["repeated_segments"] == 4


def test_a_few_losses_in_a_row_are_no_outage() -> None:
    assert outage(Given(found_in(stalled([0.2, 0.4]).packets))) == []
    assert outage(Given(found_in(stalled([0.2, 4.0]).packets))) == []  # two repeats
    assert outage(Given(found_in(stalled([0.2, 0.2, 0.2, 0.2]).packets))) == []


def test_who_is_never_heard_again_is_half_open_and_no_outage() -> None:
    (one,) = found_in(stalled([0.2, 0.4, 0.8, 1.6], healed=False).packets)
    assert (one.client_sent.stalled_segments, one.client_sent.unanswered_segments) == (0, 4)
    assert outage(Given([one])) == []


def test_the_longest_of_several_counts() -> None:
    talk = stalled([0.2, 0.4])
    talk.client(frame(TEXT, b"and now?", mask=MASK), arrives=False)
    for wait in (0.2, 0.4, 0.8, 1.6, 3.2):
        talk.wait(wait).retransmit("client")
    (one,) = found_in(talk.wait(1).ack("server").packets)
    assert one.client_sent.stalled_segments == 5


def test_those_who_lost_the_same_side_are_one_finding() -> None:
    ones = [
        with_traffic(
            connection(i, "rst", Side.CLIENT),
            Side.CLIENT,
            stalled_segments=5,
            stalled_at=at(i),
            stall_ended_at=at(10),
        )
        for i in range(6)
    ]
    (found,) = outage(Given(ones))
    assert "in 6 connections for up to 10.0 s" in found.sentence
    assert (found.numbers["silent"], found.numbers["repeated_segments"]) == ("server", 30)
    assert (found.first_at, found.last_at) == (at(0), at(10))
