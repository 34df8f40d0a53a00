"""A path of three points, made by hand. In: delays and clocks. Out: what a tap at each point holds.

A client talks to a proxy, which talks to a server; a tap stands at each machine. Every packet is
moved by the time that it takes to the tap, and by how far that tap's clock is ahead.
"""

from __future__ import annotations

import io

from analyzer.read import read
from analyzer.record import Connection
from capture_files import pcap
from conversation import START_NS, Conversation
from packets import Packet
from upgrade import KEY, Upgrade, accept, upgrade
from wire import CLOSE, MASK, TEXT, close_body, frame

MS = 1_000_000
CLIENT, PROXY, SERVER = ("10.0.0.1", 40000), ("10.0.0.5", 443), ("10.0.0.9", 8080)
INNER = ("10.0.0.5", 50000)


def keyed(key: str, path: str = "/chat") -> Upgrade:
    """Give an upgrade with a key of its own."""
    agreed = upgrade(path=path)
    return Upgrade(
        agreed.framing,
        agreed.request.replace(KEY.encode(), key.encode()),
        agreed.response.replace(accept(KEY).encode(), accept(key).encode()),
    )


def key_of(number: int) -> str:
    """Give a key of 16 bytes, in base64."""
    return f"{number:022d}=="


def leg(
    client: tuple[str, int] = CLIENT,
    server: tuple[str, int] = PROXY,
    *,
    key: str,
    start_ns: int = START_NS,
    path: str = "/chat",
    texts: tuple[int, ...] = (5, 7, 9, 11),
    step_ns: int = 10 * MS,
) -> Conversation:
    """Open a WebSocket and say something in both directions, a second apart."""
    talk = Conversation(client, server, start_ns=start_ns, step_ns=step_ns).handshake()
    talk.upgrade(keyed(key, path))
    for number, length in enumerate(texts):
        if number % 2:
            talk.server(frame(TEXT, b"s" * length))
        else:
            talk.client(frame(TEXT, b"c" * length, mask=MASK))
        talk.wait(1)
    return talk


def closed(talk: Conversation, code: int = 1001, by: str = "server") -> Conversation:
    """Close in good order."""
    body = close_body(code, "restart")
    if by == "server":
        talk.server(frame(CLOSE, body)).client(frame(CLOSE, close_body(code), mask=MASK))
    else:
        talk.client(frame(CLOSE, body, mask=MASK)).server(frame(CLOSE, close_body(code)))
    return talk.close_tcp("server")


def seen(
    packets: list[Packet], client: tuple[str, int], *, ahead: int = 0, out: int = 0, back: int = 0
) -> list[Packet]:
    """Move packets to another tap: `out` later from the client, `back` earlier towards it."""
    source = bytes(int(part) for part in client[0].split("."))
    moved = []
    for one in packets:
        from_client = one.data[26:30] == source  # the source address of an IPv4 packet
        moved.append(one._replace(time_ns=one.time_ns + ahead + (out if from_client else -back)))
    return sorted(moved, key=lambda one: one.time_ns)


def lagging(outer: Conversation, ahead: int = 0) -> list[Packet]:
    """Let a proxy take 2 ms to the server, and 2 ms back, for an inner leg that runs 2 ms late."""
    return seen(outer.packets, CLIENT, ahead=ahead, back=-4 * MS)


def connections(packets: list[Packet]) -> list[Connection]:
    """Analyse one capture."""
    return read(io.BytesIO(pcap(packets, resolution="ns")), frames=True).connections
