"""Streams older than the capture: what is claimed to be a WebSocket, and what must not be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from analyzer.capture.merge import CaptureSet
from analyzer.capture.source import open_captures
from analyzer.errors import CaptureError
from analyzer.observer import Observer
from analyzer.packet.decoder import PacketDecoder
from analyzer.packet.segment import SYN
from analyzer.read import read
from analyzer.record import Connection
from analyzer.stream.layer import Layer, Stack
from analyzer.stream.table import StreamTable
from analyzer.websocket.finder import FrameFinder
from analyzer.websocket.midstream import PATIENCE_BYTES, MidstreamLayer
from decoding import chunk
from protocols import PROTOCOLS, Turns, turns
from shared import CAPTURES as SHARED
from shared import needs_shared
from wire import CLOSE, MASK, PING, PONG, TEXT, close_body, frame

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
KEY = b"\x12\x9b\xc4\x0f"


class Watched:
    """A `MidstreamLayer`, and what became of the stream."""

    def __init__(self) -> None:
        self.stack = Stack(None)
        self.claims: list[list[FrameFinder]] = []
        self.http: list[Layer] = []
        self.layer = MidstreamLayer(self.stack, self._http, self._websocket, self._unseen)
        self.stack.top = self.layer

    def _http(self, stack: Stack) -> Layer:  # noqa: ARG002
        self.http.append(Layer())
        return self.http[-1]

    def _websocket(self, stack: Stack, finders: list[FrameFinder]) -> Layer:  # noqa: ARG002
        self.claims.append(finders)
        return Layer()

    def _unseen(self, *_: object) -> None:
        pytest.fail("nothing here is HTTP/2")

    def claimed(self, said: Turns) -> bool:
        for packet, (side, data) in enumerate(said, 1):
            if self.stack.top is not None:
                self.stack.top.data(side ^ self.stack.flipped, chunk(data, packet=packet))
        return bool(self.claims)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_other_protocols_are_not_claimed(name: str) -> None:
    random = Random(name)
    assert [
        said for said in (turns(name, random) for _ in range(60)) if Watched().claimed(said)
    ] == []


PINGED = [(1, frame(PING, b"\x01\x02\x03\x04")), (0, frame(PONG, b"\x01\x02\x03\x04", mask=MASK))]
CLOSED = [
    (1, frame(CLOSE, close_body(1001))),
    (0, frame(CLOSE, close_body(1001), mask=KEY)),
]


@pytest.mark.parametrize(
    "said",
    [
        CLOSED,
        PINGED + CLOSED,
        [
            (1, frame(PING)),
            (0, frame(PONG, mask=MASK)),
            (0, frame(CLOSE, mask=KEY)),
            (1, frame(CLOSE)),
        ],
        [(1, frame(CLOSE)), (0, frame(CLOSE, mask=KEY))],
        [(0, frame(TEXT, b'{"op": "keep-alive"}', mask=MASK)), (1, frame(TEXT, b'{"op": "ack"}'))],
        PINGED + [(side, frame(PING + side, b"", mask=None if side else KEY)) for side in (1, 0)],
        # Only the server was captured, and it closes.
        [(1, frame(TEXT, b'{"price": 12.5, "id": 7}')), (1, frame(CLOSE, close_body(1001)))],
        # Only the client was.
        [
            (0, frame(TEXT, b'{"price": 12.5}', mask=MASK)),
            (0, frame(CLOSE, close_body(1000), mask=KEY)),
        ],
    ],
)
@pytest.mark.parametrize("swapped", [0, 1])
def test_idle_sockets_are_recognised_and_who_masks_is_the_client(said: Turns, swapped: int) -> None:
    watched = Watched()
    assert watched.claimed([(side ^ swapped, data) for side, data in said])
    assert watched.stack.flipped == swapped


def test_two_sides_that_mask_are_no_websocket() -> None:
    said = [(side, frame(TEXT, b"hello hello hello", mask=MASK)) for side in (0, 1)] * 5
    assert not Watched().claimed(said)


def test_head_begins_http() -> None:
    watched = Watched()
    watched.claimed([(0, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")])
    assert watched.stack.top is watched.http[0]


def test_gap_makes_it_forget() -> None:
    watched = Watched()
    begin, rest = CLOSED[0][1][:2], CLOSED[0][1][2:]
    watched.claimed([(1, begin)])
    watched.layer.gap(1, 5, 1, 1)
    assert not watched.claimed([(1, rest)])


def test_patience_ends() -> None:
    watched = Watched()
    piece = b"\x15" * (1 << 20)
    watched.claimed([(0, piece)] * (PATIENCE_BYTES // len(piece)))
    assert watched.stack.top is watched.layer
    watched.claimed([(0, piece)])
    assert watched.stack.top is None


def test_nothing_is_said_of_what_was_not_recognised() -> None:
    watched = Watched()
    watched.layer.finish()
    assert watched.stack.top is None


def midstream(path: Path) -> list[Connection]:
    """Analyse a capture as if it had begun behind all SYNs and upgrades."""
    found: list[Connection] = []
    table = StreamTable(Observer(found.append).first_layer)
    decoder = PacketDecoder()
    captures = CaptureSet(open_captures([path]).sources)
    while captures.next():
        reader = captures.reader
        place = (reader.buffer, reader.start, reader.end, reader.original_length)
        if not decoder.decode(*place, reader.link_type, reader.time_ns, captures.number):
            continue
        one = decoder.segment
        head = one.buffer[one.start : one.start + 7] in {b"HTTP/1.", b"GET /ch", b"GET / H"}
        is_head = head or one.buffer[one.start : one.start + 4] == b"GET "
        if not one.flags & SYN and not is_head:
            table.push(one)
    table.finish()
    return found


def readable(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        try:
            read(path)
        except CaptureError:
            continue
        yield path


@needs_shared
@pytest.mark.shared
@pytest.mark.parametrize("folder", ["containers", "tls", "malformed"])
def test_real_streams_of_other_protocols_are_not_claimed(folder: str) -> None:
    paths = sorted(path for path in (SHARED / folder).iterdir() if path.stat().st_size < 20_000_000)
    looked_at = 0
    for path in readable([one for one in paths if one.suffix not in {".keys", ".pem"}]):
        looked_at += 1
        known = {one.tcp_stream for one in read(path).connections}
        claims = [one for one in midstream(path) if one.seen_from == "midstream"]
        assert len(claims) <= len(known), path.name
    assert looked_at > 10


def ends(one: Connection) -> frozenset[tuple[str, int]]:
    return frozenset({(one.client.ip, one.client.port), (one.server.ip, one.server.port)})


def recall(paths: list[Path]) -> tuple[int, int, list[str]]:
    """Count connections with four frames or more, a masking client among them, and those found."""
    there = found = 0
    missed = []
    for path in readable(paths):
        again = {ends(one): one for one in midstream(path)}
        for one in read(path).connections:
            plain = str(one.framing) == "rfc6455" and one.handshake.status == 101
            odd = {anomaly.name for anomaly in one.anomalies} & {
                "client_frame_unmasked",
                "capture_gap",
            }
            heard = min(one.client_sent.frames, one.server_sent.frames)
            frames = one.client_sent.frames + one.server_sent.frames
            if not plain or odd or frames < 4 or not heard:
                continue
            there += 1
            other = again.get(ends(one))
            if other is None:
                missed.append(f"{path.name} {one}")
                continue
            found += 1
            assert other.client == one.client, path.name
            if one.ending.kind is other.ending.kind:
                assert other.ending.first == one.ending.first, path.name
    return there, found, missed


def test_recordings_are_recognised_without_their_beginning() -> None:
    # The crowds are many times the same few words, too few to be known by.
    paths = [path for path in CAPTURES.glob("*/*.pcap*") if path.parent.name != "incidents"]
    there, found, missed = recall(sorted(paths))
    assert there > 90
    assert found >= there * 0.98, missed


@needs_shared
@pytest.mark.shared
def test_public_captures_are_recognised_without_their_beginning() -> None:
    there, found, missed = recall(sorted((SHARED / "websocket").glob("*.pcap*")))
    assert there >= 10
    assert found >= there * 0.9, missed
