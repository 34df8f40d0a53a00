"""WebSocket frames for tests. In: opcode, payload, side. Out: the bytes as they stand on the wire.

Written from RFC 6455 and the drafts before it; nothing here is shared with the decoder under test.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Literal

Side = Literal["client", "server"]
Framing = Literal[
    "hixie-75",
    "hixie-76",
    "hybi-01",
    "hybi-02",
    "hybi-03",
    "hybi-04",
    "hybi-05",
    "hybi-06",
    "rfc6455",
]
FRAMINGS: tuple[Framing, ...] = (
    "hixie-75",
    "hixie-76",
    "hybi-01",
    "hybi-02",
    "hybi-03",
    "hybi-04",
    "hybi-05",
    "hybi-06",
    "rfc6455",
)

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x37\xfa\x21\x3d"  # the key of the masked examples in RFC 6455, section 5.7

DRAFT_OPCODES = {"continuation": 0, "close": 1, "ping": 2, "pong": 3, "text": 4, "binary": 5}
RFC_OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}

HIXIE_CLOSE = b"\xff\x00"


def exclusive_or(data: bytes, key: bytes) -> bytes:
    """Mask or unmask `data` with a key of any length."""
    return bytes(byte ^ key[i % len(key)] for i, byte in enumerate(data))


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    mask: bytes | None = None,
    fin: bool = True,
    rsv: int = 0,
    length_bytes: int | None = None,
) -> bytes:
    """Give a frame of RFC 6455, section 5.2 (hybi-07 on).

    `mask` is the four-byte key, or None for an unmasked frame. `rsv` is RSV1 * 4 + RSV2 * 2 + RSV3.
    `length_bytes` of 2 or 8 forces a longer form of the length than is needed.
    """
    first = fin << 7 | rsv << 4 | opcode
    length = _length(len(payload), length_bytes)
    if mask is None:
        return bytes([first]) + length + payload
    length = bytes([length[0] | 0x80]) + length[1:]
    return bytes([first]) + length + mask + exclusive_or(payload, mask)


def close_body(code: int | None = None, reason: str = "") -> bytes:
    """Give the payload of a Close (RFC 6455, section 5.5.1); empty without a code."""
    return b"" if code is None else struct.pack(">H", code) + reason.encode()


def hixie_text(text: str) -> bytes:
    """Give a text frame of hixie-75 and -76: 00, UTF-8, FF."""
    return b"\x00" + text.encode() + b"\xff"


def hixie_sized(kind: int, payload: bytes = b"") -> bytes:
    """Give a frame of hixie-75 and -76 with the high bit set: type, length in base 128, bytes."""
    digits = [len(payload) & 0x7F]
    rest = len(payload) >> 7
    while rest:
        digits.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([kind | 0x80, *reversed(digits)]) + payload


def draft_frame(framing: Framing, opcode: int, payload: bytes = b"", *, last: bool = True) -> bytes:
    """Give an unmasked frame of hybi-01 to hybi-06.

    Up to hybi-03 the top bit says that more frames follow; hybi-04 turned it into FIN.
    """
    top = last if framing >= "hybi-04" else not last
    return bytes([top << 7 | opcode]) + _length(len(payload), None) + payload


def hybi_04_session_key(key: str, nonce: str) -> bytes:
    """Give SHA-1 of the two header values and the GUID of hybi-04, as 20 bytes."""
    return hashlib.sha1(f"{key}{nonce}61AC5F19-FBBA-4540-B96F-6561F1AB40A8".encode()).digest()


def hybi_04_masked(whole_frame: bytes, nonce: bytes, session_key: bytes) -> bytes:
    """Mask a client frame, header included, as hybi-04 does: a key of 20 bytes per frame."""
    return nonce + exclusive_or(whole_frame, hashlib.sha1(nonce + session_key).digest())


def hybi_05_masked(whole_frame: bytes, key: bytes) -> bytes:
    """Mask a client frame, header included, as hybi-05 and hybi-06 do."""
    return key + exclusive_or(whole_frame, key)


@dataclass(frozen=True)
class Frames:
    """Writes the frames of one framing, so that a test can run over all of them.

    `session_key` is needed for hybi-04 only (`hybi_04_session_key`).
    """

    framing: Framing
    session_key: bytes = b""
    mask: bytes = MASK

    def text(self, side: Side, text: str) -> bytes:
        """Give a whole text message in one frame."""
        if self.framing.startswith("hixie"):
            return hixie_text(text)
        return self.write(side, "text", text.encode())

    def close(self, side: Side, code: int | None = None, reason: str = "") -> bytes:
        """Give a close frame; the code is left out where the framing has none."""
        if self.framing == "hixie-75":
            raise ValueError("hixie-75 has no close frame")
        if self.framing == "hixie-76":
            return HIXIE_CLOSE
        if self.framing < "hybi-05":
            return self.write(side, "close", b"")
        if self.framing == "hybi-05":
            return self.write(side, "close", b"C" if side == "client" else b"S")
        return self.write(side, "close", close_body(code, reason))

    def ping(self, side: Side, payload: bytes = b"") -> bytes:
        """Give a ping; Hixie has none."""
        return self.write(side, "ping", payload)

    def pong(self, side: Side, payload: bytes = b"") -> bytes:
        """Give a pong; Hixie has none."""
        return self.write(side, "pong", payload)

    def write(self, side: Side, kind: str, payload: bytes = b"", *, last: bool = True) -> bytes:
        """Give any frame of the hybi framings, masked where that side has to mask."""
        if self.framing.startswith("hixie"):
            raise ValueError(f"{self.framing} has no {kind} frame")
        if self.framing == "rfc6455":
            mask = self.mask if side == "client" else None
            return frame(RFC_OPCODES[kind], payload, mask=mask, fin=last)
        plain = draft_frame(self.framing, DRAFT_OPCODES[kind], payload, last=last)
        if side == "server" or self.framing < "hybi-04":
            return plain
        if self.framing == "hybi-04":
            return hybi_04_masked(plain, self.mask, self.session_key)
        return hybi_05_masked(plain, self.mask)


def _length(length: int, width: int | None) -> bytes:
    if width == 8 or length > 0xFFFF:
        return struct.pack(">BQ", 127, length)
    if width == 2 or length > 125:
        return struct.pack(">BH", 126, length)
    return bytes([length])
