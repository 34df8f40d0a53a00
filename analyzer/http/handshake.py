"""The opening handshake of every version (RFC 6455, section 4; RULES of the drafts before it)."""

from __future__ import annotations

from binascii import b2a_base64
from typing import Any

from analyzer.http.message import Head
from analyzer.sha1 import sha1

# RFC 6455, section 1.3.
ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class OpeningHandshake:
    """The two heads of an upgrade; either may be missing from the capture.

    Attributes
    ----------
    request : Head or None
        The client's request.
    response : Head or None
        The final answer to it.
    answer_hidden : bool
        There is no `response`, and the capture lacks the bytes where it would stand.
    record : object
        What the rooms above made of it, once it is settled; None until then.
    hop : object
        What they made of its target, if that asks a proxy; kept beside `record`.
    """

    def __init__(
        self,
        request: Head | None = None,
        response: Head | None = None,
        answer_hidden: bool = False,
    ) -> None:
        self.request = request
        self.response = response
        self.answer_hidden = answer_hidden
        self.record: Any = None
        self.hop: Any = None
        self._version: str | None = None

    def settle(self, record: Any, hop: Any) -> None:
        """Keep `record` and `hop` in place of what the heads say, of which no more is asked.

        A connection may last, and of a hundred thousand the heads would be most of what is kept.
        """
        self._version = self.version
        self.record, self.hop = record, hop
        for head in (self.request, self.response):
            if head is not None:
                head.forget()

    @property
    def status(self) -> int | None:
        """The status code of the answer."""
        return self.response.status if self.response is not None else None

    @property
    def version(self) -> str | None:
        """``Sec-WebSocket-Version``, or the draft that ``Sec-WebSocket-Draft`` names, as sent."""
        return self._version if self.record is not None else self.field("sec-websocket-version")

    @property
    def cut(self) -> bool:
        """Whether the capture holds only a part of either head."""
        request, response = self.request, self.response
        return (request is not None and request.cut) or (response is not None and response.cut)

    def field(self, name: str) -> str | None:
        """Return a field of the request."""
        return self.request.get(name) if self.request is not None else None

    def answer(self, name: str) -> str | None:
        """Return a field of the response."""
        return self.response.get(name) if self.response is not None else None

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server chose."""
        return self.answer("sec-websocket-protocol") or self.answer("websocket-protocol")

    @property
    def offered_subprotocols(self) -> list[str]:
        """The subprotocols that the client offered."""
        return _parts(self.field("sec-websocket-protocol") or self.field("websocket-protocol"))

    @property
    def extensions(self) -> list[str]:
        """The extensions that the server accepted, with their parameters."""
        return _parts(self.answer("sec-websocket-extensions"))

    @property
    def accept_valid(self) -> bool | None:
        """Whether the server's proof fits the client's key; None where nothing can be checked."""
        if self.request is None or self.response is None or self.status != 101 or self.cut:
            return None
        key1 = self.field("sec-websocket-key1")
        key2 = self.field("sec-websocket-key2")
        if key1 is not None and key2 is not None:
            expected = challenge_answer(key1, key2, self.request.challenge)
            return expected is not None and expected == self.response.challenge
        key = self.field("sec-websocket-key")
        if key is None:
            # hixie-75 has no proof; RFC 6455 requires a key (section 4.1).
            return None if self.version is None else False
        return self.answer("sec-websocket-accept") == accept_of(key)


def _parts(value: str | None) -> list[str]:
    """Return what a field lists."""
    return [part.strip() for part in value.split(",") if part.strip()] if value else []


def is_upgrade(head: Head) -> bool:
    """Whether a request asks for a WebSocket, or a response agrees to one."""
    return head.has_token("upgrade", "websocket")


def accept_of(key: str) -> str:
    """Return the ``Sec-WebSocket-Accept`` that answers a key (RFC 6455, section 4.2.2).

    Examples
    --------
    >>> accept_of("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    digest = sha1((key + ACCEPT_GUID).encode("latin-1"), usedforsecurity=False).digest()
    return b2a_base64(digest, newline=False).decode("ascii")


def challenge_answer(key1: str, key2: str, challenge: bytes) -> bytes | None:
    """Return the 16 bytes that answer a hixie-76 challenge; None where the keys make no sense.

    draft-hixie-thewebsocketprotocol-76, section 5.2; the example is the draft's.

    Examples
    --------
    >>> key1, key2 = "18x 6]8vM;54 *(5:  {   U1]8  z [  8", "1_ tx7X d  <  nw  334J702) 7]o}` 0"
    >>> challenge_answer(key1, key2, b"Tm[K T2u")
    b'fQJ,fN/4F4!~K~MH'
    """
    numbers = [key_number(key) for key in (key1, key2)]
    if None in numbers or len(challenge) != 8:
        return None
    parts = b"".join((number or 0).to_bytes(4, "big") for number in numbers)
    from hashlib import md5  # noqa: PLC0415 - loads OpenSSL, for one old version

    return md5(parts + challenge, usedforsecurity=False).digest()


def key_number(key: str) -> int | None:
    """Return the number hidden in a hixie-76 key: its digits, divided by its spaces."""
    digits = "".join(char for char in key if char in "0123456789")
    spaces = key.count(" ")
    if not digits or not spaces or len(digits) > 20 or int(digits) % spaces:
        return None
    number = int(digits) // spaces
    return number if number < 2**32 else None
