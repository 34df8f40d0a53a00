"""Opening handshakes for tests. In: framing and a few headers. Out: request and answer bytes."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass

from wire import MASK, Frames, Framing, hybi_04_session_key

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, section 1.3
ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
NONCE = "AQIDBAUGBwgJCgsMDQ4PEA=="

# The worked example of draft-ietf-hybi-thewebsocketprotocol-00 (hixie-76), section 1.3.
KEY1 = "4 @1  46546xW%0l 1 5"
KEY2 = "12998 5 Y3 1  .P00"
KEY3 = b"^n:ds[4U"

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Upgrade:
    """A request for WebSocket, its answer, and what is needed to write frames after it."""

    framing: Framing
    request: bytes
    response: bytes
    session_key: bytes = b""

    def frames(self, mask: bytes = MASK) -> Frames:
        """Give the writer of frames for what was agreed."""
        return Frames(self.framing, self.session_key, mask)


def accept(key: str) -> str:
    """Give the value of Sec-WebSocket-Accept (RFC 6455, section 4.2.2)."""
    return base64.b64encode(hashlib.sha1((key + ACCEPT_GUID).encode()).digest()).decode()


def challenge_answer(key1: str, key2: str, key3: bytes) -> bytes:
    """Give the 16 bytes after the headers of a hixie-76 answer."""
    return hashlib.md5(struct.pack(">II", _number(key1), _number(key2)) + key3).digest()


def upgrade(
    framing: Framing = "rfc6455",
    *,
    version: int = 13,
    path: str = "/chat",
    host: str = "example.com",
    extensions: str | None = None,
    protocol: str | None = None,
    request_headers: Headers | None = None,
    response_headers: Headers | None = None,
) -> Upgrade:
    """Give an accepted upgrade of any framing.

    `version` is the header's number for the framing ``rfc6455`` (7, 8 or 13).
    """
    if framing == "hixie-75":
        asked, answered = _hixie_75(path, host)
    elif framing in ("hixie-76", "hybi-01", "hybi-02", "hybi-03"):
        asked, answered = _with_two_keys(framing, path, host)
    else:
        number = version if framing == "rfc6455" else int(framing[-2:])
        asked, answered = _with_version(number)
    for name, value in (("Extensions", extensions), ("Protocol", protocol)):
        agreed = [(f"Sec-WebSocket-{name}", value)] if value else []
        asked, answered = asked + agreed, answered + agreed
    request = request_bytes(path, [("Host", host), *asked, *(request_headers or [])])
    response = response_bytes(101, [*answered, *(response_headers or [])])
    if framing in ("hixie-76", "hybi-01", "hybi-02", "hybi-03"):
        request += KEY3
        response += challenge_answer(KEY1, KEY2, KEY3)
    session = hybi_04_session_key(KEY, NONCE) if framing == "hybi-04" else b""
    return Upgrade(framing, request, response, session)


def refusal(status: int = 403, body: bytes = b"no\n", headers: Headers | None = None) -> bytes:
    """Give an answer that refuses the upgrade."""
    return response_bytes(status, [("Content-Length", str(len(body))), *(headers or [])]) + body


def request_bytes(path: str, headers: Headers) -> bytes:
    """Give a GET request."""
    return _text(f"GET {path} HTTP/1.1", headers)


def response_bytes(status: int, headers: Headers) -> bytes:
    """Give the head of an answer."""
    phrases = {101: "Switching Protocols", 200: "OK", 401: "Unauthorized", 403: "Forbidden"}
    return _text(f"HTTP/1.1 {status} {phrases.get(status, 'Status')}", headers)


def _text(first_line: str, headers: Headers) -> bytes:
    lines = [first_line, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _hixie_75(path: str, host: str) -> tuple[Headers, Headers]:
    both = [("Upgrade", "WebSocket"), ("Connection", "Upgrade")]
    location = ("WebSocket-Location", f"ws://{host}{path}")
    origin = f"http://{host}"
    return [*both, ("Origin", origin)], [*both, ("WebSocket-Origin", origin), location]


def _with_two_keys(framing: Framing, path: str, host: str) -> tuple[Headers, Headers]:
    both = [("Upgrade", "WebSocket"), ("Connection", "Upgrade")]
    origin = f"http://{host}"
    asked = [*both, ("Sec-WebSocket-Key2", KEY2), ("Sec-WebSocket-Key1", KEY1), ("Origin", origin)]
    if framing in ("hybi-02", "hybi-03"):
        asked.append(("Sec-WebSocket-Draft", str(int(framing[-2:]))))
    location = ("Sec-WebSocket-Location", f"ws://{host}{path}")
    return asked, [*both, location, ("Sec-WebSocket-Origin", origin)]


def _with_version(version: int) -> tuple[Headers, Headers]:
    both = [("Upgrade", "websocket"), ("Connection", "Upgrade")]
    asked = [*both, ("Sec-WebSocket-Key", KEY), ("Sec-WebSocket-Version", str(version))]
    answered = [*both, ("Sec-WebSocket-Accept", accept(KEY))]
    if version == 4:
        answered.append(("Sec-WebSocket-Nonce", NONCE))
    origin = "Origin" if version >= 11 else "Sec-WebSocket-Origin"
    return [*asked, (origin, "http://example.com")], answered


def _number(key: str) -> int:
    digits = int("".join(character for character in key if character.isdigit()))
    return digits // key.count(" ")
