"""Pings that no pong answered, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.findings.finding import Given
from analyzer.findings.ping_timeout import ping_timeout
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.log import FrameColumns
from population import at, connection, with_ending, with_timing, with_traffic


def waiting(number: int = 0, waited: float = 20.0, **fields: object) -> Connection:
    """The server pings at 10 s, hears nothing, and closes TCP."""
    one = connection(number, "fin", Side.SERVER, open_s=10 + waited, idle=(waited + 1, waited))
    return with_traffic(one, Side.SERVER, unanswered_pings=1, unanswered_ping_at=at(10), **fields)


def test_tcp_that_acknowledges_and_an_application_that_does_not_answer() -> None:
    (found,) = ping_timeout(Given([waiting(), waiting(1, 21.0)]))
    assert found.sentence == (
        "2 connections ended 20.0 to 21.0 s after a ping of the server that got no pong:"
        " TCP acknowledged it, and the application did not answer"
    )
    assert (found.first_at, found.last_at) == (at(30), at(31))


@pytest.mark.parametrize(
    ("side", "fields", "cause"),
    [
        (Side.SERVER, {"unanswered_segments": 3}, "dead_peer"),
        (Side.CLIENT, {"zero_window_at": at(5)}, "slow_reader"),
        (Side.SERVER, {"retransmitted_segments": 4, "segments": 90}, "loss"),
        (Side.CLIENT, {"retransmitted_segments": 4, "segments": 90}, "loss"),
        (Side.CLIENT, {"retransmitted_segments": 2, "segments": 90}, "application"),
        (Side.SERVER, {"zero_window_at": at(5)}, "application"),
    ],
)
def test_causes_are_told_apart(side: Side, fields: dict[str, int], cause: str) -> None:
    (found,) = ping_timeout(Given([with_traffic(waiting(), side, **fields)]))
    assert found.numbers["cause"] == cause


def test_a_ping_that_was_on_its_way_is_no_timeout() -> None:
    assert ping_timeout(Given([waiting(waited=0.2)])) == []


def test_who_did_not_ping_did_not_time_out() -> None:
    assert ping_timeout(Given([with_ending(waiting(), first=Side.CLIENT)])) == []


def test_who_heard_the_other_side_behind_the_ping_needs_to_say_that_it_timed_out() -> None:
    heard = with_timing(waiting(), client_idle=5.0)
    assert ping_timeout(Given([heard])) == []
    one = connection(0, "hybi_close", Side.SERVER, idle=(5.0, 20.0))
    one = with_traffic(one, Side.SERVER, unanswered_pings=1, unanswered_ping_at=at(10))
    for code, reason, count in (
        (1011, "keepalive ping timeout", 1),
        (1000, "", 0),
        (1011, "", 0),
        (4000, "Heartbeat missed", 1),
    ):
        close = CloseFrame(code, reason, at(30), 91)
        assert len(ping_timeout(Given([with_ending(one, server_close=close)]))) == count


def test_a_peer_that_vanished_with_a_ping_outstanding_is_dead() -> None:
    one = with_ending(waiting(unanswered_segments=4), first=Side.CLIENT)
    gone = with_ending(one, kind=connection(1, "vanished").ending.kind)
    (found,) = ping_timeout(Given([gone]))
    assert found.numbers["cause"] == "dead_peer"


def test_round_trips_that_grew_are_counted_where_frames_were_kept() -> None:
    frames = FrameColumns()
    for rtt in (10, 11, 9, 10, 80):
        for name in FrameColumns.NAMES:
            value = {"rtt": rtt, "opcode": 10, "side": 0}.get(name, 0)
            getattr(frames, name).append(value)
    (found,) = ping_timeout(Given([replace(waiting(), frames=frames)]))
    assert found.sentence.endswith("; round trips grew before in 1")
