"""What happened, in plain sentences. Expected ones are worked out from how the talks were told."""

from __future__ import annotations

from dataclasses import replace

from analyzer.capture.record import CaptureRecord
from analyzer.ending.facts import Goaway, Moment, Reset, StreamReset
from analyzer.ending.h2 import Http2End
from analyzer.findings import Finding
from analyzer.record import Connection
from analyzer.report.story import story
from population import connection
from told import SECOND, START_NS, closed, finished, found_in, merged, refused, reset

# 1 700 000 000 s since the epoch: 2023-11-14 22:13:20 UTC.
CAPTURE = CaptureRecord("a.pcap", "pcap", 10, 1, START_NS, START_NS + 60 * SECOND, complete=True)


def texts(connections: list[Connection]) -> list[str]:
    return [one.text for one in story([CAPTURE], connections)][1:]


def test_opening_says_what_was_read() -> None:
    assert story([CAPTURE], [])[0].text == (
        "0 WebSocket connections in the capture of 10 packets, 2023-11-14 22:13:20 to 22:14:20 UTC"
        " (60.0 s)."
    )
    assert story([CAPTURE, CAPTURE], [])[0].text.startswith(
        "0 WebSocket connections in 2 captures of 20 packets, "
    )
    assert story([], [])[0].text == "0 WebSocket connections in 0 captures of 0 packets."


def test_few_connections_are_told_one_by_one() -> None:
    found = story([CAPTURE], found_in(merged(closed(), reset(40001))))
    assert [one.examples for one in found] == [(), (1,), (0,)]
    assert [one.bad for one in found] == [False, True, False]
    assert found[1].text.startswith("10.0.0.1:40001 → ")
    assert "/chat: client reset TCP (RST) without a close frame after 2.0 s" in found[1].text


def test_many_are_told_by_what_they_have_in_common() -> None:
    talks = [closed(40000 + n) for n in range(6)]
    talks += [reset(40010 + n) for n in range(2)] + [finished(40020), refused(40030)]
    found = story([CAPTURE], found_in(merged(*talks)))[1:]
    assert [one.text for one in found] == [
        "6 (60 %) ended in good order: both sides sent a close frame, then TCP was closed.",
        "2 connections were reset by the client (TCP RST) without a close frame, idle for 2.0 s"
        " before that.",
        "1 connection was closed by the server (TCP FIN) without a close frame, 2.0 s idle.",
        "1 connection was refused: the upgrade was not answered with 101 (status 403).",
        # Those who never got a close frame, and the one whose upgrade was refused.
        "The API would report 1006, which is never on the wire, at the client of 4 and at the"
        " server of 3 connections.",
    ]
    assert [len(one.examples) for one in found] == [0, 2, 1, 1, 0]


def test_good_order_needs_no_more_words() -> None:
    assert texts(found_in(merged(*(closed(40000 + n) for n in range(5))))) == [
        "All 5 ended in good order: both sides sent a close frame, then TCP was closed."
    ]


def test_a_group_names_the_findings_that_are_about_it() -> None:
    early = [reset(40000 + n, start_ns=START_NS - (60 - n) * SECOND) for n in range(3)]
    late = [finished(40010 + n, start_ns=START_NS + n * SECOND // 10) for n in range(10)]
    connections = found_in(merged(*early, *late))
    cut = tuple(one.id for one in connections if str(one.ending.kind) == "fin")
    findings = [
        Finding("mass-end", "", cut[:6]),
        Finding("idle-timer", "", cut[6:9]),
        Finding("loss", "", cut[9:]),  # one of ten: no reason for the group
        Finding("who-sent-rst", "", tuple(one.id for one in connections if one.id not in cut)),
    ]
    told = [one.text for one in story([CAPTURE], connections, findings)]
    assert [text.partition("; ")[2] for text in told if "without a close frame" in text] == [
        "stands out as who-sent-rst.",
        "stands out as mass-end (6 of them), idle-timer (3 of them).",
    ]
    assert not [one for one in texts(connections) if "stands out" in one]


def test_captures_that_are_not_whole_are_told() -> None:
    broken = replace(CAPTURE, complete=False)
    assert story([broken], [])[-1].text == "The capture could not be read to its end; see below."
    assert story([broken, CAPTURE], [])[-1].text == (
        "1 of 2 captures could not be read to their end; see below."
    )


def test_resets_that_may_be_of_another_are_told_apart() -> None:
    ones = found_in(merged(*[reset(40000 + n) for n in range(6)]))
    strange = Reset(START_NS, 7, ttl=64, usual_ttl=63)
    for number, one in enumerate(ones[:3]):
        tcp = replace(one.ending.tcp, client_rst=strange)
        ones[number] = replace(one, ending=replace(one.ending, tcp=tcp))
    found = [one.text for one in story([CAPTURE], ones)]
    assert any(one.startswith("3 connections were reset by the client (TCP RST) ") for one in found)
    doubtful = "3 connections were reset by the client (TCP RST, perhaps not its own) "
    assert any(one.startswith(doubtful) for one in found)


def on_http2(number: int, kind: str, status: int = 200, **h2: object) -> Connection:
    one = connection(number, kind)
    shake = replace(one.handshake, status=status)
    ending = replace(one.ending, h2=Http2End(**h2))  # type: ignore[arg-type]
    return replace(one, carrier="h2", h2_stream=2 * number + 1, handshake=shake, ending=ending)


def test_what_ends_a_stream_of_http2_is_named() -> None:
    moment = Moment(1, 1)
    found = texts(
        [
            on_http2(0, "fin", server_end_stream=moment),
            on_http2(1, "rst", server_reset=StreamReset(1, 1, 8)),
            on_http2(2, "rst", server_goaway=Goaway(1, 1, 1, 11, b"")),
            on_http2(3, "refused", 403),
            on_http2(4, "hybi_close", client_end_stream=moment),
        ]
    )
    assert found[0] == (
        "1 (20 %) ended in good order: both sides sent a close frame, then the stream of HTTP/2"
        " was closed."
    )
    told = " ".join(found)
    assert "closed by the server (END_STREAM) without a close frame" in told
    assert "reset by the server (RST_STREAM) without a close frame" in told
    assert "reset by the server (GOAWAY) without a close frame" in told
    assert "refused: the upgrade was not answered with 2xx (status 403)" in told


def test_http2_beside_plain_tcp_is_told_apart() -> None:
    ones = [connection(i, "refused", None) for i in range(3)]
    ones += [on_http2(10 + i, "refused", 403) for i in range(3)]
    told = " ".join(texts(ones))
    assert "3 connections were refused: the upgrade was not answered with 101" in told
    assert "3 connections were refused: the upgrade was not answered with 2xx" in told
    assert "sides and TCP, or the stream of HTTP/2, closed behind them" in told
