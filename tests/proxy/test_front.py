"""The first bytes of a stream choose what reads it; almost all choose at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.http.message import looks_like_head
from analyzer.proxy.front import FrontLayer
from proxy.proxied import FRONTS
from proxy.reading import Rooms


def front() -> Rooms:
    rooms = Rooms()
    rooms.stack.top = FrontLayer(rooms.stack, rooms)
    return rooms


@pytest.mark.parametrize("name", [name for name in FRONTS if not name.startswith("connect")])
@pytest.mark.parametrize("size", [0, 1, 3])
def test_what_stands_in_front_is_read_and_what_follows_is_handed_on(name: str, size: int) -> None:
    text, said = FRONTS[name]
    rooms = front().talk(said, size).talk([(0, b"hello"), (1, b"you")])
    assert [str(hop) for hop in rooms.hops] == [text]
    assert rooms.top.bytes == [b"hello", b"you"]
    assert rooms.usual_asked == rooms.lost_asked == 0


@pytest.mark.parametrize(
    "first",
    [b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\n", b"PR", b"HTTP/1.1", b"\nGET", b"\r\nGET"],
)
def test_other_streams_are_handed_on_whole(first: bytes) -> None:
    rooms = front().talk([(0, first), (0, b"OPFIND / HTTP/1.1")])
    assert rooms.top.bytes == [first + b"OPFIND / HTTP/1.1", b""]
    assert rooms.usual_asked == 1


@pytest.mark.parametrize("first", [b"\x16\x03\x01", b"\x06", b"\x80", b"\xff", b" GET"])
def test_streams_that_begin_as_no_http_does_are_dropped_at_once(first: bytes) -> None:
    for side in (0, 1):
        rooms = front().talk([(side, first)])
        assert (rooms.stack.top, rooms.usual_asked) == (None, 0)


def test_settings_of_http2_may_come_first_from_a_server() -> None:
    """A frame's length is at most 2**14 at first: its first byte is 0 (RFC 9113, section 4.2)."""
    assert front().talk([(1, b"\x00\x00\x12\x04")]).usual_asked == 1
    assert front().talk([(0, b"\x00\x00\x12\x04")]).usual_asked == 0


def test_a_server_that_speaks_first_is_no_proxy() -> None:
    rooms = front().talk([(1, b"\x05\x00"), (0, b"\x05\x01\x00")])
    assert (rooms.hops, rooms.stack.top) == ([], None)
    rooms = front().talk([(1, b"PROXY TCP4"), (0, b"x")])
    assert rooms.top.bytes == [b"x", b"PROXY TCP4"]


@given(st.binary(min_size=1, max_size=40))
def test_nothing_is_dropped_that_may_become_http(data: bytes) -> None:
    rooms = front().talk([(0, data)])
    if rooms.stack.top is None:
        assert looks_like_head(data.decode("latin-1")) is False


def test_ends_that_were_seen_before_reach_the_layer_behind() -> None:
    for first in (b"GET", b"PROXY UNKNOWN\r\nGET"):
        rooms = front()
        assert rooms.stack.top is not None
        rooms.stack.top.shutdown(1, 5, True)
        rooms.talk([(0, first)])
        assert rooms.top.events[0] == ("rst", 1)
        assert rooms.top.bytes == [b"GET", b""]


def test_a_gap_at_the_beginning_is_left_to_the_usual_layer() -> None:
    rooms = front()
    assert rooms.stack.top is not None
    rooms.stack.top.gap(0, 9, 0, 0)
    assert (rooms.usual_asked, rooms.top.gaps) == (1, [[9], []])


def test_a_stream_without_bytes_is_nothing() -> None:
    rooms = front()
    assert rooms.stack.top is not None
    rooms.stack.top.finish()
    assert rooms.stack.top is None


@given(
    said=st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=40)), max_size=12),
    start=st.sampled_from([said for _, said in FRONTS.values()]),
    cut=st.integers(0, 60),
    size=st.integers(0, 4),
)
def test_nothing_raises_and_nothing_is_lost(
    said: list[tuple[int, bytes]], start: list[tuple[int, bytes]], cut: int, size: int
) -> None:
    first = [
        (side, data[:cut] if number == 0 else data) for number, (side, data) in enumerate(start)
    ]
    rooms = front().talk([*first, *said], size)
    if rooms.usual_asked:
        for side in (0, 1):
            assert rooms.top.bytes[side] == b"".join(b for s, b in [*first, *said] if s == side)
