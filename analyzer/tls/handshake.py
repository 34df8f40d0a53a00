"""Handshake messages (RFC 5246, section 7.4; RFC 8446, section 4): bytes in, facts of hellos out.

Bytes are a stranger's: a message that makes no sense gives None, never an exception.
"""

from __future__ import annotations

from dataclasses import dataclass

CLIENT_HELLO = 1
SERVER_HELLO = 2
NEW_SESSION_TICKET = 4
END_OF_EARLY_DATA = 5
ENCRYPTED_EXTENSIONS = 8
CLIENT_KEY_EXCHANGE = 16
FINISHED = 20
KEY_UPDATE = 24

TLS_13 = 0x0304
# RFC 8446, section 4.1.3: a ServerHello with this random is a HelloRetryRequest.
HELLO_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

_SERVER_NAME = 0
_ALPN = 16
_ENCRYPT_THEN_MAC = 22
_EXTENDED_MASTER_SECRET = 23
_SESSION_TICKET = 35
_PRE_SHARED_KEY = 41
_EARLY_DATA = 42
_SUPPORTED_VERSIONS = 43
_ENCRYPTED_CLIENT_HELLO = 0xFE0D
# What is kept of one hello: a stranger may repeat small things often.
_MOST = 256


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What a client asks for.

    Attributes
    ----------
    random, session_id : bytes
        As on the wire.
    suites : tuple of int
        Offered cipher suites.
    version : int
        Highest version offered, ``0x0304`` for TLS 1.3.
    server_name : str or None
        Of the extension (RFC 6066); a stranger's text. With `encrypted_hello` it is a cover.
    alpn : tuple of str
        Offered protocols (RFC 7301); a stranger's text.
    ticket : bytes
        The session ticket of TLS 1.2 and before.
    early_data, psk, encrypted_hello : bool
        0-RTT data follow; a pre-shared key is offered; the true hello is hidden inside (ECH).
    """

    random: bytes
    session_id: bytes = b""
    suites: tuple[int, ...] = ()
    version: int = 0
    server_name: str | None = None
    alpn: tuple[str, ...] = ()
    ticket: bytes = b""
    early_data: bool = False
    psk: bool = False
    encrypted_hello: bool = False


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What a server answers; attributes as of `ClientHello`.

    Attributes
    ----------
    suite : int
        The chosen cipher suite.
    compression : int
        The chosen compression, 0 for none.
    retry : bool
        It is a HelloRetryRequest.
    extended_master_secret, encrypt_then_mac : bool
        As negotiated (RFC 7627, RFC 7366).
    """

    random: bytes
    session_id: bytes = b""
    suite: int = 0
    version: int = 0
    compression: int = 0
    alpn: str | None = None
    psk: bool = False
    retry: bool = False
    extended_master_secret: bool = False
    encrypt_then_mac: bool = False


class _ShortError(Exception):
    """A message ends before what it promises."""


class _Cursor:
    """Reads vectors off the front."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, length: int) -> bytes:
        end = self.at + length
        if end > len(self.data):
            raise _ShortError
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        return self.take(self.number(width))

    @property
    def more(self) -> bool:
        return self.at < len(self.data)


def parse_client_hello(body: bytes) -> ClientHello | None:
    """Read a ClientHello; None where it makes no sense."""
    try:
        return _client_hello(_Cursor(body))
    except _ShortError:
        return None


def parse_server_hello(body: bytes) -> ServerHello | None:
    """Read a ServerHello; None where it makes no sense."""
    try:
        return _server_hello(_Cursor(body))
    except _ShortError:
        return None


def parse_encrypted_extensions(body: bytes) -> tuple[str | None, bool] | None:
    """Read the extensions of a TLS 1.3 server: chosen protocol, and whether 0-RTT is accepted."""
    try:
        found = _extensions(_Cursor(body))
        names = _names(found.get(_ALPN, b""))
    except _ShortError:
        return None
    return (names[0] if names else None), _EARLY_DATA in found


def parse_ticket(body: bytes) -> bytes:
    """Return the ticket of a NewSessionTicket of TLS 1.2 and before (RFC 5077, section 3.3)."""
    try:
        cursor = _Cursor(body)
        cursor.take(4)
        return cursor.vector(2)
    except _ShortError:
        return b""


def _client_hello(cursor: _Cursor) -> ClientHello:
    version = cursor.number(2)
    random = cursor.take(32)
    session_id = cursor.vector(1)
    suites = _numbers(cursor.vector(2))
    cursor.vector(1)  # compression methods
    found = _extensions(cursor) if cursor.more else {}
    offered = found.get(_SUPPORTED_VERSIONS)
    if offered is not None:
        version = max([version, *filter(_is_version, _numbers(_Cursor(offered).vector(1)))])
    return ClientHello(
        random=random,
        session_id=session_id,
        suites=suites,
        version=version,
        server_name=_server_name(found.get(_SERVER_NAME, b"")),
        alpn=tuple(_names(found.get(_ALPN, b""))),
        ticket=found.get(_SESSION_TICKET, b""),
        early_data=_EARLY_DATA in found,
        psk=_PRE_SHARED_KEY in found,
        encrypted_hello=_ENCRYPTED_CLIENT_HELLO in found,
    )


def _server_hello(cursor: _Cursor) -> ServerHello:
    version = cursor.number(2)
    random = cursor.take(32)
    session_id = cursor.vector(1)
    suite = cursor.number(2)
    compression = cursor.number(1)
    found = _extensions(cursor) if cursor.more else {}
    chosen = found.get(_SUPPORTED_VERSIONS)
    if chosen is not None:
        version = _Cursor(chosen).number(2)
    names = _names(found.get(_ALPN, b""))
    return ServerHello(
        random=random,
        session_id=session_id,
        suite=suite,
        version=version,
        compression=compression,
        alpn=names[0] if names else None,
        psk=_PRE_SHARED_KEY in found,
        retry=random == HELLO_RETRY,
        extended_master_secret=_EXTENDED_MASTER_SECRET in found,
        encrypt_then_mac=_ENCRYPT_THEN_MAC in found,
    )


def _extensions(cursor: _Cursor) -> dict[int, bytes]:
    inner = _Cursor(cursor.vector(2))
    found: dict[int, bytes] = {}
    while inner.more and len(found) < _MOST:
        kind = inner.number(2)
        found.setdefault(kind, inner.vector(2))
    return found


def _numbers(data: bytes) -> tuple[int, ...]:
    return tuple(data[at] << 8 | data[at + 1] for at in range(0, len(data) - 1, 2))


def _is_version(number: int) -> bool:
    # Others are drafts, or GREASE (RFC 8701).
    return 0x0300 <= number <= TLS_13


def _server_name(data: bytes) -> str | None:
    if not data:
        return None
    names = _Cursor(_Cursor(data).vector(2))
    while names.more:
        kind, name = names.number(1), names.vector(2)
        if kind == 0:  # host_name
            return name.decode("utf-8", errors="replace")
    return None


def _names(data: bytes) -> list[str]:
    found: list[str] = []
    if data:
        names = _Cursor(_Cursor(data).vector(2))
        while names.more and len(found) < _MOST:
            found.append(names.vector(1).decode("utf-8", errors="replace"))
    return found
