"""HTTP/2 to measure with: WebSockets on streams among requests. In: a flow. Out: its packets.

Header blocks name fields of the static table or write them out, so they are the same on every
connection (RFC 7541, section 6).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from random import Random
from typing import Protocol

CLIENT, SERVER = 0, 1
PSH_ACK, ACK = 0x18, 0x10
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 1, 4

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_AUTHORITY = b"\x01\x0bexample.com"
GET = b"\x82\x87\x84" + _AUTHORITY
CONNECT = b"\x02\x07CONNECT\x00\x09:protocol\x09websocket\x87\x84" + _AUTHORITY
OK = b"\x88"


class Flow(Protocol):
    """Gives packets of a TCP connection."""

    def send(self, side: int, flags: int, payload: bytes = b"") -> bytes:
        """Give the next packet of a side."""


class Frames(Protocol):
    """Ready WebSocket frames, and segments of anything."""

    client: list[bytes]
    server: list[bytes]
    segments: list[bytes]


def frame(kind: int, flags: int, stream: int, body: bytes = b"") -> bytes:
    """Give a frame of HTTP/2."""
    return struct.pack(">HBBBI", len(body) >> 8, len(body) & 255, kind, flags, stream) + body


def chats(flow: Flow, random: Random, frames: Frames, streams: int, cycles: int) -> Iterator[bytes]:
    """Yield small frames of several WebSockets, and every tenth cycle a page of three segments."""
    yield flow.send(CLIENT, PSH_ACK, PREFACE + frame(SETTINGS, 0, 0))
    allowed = struct.pack(">HI", 8, 1)  # SETTINGS_ENABLE_CONNECT_PROTOCOL
    yield flow.send(SERVER, PSH_ACK, frame(SETTINGS, 0, 0, allowed) + frame(SETTINGS, 1, 0))
    opened = range(1, 2 * streams, 2)
    for stream in opened:
        yield flow.send(CLIENT, PSH_ACK, frame(HEADERS, END_HEADERS, stream, CONNECT))
        yield flow.send(SERVER, PSH_ACK, frame(HEADERS, END_HEADERS, stream, OK))
    for cycle in range(cycles):
        stream = random.choice(opened)
        yield flow.send(CLIENT, PSH_ACK, frame(DATA, 0, stream, random.choice(frames.client)))
        yield flow.send(SERVER, PSH_ACK, frame(DATA, 0, stream, random.choice(frames.server)))
        yield flow.send(CLIENT, ACK)
        if cycle % 10 == 9:
            yield from _page(flow, random, frames, 2 * (streams + cycle) + 1)
    close = bytes.fromhex("880203e8")
    for stream in opened:
        yield flow.send(SERVER, PSH_ACK, frame(DATA, 0, stream, close))
        masked = bytes.fromhex("888200000000 03e8")
        yield flow.send(CLIENT, PSH_ACK, frame(DATA, END_STREAM, stream, masked))
        yield flow.send(SERVER, PSH_ACK, frame(DATA, END_STREAM, stream))


def _page(flow: Flow, random: Random, frames: Frames, stream: int) -> Iterator[bytes]:
    yield flow.send(CLIENT, PSH_ACK, frame(HEADERS, END_HEADERS | END_STREAM, stream, GET))
    head = frame(HEADERS, END_HEADERS, stream, OK)
    body = random.choice(frames.segments)[:1400]
    yield flow.send(SERVER, ACK, head + frame(DATA, 0, stream, body))
    yield flow.send(SERVER, ACK, frame(DATA, 0, stream, body))
    yield flow.send(SERVER, PSH_ACK, frame(DATA, END_STREAM, stream, body))
