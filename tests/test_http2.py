"""WebSockets on HTTP/2 end as they do on plain TCP, many on one connection among other requests."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hyperframe.frame import (
    GoAwayFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.read import read
from analyzer.record import Connection
from capture_files import pcap
from conversation import Conversation
from generated import Told
from http2_peers import Peers
from packets import Packet
from records import differences, meaning
from tls.peers import Peers as TlsPeers
from transform import HARMLESS, Change
from upgrade import upgrade
from wire import BINARY, CLOSE, MASK, PING, PONG, TEXT, close_body, frame

SIDES = ("client", "server")
CAPTURES = Path(__file__).resolve().parents[1] / "captures" / "http2"
# A step: which verb, which side, with what.
Step = tuple[str, int, Any]
Scenario = list[Step]

SCENARIOS: dict[str, Scenario] = {
    "answered": [
        ("say", 0, frame(TEXT, b"hi", mask=MASK)),
        ("say", 1, frame(PING, b"1")),
        ("say", 0, frame(PONG, b"1", mask=MASK)),
        ("say", 1, frame(BINARY, bytes(400))),
        ("wait", 0, 60),
        ("say", 1, frame(CLOSE, close_body(1001, "restart"))),
        ("say", 0, frame(CLOSE, close_body(1001), mask=MASK)),
        ("fin", 1, None),
        ("fin", 0, None),
        ("ack", 1, None),
    ],
    "in two parts with more behind": [
        ("say", 0, frame(CLOSE, close_body(1000, "bye"), mask=MASK)[:6]),
        ("say", 0, frame(CLOSE, close_body(1000, "bye"), mask=MASK)[6:]),
        ("say", 0, b"junk after"),
        ("say", 1, frame(CLOSE, close_body(1000))),
        ("fin", 1, None),
        ("fin", 0, None),
        ("ack", 1, None),
    ],
    "crossing": [
        ("cross", 0, (frame(CLOSE, close_body(1000), mask=MASK), frame(CLOSE, close_body(1001)))),
        ("ack", 0, None),
        ("ack", 1, None),
        ("fin", 1, None),
        ("fin", 0, None),
        ("ack", 1, None),
    ],
    "without a close frame": [
        ("say", 1, frame(TEXT, b"x")),
        ("fin", 1, None),
        ("fin", 0, None),
        ("ack", 1, None),
    ],
    "half closed": [("say", 1, frame(TEXT, b"x")), ("fin", 0, None), ("ack", 1, None)],
    "reset": [("say", 1, frame(TEXT, b"x")), ("rst", 0, None)],
    "closed, then reset": [
        ("say", 0, frame(CLOSE, close_body(3000, "x"), mask=MASK)),
        ("ack", 1, None),
        ("rst", 1, None),
    ],
    "still open": [("say", 0, frame(TEXT, b"x", mask=MASK)), ("ack", 1, None)],
}


class Plain:
    """Lets two sides talk over TCP."""

    carrier = "tcp"

    def __init__(self) -> None:
        self.talk = Conversation().handshake()

    def carry(self, side: int, data: bytes) -> None:
        self.talk.say(SIDES[side], data)  # type: ignore[arg-type]

    def begin(self) -> None:
        agreed = upgrade()
        self.carry(0, agreed.request)
        self.carry(1, agreed.response)

    def play(self, step: Step) -> None:
        verb, side, what = step
        if verb == "wait":
            self.talk.wait(what)
        elif verb == "ack":
            self.talk.ack(SIDES[side])  # type: ignore[arg-type]
        elif verb == "cross":
            with self.talk.crossing():
                self.say(0, what[0])
                self.say(1, what[1])
        else:
            getattr(self, verb)(side, *([what] if what is not None else []))

    def say(self, side: int, data: bytes) -> None:
        self.carry(side, data)

    def fin(self, side: int) -> None:
        self.talk.fin(SIDES[side])  # type: ignore[arg-type]

    def rst(self, side: int) -> None:
        self.talk.rst(SIDES[side])  # type: ignore[arg-type]


class Streamed(Plain):
    """Lets two sides talk on a stream of HTTP/2, with prior knowledge."""

    carrier = "h2"

    def __init__(self) -> None:
        super().__init__()
        self.peers = self.connect()

    def connect(self) -> Peers:
        return Peers(self.carry)

    def begin(self) -> None:
        self.peers.get("/page", bytes(3000))
        self.stream = self.peers.open("/")

    def say(self, side: int, data: bytes) -> None:
        self.peers.say(self.stream, side, data)

    def fin(self, side: int) -> None:
        self.peers.end(self.stream, side)

    def rst(self, side: int) -> None:
        self.peers.reset(self.stream, side)


class Upgraded(Streamed):
    """The same behind `Upgrade: h2c` (RFC 7540, section 3.2)."""

    def connect(self) -> Peers:
        self.carry(
            0,
            b"GET / HTTP/1.1\r\nHost: server.example.com\r\nConnection: Upgrade, HTTP2-Settings\r\n"
            b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        )
        self.carry(
            1, b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        )
        peers = Peers(self.carry, upgraded=True)
        peers.answer(1, "200", end=True)
        return peers


class Dying(Streamed):
    """The same, but the TCP connection ends in place of the stream."""

    def fin(self, side: int) -> None:
        Plain.fin(self, side)

    def rst(self, side: int) -> None:
        Plain.rst(self, side)


def connections(packets: list[Packet], **options: Any) -> list[Connection]:
    return read(BytesIO(pcap(packets)), frames=True, messages=True, **options).connections


def facts(one: Connection) -> dict[str, Any]:
    """Give what of a record does not depend on what carries the WebSocket."""
    record = one.to_dict()
    ending = record["ending"]
    for close in (ending["client_close"], ending["server_close"]):
        if close is not None:
            del close["at"], close["packet"]
    caveats = [text.replace("the stream was ended", "TCP was closed") for text in ending["caveats"]]
    assert one.frames is not None
    return {
        "ending": {name: ending[name] for name in ("kind", "first", "answered", "clean")},
        "closes": (ending["client_close"], ending["server_close"]),
        "views": (ending["client_view"], ending["server_view"]),
        "caveats": caveats,
        "sent": [
            {name: sent[name] for name in sent if name != "segments" and not name.endswith("_at")}
            for sent in (record["client_sent"], record["server_sent"])
        ],
        "framing": (record["framing"], record["version"], record["seen_from"]),
        "anomalies": [odd["name"] for odd in record["anomalies"]],
        "frames": [
            list(getattr(one.frames, name))
            for name in ("side", "opcode", "flags", "payload_length")
        ],
    }


def played(way: Plain, scenario: Scenario) -> list[Packet]:
    way.begin()
    for step in scenario:
        way.play(step)
    return way.talk.packets


def on_tcp(scenario: Scenario) -> dict[str, Any]:
    (one,) = connections(played(Plain(), scenario))
    return facts(one)


@pytest.mark.parametrize("way", [Streamed, Upgraded, Dying])
@pytest.mark.parametrize("name", SCENARIOS)
def test_ending_is_that_of_plain_tcp(name: str, way: type[Plain]) -> None:
    (one,) = connections(played(way(), SCENARIOS[name]))
    assert facts(one) == on_tcp(SCENARIOS[name])
    assert (one.carrier, one.handshake.status) == ("h2", 200)
    assert one.h2_stream == (1 if way is not Upgraded else 3) + 2


class Secure(Streamed):
    """A stream of HTTP/2 over TLS."""

    def __init__(self, tls: TlsPeers) -> None:
        self.tls = tls.connect()
        self.sent = 0
        super().__init__()

    def connect(self) -> Peers:
        self.flush()
        self.before = self.talk.last_packet
        return super().connect()

    def flush(self) -> None:
        for side, data in self.tls.flights[self.sent :]:
            super().carry(side, data)
        self.sent = len(self.tls.flights)

    def carry(self, side: int, data: bytes) -> None:
        self.tls.say(side, data)
        self.flush()


@pytest.mark.parametrize("name", SCENARIOS)
def test_ending_over_tls_is_that_of_plain_tcp(tmp_path: Path, name: str) -> None:
    tls = TlsPeers(tmp_path)
    (one,) = connections(played(Secure(tls), SCENARIOS[name]), keylog=tls.path)
    assert facts(one) == on_tcp(SCENARIOS[name])
    assert one.carrier == "tls+h2"


def test_handshake_is_made_of_pseudo_header_fields() -> None:
    # The request and answer of RFC 8441, section 5.1.
    way = Streamed()
    stream = way.peers.ask(
        "/chat",
        [
            ("sec-websocket-protocol", "chat, superchat"),
            ("sec-websocket-extensions", "permessage-deflate"),
        ],
    )
    way.peers.answer(stream, "200", ("sec-websocket-protocol", "chat"))
    (one,) = connections(way.talk.packets)
    shake = one.handshake
    assert (shake.target, shake.host) == ("/chat", "server.example.com")
    assert (shake.origin, shake.status) == ("http://www.example.com", 200)
    assert (shake.subprotocol, shake.offered_subprotocols) == ("chat", ("chat", "superchat"))
    assert (shake.extensions, shake.accept_valid, one.version) == ((), None, "13")
    assert shake.requested_at is not None
    assert shake.answered_at == shake.requested_at + 100_000  # one step of the conversation


def test_a_frame_of_many_data_frames_is_one_frame() -> None:
    steps: Scenario = [("say", 1, frame(BINARY, bytes(100_000))), ("ack", 0, None)]
    (one,) = connections(played(Streamed(), steps))
    # Each DATA frame holds 16384 bytes at most (RFC 9113, section 6.5.2).
    assert (one.server_sent.frames, one.server_sent.bytes) == (1, 100_010)
    assert one.messages is not None
    assert (one.messages.size[0], one.anomalies) == (100_000, ())


def test_reset_keeps_its_error_code() -> None:
    way = Streamed()
    way.begin()
    way.talk.wait(3)
    way.peers.reset(way.stream, 1, 11)
    (one,) = connections(way.talk.packets)
    assert str(one.ending).startswith(
        "server reset the stream (RST_STREAM ENHANCE_YOUR_CALM) without a close frame after 3.0 s"
    )
    assert one.ending.h2.server_reset is not None
    assert (one.ending.h2.server_reset.code, one.ending.h2.client_reset) == (11, None)
    assert one.ending.tcp.server_rst is None
    record = one.to_dict()["ending"]["h2"]
    assert (record["server_reset_code"], record["server_reset_packet"]) == (11, one.last_packet)
    assert record["shared"] is None


def test_refused_and_unanswered_requests_are_connections() -> None:
    way = Streamed()
    ways = way.peers
    refused = ways.ask("/forbidden")
    ways.answer(refused, "403", end=True)
    given_up = ways.ask("/given-up")
    ways.reset(given_up, 0)
    not_taken = ways.ask("/refused-stream")
    ways.reset(not_taken, 1, 7)
    ways.ask("/open")
    found = connections(way.talk.packets)
    assert [str(one.ending.kind) for one in found] == ["refused", *["unanswered"] * 3]
    assert [one.handshake.status for one in found] == [403, None, None, None]
    assert [one.ending.sentence for one in found[1:]] == [
        "upgrade never answered; client reset the stream (RST_STREAM CANCEL)",
        "upgrade never answered; server reset the stream (RST_STREAM REFUSED_STREAM)",
        "upgrade not answered when the capture ends",
    ]


def test_goaway_without_error_is_told_beside_the_ending() -> None:
    way = Streamed()
    way.begin()
    way.peers.goaway(1, 0, way.stream, b"so long \x1b[2J")
    way.talk.wait(2)
    way.talk.fin("server").fin("client").ack("server")
    (one,) = connections(way.talk.packets)
    away = one.ending.h2.server_goaway
    assert away is not None
    assert (away.code, away.last_stream, away.debug) == (0, way.stream, b"so long \x1b[2J")
    assert (str(one.ending.kind), str(one.ending.first)) == ("fin", "server")
    assert 'server sent GOAWAY NO_ERROR "so long \\x1b[2J" 2.0 s before that' in str(one.ending)


@pytest.mark.parametrize(
    ("reset", "said"),
    [
        # By hand: what the sentence tells last is the RST, 2 s behind the client's GOAWAY; without
        # one nothing is told behind the server's GOAWAY, as the FIN ends what is over.
        (True, "client reset TCP 5.0 s later; client had sent GOAWAY NO_ERROR 2.0 s before that"),
        (
            False,
            "without a close frame after 0.1 ms, no frames; client sent GOAWAY NO_ERROR 3.0 s later",
        ),
    ],
)
def test_a_second_goaway_is_told_in_its_place(reset: bool, said: str) -> None:
    way = Streamed()
    way.begin()
    way.peers.goaway(1, 11)
    way.talk.wait(3)
    way.peers.raw(0, GoAwayFrame(0, last_stream_id=0, error_code=0))
    way.talk.wait(2)
    if reset:
        way.talk.rst("client")
    else:
        way.talk.fin("client").fin("server").ack("client")
    (one,) = connections(way.talk.packets)
    assert said in str(one.ending)


def test_goaway_with_an_error_ends_the_stream_as_a_reset_does() -> None:
    # RFC 9113, section 5.4.1: "the endpoint MUST close the TCP connection".
    way = Streamed()
    way.begin()
    way.talk.wait(2)
    way.peers.goaway(1, 11, way.stream, b"too many pings")
    way.talk.fin("server").fin("client").ack("server")
    (one,) = connections(way.talk.packets)
    assert (str(one.ending.kind), str(one.ending.first)) == ("rst", "server")
    assert str(one.ending).startswith(
        'server ended HTTP/2 (GOAWAY ENHANCE_YOUR_CALM "too many pings") without a close frame'
    )
    assert one.ending.tcp.server_fin is not None


def test_end_of_tcp_is_one_event_for_all_its_websockets() -> None:
    way = Streamed()
    streams = [way.peers.open(f"/{number}") for number in range(4)]
    way.peers.end(streams[0], 1)
    way.peers.end(streams[0], 0)
    way.talk.ack("server").wait(20).rst("server")
    found = sorted(connections(way.talk.packets), key=lambda one: one.id)
    assert [str(one.ending.kind) for one in found] == ["fin", "rst", "rst", "rst"]
    assert [one.ending.h2.shared for one in found] == [None, 2, 2, 2]
    assert {one.ending.tcp.server_rst for one in found[1:]} == {found[1].ending.tcp.server_rst}
    assert found[0].ending.tcp.server_rst is None
    assert "; 2 other WebSockets on the same TCP connection ended with it" in str(found[1].ending)


def test_a_stream_that_is_reset_behind_its_end_may_have_taken_the_answer_along() -> None:
    # Recorded from Chromium 156: Close and END_STREAM of the server, then RST_STREAM CANCEL of the
    # browser, without an answer; the page was told a clean end.
    way = Streamed()
    way.begin()
    way.say(1, frame(CLOSE, close_body(1001)))
    way.fin(1)
    way.rst(0)
    (one,) = connections(way.talk.packets)
    assert (one.ending.answered, one.ending.clean) == (False, False)
    assert (one.ending.client_view.code, one.ending.client_view.was_clean) == (1001, None)
    assert "; client reset the stream (RST_STREAM CANCEL) 0.2 ms later" in str(one.ending)


def test_what_was_on_its_way_when_a_stream_was_reset_counts() -> None:
    way = Streamed()
    way.begin()
    with way.talk.crossing():
        way.peers.carry(1, RstStreamFrame(way.stream, error_code=8).serialize())
        way.say(0, frame(CLOSE, close_body(1000), mask=MASK))
    way.talk.ack("client").ack("server")
    (one,) = connections(way.talk.packets)
    assert (str(one.ending.kind), str(one.ending.first)) == ("hybi_close", "client")


def test_a_stream_that_is_over_is_reported_while_its_connection_lives_on() -> None:
    way = Streamed()
    way.begin()
    for step in SCENARIOS["answered"]:
        way.play(step)
    second = way.peers.open("/second")
    before = len(way.talk.packets)
    way.talk.wait(600)
    way.peers.say(second, 0, frame(TEXT, b"x", mask=MASK))
    (first, other) = connections(way.talk.packets)
    assert first.ending.clean is True
    assert first.last_packet <= before < other.last_packet


def test_padding_priorities_and_unknown_frames_change_nothing() -> None:
    way = Streamed()
    way.begin()
    peers = way.peers
    peers.raw(0, PriorityFrame(way.stream, depends_on=1, stream_weight=9))
    way.carry(1, bytes.fromhex("00000c ee ff 00000003") + b"what is this")
    way.carry(1, bytes.fromhex("000000 ef 00 00000000"))
    peers.raw(0, PingFrame(0, b"12345678"))
    peers.say(way.stream, 0, frame(TEXT, b"hi", mask=MASK), pad=255)
    peers.say(way.stream, 0, b"", pad=0)
    peers.say(way.stream, 0, frame(CLOSE, close_body(1000), mask=MASK), pad=7)
    way.play(("say", 1, frame(CLOSE, close_body(1000))))
    (one,) = connections(way.talk.packets)
    assert (one.client_sent.frames, one.client_sent.bytes) == (2, 8 + 8)
    assert (one.ending.answered, one.anomalies) == (True, ())


def test_headers_in_continuations_are_read() -> None:
    way = Streamed()
    long = [("cookie", "".join(chr(33 + (7 * n + i) % 90) for i in range(9000))) for n in range(3)]
    way.peers.open("/long", *long)
    (one,) = connections(way.talk.packets)
    assert one.handshake.target == "/long"


def test_frames_that_no_side_expects_to_be_followed_are_no_trouble() -> None:
    way = Streamed()
    way.begin()
    way.peers.raw(1, GoAwayFrame(0, last_stream_id=0, error_code=77, additional_data=b"\xff" * 9))
    (one,) = connections(way.talk.packets)
    assert one.ending.h2.server_goaway is not None
    assert "GOAWAY error 77" in str(one.ending)


def test_http2_without_websockets_says_nothing() -> None:
    way = Streamed()
    for number in range(30):
        way.peers.get(f"/{number}", b"x", ("x-number", str(number)))
    assert connections(way.talk.packets) == []


def test_side_that_may_not_send_any_more_is_told() -> None:
    way = Streamed()
    way.begin()
    server = way.peers.ends[1]
    for _ in range(4):
        room = min(server.local_flow_control_window(way.stream), 16384)
        server.send_data(way.stream, frame(BINARY, bytes(room))[:room])
        way.carry(1, server.data_to_send())  # the client takes its time
    way.talk.ack("client").wait(30).rst("client")
    (one,) = connections(way.talk.packets)
    names = [(odd.name, str(odd.side)) for odd in one.anomalies]
    assert ("http2_stalled", "server") in names


# -- many at once ---------------------------------------------------------------------------------


@st.composite
def talks(draw: st.DrawFn) -> tuple[list[Packet], list[str]]:
    """Give the packets of several WebSockets on one connection, and the name of what each did."""
    way = Streamed()
    names = draw(st.lists(st.sampled_from(sorted(SCENARIOS)), min_size=1, max_size=4))
    waiting = [
        (way.peers.open(f"/{place}"), list(SCENARIOS[name])) for place, name in enumerate(names)
    ]
    while waiting:
        place = draw(st.integers(0, len(waiting) - 1))
        way.stream, steps = waiting[place]
        if draw(st.integers(0, 3)) == 0:
            path = draw(st.sampled_from(["/a", "/b", "/" + "long" * 30]))
            way.peers.get(path, b"body" * 5, ("x-more", path * 3))
        # What acknowledges a step follows it at once.
        while steps:
            way.play(steps.pop(0))
            if not steps or steps[0][0] != "ack":
                break
        if not steps:
            del waiting[place]
    # Both are heard once more, late enough for what was repeated: nobody has vanished.
    way.talk.wait(0.002).ack("client").ack("server")
    return Told(way.talk.packets), names


@settings(max_examples=25, deadline=None)
@given(made=talks())
def test_many_on_one_connection_end_as_each_alone(made: tuple[list[Packet], list[str]]) -> None:
    packets, names = made
    found = sorted(connections(packets), key=lambda one: one.id)
    assert len(found) == len(names)
    for one, name in zip(found, names, strict=True):
        mine, alone = facts(one), on_tcp(SCENARIOS[name])
        assert mine == alone, name


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
@settings(max_examples=8, deadline=None)
@given(made=talks(), seed=st.integers(0, 2**32))
def test_means_the_same_after(
    change: Change, made: tuple[list[Packet], list[str]], seed: int
) -> None:
    packets, _ = made
    one = [meaning(each) for each in connections(packets)]
    other = [meaning(each) for each in connections(change(packets, Random(seed)))]
    key = lambda each: each["id"]  # noqa: E731
    assert differences(sorted(one, key=key), sorted(other, key=key), 3_000_000) == []


# -- what is missing ------------------------------------------------------------------------------


def lacking(packets: list[Packet], packet: int) -> list[Packet]:
    """Give what a capture holds that lacks one packet; numbers from 1."""
    return packets[: packet - 1] + packets[packet:]


def test_a_gap_inside_data_is_a_gap_of_one_websocket() -> None:
    way = Streamed()
    streams = [way.peers.open("/one"), way.peers.open("/other")]
    whole = frame(BINARY, bytes(3000))
    data = bytes.fromhex("000bbc 00 00") + streams[0].to_bytes(4, "big") + whole
    for start in range(0, len(data), 1000):
        way.carry(1, data[start : start + 1000])
    gone = way.talk.last_packet - 1
    way.carry(1, bytes.fromhex("000002 00 00") + streams[0].to_bytes(4, "big") + frame(PING))
    way.carry(1, bytes.fromhex("000002 00 00") + streams[1].to_bytes(4, "big") + frame(PING))
    way.talk.ack("client")
    one, other = connections(lacking(way.talk.packets, gone))
    assert (one.server_sent.frames, one.server_sent.payload_bytes) == (2, 3000)
    assert one.frames is not None
    assert list(one.frames.missing) == [1000, 0]
    assert [odd.name for odd in one.anomalies] == ["capture_gap"]
    assert (other.server_sent.frames, other.anomalies) == (1, ())


def test_behind_a_lost_frame_header_nothing_is_guessed() -> None:
    way = Streamed()
    streams = [way.peers.open("/one"), way.peers.open("/other")]
    way.peers.say(streams[0], 1, frame(TEXT, b"lost"))
    gone = way.talk.last_packet
    way.peers.say(streams[0], 1, frame(CLOSE, close_body(1000)))
    way.peers.say(streams[1], 0, frame(CLOSE, close_body(1001), mask=MASK))
    way.talk.close_tcp("server")
    one, other = connections(lacking(way.talk.packets, gone))
    assert (str(one.ending.kind), one.ending.first) == ("undetermined", None)
    assert one.ending.server_close is None
    assert any("what the server sent behind them" in text for text in one.ending.caveats)
    assert [odd.name for odd in one.anomalies] == ["http2_lost", "http2_headers_lost"]
    # Of the other one the capture holds the client's Close, and not whether it was answered.
    assert (str(other.ending.kind), other.ending.answered) == ("hybi_close", None)


def test_a_lost_header_block_leaves_those_that_are_open_as_they_are() -> None:
    way = Streamed()
    way.begin()
    # One HEADERS frame in three segments; the one in the middle is lost.
    way.peers.ends[0].send_headers(
        way.peers.next,
        [(":method", "GET"), (":scheme", "https"), (":path", "/" + "x" * 600), (":authority", "a")],
    )
    block = way.peers.ends[0].data_to_send()
    for start in range(0, len(block), 200):
        way.carry(0, block[start : start + 200])
    gone = way.talk.last_packet - 1
    way.say(0, frame(CLOSE, close_body(1000), mask=MASK))
    packets = lacking(way.talk.packets, gone)
    analysis = read(BytesIO(pcap(packets)))
    (one,) = analysis.connections
    assert (one.ending.client_close is not None, str(one.ending.kind)) == (True, "hybi_close")
    assert [odd.name for odd in one.anomalies] == ["http2_headers_lost"]
    # A WebSocket that begins behind it would not be seen, and the server takes them.
    assert [odd.name for odd in analysis.anomalies] == ["http2_unseen"]


def test_an_answer_that_is_missing_is_not_made_up() -> None:
    way = Streamed()
    stream = way.peers.ask("/")
    way.peers.answer(stream)
    gone = way.talk.last_packet
    for _ in range(3):
        way.peers.say(stream, 0, frame(TEXT, b"hello", mask=MASK))
    way.talk.ack("server")
    (one,) = connections(lacking(way.talk.packets, gone))
    assert (one.handshake.status, one.client_sent.frames) == (None, 3)
    text = "the answer to the upgrade is not in the capture, or could not be read"
    assert text in one.ending.caveats
    assert str(one.ending.kind) == "undetermined"


@pytest.mark.parametrize("later", [1, 3])
def test_http2_whose_beginning_is_missing_is_told(tmp_path: Path, later: int) -> None:
    tls = TlsPeers(tmp_path)
    way = Secure(tls)
    packets = played(way, SCENARIOS["answered"])
    # The packet with the client's preface, or with its acknowledgment of the server's SETTINGS.
    analysis = read(BytesIO(pcap(lacking(packets, way.before + later))), keylog=tls.path)
    assert [odd.name for odd in analysis.anomalies] == ["http2_unseen"]
    assert analysis.connections == []
    assert analysis.anomalies[0].detail.startswith("WebSockets that begin on tcp.stream 0 are not")


def test_a_server_whose_beginning_is_missing_hides_its_answers(tmp_path: Path) -> None:
    tls = TlsPeers(tmp_path)
    way = Secure(tls)
    packets = played(way, SCENARIOS["answered"])
    (one,) = connections(lacking(packets, way.before + 2), keylog=tls.path)
    assert (one.handshake.target, one.handshake.status) == ("/", None)
    assert (one.client_sent.frames, one.server_sent.frames) == (3, 0)
    assert one.ending.client_close is not None
    assert (one.ending.first, one.ending.answered) == (None, None)


def test_http2_that_is_older_than_the_capture_is_told_and_not_guessed_at() -> None:
    way = Streamed()
    way.begin()
    begun = len(way.talk.packets)
    for step in SCENARIOS["answered"]:
        way.play(step)
    way.peers.open("/later")
    analysis = read(BytesIO(pcap(way.talk.packets[begun:])))
    assert analysis.connections == []
    (odd,) = analysis.anomalies
    assert (odd.name, odd.packet) == ("http2_unseen", 1)
    assert "HTTP/2 began before the capture" in odd.detail
    assert f"(DATA passed on {way.stream})" in odd.detail


@pytest.mark.parametrize("size", [37, 100, 536, 1448])
@pytest.mark.parametrize("seed", range(3))
def test_older_http2_is_told_however_its_frames_lie_in_segments(size: int, seed: int) -> None:
    random = Random(seed)
    way = Streamed()
    way.begin()
    said: list[bytearray] = [bytearray(), bytearray()]
    way.peers.carry = lambda side, data: said[side].extend(data)
    for _ in range(30):
        way.say(0, frame(BINARY, random.randbytes(random.randrange(4, 400)), mask=MASK))
        way.say(1, frame(BINARY, random.randbytes(random.randrange(4, 400))))
        way.peers.get("/page", random.randbytes(2000))
    before = len(way.talk.packets)
    for start in range(0, max(map(len, said)), size):
        for side in (0, 1):
            if start < len(said[side]):
                way.carry(side, bytes(said[side][start : start + size]))
    # It begins in the middle of frames of both sides.
    analysis = read(BytesIO(pcap(way.talk.packets[before + 3 :])))
    assert analysis.connections == []
    (odd,) = analysis.anomalies
    assert odd.name == "http2_unseen"
    named = odd.detail.partition("DATA passed on ")[2].partition(" and ")[0].rstrip(")")
    streams = {int(one) for one in named.split(", ")}
    # The one of the WebSocket, and those of the pages.
    assert way.stream in streams <= set(range(way.stream, way.peers.next, 2))


# The last packet from which all is known, as the preface of both sides is there; the last from which
# two frames are left (by tshark): one alone may be anything.
OLDER = {"node_every_ending": (6, 52), "h2c_upgrade": (6, 56)}


@pytest.mark.parametrize("name", OLDER)
def test_a_recording_that_begins_anywhere_is_followed_or_told_never_guessed(name: str) -> None:
    whole = (CAPTURES / f"{name}.pcap").read_bytes()
    packets = records_of(whole)
    known, told = OLDER[name]
    every = [one.handshake.target for one in read(BytesIO(whole)).connections]
    for first in range(1, len(packets) + 1):
        analysis = read(BytesIO(whole[:24] + b"".join(packets[first - 1 :])))
        targets = [one.handshake.target for one in analysis.connections]
        odd = [one.name for one in analysis.anomalies]
        if first <= known:
            assert (targets, odd) == (every, []), first
        else:
            # Where only the server's preface is missing, requests can be read.
            assert targets in ([], every), first
            assert odd == ["http2_unseen"] * (not targets and first <= told), first


def records_of(capture: bytes) -> list[bytes]:
    """Give the records of a little-endian pcap file."""
    found, position = [], 24
    while position < len(capture):
        (length,) = struct.unpack_from("<I", capture, position + 8)
        found.append(capture[position : position + 16 + length])
        position += 16 + length
    return found


class Within(Secure):
    """HTTP/1.1 that changes to TLS (RFC 2817, section 3), by hand from its examples."""

    def connect(self) -> Peers:
        offer = b"OPTIONS * HTTP/1.1\r\nHost: example.bank.com\r\nUpgrade: TLS/1.0\r\n"
        Plain.carry(self, 0, offer + b"Connection: Upgrade\r\n\r\n")
        answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n"
        Plain.carry(self, 1, answer + b"Connection: Upgrade\r\n\r\n")
        self.flush()
        return None  # type: ignore[return-value]

    def begin(self) -> None:
        # "the server ... continues with the response to the original request" (section 3.3).
        self.carry(1, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        Plain.begin(self)

    def say(self, side: int, data: bytes) -> None:
        self.carry(side, data)


def test_a_websocket_behind_an_upgrade_to_tls_ends_as_on_plain_tcp(tmp_path: Path) -> None:
    tls = TlsPeers(tmp_path)
    way = Within(tls)
    way.begin()
    scenario = SCENARIOS["answered"]
    for verb, side, what in scenario[:-3]:
        way.play((verb, side, what))
    for side in (1, 0):
        Plain.fin(way, side)
    way.talk.ack("server")
    (one,) = connections(way.talk.packets, keylog=tls.path)
    found, expected = facts(one), on_tcp(scenario)
    assert one.carrier == "tls"
    # Nobody said close_notify here: that is told besides.
    assert {**found, "caveats": None} == {**expected, "caveats": None}
    assert connections(way.talk.packets) == []
