"""Heads of HTTP/1.x messages, worked out by hand from RFC 9112."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.http.message import (
    FIELDS,
    body_framing,
    head_length,
    looks_like_head,
    may_begin_message,
    parse_cut_head,
    parse_head,
)

REQUEST = (
    b"GET /chat HTTP/1.1\r\nHost: a\r\n"
    b"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n"
)
TEXT = REQUEST.decode("latin-1")


def test_a_request_head() -> None:
    head = parse_head(REQUEST)
    assert (head.method, head.target) == ("GET", "/chat")
    assert (head.is_response, head.status) == (False, None)
    assert head.has_token("upgrade", "websocket")
    assert not head.has_token("upgrade", "web")


def test_a_head_that_was_forgotten_cannot_be_asked() -> None:
    head = parse_head(REQUEST)
    head.forget()
    assert head.target == ""
    with pytest.raises(KeyError, match="upgrade"):
        head.get("upgrade")


def test_a_field_that_is_not_kept_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError, match="connection"):
        parse_head(REQUEST).get("connection")


def test_fields_of_one_name_are_one_list_and_folded_lines_one_value() -> None:
    head = parse_head(b"HTTP/1.1 101 Go\nUPGRADE: a\nUpgrade: b\n  c\nno colon\nHost :\n\n")
    assert (head.get("upgrade"), head.get("host"), head.get("origin")) == ("a, b c", "", None)
    assert head.status == 101


def test_a_folded_line_belongs_to_the_field_before_it_also_where_that_is_not_kept() -> None:
    head = parse_head(b"HTTP/1.1 101 Go\n\r\nOrigin: a\r\nCookie: b\r\n\tHost: c\r\n d\r\n\r\n")
    assert (head.get("origin"), head.get("host")) == ("a", None)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_is_found_however_it_is_written(name: str) -> None:
    for written in (name, name.upper(), name.title(), f"{name} ", f"{name}\t "):
        head = parse_head(f"GET / HTTP/1.1\r\nCookie: a\r\n{written}: b\r\n\r\n".encode())
        assert head.get(name) == "b", written
    for other in (f"x{name}", f"{name}s", name[1:], "", "\xe4" * len(name)):
        lines = f"GET / HTTP/1.1\r\n{other}: b\r\n\r\n"
        found = parse_head(lines.encode("latin-1"))
        assert found.get(name) is None, other


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"HTTP/1.1 200 OK", 200),
        (b"HTTP/1.1 200", 200),
        (b"HTTP/1.1  200  OK", 200),
        (b"HTTP/1.1 2000 OK", None),
        (b"HTTP/1.1 20 OK", None),
        (b"HTTP/1.1 2x0 OK", None),
        (b"HTTP/1.1 \xb2\xb2\xb2 OK", None),
        (b"HTTP/1.1", None),
    ],
)
def test_the_status_of_a_status_line(line: bytes, status: int | None) -> None:
    assert parse_head(line + b"\r\n\r\n").status == status


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GET / HTTP/1.1\r\n", True),
        (b"HTTP/1.1 200 OK", True),
        (b"HTT", None),
        (b"PUT /a", None),
        (b"GET", None),
        (b"", None),
        (b"\x16\x03\x01", False),
        (b"SSH-2.0-OpenSSH\r\n", False),
        (b"GET / FTP/1.1\r\n", False),
        (b"A" * 30, False),
        (b"GET  /", False),
    ],
)
def test_what_may_be_a_head(data: bytes, expected: object) -> None:
    assert looks_like_head(data.decode("latin-1")) is expected


@pytest.mark.parametrize(
    ("head", "method", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET", ("length", 5)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", ("none", 0)),
        (b"HTTP/1.1 204 No\r\n\r\n", "GET", ("none", 0)),
        (b"HTTP/1.1 304 Not\r\nContent-Length: 5\r\n\r\n", "GET", ("none", 0)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET", ("chunked", 0)),
        (b"HTTP/1.1 200 OK\r\n\r\n", "GET", ("close", 0)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "GET", ("close", 0)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n", "GET", ("chunked", 0)),
        # Behind the head of an answer to CONNECT a tunnel begins (RFC 9112, section 6.3).
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "CONNECT", ("none", 0)),
        (b"HTTP/1.1 407 Who\r\nContent-Length: 5\r\n\r\n", "CONNECT", ("length", 5)),
        (b"POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\n", "", ("length", 3)),
        (b"POST / HTTP/1.1\r\nContent-Length: -3\r\n\r\n", "", ("none", 0)),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", "", ("none", 0)),
        (b"GET / HTTP/1.1\r\n\r\n", "", ("none", 0)),
    ],
)
def test_how_a_body_is_delimited(head: bytes, method: str, expected: tuple[str, int]) -> None:
    assert body_framing(parse_head(head), method) == expected


def test_the_length_of_a_head() -> None:
    assert head_length(TEXT + "more\r\n\r\n") == len(REQUEST)
    assert head_length("GET / HTTP/1.0\nA: b\n\nbody") == 21
    assert head_length(TEXT[:-1]) == 0
    assert head_length("GET / HTTP/1.0\nA: b\n\r\nbody") == 22


def test_the_end_of_a_head_may_begin_in_what_was_looked_at() -> None:
    for known in range(len(REQUEST)):
        assert head_length(TEXT, known) == len(REQUEST)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GET / HTTP/1.1\r\n", True),
        (b"BREW / HTTP/1.1\r\n", True),
        (b"G", True),
        (b"HTTP/1", True),
        (b"GET /long", True),
        (b"rest of something", False),
        (b"BREW /pot", False),
        (b"\x81\x02hi", False),
    ],
)
def test_what_may_begin_a_message_amid_other_bytes(data: bytes, expected: bool) -> None:
    assert may_begin_message(data.decode("latin-1")) is expected


@pytest.mark.parametrize(
    ("data", "start_line", "status"),
    [
        (b"GET /a HTTP/1.1\r\nHost: x\r\nUpgr", "GET /a HTTP/1.1", None),
        (b"GET /a HT", "GET /a HT", None),
        (b"GET /ver", "GET", None),
        (b"HTTP/1.1 101 Swi", "HTTP/1.1 101 Swi", 101),
    ],
)
def test_a_head_that_is_cut_says_what_it_can(data: bytes, start_line: str, status: object) -> None:
    head = parse_cut_head(data)
    assert head is not None
    assert (head.start_line, head.status, head.cut) == (start_line, status, True)
    assert head.get("upgrade") is None


@pytest.mark.parametrize("data", [b"HTTP/1.1 1", b"GE", b""])
def test_a_head_that_is_cut_too_early_says_nothing(data: bytes) -> None:
    assert parse_cut_head(data) is None


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    head = parse_head(data)
    body_framing(head, "GET")
    parse_cut_head(data)
    looks_like_head(data.decode("latin-1"))
    head_length(data.decode("latin-1"))
