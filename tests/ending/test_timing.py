"""How long every step took: worked out by hand, in nanoseconds."""

from __future__ import annotations

from analyzer.ending.facts import Facts, Moment, SideFacts
from analyzer.ending.timing import STEPS, Timing, end_begins_at, measure
from analyzer.websocket.close import CloseFrame


def close(at: int) -> CloseFrame:
    return CloseFrame(1000, "", at, 1)


def test_steps_of_an_orderly_end() -> None:
    facts = Facts(
        client=SideFacts(close=close(700), fin=Moment(960, 1), last_frame_at=300),
        server=SideFacts(close=close(650), fin=Moment(900, 1), last_frame_at=500),
        answered_at=100,
        last_at=1000,
    )
    assert measure(facts, tcp_connect=3, upgrade=4, last_ping_rtt=5) == Timing(
        tcp_connect=3,
        upgrade=4,
        open=550,
        idle_before_end=150,
        client_idle=350,
        server_idle=150,
        last_ping_rtt=5,
        close_answer=50,
        close_to_tcp_end=200,
        fin_to_fin=60,
        end=350,
    )


def test_nothing_is_zero_for_unknown() -> None:
    assert measure(Facts(last_at=1000)) == Timing()
    assert len(STEPS) == 11


def test_upgrade_that_failed_was_never_open() -> None:
    assert measure(Facts(upgraded=False, answered_at=100, last_at=200)).open is None


def test_ending_begins_with_the_close_even_behind_a_fin() -> None:
    half_closed = Facts(
        client=SideFacts(close=close(500)), server=SideFacts(fin=Moment(400, 1)), last_at=900
    )
    assert end_begins_at(half_closed) == 500
    assert measure(half_closed).close_to_tcp_end is None
    assert end_begins_at(Facts(server=SideFacts(rst=Moment(400, 1)), last_at=900)) == 400
    assert end_begins_at(Facts(last_at=900)) == 900


def test_clock_that_was_set_back_makes_no_duration() -> None:
    facts = Facts(client=SideFacts(fin=Moment(500, 1)), answered_at=600, last_at=400)
    timing = measure(facts)
    assert (timing.open, timing.end) == (None, None)


def test_frame_that_its_close_overtook_leaves_no_idle_time() -> None:
    facts = Facts(client=SideFacts(close=close(500), last_frame_at=501), last_at=600)
    assert measure(facts).client_idle == 0


def test_close_that_overtook_the_answer_leaves_no_time_open() -> None:
    """A clock that was set back gives the same times; the order of the packets tells them apart."""
    answered = {"answered_at": 500, "last_at": 600}
    early = Facts(server=SideFacts(close=CloseFrame(1000, "", 400, 7)), **answered)
    assert measure(early, answered_packet=8).open == 0
    assert measure(early, answered_packet=6).open is None
    assert measure(early).open is None
    fin = Facts(client=SideFacts(fin=Moment(400, 7)), **answered)
    assert measure(fin, answered_packet=8).open == 0
    assert measure(fin, answered_packet=6).open is None
