"""The PROXY protocol; the examples of its specification, and what is no header."""

from __future__ import annotations

import pytest

from analyzer.endpoint import Endpoint
from analyzer.proxy.announced import LONGEST_LINE, AnnouncedLayer, header_ends, line_ends
from proxy.proxied import SIGNATURE, over_ipv4, version_2
from proxy.reading import Rooms


def announced(first: bytes) -> Rooms:
    rooms = Rooms()
    rooms.stack.top = AnnouncedLayer(rooms.stack, rooms)
    return rooms.talk([(0, first)])


def test_the_longest_line_is_read() -> None:
    # Section 2.1: the worst case of UNKNOWN, 107 characters with CR LF.
    word = b"ffff:" * 7 + b"ffff"
    line = b"PROXY UNKNOWN " + word + b" " + word + b" 65535 65535\r\n"
    assert len(line) == LONGEST_LINE
    assert announced(line + b"x").top.bytes == [b"x", b""]


def test_source_and_destination_are_those_of_the_header() -> None:
    (hop,) = announced(version_2(1, 0x11, over_ipv4())).hops
    assert hop.source == Endpoint("203.0.113.9", 56324)
    assert hop.destination == Endpoint("10.0.0.2", 443)
    assert (hop.status, hop.asked_at, hop.packet) == (None, 10, 1)


@pytest.mark.parametrize(
    "first",
    [
        b"PROXY TCP4 203.0.113.9 10.0.0.2 56324\r\n",
        b"PROXY TCP4 203.0.113.9 10.0.0 56324 443\r\n",
        b"PROXY TCP4 203.0.113.9 10.0.0.2 -1 443\r\n",
        b"PROXY TCP4 203.0.113.9 10.0.0.2 123456 443\r\n",
        b"PROXY TCP4 \xff 10.0.0.2 1 443\r\n",
        b"PROXY UDP4 203.0.113.9 10.0.0.2 1 443\r\n",
        b"PROXY " + b"x" * 110,
        b"PROXZ TCP4",
        SIGNATURE + b"\x31\x11\0\x0c" + bytes(12),  # version 3
        version_2(2, 0x11, bytes(12)),  # a command that there is not
        version_2(1, 0x11, bytes(11)),  # too short for its addresses
        SIGNATURE[:11] + b"!",
    ],
)
def test_what_is_no_header_is_left_to_the_usual_layer(first: bytes) -> None:
    rooms = announced(first)
    assert (rooms.hops, rooms.usual_asked) == ([], 1)
    assert rooms.top.bytes == [first, b""]


def test_a_proxy_that_speaks_for_itself_names_no_client() -> None:
    assert header_ends(version_2(0, 0x11, over_ipv4())) == ()
    assert header_ends(version_2(1, 0x12, over_ipv4())) == ()  # UDP
    assert line_ends(b"PROXY UNKNOWN\r\n") == ()
