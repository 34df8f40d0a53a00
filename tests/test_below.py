"""What a layer stands on."""

from __future__ import annotations

from analyzer.below import carrier_of, depth, tls_of, via_of
from analyzer.http.handshake import OpeningHandshake
from analyzer.http.message import parse_head
from analyzer.stream.layer import Stack


def test_a_layer_may_stand_on_tcp_alone() -> None:
    stack = Stack(None)
    assert (carrier_of(stack), depth(stack), tls_of(stack), via_of(stack, None)) == (
        "tcp",
        0,
        None,
        (),
    )


def test_a_request_in_absolute_form_went_through_a_proxy_also_when_it_was_settled() -> None:
    head = parse_head(b"GET http://example.com/chat HTTP/1.1\r\nHost: example.com\r\n\r\n")
    handshake = OpeningHandshake(head)
    before = via_of(Stack(None), handshake)
    assert [(hop.kind, hop.target) for hop in before] == [("absolute-form", "example.com")]
    handshake.settle("a record", before[0])
    assert via_of(Stack(None), handshake) == before
