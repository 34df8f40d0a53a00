"""Upgrades are found behind whatever HTTP stands before them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.http.handshake import OpeningHandshake
from analyzer.http.layer import HELD_BYTES, MAX_PIPELINED, HttpLayer
from analyzer.http.message import Head
from analyzer.stream.layer import Layer, Stack
from segments import A, B, Recorder, Wire
from upgrade import refusal, upgrade

AGREED = upgrade()


class Upgraded(Wire):
    """A wire whose streams are read by `HttpLayer`; writes down the upgrades."""

    def __init__(self, whole: bool = True) -> None:
        super().__init__()
        self.whole = whole
        self.asked: list[OpeningHandshake] = []
        self.results: list[tuple[int, str, object]] = []
        self.tunnels: list[tuple[str, int | None, list[int]]] = []
        self.behind = Recorder()
        self.sent = [1001, 5001]

    def _layer(self, stack: Stack, syn_seen: bool) -> Layer:  # noqa: ARG002
        self.stacks.append(stack)
        return HttpLayer(stack, self, whole=self.whole)

    def opened(self, stack: Stack, handshake: OpeningHandshake) -> int:  # noqa: ARG002
        self.asked.append(handshake)
        return len(self.asked) - 1

    def accepted(self, stack: Stack, number: int, handshake: OpeningHandshake) -> Layer:  # noqa: ARG002
        self.results.append((number, "accepted", handshake.status))
        return self.behind

    def failed(self, stack: Stack, number: int, handshake: OpeningHandshake, last: bool) -> None:  # noqa: ARG002
        self.results.append((number, "failed, last" if last else "failed", handshake.status))

    def http2(self, stack: Stack, known: int, settings: str = "") -> Layer:  # noqa: ARG002
        self.results.append((-1, "http2", known))
        self.settings = settings
        return self.behind

    def lost(self, stack: Stack) -> Layer:  # noqa: ARG002
        self.results.append((-1, "lost", None))
        return self.behind

    def tunnelled(
        self,
        stack: Stack,  # noqa: ARG002
        request: Head,
        response: Head | None,
        refusals: list[int],
    ) -> Layer:
        status = response.status if response is not None else None
        self.tunnels.append((request.target, status, refusals))
        return self.behind

    def say(self, side: int, data: bytes, **fields: object) -> None:
        ack = self.sent[1 - side]
        self.push((A, B)[side], self.sent[side], data, ack=ack, **fields)  # type: ignore[arg-type]
        self.sent[side] += len(data) + int(fields.get("missing", 0))  # type: ignore[call-overload]


def talk(*lines: tuple[int, bytes]) -> Upgraded:
    wire = Upgraded()
    wire.connect()
    for side, data in lines:
        wire.say(side, data)
    return wire


def test_an_upgrade_and_the_frames_in_its_segment() -> None:
    wire = talk((0, AGREED.request), (1, AGREED.response + b"\x89\x00"), (0, b"\x8a\x80\0\0\0\0"))
    assert wire.results == [(0, "accepted", 101)]
    assert wire.behind.bytes == [b"\x8a\x80\0\0\0\0", b"\x89\x00"]


def test_what_the_client_sends_before_the_answer_waits_for_it() -> None:
    wire = talk((0, AGREED.request + b"early"), (0, b" bird"), (1, AGREED.response))
    assert wire.behind.bytes == [b"early bird", b""]


def test_any_number_of_requests_may_stand_before_the_upgrade() -> None:
    wire = talk(
        (0, b"GET /a HTTP/1.1\r\n\r\nHEAD /b HTTP/1.1\r\n\r\n" + AGREED.request),
        (1, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        (1, b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"),
        (1, AGREED.response + b"frame"),
    )
    assert wire.results == [(0, "accepted", 101)]
    assert wire.behind.bytes[1] == b"frame"


def test_a_refusal_and_a_second_attempt_are_two_connections() -> None:
    wire = talk(
        (0, AGREED.request),
        (1, refusal(401)),
        (0, AGREED.request),
        (1, AGREED.response),
    )
    assert wire.results == [(0, "failed", 401), (1, "accepted", 101)]


def test_an_upgrade_that_is_refused_or_never_answered_is_told_in_the_end() -> None:
    for lines, expected in (
        ([(0, AGREED.request), (1, refusal(503))], (0, "failed, last", 503)),
        ([(0, AGREED.request)], (0, "failed, last", None)),
    ):
        wire = talk(*lines)
        wire.push(B, wire.sent[1], ack=wire.sent[0])  # the server lives, and says nothing more
        wire.table.finish()
        assert wire.results == [expected]


def test_streams_of_another_protocol_are_dropped_at_once() -> None:
    for first in (b"\x16\x03\x01", b"SSH-2.0-x\r\n"):
        wire = talk((0, first))
        assert not wire.stream.live


def test_who_asks_is_the_client_even_if_it_was_seen_second() -> None:
    wire = Upgraded(whole=False)
    wire.push(B, 5001, ack=1001)
    wire.push(A, 1001, AGREED.request, ack=5001)
    assert wire.stacks[0].flipped == 1
    wire.push(B, 5001, AGREED.response + b"hi", ack=1001 + len(AGREED.request))
    assert wire.behind.bytes == [b"", b"hi"]


def test_an_answer_without_its_request_is_an_upgrade_too() -> None:
    wire = Upgraded(whole=False)
    wire.push(B, 5001, AGREED.response, ack=1001)
    assert wire.asked[0].request is None
    assert wire.results == [(0, "accepted", 101)]


def test_an_answer_in_a_gap_leaves_open_whether_it_was_accepted() -> None:
    wire = talk((0, AGREED.request))
    wire.push(B, 5001 + 129, b"\x89\x00", ack=wire.sent[0])
    wire.push(A, wire.sent[0], ack=5001 + 131)
    wire.push(A, wire.sent[0], ack=5001 + 131, after=200_000_000)
    assert wire.results == [(0, "accepted", None)]
    assert wire.asked[0].answer_hidden
    assert ("gap", 1, 0) in wire.behind.events


def test_heads_that_the_snap_length_cuts_are_read_as_far_as_they_go() -> None:
    wire = Upgraded()
    wire.connect()
    wire.say(0, AGREED.request[:30], missing=len(AGREED.request) - 30)
    wire.say(1, AGREED.response[:30], missing=len(AGREED.response) - 30)
    assert wire.results == [(0, "accepted", 101)]
    handshake = wire.asked[0]
    assert handshake.request is not None
    assert handshake.request.target == "/chat"
    assert (handshake.cut, handshake.accept_valid) == (True, None)


def test_101_to_something_else_is_not_ours() -> None:
    wire = talk(
        (0, b"GET / HTTP/1.1\r\nUpgrade: IRC/6.9\r\n\r\n"),
        (1, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: IRC/6.9\r\n\r\n"),
    )
    assert (wire.results, wire.stream.live) == ([], False)


@pytest.mark.parametrize("step", [1, 7, 99])
def test_preface_of_http2_leaves_the_rest_to_its_layer(step: int) -> None:
    # RFC 9113, section 3.4; its first 18 bytes look like a head.
    wire = Upgraded()
    wire.connect()
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nframes"
    for start in range(0, len(preface), step):
        wire.say(0, preface[start : start + step])
    wire.say(1, b"more")
    assert wire.results == [(-1, "http2", 18)]
    assert wire.behind.bytes == [b"SM\r\n\r\nframes", b"more"]


@pytest.mark.parametrize("step", [1, 99])
def test_a_server_that_speaks_http2_first_leaves_the_rest_to_its_layer(step: int) -> None:
    # As Node's http2 does without TLS: SETTINGS before the client's preface.
    wire = Upgraded()
    wire.connect()
    settings = bytes.fromhex("00000c 04 00 00000000 000800000001 000600010000")
    for start in range(0, len(settings), step):
        wire.say(1, settings[start : start + step])
    wire.say(0, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert wire.results == [(-1, "http2", 0)]
    assert wire.behind.bytes == [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", settings]


def test_a_client_does_not_begin_with_a_zero() -> None:
    wire = talk((0, b"\0\0\0"))
    assert (wire.results, wire.stream.live) == ([], False)


@pytest.mark.parametrize("line", [b"not hex\r\n", b"1" * 9000])
def test_a_body_that_breaks_its_coding_is_dropped_where_a_segment_ends_with_it(line: bytes) -> None:
    # RFC 9112, section 7.1; nothing is left over that another protocol could begin with.
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + line
    wire = talk((0, b"GET / HTTP/1.1\r\n\r\n"), (1, answer))
    assert (wire.results, wire.stream.live) == ([], False)


def test_upgrade_to_h2c_leaves_the_rest_to_http2() -> None:
    # RFC 7540, section 3.2.
    wire = talk(
        (
            0,
            b"GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            b"HTTP2-Settings: AAQAAAAK\r\n\r\n",
        ),
        (1, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\nserver"),
        (0, b"client"),
    )
    assert wire.results == [(-1, "http2", 0)]
    assert wire.settings == "AAQAAAAK"
    assert wire.behind.bytes == [b"client", b"server"]


def test_settings_of_http2_are_those_of_the_request_that_is_answered() -> None:
    other, offer = "HTTP2-Settings: AAQAAAAL\r\n", "HTTP2-Settings: AAQAAAAK\r\n"
    asks = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n{}\r\n"
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"
    for said, settings in (
        ([(0, asks.format(offer)), (0, asks.format(other)), (1, agreed)], "AAQAAAAK"),
        ([(0, asks.format(other)), (1, answer), (0, asks.format(offer)), (1, agreed)], "AAQAAAAK"),
        ([(0, asks.format(other)), (1, answer), (0, asks.format("")), (1, agreed)], ""),
    ):
        wire = talk(*((side, text.encode()) for side, text in said))
        assert (wire.results, wire.settings) == ([(-1, "http2", 0)], settings)


@pytest.mark.parametrize("step", [1, 7])
def test_cut_into_small_pieces_it_is_the_same(step: int) -> None:
    wire = Upgraded()
    wire.connect()
    for side, data in ((0, AGREED.request), (1, AGREED.response + b"frame")):
        for start in range(0, len(data), step):
            wire.say(side, data[start : start + step])
    assert (wire.results, wire.behind.bytes[1]) == ([(0, "accepted", 101)], b"frame")


# -- one stream, many connections ---------------------------------------------------------------


def test_refusals_one_after_the_other_are_as_many_connections() -> None:
    wire = talk(*[(0, AGREED.request), (1, refusal(403))] * 3)
    wire.table.finish()
    assert wire.results == [(0, "failed", 403), (1, "failed", 403), (2, "failed, last", 403)]


def test_attempts_sent_ahead_of_their_answers_are_told_apart() -> None:
    wire = talk(
        (0, AGREED.request + AGREED.request + b"frames"),
        (1, refusal(401) + AGREED.response + b"hello"),
    )
    assert wire.results == [(0, "failed", 401), (1, "accepted", 101)]
    assert wire.behind.bytes == [b"frames", b"hello"]


def test_ordinary_requests_behind_a_refusal_are_passed_over() -> None:
    wire = talk(
        (0, AGREED.request),
        (1, refusal(404, b"x" * 300)),
        (0, b"POST /log HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET "),
        (1, b"HTTP/1.1 204 No Content\r\n\r\n"),
        (0, AGREED.request),
        (1, AGREED.response),
    )
    assert wire.results == [(0, "failed", 404), (1, "accepted", 101)]


CONNECT = b"CONNECT example.com:80 HTTP/1.1\r\nHost: example.com\r\n\r\n"
GRANTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno"


def test_behind_a_granted_tunnel_another_layer_takes_over() -> None:
    wire = talk((0, CONNECT), (1, GRANTED + b"early"), (0, b"late"))
    assert wire.tunnels == [("example.com:80", 200, [])]
    assert wire.behind.bytes == [b"late", b"early"]


def test_a_tunnel_that_is_refused_and_asked_for_again_tells_how_often() -> None:
    wire = talk((0, CONNECT), (1, REFUSED), (0, CONNECT), (1, REFUSED), (0, CONNECT), (1, GRANTED))
    assert wire.tunnels == [("example.com:80", 200, [407, 407])]


def test_a_refused_tunnel_is_none() -> None:
    wire = talk((0, CONNECT), (1, REFUSED), (0, AGREED.request), (1, AGREED.response))
    assert wire.tunnels == []
    # The proxy is asked for an upgrade of its own.
    assert wire.results == [(0, "accepted", 101)]


def test_what_a_client_sends_before_its_tunnel_is_granted_waits_for_it() -> None:
    wire = talk((0, CONNECT + b"\x16\x03"), (0, b"\x01"), (1, GRANTED))
    assert wire.behind.bytes == [b"\x16\x03\x01", b""]


def test_a_tunnel_ignores_what_a_2xx_says_of_a_body() -> None:
    # RFC 9110, section 9.3.6: "A client MUST ignore any Content-Length".
    wire = talk((0, CONNECT), (1, b"HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\nbytes"))
    assert wire.tunnels == [("example.com:80", 204, [])]
    assert wire.behind.bytes == [b"", b"bytes"]


@pytest.mark.parametrize(("following", "tunnels"), [(b"GET / HTTP", 1), (CONNECT, 0)])
def test_an_answer_to_connect_in_a_gap_is_told_by_what_the_client_does(
    following: bytes, tunnels: int
) -> None:
    wire = talk((0, CONNECT))
    wire.push(B, 5001 + 39, b"rest of a head", ack=wire.sent[0])
    wire.push(A, wire.sent[0], ack=5001 + 53)
    wire.push(A, wire.sent[0], following, ack=5001 + 53, after=200_000_000)
    assert wire.tunnels == [("example.com:80", None, [])] * tunnels


def test_a_tunnel_is_told_by_its_client_where_only_that_was_captured() -> None:
    wire = Upgraded()
    wire.push(A, 1000, flags=0x02)
    wire.push(A, 1001, CONNECT, ack=5001)
    wire.push(A, 1001 + len(CONNECT), AGREED.request, ack=5001 + len(GRANTED))
    assert wire.tunnels == [("example.com:80", None, [])]
    assert wire.behind.bytes[0] == AGREED.request


def test_heads_of_a_tunnel_that_the_snap_length_cuts_are_read_as_far_as_they_go() -> None:
    wire = Upgraded()
    wire.connect()
    wire.say(0, CONNECT[:40], missing=len(CONNECT) - 40)
    wire.say(1, GRANTED[:20], missing=len(GRANTED) - 20)
    wire.say(0, b"next")
    assert wire.tunnels == [("example.com:80", 200, [])]
    assert wire.behind.bytes[0] == b"next"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nTrailer: t\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
)
@given(cuts=st.lists(st.integers(0, 600), max_size=8), whole=st.booleans())
def test_any_cut_gives_the_same_upgrade(answer: bytes, cuts: list[int], whole: bool) -> None:
    wire = Upgraded(whole=whole)
    wire.connect()
    frames = b"\x81\x02hi"
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + AGREED.request + b"early"
    for side, data in ((0, request), (1, answer + AGREED.response + frames)):
        bounds = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        for low, high in pairwise(bounds):
            wire.say(side, data[low:high])
    assert wire.results == [(0, "accepted", 101)]
    assert wire.behind.bytes == [b"early", frames]
    assert wire.asked[0].accept_valid


@pytest.mark.parametrize("step", [1, 3])
def test_who_asks_is_the_client_however_its_head_is_cut(step: int) -> None:
    wire = Upgraded()
    wire.connect()
    asked, answered = b"HEAD / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"
    for side, data in ((1, asked), (0, answered), (1, AGREED.request), (0, AGREED.response)):
        for start in range(0, len(data), step):
            wire.say(side, data[start : start + step])
    assert wire.stacks[0].flipped == 1
    assert wire.results == [(0, "accepted", 101)]


# -- one direction, holes, snap lengths ---------------------------------------------------------


def test_client_alone_is_seen_to_act_on_an_answer_that_was_not_captured() -> None:
    wire = Upgraded()
    wire.push(A, 1000, flags=0x02)
    wire.push(A, 1001, AGREED.request, ack=5001)
    wire.push(A, 1001 + len(AGREED.request), b"\x81\x80\0\0\0\0", ack=5130)
    assert wire.results == [(0, "accepted", None)]
    assert wire.asked[0].answer_hidden
    assert wire.behind.bytes[0] == b"\x81\x80\0\0\0\0"


def test_client_alone_that_asks_again_was_refused() -> None:
    wire = Upgraded()
    wire.push(A, 1000, flags=0x02)
    wire.push(A, 1001, AGREED.request, ack=5001)
    again = 1001 + len(AGREED.request)
    wire.push(A, again, AGREED.request, ack=5130)
    wire.push(A, again + len(AGREED.request), b"\x81\x80\0\0\0\0", ack=5330)
    assert wire.results == [(0, "failed", None), (1, "accepted", None)]


def test_server_alone_shows_an_upgrade_without_its_request() -> None:
    wire = Upgraded()
    wire.push(B, 5000, flags=0x12, ack=1001)
    wire.push(B, 5001, AGREED.response + b"\x89\x00", ack=1150)
    wire.table.finish()
    assert wire.results == [(0, "accepted", 101)]
    assert wire.behind.bytes == [b"", b"\x89\x00"]


def test_bytes_missing_long_before_an_upgrade_do_not_hide_that_nobody_answered() -> None:
    wire = talk(
        (0, b"GET / HTTP/1.1\r\n\r\n"),
        (1, b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + bytes(20)),
    )
    wire.sent[1] += 10
    wire.say(1, bytes(20))
    wire.push(A, wire.sent[0], ack=wire.sent[1])
    wire.push(A, wire.sent[0], ack=wire.sent[1], after=200_000_000)
    wire.say(0, AGREED.request)
    wire.push(B, wire.sent[1], ack=wire.sent[0])
    wire.table.finish()
    assert wire.results == [(0, "failed, last", None)]


def test_a_refusal_that_the_snap_length_cuts_keeps_its_status() -> None:
    wire = Upgraded()
    wire.connect()
    request = AGREED.request.replace(b"Host: example.com\r\n", b"")
    assert request.index(b"Upgrade") < 70
    wire.say(0, request[:70], missing=len(request) - 70)
    wire.say(1, refusal(403)[:24], missing=len(refusal(403)) - 24)
    wire.table.finish()
    assert wire.results == [(0, "failed, last", 403)]
    assert wire.asked[0].cut


def test_hixie_76_head_whose_last_bytes_are_cut_is_asked_all_the_same() -> None:
    hixie = upgrade("hixie-76")
    wire = Upgraded()
    wire.connect()
    wire.say(0, hixie.request[:-3], missing=3)
    wire.say(1, hixie.response + b"\x00hi\xff")
    assert wire.results == [(0, "accepted", 101)]
    assert wire.asked[0].accept_valid is None
    assert wire.behind.bytes[1] == b"\x00hi\xff"


def test_a_fin_seen_before_a_hole_is_filled_is_told_to_the_layer_that_takes_over() -> None:
    wire = talk((0, AGREED.request))
    end = 5001 + len(AGREED.response)
    wire.push(B, end, flags=0x11, ack=wire.sent[0])
    wire.push(B, 5001, AGREED.response, ack=wire.sent[0])
    assert wire.behind.events == [("fin", 1), ("closed", 1)]


# -- bounds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 1400, 60_000])
def test_what_waits_for_an_answer_is_bounded(size: int) -> None:
    wire = talk((0, AGREED.request))
    wire.push(B, wire.sent[1], ack=wire.sent[0])
    for _ in range(HELD_BYTES // (size + 200) + 2):
        wire.say(0, bytes(size))
    assert wire.results == [(0, "failed, last", None)]
    assert not wire.stream.live


def test_requests_without_answers_are_bounded() -> None:
    wire = talk(*[(0, b"GET / HTTP/1.1\r\n\r\n" * 100)] * (MAX_PIPELINED // 100 + 1))
    assert not wire.stream.live


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
pieces = st.sampled_from(
    [
        AGREED.request,
        AGREED.response,
        refusal(401),
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x81\x00",
        b"\r\n",
        CHUNKED,
        CHUNKED + b"2\r\nhi\r\n",
        CHUNKED + b"-\r\n",
    ]
) | st.binary(max_size=30)


@given(st.lists(st.tuples(st.integers(0, 1), pieces, st.integers(0, 40)), max_size=12))
def test_nothing_on_the_wire_makes_it_fail(lines: list[tuple[int, bytes, int]]) -> None:
    wire = Upgraded()
    wire.connect()
    for side, data, missing in lines:
        wire.say(side, data, missing=missing)
    wire.table.finish()
    other = {"lost", "unheard", "http2"}
    told = [number for number, what, _ in wire.results if what not in other]
    assert sorted(told) == list(range(len(wire.asked)))
