"""RSTs told by packets: what provoked them, and whether the peer sent them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.ending.facts import Reset
from analyzer.findings.finding import Finding, Given
from analyzer.findings.who_sent_rst import who_sent_rst
from analyzer.record import TcpEnd
from analyzer.side import Side
from conversation import Conversation
from population import at, connection, with_ending
from told import closed, found_in, opened
from wire import CLOSE, MASK, TEXT, close_body, frame


def only(talk: Conversation) -> Finding:
    (found,) = who_sent_rst(Given(found_in(talk.packets)))
    return found


def test_an_end_that_aborts_behind_its_own_data() -> None:
    found = only(opened().rst("client"))
    assert found.sentence == (
        "1 connection ended by a RST of the client, by itself (ACK flag), with its own data last"
    )
    # By hand: SYN, SYN/ACK, ACK, request, answer, text, ACK, RST.
    assert found.evidence == (8,)
    assert found.numbers["offset_bytes"] == "0"


def test_data_of_the_other_side_may_have_been_unread() -> None:
    found = only(opened().server(frame(TEXT, b"read me")).ack("client").wait(1).rst("client"))
    assert found.numbers["cause"] == "unread data"
    assert only(opened().rst("server")).numbers["cause"] == "unread data"


def test_data_behind_a_fin_is_answered_by_a_reset() -> None:
    talk = opened().fin("server").ack("client").client(frame(TEXT, b"late", mask=MASK))
    assert only(talk.rst("server", bare=True)).numbers["cause"] == "data after close"


def test_a_segment_of_a_connection_that_is_not_known() -> None:
    talk = opened().wait(900).client(frame(TEXT, b"still there?", mask=MASK))
    found = only(talk.rst("server", bare=True))
    assert found.numbers["cause"] == "unknown connection"


def test_a_reset_behind_a_complete_closing_handshake_is_harmless() -> None:
    talk = opened().client(frame(CLOSE, close_body(1000), mask=MASK))
    talk.server(frame(CLOSE, close_body(1000))).rst("client")
    assert who_sent_rst(Given(found_in(talk.packets))) == []
    assert who_sent_rst(Given(found_in(closed()))) == []


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"ttl": 64, "usual_ttl": 64}, "abort"),
        ({"ttl": 250, "usual_ttl": 57}, "not the peer"),
        ({"ttl": 250, "usual_ttl": None}, "abort"),
        ({"offset": 700}, "not the peer"),
        ({"offset": 1}, "abort"),
        ({"acknowledges": None}, "not known"),
    ],
)
def test_time_to_live_and_number_tell_a_box_on_the_way(fields: dict[str, int], cause: str) -> None:
    rst = replace(Reset(at(30), 91, acknowledges=True), **fields)
    one = connection(0, "rst", Side.CLIENT, idle=(1.0, 2.0))
    (found,) = who_sent_rst(Given([with_ending(one, tcp=TcpEnd(None, client_rst=rst))]))
    assert found.numbers["cause"] == cause


def test_a_reset_of_a_box_on_the_way_is_said_to_come_in_the_name_of_a_side() -> None:
    rst = Reset(at(30), 91, ttl=64, usual_ttl=63)
    one = with_ending(connection(0, "rst", Side.SERVER), tcp=TcpEnd(None, server_rst=rst))
    (found,) = who_sent_rst(Given([one]))
    assert found.sentence == (
        "1 connection ended by a RST in the name of the server, whose TTL (64) is not that of its"
        " other packets (63)"
    )
    beyond = replace(rst, ttl=63, offset=700)
    (found,) = who_sent_rst(Given([with_ending(one, tcp=TcpEnd(None, server_rst=beyond))]))
    assert found.sentence.endswith("whose sequence number does not fit its other packets")


def test_who_answers_with_a_reset_behind_an_outage_had_given_up() -> None:
    talk = opened().client(frame(TEXT, b"still there?", mask=MASK), arrives=False)
    for wait in (0.2, 0.4, 0.8, 1.6, 3.2):
        talk.wait(wait).retransmit("client")
    found = only(talk.wait(1).server(frame(TEXT, b"yes")).rst("client", bare=True))
    assert found.numbers["cause"] == "gave up in an outage"
    # Long behind it, something else is the cause.
    talk = opened().client(frame(TEXT, b"still there?", mask=MASK), arrives=False)
    for wait in (0.2, 0.4, 0.8, 1.6, 3.2):
        talk.wait(wait).retransmit("client")
    talk.wait(1).ack("server").wait(60).server(frame(TEXT, b"and now?"))
    assert only(talk.rst("client", bare=True)).numbers["cause"] == "unknown connection"
