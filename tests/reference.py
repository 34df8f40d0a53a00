"""A second decoder, for checking the first. In: both byte strings of a TCP connection. Out: frames.

Written from RFC 6455 and its drafts alone: slow, whole buffers, one function per rule, no code in
common with the decoder under test. It tells what stands on the wire and judges nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from wire import Framing, Side

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_GUID_04 = b"61AC5F19-FBBA-4540-B96F-6561F1AB40A8"

_DRAFT_KINDS = {0: "continuation", 1: "close", 2: "ping", 3: "pong", 4: "text", 5: "binary"}
_RFC_KINDS = {0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


@dataclass(frozen=True)
class Frame:
    """One frame; `data[start:end]` of its side's bytes is the frame as sent.

    `opcode` is the number on the wire, for Hixie the type byte; `kind` names it, or is ``other``.
    `payload` is unmasked. `last` is FIN, or the absence of MORE.
    """

    start: int
    end: int
    opcode: int
    kind: str
    payload: bytes
    last: bool = True
    rsv: int = 0
    masked: bool = False

    @property
    def close_code(self) -> int | None:
        """The status code of a Close of hybi-06 on; None if there is none."""
        return int.from_bytes(self.payload[:2]) if len(self.payload) >= 2 else None


@dataclass(frozen=True)
class Head:
    """First line and headers of an HTTP message; names in lower case."""

    first_line: str
    headers: dict[str, str]
    end: int

    def get(self, name: str) -> str:
        """Give a header's value, or an empty string."""
        return self.headers.get(name, "")


@dataclass(frozen=True)
class Reading:
    """Everything that was read.

    `framing` is None where no upgrade was accepted. `client_rest` and `server_rest` are the bytes
    behind the last whole frame. `accept_valid` is None where the framing proves nothing.
    """

    request: Head | None = None
    response: Head | None = None
    framing: Framing | None = None
    accept_valid: bool | None = None
    client: list[Frame] = field(default_factory=list)
    server: list[Frame] = field(default_factory=list)
    client_rest: bytes = b""
    server_rest: bytes = b""

    @property
    def status(self) -> int | None:
        """The status of the answer."""
        return _status(self.response) if self.response else None

    def closes(self, side: Side) -> list[Frame]:
        """Give the close frames of one side."""
        frames = self.client if side == "client" else self.server
        return [frame for frame in frames if frame.kind == "close"]


def read(client: bytes, server: bytes) -> Reading:
    """Decode both directions of a TCP connection from their first bytes.

    Requests without an upgrade, refused upgrades and interim answers may stand in front, if their
    bodies, where there are any, have a Content-Length.
    """
    asked = answered = 0
    request = response = None
    while (request := _head(client, asked)) is not None:
        response = _head(server, answered)
        while response and _status(response) < 200 and _status(response) != 101:
            response = _head(server, response.end)
        if response is None:
            return Reading(request)
        if _status(response) == 101:
            return _after_upgrade(client, server, request, response)
        following = _head(client, request.end + _body(request))
        if following is None:
            break
        asked = request.end + _body(request)
        answered = response.end + _body(response)
    return Reading(request, response)


def choose_framing(request: Head, server: bytes, client: bytes) -> Framing:
    """Choose by Sec-WebSocket-Version, else by Draft, else by Key1 (RULES D2).

    `server` and `client` are the bytes behind the handshake: hybi-01 without a Draft header and
    hixie-76 differ only in their first frame.
    """
    version = request.get("sec-websocket-version")
    if version:
        drafts: dict[str, Framing] = {"4": "hybi-04", "5": "hybi-05", "6": "hybi-06"}
        return drafts.get(version, "rfc6455")
    draft = request.get("sec-websocket-draft")
    if draft in ("1", "2", "3"):
        numbered: dict[str, Framing] = {"1": "hybi-01", "2": "hybi-02", "3": "hybi-03"}
        return numbered[draft]
    if "sec-websocket-key1" not in request.headers:
        return "hixie-75"
    first = (server or client)[:1]
    return "hybi-01" if first and first[0] & 0x7F in range(1, 6) else "hixie-76"


def frames_of(
    framing: Framing, side: Side, data: bytes, start: int = 0, session_key: bytes = b""
) -> Iterator[Frame]:
    """Yield the whole frames of one direction, beginning at `start`."""
    readers: dict[str, Callable[[bytes, int], Frame | None]] = {
        "hixie-75": lambda data, at: _hixie_frame(data, at, has_close=False),
        "hixie-76": lambda data, at: _hixie_frame(data, at, has_close=True),
        "rfc6455": _rfc_frame,
    }
    read_one = readers.get(framing)
    if read_one is None and (side == "server" or framing < "hybi-04"):

        def read_one(data: bytes, at: int) -> Frame | None:
            return _draft_frame(data, at, framing)
    elif read_one is None:

        def read_one(data: bytes, at: int) -> Frame | None:
            return _masked_draft_frame(data, at, framing, session_key)

    at = start
    while (frame := read_one(data, at)) is not None:
        yield frame
        at = frame.end


def _after_upgrade(client: bytes, server: bytes, request: Head, response: Head) -> Reading:
    client_at, server_at = request.end, response.end
    accept_valid: bool | None = None
    if "sec-websocket-key1" in request.headers:
        # Eight bytes follow the request and sixteen the answer, without a Content-Length (H5).
        accept_valid = server[server_at : server_at + 16] == _challenge_answer(
            request, client[client_at : client_at + 8]
        )
        client_at, server_at = client_at + 8, server_at + 16
    elif key := request.get("sec-websocket-key"):
        digest = hashlib.sha1(key.encode() + _GUID).digest()
        accept_valid = response.get("sec-websocket-accept") == base64.b64encode(digest).decode()
    framing = choose_framing(request, server[server_at:], client[client_at:])
    session = hashlib.sha1(
        (request.get("sec-websocket-key") + response.get("sec-websocket-nonce")).encode() + _GUID_04
    ).digest()
    from_client = list(frames_of(framing, "client", client, client_at, session))
    from_server = list(frames_of(framing, "server", server, server_at))
    return Reading(
        request,
        response,
        framing,
        accept_valid,
        from_client,
        from_server,
        client[from_client[-1].end if from_client else client_at :],
        server[from_server[-1].end if from_server else server_at :],
    )


def _rfc_frame(data: bytes, at: int) -> Frame | None:
    """RFC 6455, section 5.2."""
    found = _length(data, at)
    if found is None:
        return None
    length, body = found
    masked = bool(data[at + 1] & 0x80)
    key = data[body : body + 4] if masked else b""
    body += len(key) if masked else 0
    payload = data[body : body + length]
    if len(payload) < length or (masked and len(key) < 4):
        return None
    first = data[at]
    opcode = first & 0x0F
    return Frame(
        at,
        body + length,
        opcode,
        _RFC_KINDS.get(opcode, "other"),
        _unmask(payload, key) if masked else payload,
        last=bool(first & 0x80),
        rsv=first >> 4 & 7,
        masked=masked,
    )


def _draft_frame(data: bytes, at: int, framing: Framing) -> Frame | None:
    """The drafts hybi-01 to -06: other opcodes, no MASK bit; MORE became FIN in hybi-04."""
    found = _length(data, at)
    if found is None:
        return None
    length, body = found
    payload = data[body : body + length]
    if len(payload) < length:
        return None
    first = data[at]
    opcode = first & 0x0F
    top = bool(first & 0x80)
    return Frame(
        at,
        body + length,
        opcode,
        _DRAFT_KINDS.get(opcode, "other"),
        payload,
        last=top if framing >= "hybi-04" else not top,
        rsv=first >> 4 & 7,
    )


def _masked_draft_frame(data: bytes, at: int, framing: Framing, session_key: bytes) -> Frame | None:
    """The drafts hybi-04 to -06, client side: four bytes, then a frame that is masked whole."""
    key = data[at : at + 4]
    if len(key) < 4:
        return None
    if framing == "hybi-04":
        key = hashlib.sha1(key + session_key).digest()
    # Where the frame ends is not known before it is unmasked, so everything behind is, each time.
    inner = _draft_frame(_unmask(data[at + 4 :], key), 0, framing)
    if inner is None:
        return None
    return Frame(
        at,
        at + 4 + inner.end,
        inner.opcode,
        inner.kind,
        inner.payload,
        inner.last,
        inner.rsv,
        masked=True,
    )


def _hixie_frame(data: bytes, at: int, *, has_close: bool) -> Frame | None:
    """Hixie-75 and -76: up to FF, or with a length in base 128 (RULES H1 to H4)."""
    if at >= len(data):
        return None
    kind = data[at]
    if kind < 0x80:
        end = data.find(b"\xff", at + 1)
        name = "text" if kind == 0 else "other"
        return None if end < 0 else Frame(at, end + 1, kind, name, data[at + 1 : end])
    length, body = 0, at + 1
    while body < len(data):
        digit = data[body]
        length, body = length * 128 + (digit & 0x7F), body + 1
        if digit < 0x80:
            break
    else:
        return None
    if body + length > len(data):
        return None
    name = "close" if has_close and kind == 0xFF and length == 0 else "other"
    return Frame(at, body + length, kind, name, data[body : body + length])


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """Give payload length and the place behind it: 7, 16 or 64 bits."""
    if len(data) < at + 2:
        return None
    short = data[at + 1] & 0x7F
    width = {126: 2, 127: 8}.get(short, 0)
    if len(data) < at + 2 + width:
        return None
    length = int.from_bytes(data[at + 2 : at + 2 + width]) if width else short
    return length, at + 2 + width


def _unmask(data: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[index % len(key)] for index, byte in enumerate(data))


def _head(data: bytes, start: int) -> Head | None:
    end = data.find(b"\r\n\r\n", start)
    if end < 0:
        return None
    first, *lines = data[start:end].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Head(first, headers, end + 4)


def _status(response: Head) -> int:
    found = re.match(r"HTTP/\d\.\d (\d{3})", response.first_line)
    return int(found[1]) if found else 0


def _body(head: Head) -> int:
    length = head.get("content-length")
    return int(length) if length.isdigit() else 0


def _challenge_answer(request: Head, key3: bytes) -> bytes:
    """hixie-76, section 1.3: digits of each key divided by its spaces, then MD5."""
    numbers = b""
    for name in ("sec-websocket-key1", "sec-websocket-key2"):
        key = request.get(name)
        digits, spaces = re.sub(r"\D", "", key), key.count(" ")
        number = int(digits) // spaces if digits and spaces else 0
        numbers += (number & 0xFFFFFFFF).to_bytes(4)
    return hashlib.md5(numbers + key3).digest()
