"""One connection explained, rung by rung."""

from __future__ import annotations

import pytest

from analyzer.capture.record import CaptureRecord
from analyzer.ending.timing import STEPS
from analyzer.ladder import TIMINGS, events, explain, opcode_name, packet_places, wrap
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.text import columns
from conversation import START_NS, Conversation
from told import HARMFUL, HOSTILE, IN_A_HEAD, SECOND, closed, found_in, opened
from upgrade import upgrade
from wire import CLOSE, FRAMINGS, MASK, PING, TEXT, close_body, frame


def only(talk: Conversation, *, frames: bool = True) -> Connection:
    (one,) = found_in(talk.packets, frames=frames)
    return one


def told(one: Connection) -> list[tuple[int, str, str]]:
    return [(event.packet, str(event.side), event.what) for event in events(one)]


def text_of(one: Connection, width: int | None = None) -> list[str]:
    return [line.text for line in explain(one, width=width)]


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


@pytest.mark.parametrize("width", [64, 80, 100, 160, 250])
def test_rungs_fit_a_terminal(width: int) -> None:
    talk = Conversation(("fe80::1:2:3:4", 40000), ("2001:db8:1:2:3:4:5:6", 8080)).handshake()
    talk.upgrade(upgrade(path="/" + "p" * 300)).wait(90_000)
    talk.server(frame(CLOSE, close_body(4000, "再见" * 19))).close_tcp("server")
    one = only(talk)
    rungs = [text for text in text_of(one, width) if "▶" in text or "◀" in text]
    assert len(rungs) == 6
    assert max(columns(text) for text in rungs) <= width
    # What the rung cuts stands whole elsewhere, over several lines.
    assert "".join(text_of(one, width)).replace(" ", "").count("再见" * 19) >= 1


def test_in_a_pipe_nothing_is_cut() -> None:
    lines = text_of(only(Conversation().handshake().upgrade(upgrade(path="/" + "p" * 300))))
    assert any(f"├─ upgrade /{'p' * 300} ─▶" in line for line in lines)


def test_a_ladder_over_midnight_shows_the_new_day() -> None:
    # 2023-11-14 22:13:20 and two hours.
    lines = text_of(only(opened().wait(7200).close_tcp("server")))
    assert sum(line.startswith("  2023-11-14 UTC") for line in lines) == 1
    assert "  2023-11-15" in lines


def test_hostile_text_is_shown_as_escapes() -> None:
    (one,) = found_in(closed(reason=HOSTILE, path=f"/{IN_A_HEAD}"))
    records = [CaptureRecord(HOSTILE, packets=6, first_at=1, last_at=2) for _ in range(2)]
    records[1].first_at = 2
    for width in (None, 40, 80, 200):
        text = "".join(line.text for line in explain(one, records, width))
        assert not set(HARMFUL + "\n") & set(text)
        assert r"\x1b" in text


def test_views_timing_caveats_and_anomalies_follow() -> None:
    talk = opened()
    talk.server(frame(CLOSE, close_body(1005))).close_tcp("server")
    lines = text_of(only(talk))
    assert "Verdict" in lines
    assert "Timing" in lines
    assert "Anomalies" in lines
    assert any("close_code_forbidden by the server in packet 8" in line for line in lines)


def test_every_step_has_words() -> None:
    assert tuple(TIMINGS) == STEPS


def record(path: str, packets: int, begin: int) -> CaptureRecord:
    first = START_NS + begin * SECOND
    return CaptureRecord(path, "pcap", packets, 0, first, first + 9 * SECOND, True)


def test_packets_are_placed_in_the_captures_that_hold_them() -> None:
    captures = [record("a", 10, 0), record("none", 0, 9), record("b", 5, 10), record("c", 7, 20)]
    assert packet_places(captures, 3, 9) == ["packets 1 to 10 are in a"]
    assert packet_places(captures, 11, 16) == [
        "packets 11 to 15 are in b, numbered from 11",
        "packets 16 to 22 are in c, numbered from 16",
    ]


def test_a_single_capture_needs_no_word() -> None:
    assert packet_places([record("a", 10, 0), record("b", 0, 1)], 1, 10) == []


def test_captures_that_overlap_are_numbered_as_merged() -> None:
    captures = [record("a", 10, 0), record("b", 10, 5)]
    assert packet_places(captures, 1, 2) == [
        "packet numbers are those of the 2 captures merged in order of time"
    ]


def test_wrapped_text_keeps_numbers_with_their_units() -> None:
    lines = wrap("  after 295.3 ms; idle 17 min 4 s", 20)
    assert lines == ["  after 295.3 ms;", "    idle 17 min 4 s"]
    assert wrap("x" * 50, None) == ["x" * 50]


def test_unknown_opcodes_have_their_numbers() -> None:
    assert [opcode_name(number) for number in (0, 8, 3)] == ["continuation", "close", "opcode 3"]


def test_sides_point_where_they_send() -> None:
    one = only(opened().close_tcp("server"))
    assert {event.side for event in events(one)} == {Side.CLIENT, Side.SERVER}
    lines = text_of(one)
    assert any("├─ text, 5 bytes ─" in line and line.endswith("▶") for line in lines)
    assert any("◀─" in line and line.endswith(" FIN ─┤") for line in lines)
