"""What one side sent."""

from __future__ import annotations

from analyzer.traffic import TIMES, Traffic
from conversation import Conversation
from told import found_in
from wire import MASK, PING, PONG, TEXT, frame


def test_times_are_the_fields_that_may_be_unknown() -> None:
    assert {name for name in Traffic.__slots__ if getattr(Traffic(), name) is None} == set(TIMES)


def test_pings_without_a_pong_are_those_behind_the_last_that_was_answered() -> None:
    talk = Conversation().handshake().upgrade()
    talk.server(frame(PING, b"1")).client(frame(PONG, b"1", mask=MASK)).wait(2)
    talk.server(frame(PING, b"2"))
    asked_at = talk.packets[-1].time_ns
    talk.ack("client").wait(2).server(frame(PING, b"3")).ack("client")
    (one,) = found_in(talk.packets)
    assert one.server_sent.unanswered_pings == 2
    assert one.server_sent.unanswered_ping_at == asked_at
    assert (one.client_sent.unanswered_pings, one.client_sent.unanswered_ping_at) == (0, None)


def test_repeats_are_counted_from_when_the_other_side_was_heard_last() -> None:
    talk = Conversation().handshake().upgrade()
    talk.client(frame(TEXT, b"a", mask=MASK)).ack("server").wait(1)
    heard_at = talk.packets[-1].time_ns
    talk.server(frame(TEXT, b"b")).wait(1).retransmit("server")
    first_at = talk.packets[-1].time_ns
    talk.wait(2).retransmit("server")
    (one,) = found_in(talk.packets)
    sent = one.server_sent
    assert (sent.unanswered_segments, sent.unanswered_at) == (2, first_at)
    assert sent.last_at == talk.packets[-1].time_ns
    # By hand: SYN/ACK, answer, ACK, text, two repeats; SYN, ACK, request, text.
    assert (sent.segments, one.client_sent.segments) == (6, 4)
    assert one.client_sent.last_at is not None
    assert one.client_sent.last_at < heard_at
