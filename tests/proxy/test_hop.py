"""What stood in front of an upgrade, in words and for programs."""

from __future__ import annotations

import pytest

from analyzer.endpoint import Endpoint
from analyzer.http.message import parse_head
from analyzer.proxy.hop import Hop, absolute_hop, connect_hop, proxied_for

A, B, C = (Endpoint(f"192.0.2.{number}", 1000 + number) for number in (1, 2, 3))


def test_a_hop_says_what_was_asked_or_told() -> None:
    assert str(Hop("connect", "example.com:443")) == "connect example.com:443"
    assert (
        str(Hop("proxy-v1", source=A, destination=B)) == "proxy-v1 192.0.2.1:1001 → 192.0.2.2:1002"
    )
    assert str(Hop("proxy-v2")) == "proxy-v2"


def test_connect_keeps_what_was_answered_before() -> None:
    request = parse_head(b"CONNECT a:1 HTTP/1.1\r\n\r\n")
    request.at, request.packet = 7, 3
    answer = parse_head(b"HTTP/1.1 200 ok\r\n\r\n")
    answer.at = 9
    hop = connect_hop(request, answer, [407])
    assert hop == Hop("connect", "a:1", 200, (407,), asked_at=7, answered_at=9, packet=3)
    assert connect_hop(request, None, []).status is None


@pytest.mark.parametrize(
    ("target", "host"),
    [
        (b"http://example.com/chat", "example.com"),
        (b"WS://example.com:8080?x=1", "example.com:8080"),
        (b"https://[2001:db8::1]:443", "[2001:db8::1]:443"),
        (b"/http://example.com/", None),
        (b"*", None),
        (b"ftp://example.com/", None),
    ],
)
def test_a_whole_address_as_target_is_asked_of_a_proxy(target: bytes, host: str | None) -> None:
    hop = absolute_hop(parse_head(b"GET " + target + b" HTTP/1.1\r\n\r\n"))
    assert (hop.target if hop is not None else None) == host
    assert absolute_hop(None) is None


def test_the_innermost_word_on_the_client_counts() -> None:
    # Who relays a header puts his own in front of it.
    via = (Hop("proxy-v1", source=B, destination=C), Hop("proxy-v2", source=A, destination=B))
    assert proxied_for(via) == A
    assert proxied_for((*via, Hop("proxy-v2"), Hop("connect", "x:1"))) == A
    assert proxied_for(()) is None
