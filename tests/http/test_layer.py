"""Upgrades are found behind whatever HTTP stands before them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segments import A, B, Recorder, Wire
from upgrade import refusal, upgrade

from analyzer.http.handshake import OpeningHandshake
from analyzer.http.layer import HttpLayer
from analyzer.stream.layer import Layer, Stack

AGREED = upgrade()


class Upgraded(Wire):
    """A wire whose streams are read by `HttpLayer`; writes down the upgrades."""

    def __init__(self, whole: bool = True) -> None:
        super().__init__()
        self.whole = whole
        self.asked: list[OpeningHandshake] = []
        self.results: list[tuple[int, str, object]] = []
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

    def lost(self, stack: Stack) -> Layer:  # noqa: ARG002
        self.results.append((-1, "lost", None))
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
    assert (handshake.request.target, handshake.cut, handshake.accept_valid) == ("/chat", True, None)


def test_101_to_something_else_is_not_ours() -> None:
    wire = talk(
        (0, b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"),
        (1, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
    )
    assert (wire.results, wire.stream.live) == ([], False)


@pytest.mark.parametrize("step", [1, 7])
def test_cut_into_small_pieces_it_is_the_same(step: int) -> None:
    wire = Upgraded()
    wire.connect()
    for side, data in ((0, AGREED.request), (1, AGREED.response + b"frame")):
        for start in range(0, len(data), step):
            wire.say(side, data[start : start + step])
    assert (wire.results, wire.behind.bytes[1]) == ([(0, "accepted", 101)], b"frame")


pieces = st.sampled_from(
    [AGREED.request, AGREED.response, refusal(401), b"GET / HTTP/1.1\r\n\r\n", b"\x81\x00", b"\r\n"]
) | st.binary(max_size=30)


@given(st.lists(st.tuples(st.integers(0, 1), pieces, st.integers(0, 40)), max_size=12))
def test_nothing_on_the_wire_makes_it_fail(lines: list[tuple[int, bytes, int]]) -> None:
    wire = Upgraded()
    wire.connect()
    for side, data, missing in lines:
        wire.say(side, data, missing=missing)
    wire.table.finish()
    told = [number for number, what, _ in wire.results if what != "lost"]
    assert sorted(told) == list(range(len(wire.asked)))
