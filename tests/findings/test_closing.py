"""Closing handshakes that went wrong, told by packets."""

from __future__ import annotations

from dataclasses import replace

from analyzer.capture.record import CaptureRecord
from analyzer.findings.closing import close_overtaken, close_unanswered, half_closed, tcp_kept
from analyzer.findings.finding import Given
from conversation import Conversation
from told import SECOND, closed, found_in, opened
from wire import CLOSE, MASK, close_body, frame

BYE = frame(CLOSE, close_body(1000), mask=MASK)
BYE_TOO = frame(CLOSE, close_body(1000))


def given(talk: Conversation) -> Given:
    return Given(found_in(talk.packets))


def names(given: Given) -> list[str]:
    found = [*close_unanswered(given), *close_overtaken(given), *tcp_kept(given)]
    return [one.name for one in found]


def test_a_closing_handshake_in_good_order_has_no_fault() -> None:
    assert names(Given(found_in(closed()))) == []


def test_a_client_that_gave_up_after_ten_seconds() -> None:
    talk = opened().client(BYE).ack("server").wait(10).close_tcp("client")
    (found,) = close_unanswered(given(talk))
    assert found.sentence == (
        "the client's close frame was never answered in 1 connection; it gave up after 10.0 s,"
        " consistent with websockets (Python) close_timeout, 10 s or Vert.x client closing timeout,"
        " 10 s"
    )
    assert found.numbers["case"] == "gave up"
    # By hand: SYN, SYN/ACK, ACK, request, answer, text, ACK, Close.
    assert found.evidence == (8,)


def test_a_server_that_never_ends_its_half_either() -> None:
    talk = opened().client(BYE).ack("server").wait(4).fin("client").ack("server")
    (found,) = close_unanswered(given(talk))
    assert found.sentence.endswith("it gave up after 4.0 s")


def test_a_server_that_hangs_up_instead_of_answering() -> None:
    (found,) = close_unanswered(given(opened().client(BYE).ack("server").close_tcp("server")))
    assert found.sentence.endswith("the server closed TCP instead (1 by FIN)")
    (found,) = close_unanswered(given(opened().client(BYE).rst("server")))
    assert found.sentence.endswith("(1 by RST)")


def test_a_close_that_nobody_waited_for() -> None:
    talk = opened().server(BYE_TOO).fin("server").ack("client").wait(2).fin("client").ack("server")
    (found,) = close_unanswered(given(talk))
    assert found.numbers["case"] == "not waited"


def test_a_close_with_the_capture_at_its_end_is_no_fault() -> None:
    assert names(given(opened().client(BYE).ack("server"))) == []


def test_a_reset_behind_ones_own_close() -> None:
    talk = opened().server(BYE_TOO).rst("server")
    assert names(given(talk)) == ["close-overtaken"]
    # A reset against an answer that came is no such thing: browsers do it all the time.
    late = opened().client(BYE).fin("client").server(BYE_TOO).rst("client")
    assert names(given(late)) == []


def test_a_server_that_keeps_tcp() -> None:
    talk = opened().client(BYE).server(BYE_TOO).ack("client").wait(2).close_tcp("client")
    (found,) = tcp_kept(given(talk))
    assert found.sentence == (
        "the server of 1 connection did not close TCP behind the closing handshake; the client did"
        " after 2.0 s, consistent with Chromium, 2 s"
    )
    soon = opened().client(BYE).server(BYE_TOO).ack("client").wait(0.5).close_tcp("client")
    assert names(given(soon)) == []


def test_a_side_that_never_closes_tcp() -> None:
    (one,) = found_in(opened().fin("client").ack("server").packets)
    end = one.last_at
    long, soon = (CaptureRecord("a", last_at=end + seconds * SECOND) for seconds in (11, 5))
    (found,) = half_closed(Given([one], [long]))
    assert found.sentence == (
        "the server of 1 connection never closed TCP behind the client's FIN, for up to 11.0 s till"
        " the capture ends"
    )
    assert half_closed(Given([one], [soon])) == []
    assert half_closed(Given(found_in(closed()), [long])) == []


def test_on_http2_tcp_is_kept_for_other_streams() -> None:
    talk = opened().client(BYE).server(BYE_TOO).ack("client").wait(2).close_tcp("client")
    (one,) = found_in(talk.packets)
    assert tcp_kept(Given([one])) != []
    assert tcp_kept(Given([replace(one, h2_stream=1)])) == []
