from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.tls.handshake import (
    HELLO_RETRY,
    parse_client_hello,
    parse_encrypted_extensions,
    parse_server_hello,
    parse_ticket,
)
from tls import rfc8448

RANDOM = bytes(range(32))


def vector(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def extension(kind: int, data: bytes) -> bytes:
    return kind.to_bytes(2, "big") + vector(2, data)


def client(*extensions: bytes, suites: str = "13011302", session: bytes = b"") -> bytes:
    """RFC 8446, section 4.1.2."""
    return (
        b"\x03\x03"
        + RANDOM
        + vector(1, session)
        + vector(2, bytes.fromhex(suites))
        + b"\x01\x00"
        + vector(2, b"".join(extensions))
    )


def server(*extensions: bytes, random: bytes = RANDOM, suite: str = "c02f") -> bytes:
    """RFC 8446, section 4.1.3."""
    head = b"\x03\x03" + random + vector(1, b"id") + bytes.fromhex(suite) + b"\0"
    return head + (vector(2, b"".join(extensions)) if extensions else b"")


def test_client_hello_of_rfc_8448_is_read() -> None:
    hello = parse_client_hello(rfc8448.CLIENT_HELLO[4:])
    assert hello is not None
    assert hello.random == rfc8448.CLIENT_RANDOM
    assert hello.suites == (0x1301, 0x1303, 0x1302)
    assert hello.version == 0x0304
    assert hello.server_name == "server"
    assert not hello.early_data
    assert not hello.psk


def test_server_hello_of_rfc_8448_is_read() -> None:
    hello = parse_server_hello(rfc8448.SERVER_HELLO[4:])
    assert hello is not None
    assert (hello.suite, hello.version, hello.retry, hello.psk) == (0x1301, 0x0304, False, False)


def test_encrypted_extensions_of_rfc_8448_choose_no_protocol() -> None:
    assert parse_encrypted_extensions(rfc8448.ENCRYPTED_EXTENSIONS[4:]) == (None, False)


def test_what_a_client_offers_is_read() -> None:
    hello = parse_client_hello(
        client(
            extension(0, vector(2, b"\0" + vector(2, b"chat.example"))),
            extension(16, vector(2, vector(1, b"h2") + vector(1, b"http/1.1"))),
            extension(35, b"ticket"),
            extension(41, b"psk"),
            extension(42, b""),
            extension(43, vector(1, b"\x7a\x7a\x03\x04\x03\x03")),
            extension(0xFE0D, b"ech"),
            session=b"session",
        )
    )
    assert hello is not None
    assert hello.server_name == "chat.example"
    assert hello.alpn == ("h2", "http/1.1")
    assert hello.ticket == b"ticket"
    assert hello.session_id == b"session"
    assert hello.psk
    assert hello.early_data
    assert hello.encrypted_hello
    assert hello.version == 0x0304  # GREASE (RFC 8701) is no version


def test_hello_without_extensions_is_read() -> None:
    hello = parse_client_hello(client()[:-2])
    assert hello is not None
    assert (hello.version, hello.server_name, hello.alpn) == (0x0303, None, ())


def test_what_a_server_chooses_is_read() -> None:
    hello = parse_server_hello(
        server(
            extension(16, vector(2, vector(1, b"h2"))),
            extension(22, b""),
            extension(23, b""),
            extension(41, b"\0\0"),
        )
    )
    assert hello is not None
    assert (hello.suite, hello.version, hello.session_id) == (0xC02F, 0x0303, b"id")
    assert hello.alpn == "h2"
    assert hello.encrypt_then_mac
    assert hello.extended_master_secret
    assert hello.psk
    plain = parse_server_hello(server())
    assert plain is not None
    assert not plain.encrypt_then_mac


def test_retry_is_told_by_its_random() -> None:
    hello = parse_server_hello(server(extension(43, b"\x03\x04"), random=HELLO_RETRY))
    assert hello is not None
    assert hello.retry


def test_acceptance_of_early_data_is_read() -> None:
    body = vector(2, extension(42, b"") + extension(16, vector(2, vector(1, b"http/1.1"))))
    assert parse_encrypted_extensions(body) == ("http/1.1", True)


def test_ticket_is_read() -> None:
    assert parse_ticket(b"\0\0\x1c\x20" + vector(2, b"ticket")) == b"ticket"
    assert parse_ticket(b"\0\0") == b""


def test_name_that_is_no_text_is_kept_readable() -> None:
    hello = parse_client_hello(client(extension(0, vector(2, b"\0" + vector(2, b"\xff\xfe")))))
    assert hello is not None
    assert hello.server_name == "\ufffd\ufffd"


def test_cut_hello_is_none() -> None:
    body = rfc8448.CLIENT_HELLO[4:]
    whole = [cut for cut in range(len(body)) if parse_client_hello(body[:cut]) is not None]
    # Version, random, empty session, three suites, one compression: a hello without extensions.
    assert whole == [2 + 32 + 1 + 2 + 6 + 2]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_not(data: bytes) -> None:
    for body in (data, b"\x03\x03" + RANDOM + data):
        parse_client_hello(body)
        parse_server_hello(body)
        parse_encrypted_extensions(body)
        parse_ticket(body)
