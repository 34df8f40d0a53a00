"""Fields become the heads that the rooms above know, and hostile ones no other lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.http2.head import (
    asks_for_websocket,
    request_head,
    response_head,
    status_of,
    well_formed,
)

# RFC 8441, section 5.1.
REQUEST = [
    (b":method", b"CONNECT"),
    (b":protocol", b"websocket"),
    (b":scheme", b"https"),
    (b":path", b"/chat"),
    (b":authority", b"server.example.com"),
    (b"sec-websocket-protocol", b"chat, superchat"),
    (b"sec-websocket-extensions", b"permessage-deflate"),
    (b"sec-websocket-version", b"13"),
    (b"origin", b"http://www.example.com"),
]


def test_request_of_the_rfc() -> None:
    head = request_head(REQUEST)
    assert asks_for_websocket(REQUEST)
    assert (head.method, head.target, head.is_response) == ("CONNECT", "/chat", False)
    assert head.get("host") == "server.example.com"
    assert head.get("sec-websocket-protocol") == "chat, superchat"
    with pytest.raises(KeyError):
        head.get(":path")


def test_a_host_that_was_sent_counts() -> None:
    assert request_head([*REQUEST, (b"host", b"other")]).get("host") == "other"


def test_response() -> None:
    fields = [(b":status", b"200"), (b"sec-websocket-protocol", b"chat")]
    head = response_head(fields)
    assert (head.is_response, head.status, status_of(fields)) == (True, 200, 200)
    assert head.get("sec-websocket-protocol") == "chat"


@pytest.mark.parametrize("status", [b"", b"20", b"2000", b"2 0", "²00".encode("latin-1")])
def test_status_without_three_digits_is_none(status: bytes) -> None:
    assert status_of([(b":status", status)]) is None
    assert response_head([(b":status", status)]).status is None


def test_other_requests_do_not_ask() -> None:
    assert not asks_for_websocket([(b":method", b"CONNECT"), (b":authority", b"a:443")])
    assert not asks_for_websocket([(b":method", b"CONNECT"), (b":protocol", b"connect-udp")])
    assert not asks_for_websocket([(b":method", b"GET"), (b":protocol", b"websocket")])


def test_a_value_cannot_begin_another_line() -> None:
    fields = [*REQUEST, (b"x", b"1\r\norigin: evil\nuser-agent: me\0")]
    head = request_head(fields)
    assert not well_formed(fields)
    assert head.get("user-agent") is None
    assert head.get("origin") == "http://www.example.com"


@pytest.mark.parametrize("name", [b"", b"Upper", b"a:b", b" a", b"a ", b"a\n"])
def test_names_that_the_rfc_forbids(name: bytes) -> None:
    # RFC 9113, section 8.2.1.
    assert not well_formed([(name, b"1")])
    assert well_formed([(b":path", b"/ a"), (b"a-b", b"x: y")])


@given(st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9)), max_size=6))
def test_any_fields_make_heads(fields: list[tuple[bytes, bytes]]) -> None:
    names = [b":path", b":status", b":authority"]
    mixed = [*zip(names, [value for _, value in fields], strict=False), *fields]
    head = request_head(mixed)
    assert "\n" not in head.target
    assert not head.is_response
    assert response_head(mixed).is_response
