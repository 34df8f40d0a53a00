"""Short conversations that end in a known way. In: how they differ. Out: packets."""

from __future__ import annotations

import io

from analyzer.read import read
from analyzer.record import Connection
from capture_files import pcap
from conversation import START_NS, Conversation
from packets import Packet
from upgrade import refusal, upgrade
from wire import CLOSE, MASK, TEXT, close_body, frame

SECOND = 1_000_000_000
# Text that a stranger chose to do harm: escape sequences in both forms, a line break, and a mark
# that turns the direction of writing.
HOSTILE = "\x1b]0;owned\x07\x9b31mred\r\nforged line \u202etxt.exe"
IN_A_HEAD = "\x1b]0;owned\x07\x9b31mred"
HARMFUL = "\x1b\x07\x9b\r\u202e"


def opened(
    port: int = 40000, *, start_ns: int = START_NS, path: str = "/chat", host: str = "example.com"
) -> Conversation:
    """Open a WebSocket and say hello."""
    talk = Conversation(("10.0.0.1", port), start_ns=start_ns).handshake()
    talk.upgrade(upgrade(path=path, host=host))
    return talk.client(frame(TEXT, b"hello", mask=MASK)).ack("server").wait(2)


def closed(
    port: int = 40000, code: int = 1001, reason: str = "restart", **options: object
) -> list[Packet]:
    """Let the server close in good order."""
    talk = opened(port, **options)  # type: ignore[arg-type]
    talk.server(frame(CLOSE, close_body(code, reason)))
    talk.client(frame(CLOSE, close_body(code), mask=MASK)).close_tcp("server")
    return talk.packets


def finished(port: int = 40000, **options: object) -> list[Packet]:
    """Let the server close TCP without a close frame."""
    return opened(port, **options).close_tcp("server").packets  # type: ignore[arg-type]


def reset(port: int = 40000, **options: object) -> list[Packet]:
    """Let the client reset TCP."""
    return opened(port, **options).rst("client").packets  # type: ignore[arg-type]


def refused(port: int = 40000, status: int = 403, **options: int) -> list[Packet]:
    """Let the server refuse the upgrade."""
    talk = Conversation(("10.0.0.1", port), **options).handshake()  # type: ignore[arg-type]
    talk.client(upgrade().request).server(refusal(status)).close_tcp("server")
    return talk.packets


def found_in(packets: list[Packet], *, frames: bool = False) -> list[Connection]:
    """Analyse packets."""
    return read(io.BytesIO(pcap(packets)), frames=frames).connections


def merged(*talks: list[Packet]) -> list[Packet]:
    """Put the packets of several conversations in order of time."""
    return sorted((packet for talk in talks for packet in talk), key=lambda one: one.time_ns)
