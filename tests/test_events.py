"""What happened on one connection, in order."""

from __future__ import annotations

from io import BytesIO

import pytest

from analyzer.events import events, opcode_name
from analyzer.read import Session
from analyzer.record import Connection
from capture_files import pcap
from conversation import Conversation
from told import found_in, opened
from upgrade import upgrade
from wire import CLOSE, FRAMINGS, MASK, PING, TEXT, close_body, frame


def only(talk: Conversation, *, frames: bool = True) -> Connection:
    (one,) = found_in(talk.packets, frames=frames)
    return one


def told(one: Connection) -> list[tuple[int, str, str]]:
    return [(event.packet, str(event.side), event.what) for event in events(one)]


def test_every_event_stands_with_its_packet_in_order_of_time() -> None:
    talk = opened()
    talk.server(frame(CLOSE, close_body(1001, "restart")))
    talk.client(frame(CLOSE, close_body(1001), mask=MASK)).close_tcp("server")
    # Counted by hand: SYN, SYN/ACK, ACK, request, answer, hello, ACK, Close, Close, FIN, FIN, ACK.
    expected = [
        (1, "client", "SYN"),
        (4, "client", "upgrade /chat"),
        (5, "server", "HTTP 101"),
        (6, "client", "text, 5 bytes"),
        (8, "server", 'Close 1001 (Going Away) "restart"'),
        (9, "client", "Close 1001 (Going Away)"),
        (10, "server", "FIN"),
        (11, "client", "FIN"),
    ]
    assert told(only(talk)) == expected
    without = [event for event in expected if not event[2].startswith("text")]
    assert told(only(talk, frames=False)) == without


def test_frames_of_one_packet_stay_in_the_order_of_their_bytes() -> None:
    talk = opened()
    talk.server(frame(TEXT, b"last") + frame(CLOSE, close_body(1000)) + frame(TEXT, b"late!"))
    talk.close_tcp("server")
    whats = [what for _, side, what in told(only(talk)) if side == "server"]
    assert whats == [
        "HTTP 101",
        "text, 4 bytes",
        "Close 1000 (Normal Closure)",
        "text, 5 bytes",
        "FIN",
    ]


def test_only_the_first_close_of_a_side_is_told_with_its_code() -> None:
    talk = opened()
    talk.server(frame(CLOSE, close_body(1000)) + frame(CLOSE, close_body(1001))).close_tcp("server")
    whats = [what for _, side, what in told(only(talk)) if side == "server"]
    assert whats[1:3] == ["Close 1000 (Normal Closure)", "close, 2 bytes"]


def test_of_many_frames_the_last_are_told_and_the_rest_counted() -> None:
    talk = opened()
    for _ in range(20):
        talk.client(frame(PING, b"p", mask=MASK))
    talk.close_tcp("client")
    whats = [what for _, _, what in told(only(talk))]
    assert whats.count("ping, 1 byte") == 8
    assert "13 frames before that" in whats  # 20 pings and a hello, without the last eight
    assert whats.index("13 frames before that") < whats.index("ping, 1 byte")


@pytest.mark.parametrize(("last", "pings"), [(3, 3), (8, 8), (20, 8), (0, 0)])
def test_frames_that_were_let_go_are_counted(last: int, pings: int) -> None:
    talk = opened()
    for _ in range(20):
        talk.client(frame(PING, b"p", mask=MASK))
    talk.close_tcp("client")
    (one,) = Session(BytesIO(pcap(talk.packets)), keep_frames={0}, last_frames=last)
    whats = [what for _, _, what in told(one)]
    assert whats.count("ping, 1 byte") == pings
    # 20 pings and a hello, without those that are told.
    assert (f"{21 - pings} frames before that" in whats) == (pings > 0)


def test_a_close_is_told_even_behind_many_frames() -> None:
    talk = opened()
    talk.server(frame(CLOSE, close_body(1000)))
    for _ in range(20):
        talk.client(frame(TEXT, b"more", mask=MASK))
    talk.close_tcp("client")
    assert (8, "server", "Close 1000 (Normal Closure)") in told(only(talk))


def test_without_an_end_of_tcp_the_last_packet_is_told() -> None:
    talk = opened()
    talk.server(frame(TEXT, b"still here")).wait(3).ack("client")
    assert told(only(talk))[-1] == (9, "None", "last packet of this TCP stream")


@pytest.mark.parametrize("framing", FRAMINGS)
def test_closes_of_all_framings_are_told(framing: str) -> None:
    talk = Conversation().handshake().upgrade(upgrade(framing))  # type: ignore[arg-type]
    talk.client(talk.frames.text("client", "hi"))
    for side in ("server", "client"):
        if framing != "hixie-75":
            talk.say(side, talk.frames.close(side))  # type: ignore[arg-type]
    talk.close_tcp("server")
    whats = [(side, what) for _, side, what in told(only(talk))][3:]
    close = "0xFF 0x00" if framing == "hixie-76" else "Close without a code"
    closes = [] if framing == "hixie-75" else [("server", close), ("client", close)]
    assert whats == [("client", "text, 2 bytes"), *closes, ("server", "FIN"), ("client", "FIN")]


def test_unknown_opcodes_have_their_numbers() -> None:
    assert [opcode_name(number) for number in (0, 8, 3)] == ["continuation", "close", "opcode 3"]
