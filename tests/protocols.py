"""Streams that are no WebSocket, made up from how other protocols write. Out: turns of both sides."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from random import Random

Turns = list[tuple[int, bytes]]

_WORDS = (
    b"id",
    b"sensor",
    b"status=ok",
    b"hello world",
    b"users/list?page=2",
    b"The quick brown fox jumps over the lazy dog, twice.",
    b"x" * 130,
)
_SHORT = _WORDS[:-1]


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def _fields(random: Random) -> bytes:
    out = b""
    for _ in range(random.randint(1, 12)):
        kind = random.choice([0, 0, 2, 2, 5, 1])
        out += varint(random.randint(1, 16) << 3 | kind)
        if kind == 2:
            word = random.choice(_WORDS)
            out += varint(len(word)) + word
        else:
            out += {0: varint(random.getrandbits(20)), 5: random.randbytes(4)}.get(kind, bytes(8))
    return out


def _mqtt(random: Random) -> bytes:
    topic = random.choice(_WORDS)
    named = struct.pack(">H", len(topic)) + topic
    packets = [b"\xc0\0", b"\xd0\0", b"\x40\2\0\1", b"\x20\2\0\0", b"\x90\3\0\1\0"]
    for first, body in (
        (0x30, named + b"21.5"),
        (0x82, b"\0\1" + named + b"\0"),
        (0x10, b"\0\4MQTT\4\2\0\x3c" + named),
    ):
        packets.append(bytes([first]) + varint(len(body)) + body)
    return random.choice(packets)


def _subscribe(random: Random) -> bytes:
    topic = random.choice(_SHORT)
    body = b"\0\1" + struct.pack(">H", len(topic)) + topic + b"\0"
    return b"\x82" + varint(len(body)) + body


def _dns(random: Random) -> bytes:
    query = random.randbytes(2) + b"\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1"
    return struct.pack(">H", len(query)) + query


def _postgresql(random: Random) -> bytes:
    body = random.choice(_WORDS) + b"\0"
    return bytes([random.choice(b"QPBDESTCZR1")]) + struct.pack(">I", len(body) + 4) + body


def _tls(random: Random) -> bytes:
    body = random.randbytes(random.choice([19, 21, 40, 300, 1300]))
    return b"\x17\3\3" + struct.pack(">H", len(body)) + body


def _typed(types: bytes) -> Callable[[Random], bytes]:
    """Give messages of one byte of type, one of length, and text."""

    def message(random: Random) -> bytes:
        word = random.choice(_SHORT)
        return bytes([random.choice(types), len(word)]) + word

    return message


def _x11(random: Random) -> bytes:
    units = random.choice([2, 3, 4, 8])
    first = random.choice([0x01, 0x02, 0x08, 0x0A, 0x12, 0x37, 0x81, 0x82, 0x88, 0x8A])
    return struct.pack("<BBH", first, random.choice([0, 0, 0, 1]), units) + bytes(4 * units - 4)


def _counter(form: str, step: int) -> Callable[[Random], bytes]:
    def numbers(random: Random) -> bytes:
        first = random.getrandbits(7 if form == "B" else 31)
        values = ((first + i * step) & (0xFF if form == "B" else 0xFFFFFFFF) for i in range(40))
        return b"".join(struct.pack(form, value) for value in values)

    return numbers


def _same(byte: int) -> Callable[[Random], bytes]:
    return lambda random: bytes([byte]) * random.choice([1, 2, 8, 131, 132, 1460])


PROTOCOLS: dict[str, Callable[[Random], bytes]] = {
    "random": lambda random: random.randbytes(random.choice([2, 4, 7, 20, 100, 1400])),
    "protobuf": _fields,
    "protobuf with lengths": lambda random: (m := _fields(random)) and varint(len(m)) + m,
    "gRPC": lambda random: (m := _fields(random)) and b"\0" + struct.pack(">I", len(m)) + m,
    "JSON lines": lambda random: json.dumps({"id": random.getrandbits(9)}).encode() + b"\n",
    "MQTT": _mqtt,
    "MQTT SUBSCRIBE": _subscribe,
    "DNS": _dns,
    "PostgreSQL": _postgresql,
    "TLS": _tls,
    "BER": _typed(b"\x80\x81\x82"),
    "small types": _typed(bytes([0, 1, 2, 8, 9, 10])),
    "large types": _typed(bytes([0x81, 0x82, 0x88, 0x89, 0x8A])),
    "X11": _x11,
    "bytes that count": _counter("B", 1),
    "numbers that count": _counter(">I", 1),
    "small numbers": _counter("<I", 0x01000000),
    "pairs": lambda random: bytes([0x81, 0x82]) * random.choice([1, 4, 33, 700]),
    "UTF-16": lambda random: random.choice(_WORDS).decode().encode("utf-16-le"),
    "Telnet": lambda random: bytes([255, random.randint(251, 254), random.randint(0, 40)]),
    "SOCKS": lambda random: random.choice([b"\5\1\0", b"\5\0", b"\5\0\0\1" + random.randbytes(6)]),
    **{f"only {byte:02x}": _same(byte) for byte in (0x00, 0x01, 0x81, 0x82, 0x88, 0x8A, 0xFF)},
}


def turns(name: str, random: Random) -> Turns:
    """Give a conversation: who sends which bytes in one segment, in order."""
    write = PROTOCOLS[name]
    found: Turns = []
    for _ in range(random.choice([4, 20, 60])):
        messages = (write(random) for _ in range(random.choice([1, 1, 1, 2, 5])))
        found.append((random.randint(0, 1), b"".join(messages)[:1460]))
    return found
