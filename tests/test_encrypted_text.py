from __future__ import annotations

from analyzer.encrypted_text import encrypted_line, encrypted_lines, first_end
from analyzer.ending.facts import Moment
from analyzer.ending.secured import TlsEnd
from analyzer.record import TcpEnd
from sealed import sealed_stream


def texts(*args: object, **options: object) -> list[str]:
    return [line.text for line in encrypted_lines(*args, **options)]  # type: ignore[arg-type]


def test_nothing_is_said_of_nothing() -> None:
    assert encrypted_lines([], {}) == []
    assert encrypted_lines([], {}, listed=True) == []


def test_a_line_for_each_reason_with_a_few_examples() -> None:
    many = [sealed_stream(tcp_stream=number) for number in range(2000)]
    other = sealed_stream(tcp_stream=9999, reason="wrong_secrets", tls=TlsEnd())
    assert texts([*many, other], {"no_secrets": 5}) == [
        "",
        "2,006 TLS streams not decrypted:",
        "  2,005: the key log has no secret for their client random (tcp.stream 0 to chat.example,"
        " tcp.stream 1 to chat.example, tcp.stream 2 to chat.example, …)",
        "  1: their secrets in the key log open no record (tcp.stream 9999 to 10.0.0.2:443)",
    ]


def test_a_line_for_each_stream_where_they_are_asked_for() -> None:
    plain = sealed_stream(tcp_stream=1, hint=None)
    found = texts([plain, sealed_stream()], {}, listed=True, limit=1)
    assert found[1] == "2 TLS streams not decrypted, apart from the endings above"
    assert found[2].startswith("  tcp.stream 7 ")  # what looks like a WebSocket stands first
    assert found[3] == "… and 1 more"


def test_line_tells_names_sizes_times_and_what_it_looks_like() -> None:
    assert encrypted_line(sealed_stream()) == (
        "tcp.stream 7  10.0.0.1:40000 → 10.0.0.2:443 (chat.example); TLS 1.2, http/1.1, 60.0 s;"
        " client sent 12 records, 3,456 bytes; server sent 1 record, 1 byte;"
        " encrypted alert from the server; FIN of the server first, 9.0 s idle;"
        " ends like a WebSocket that the server closed with a code, answered (likely)"
    )


def test_line_of_a_stream_that_looks_like_nothing_says_why_it_is_encrypted() -> None:
    line = encrypted_line(sealed_stream(two_way=False, tcp=TcpEnd(), idle_before_end=None))
    assert line.endswith(
        "TCP still open when the capture ends; the key log has no secret for their client random"
    )


def test_name_from_the_wire_cannot_harm_a_terminal() -> None:
    evil = sealed_stream(tls=TlsEnd(server_name="a\x1b[31m", alpn="\x9b"))
    for line in (*texts([evil], {}), *texts([evil], {}, listed=True)):
        assert line.isprintable()


def test_lines_fit_the_terminal() -> None:
    assert all(len(text) <= 40 for text in texts([sealed_stream()], {}, width=40))


def test_first_end_is_the_earliest() -> None:
    assert first_end(TcpEnd()) is None
    both = TcpEnd(client_fin=Moment(5, 1), server_fin=Moment(4, 2), client_rst=Moment(9, 3))
    assert first_end(both) == "FIN of the server"
