"""One connection explained, rung by rung."""

from __future__ import annotations

import pytest

from analyzer.capture.record import CaptureRecord
from analyzer.ending.timing import STEPS
from analyzer.events import events
from analyzer.ladder import TIMINGS, explain, packet_places, wrap
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.text import columns
from conversation import START_NS, Conversation
from http2_peers import Peers
from told import HARMFUL, HOSTILE, IN_A_HEAD, SECOND, closed, found_in, opened
from upgrade import upgrade
from wire import CLOSE, MASK, close_body, frame
from wire import Side as WireSide

SIDES: tuple[WireSide, ...] = ("client", "server")


def only(talk: Conversation, *, frames: bool = True) -> Connection:
    (one,) = found_in(talk.packets, frames=frames)
    return one


def text_of(one: Connection, width: int | None = None) -> list[str]:
    return [line.text for line in explain(one, width=width)]


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


def test_sides_point_where_they_send() -> None:
    one = only(opened().close_tcp("server"))
    assert {event.side for event in events(one)} == {Side.CLIENT, Side.SERVER}
    lines = text_of(one)
    assert any("├─ text, 5 bytes ─" in line and line.endswith("▶") for line in lines)
    assert any("◀─" in line and line.endswith(" FIN ─┤") for line in lines)


def test_a_stream_of_http2_is_named() -> None:
    talk = Conversation().handshake()
    peers = Peers(lambda side, data: talk.say(SIDES[side], data))
    stream = peers.open("/chat")
    peers.reset(stream, 1, 2)
    text = text_of(only(talk))
    assert any("rfc6455, version 13 on stream 1 of HTTP/2, seen from syn" in line for line in text)
    assert any("tcp.stream eq 0 and http2.streamid eq 1" in line for line in text)
    (rung,) = (line for line in text if "RST_STREAM, INTERNAL_ERROR" in line)
    assert "◀" in rung


def test_times_of_a_stream_are_not_those_of_tcp() -> None:
    talk = Conversation().handshake()
    peers = Peers(lambda side, data: talk.say(SIDES[side], data))
    stream = peers.open("/chat")
    peers.say(stream, 1, frame(CLOSE, close_body(1000)))
    peers.say(stream, 0, frame(CLOSE, close_body(1000), mask=MASK))
    peers.end(stream, 1)
    peers.end(stream, 0)
    text = " ".join(text_of(only(talk)))
    assert "last close to end of the stream" in text
    assert "end of one side to that of the other" in text
    assert "FIN" not in text
    assert "TCP connect" in text
