"""Any bytes in: a record out, or a `CaptureError`; never another exception, a hang, or a flood.

``WSANALYZE_FUZZ_SECONDS`` is the time for all fuzzers together, 5 unless it is set, and
``WSANALYZE_FUZZ_SEED`` says which cases. A failure names its case;
``WSANALYZE_FUZZ_CASE=<case> pytest tests/test_fuzz.py -k <fuzzer>`` repeats it.
"""

from __future__ import annotations

import io
import json
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from analyzer.document import document, json_line, write_csv
from analyzer.errors import CaptureError
from analyzer.ladder import explain
from analyzer.read import Analysis, read
from analyzer.websocket.message_log import KEPT_BYTES
from capture_files import FORMATS, pcap
from conversation import Conversation
from http2_peers import Peers
from packet_files import captured
from packets import ACK, FIN, PSH, RST, SYN, Packet, TcpPacket
from proxy.proxied import FRONTS, REQUEST, SIGNATURE
from shared import CAPTURES as SHARED
from transform import drop, duplicate, interleave, overlap, reorder, retransmit, snap
from tunnelling import TUNNELS, tunnelled
from upgrade import upgrade
from wire import CLOSE, FRAMINGS, MASK, TEXT, close_body, frame

SECONDS = float(os.environ.get("WSANALYZE_FUZZ_SECONDS", "5"))
SEED = os.environ.get("WSANALYZE_FUZZ_SEED", "0")
CASE = os.environ.get("WSANALYZE_FUZZ_CASE", "")
FUZZERS = 10
# Nothing that is small may take long, on the slowest machine and interpreted.
LONGEST_CASE = 20.0

ROOT = Path(__file__).resolve().parents[1]
REAL = sorted(path for path in ROOT.glob("captures/*/*.pcap*") if path.stat().st_size < 40_000)
if SHARED.is_dir():
    REAL += [
        path
        for folder in ("malformed", "containers", "websocket")
        for path in sorted((SHARED / folder).iterdir())
        if path.suffix != ".keys" and path.stat().st_size < 40_000
    ]

EDGES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0")


def fuzz(name: str, attempt: Callable[[Random], None]) -> None:
    """Try cases until the time is over."""
    end = time.monotonic() + SECONDS / FUZZERS
    number = 0
    while number == 0 or time.monotonic() < end:
        case = CASE or f"{name}-{SEED}-{number}"
        began = time.monotonic()
        try:
            attempt(Random(case))
        except Exception as error:
            raise AssertionError(f"WSANALYZE_FUZZ_CASE={case} repeats it: {error!r}") from error
        took = time.monotonic() - began
        assert took < LONGEST_CASE, f"WSANALYZE_FUZZ_CASE={case} took {took:.1f} s"
        number += 1
        if CASE:
            return


def analyse(file: bytes, keylog: Path | None = None) -> None:
    """Read a capture and write out everything that was found."""
    try:
        analysis = read(io.BytesIO(file), frames=True, messages=True, keylog=keylog)
    except CaptureError as error:
        if not str(error):
            raise AssertionError("an error without words") from error
        return
    assert_whole(analysis)


def assert_whole(analysis: Analysis) -> None:
    """Check what holds for every record, and that it can be written in every form."""
    connections = analysis.connections
    assert [one.id for one in connections] == list(range(len(connections)))
    for one in connections:
        assert one.first_packet <= one.last_packet
        for sent in (one.client_sent, one.server_sent):
            # Times may lie before 1970: a stranger's clock.
            counts = [getattr(sent, name) for name in sent.__slots__ if not name.endswith("_at")]
            assert min(count for count in counts if count is not None) >= 0
        assert one.frames is not None
        assert len(one.frames) == one.client_sent.frames + one.server_sent.frames
        assert min(one.frames.payload_length, default=0) >= 0
        assert one.messages is not None
        for side, sent in enumerate((one.client_sent, one.server_sent)):
            assert one.messages.side.count(side) == sent.messages
        for said, size in zip(one.messages.payload, one.messages.size, strict=True):
            assert len(said) <= KEPT_BYTES
            assert size == -1 or len(said) <= size
        json.loads(json_line(one))
        for line in explain(one):
            assert line.text.isprintable(), line.text
    text = json.dumps(document(analysis.captures, connections, analysis.anomalies))
    assert json.loads(text)["schema"] == 1
    assert str(analysis).replace("\n", "").isprintable()
    write_csv(connections, io.StringIO())


# -- ways to spoil bytes ------------------------------------------------------------------------


def spoil(random: Random, data: bytes) -> bytes:
    """Change a few things: bits, numbers, cuts, insertions, blocks swapped or repeated."""
    spoiled = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 4, 16])):
        if not spoiled:
            break
        random.choice(SPOILERS)(random, spoiled)
    return bytes(spoiled)


def _flip(random: Random, data: bytearray) -> None:
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _edge(random: Random, data: bytearray) -> None:
    at, value = random.randrange(len(data)), random.choice(EDGES)
    data[at : at + len(value)] = value


def _cut(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data))
    del data[at : at + random.choice([1, 4, 100, len(data)])]


def _insert(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data))
    data[at:at] = random.randbytes(random.choice([1, 2, 4, 50]))


def _swap(random: Random, data: bytearray) -> None:
    size = random.choice([1, 4, 16, 60])
    one, two = (random.randrange(len(data)) for _ in range(2))
    data[one : one + size], data[two : two + size] = data[two : two + size], data[one : one + size]


def _repeat(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data))
    data[at:at] = data[at : at + random.choice([4, 60, 2000])]


SPOILERS = (_flip, _flip, _edge, _edge, _cut, _insert, _swap, _repeat)


# -- fuzzers ------------------------------------------------------------------------------------


def test_spoiled_files() -> None:
    def attempt(random: Random) -> None:
        analyse(spoil(random, random.choice(REAL).read_bytes()))

    fuzz("files", attempt)


def test_spoiled_files_of_every_format() -> None:
    packets = conversation("rfc6455", Random(1))

    def attempt(random: Random) -> None:
        analyse(spoil(random, random.choice(list(FORMATS.values()))(packets)))

    fuzz("formats", attempt)


def test_spoiled_packets_in_good_files() -> None:
    """The file is read to its end, so that the spoiled bytes reach the rooms above."""
    recorded = {
        path: [Packet(one.time_ns, one.data, one.original_length) for one in captured(path)]
        for path in sorted(ROOT.glob("captures/*/*close*.pcap"))[::8]
    }

    def attempt(random: Random) -> None:
        packets = [
            packet._replace(data=spoil(random, packet.data)) if random.random() < 0.2 else packet
            for packet in recorded[random.choice(list(recorded))]
        ]
        random_type = random.choice([1, 1, 1, 0, 12, 101, 108, 113, 228, 276, 9, 105, 77])
        analyse(pcap(packets, link_type=random_type))

    fuzz("packets", attempt)


def test_random_segments() -> None:
    def attempt(random: Random) -> None:
        base = random.choice([0, 1000, 0x7FFFFFF0, 0xFFFFFFF0])
        packets = []
        now = 1_700_000_000_000_000_000
        for _ in range(random.randint(1, 60)):
            now += random.choice([0, 1000, 10**6, 10**9, 10**10, -(10**6)])
            data = TcpPacket(
                *random.sample([("10.0.0.1", 40000), ("10.0.0.2", 80)], 2),
                (base + random.choice([0, 1, 2, 3, 10, 100, 2**31])) & 0xFFFFFFFF,
                (base + random.choice([0, 1, 2, 3, 10, 100, 2**31])) & 0xFFFFFFFF,
                random.choice([ACK, ACK, PSH | ACK, SYN, SYN | ACK, FIN | ACK, RST, RST | ACK])
                | random.choice([0, 0, 0, SYN, FIN, RST]),
                random.choice([b"", b"G", b"GET ", b"\x81\0", b"\x88\x82abcd\3\xe8", b"HTTP/1.1 "]),
                options=random.choice([b"", b"", b"\3\3\x40\1", b"\3\3\7\1", random.randbytes(8)]),
                window=random.choice([0, 1, 502, 65535]),
                ip_id=random.randrange(65536),
            ).build()
            packets.append(Packet(now, data, len(data)))
        analyse(pcap(packets))

    fuzz("segments", attempt)


def test_random_bytes_behind_an_upgrade() -> None:
    def attempt(random: Random) -> None:
        packets = conversation(random.choice(FRAMINGS), random)
        for change in random.sample(CHANGES, random.randint(0, 3)):
            packets = change(packets, random)
        analyse(pcap(packets))

    fuzz("frames", attempt)


def test_spoiled_http2() -> None:
    """Frames and header blocks are spoiled; the TCP below them is good, or loses some."""
    flights = http2_flights()

    def attempt(random: Random) -> None:
        talk = Conversation().handshake()
        for side, data in flights:
            said = spoil(random, data) if random.random() < 0.15 else data
            talk.say("server" if side else "client", said)
        packets = talk.packets
        for change in random.sample(CHANGES, random.randint(0, 2)):
            packets = change(packets, random)
        analyse(pcap(packets))

    fuzz("http2", attempt)


def http2_flights() -> list[tuple[int, bytes]]:
    """Give what both sides of one connection say: WebSockets and requests, and all their ends."""
    flights: list[tuple[int, bytes]] = []
    peers = Peers(lambda side, data: flights.append((side, data)))
    peers.get("/page", b"hello" * 20)
    streams = [peers.open(f"/{number}", ("x-number", str(number) * 20)) for number in range(4)]
    for stream in streams:
        peers.say(stream, 0, frame(TEXT, b"hello", mask=MASK))
        peers.say(stream, 1, frame(TEXT, b"hello" * 30), pad=9)
    peers.say(streams[0], 1, frame(CLOSE, close_body(1001, "bye")))
    peers.say(streams[0], 0, frame(CLOSE, close_body(1001), mask=MASK), end=True)
    peers.end(streams[0], 1)
    peers.reset(streams[1], 0)
    peers.get("/other", b"x", ("x-number", "7" * 50))
    peers.answer(peers.ask("/refused"), "403", end=True)
    peers.end(streams[2], 1)
    peers.goaway(1, 11, streams[3], b"calm")
    return flights


def test_spoiled_tls_with_its_secrets(tmp_path: Path) -> None:
    """Records, handshakes and key logs are spoiled, and what they hold once they are opened."""
    recorded = {
        keys: [Packet(one.time_ns, one.data, one.original_length) for one in captured(path)]
        for keys in sorted(ROOT.glob("captures/*/*.keys"))[::5]
        if (path := keys.with_suffix(".pcap")).is_file() and path.stat().st_size < 60_000
    }
    keylog = tmp_path / "keys"

    def attempt(random: Random) -> None:
        keys = random.choice(list(recorded))
        text = keys.read_bytes()
        keylog.write_bytes(spoil(random, text) if random.random() < 0.3 else text)
        packets = recorded[keys]
        for change in random.sample(CHANGES, random.randint(0, 2)):
            packets = change(packets, random)
        share = random.choice([0, 0.02, 0.1])
        spoilt = [
            packet._replace(data=spoil(random, packet.data)) if random.random() < share else packet
            for packet in packets
        ]
        analyse(pcap(spoilt), keylog)

    fuzz("tls", attempt)


def test_random_http() -> None:
    def attempt(random: Random) -> None:
        talk = Conversation()
        if random.random() < 0.8:
            talk.handshake()
        for _ in range(random.randint(1, 12)):
            side = random.choice(["client", "server"])
            data = b"".join(random.choices(HTTP_PIECES, k=random.randint(1, 12)))
            talk.say(side, data[:1400], captured=random.random() < 0.95)  # type: ignore[arg-type]
        analyse(pcap(talk.packets))

    fuzz("http", attempt)


def test_random_proxies() -> None:
    fronts = [said for _, said in FRONTS.values()]

    def attempt(random: Random) -> None:
        talk = Conversation().handshake()
        for _ in range(random.randint(1, 4)):
            for side, data in random.choice(fronts):
                data = spoil(random, data) if random.random() < 0.15 else data  # noqa: PLW2901
                if data:
                    lost = random.random() < 0.03
                    talk.say(("client", "server")[side], data[:1400], captured=not lost)
        talk.upgrade().client(frame(8, b"", mask=b"mask")).server(frame(8, b"")).close_tcp()
        packets: list[Packet] = talk.packets
        for change in random.sample(CHANGES, random.randint(0, 2)):
            packets = change(packets, random)
        analyse(pcap(packets))

    fuzz("proxies", attempt)


def test_random_tunnels() -> None:
    def attempt(random: Random) -> None:
        packets = conversation("rfc6455", random)
        for name in random.choices(BOTH_WAYS, k=random.randint(1, 3)):
            inside = tunnelled(packets, name, random.choice([0, 1000, -1000, 10**8]))
            packets = interleave(packets, inside) if random.random() < 0.4 else inside
        spoilt = [
            packet._replace(data=spoil(random, packet.data)) if random.random() < 0.1 else packet
            for packet in packets
        ]
        analyse(pcap(spoilt))

    fuzz("tunnels", attempt)


AGREED = upgrade()
# Tunnels of Ethernet frames without tags, each of which the next can be put around.
BOTH_WAYS = [name for name, (link_type, _) in TUNNELS.items() if link_type == 1]
HTTP_PIECES = [
    *(b"GET / HTTP/1.1\r\n", b"GET /a HTTP/1.0\n", b"CONNECT a:1 HTTP/1.1\r\n", b"POST "),
    *(b"HTTP/1.1 101 \r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 C\r\n", b"HTTP/1.1 403 N\r\n"),
    *(b"HTTP/2 200\r\n", b"HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01"),
    *(
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999\r\n",
    ),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"ffffffffffffffffff\r\n",
    ),
    *(b"Upgrade: websocket\r\n", b"Connection: Upgrade\r\n", b"Sec-WebSocket-Key: a\r\n"),
    *(
        b"Sec-WebSocket-Key1: 9\r\n",
        b"Sec-WebSocket-Key2: 1 1\r\n",
        b"Sec-WebSocket-Version: 4\r\n",
    ),
    *(b"Sec-WebSocket-Version: \xb2\r\n", b"Sec-WebSocket-Extensions: deflate-stream\r\n"),
    *(b"Sec-WebSocket-Extensions: ;;,=\r\n", b"Host: \x1b[31m\r\n", b" folded\r\n", b": \r\n"),
    *(b"\r\n", b"\r\n\r\n", b"\n\n", b"\0", b"\xff\x00", b"8 bytes!", b"=cmd|' /C'!A0\r\n"),
    *(AGREED.request, AGREED.response, AGREED.request, AGREED.response, frame(8, b"\x03\xe8")),
]


def conversation(framing: str, random: Random) -> list[Packet]:
    """Give an upgrade with frames and noise behind it, on both sides."""
    talk = Conversation(timestamps=random.random() < 0.5).handshake()
    extensions = random.choice([None, None, "permessage-deflate", "deflate-stream"])
    talk.upgrade(upgrade(framing, extensions=extensions))  # type: ignore[arg-type]
    for _ in range(random.randint(1, 15)):
        side = random.choice(["client", "server"])
        talk.say(side, noise(random, talk, side), captured=random.random() < 0.97)
        talk.wait(random.choice([0, 0, 0.2, 10]))
    if random.random() < 0.5:
        talk.close_tcp(random.choice(["client", "server"]))
    return talk.packets


def noise(random: Random, talk: Conversation, side: str) -> bytes:
    """Give frames, spoiled frames, or bytes of no meaning."""
    choice = random.randrange(5)
    if choice == 0:
        return random.randbytes(random.choice([1, 2, 9, 14, 200]))
    if choice == 1:
        lengths = random.choice([b"\x7e\xff\xff", b"\x7f\xff", b"\x7f" + b"\0" * 8, b"\xff" * 9])
        return bytes([random.randrange(256)]) + lengths
    try:
        data = talk.frames.close(side, 1000, "x" * random.choice([0, 3, 123]))  # type: ignore[arg-type]
    except ValueError:
        data = b"\xff\x00"
    data = talk.frames.text(side, "text") + data if choice == 2 else data  # type: ignore[arg-type]
    return data if choice < 4 else spoil(random, data) or b"\0"


CHANGES: list[Callable[[list[Packet], Random], list[Packet]]] = [
    lambda packets, random: drop(packets, lambda _: random.random() < 0.1),
    lambda packets, random: duplicate(packets, random, 0.3),
    overlap,
    reorder,
    retransmit,
    lambda packets, random: snap(packets, random.choice([54, 60, 68, 96])),
]


# -- memory -------------------------------------------------------------------------------------

PIECE = 60_000
PIECES = 160  # 9.6 MB
MOST_MEMORY = 7 * 1024 * 1024


def flood(start: Conversation, data: bytes, step: int = PIECE) -> Iterator[Packet]:
    """Yield the packets of a conversation, then endless data from its client."""
    yield from start.packets
    begin = start.next_sequence("client")
    acknowledgment = start.next_sequence("server")
    ends = (("10.0.0.1", 40000), ("10.0.0.2", 80))
    built = bytearray(TcpPacket(*ends, begin, acknowledgment, PSH | ACK, data).build())
    for number in range(PIECES):
        # Sequence number and, in place of a checksum, something else in each packet.
        built[38:42] = ((begin + number * step) & 0xFFFFFFFF).to_bytes(4)
        built[50:52] = number.to_bytes(2)
        yield Packet(start.time_ns + number * 1000, bytes(built), len(built))


class Endless:
    """A file that is made while it is read, so that it takes no memory itself."""

    def __init__(self, packets: Iterator[Packet]) -> None:
        self._packets = packets
        self._head = pcap([])
        self._begun = False

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002  (one packet at a time)
        if not self._begun:
            self._begun = True
            return self._head
        packet = next(self._packets, None)
        return b"" if packet is None else pcap([packet])[len(self._head) :]


def opened(framing: str = "rfc6455") -> Conversation:
    return Conversation().handshake().upgrade(upgrade(framing))  # type: ignore[arg-type]


FLOODS: dict[str, Callable[[], Iterator[Packet]]] = {
    "a head that never ends": lambda: flood(
        Conversation().handshake().client(b"GET / HTTP/1.1\r\nA: "), b"a" * PIECE
    ),
    "fields without end": lambda: flood(
        Conversation().handshake().client(b"GET / HTTP/1.1\r\n"), b"a: b\r\n" * (PIECE // 6)
    ),
    "requests that nobody answers": lambda: flood(
        Conversation().handshake(), b"GET / HTTP/1.1\r\n\r\n" * (PIECE // 18)
    ),
    "data behind an upgrade that is not answered": lambda: flood(
        Conversation().handshake().client(upgrade().request), b"\x82\x7e" * (PIECE // 2)
    ),
    "a chunk line without end": lambda: flood(
        Conversation().handshake().client(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        b"0" * PIECE,
    ),
    "a hole behind which all waits": lambda: flood(
        opened().client(b"x", captured=False, arrives=False), b"a" * PIECE
    ),
    "holes between all segments": lambda: flood(opened(), b"a" * PIECE, PIECE + 1),
    "a hixie text without end": lambda: flood(opened("hixie-76").client(b"\0"), b"a" * PIECE),
    "a hixie length without end": lambda: flood(opened("hixie-76"), b"\xff" * PIECE),
    "a close of many gigabytes": lambda: flood(
        opened().client(b"\x88\xff" + (1 << 40).to_bytes(8) + b"mask"), b"a" * PIECE
    ),
    "a draft's close of many gigabytes": lambda: flood(
        opened("hybi-02").client(b"\x01\x7f" + (1 << 40).to_bytes(8)), b"a" * PIECE
    ),
    "pings that nobody answers": lambda: flood(
        opened(), frame(9, b"p" * 125, mask=b"mask") * 30, 30 * 131
    ),
    "violations": lambda: flood(opened(), b"\xf7\x00" * 100, 200),
    "data behind a CONNECT that is not answered": lambda: flood(
        Conversation().handshake().client(REQUEST + b"\r\n"), b"\x16\x03" * (PIECE // 2)
    ),
    "data behind a SOCKS request that is not answered": lambda: flood(
        Conversation().handshake().client(b"\x05\x01\x00"), b"a" * PIECE
    ),
    "a SOCKS user without end": lambda: flood(
        Conversation().handshake().client(b"\x04\x01\0\x50\1\2\3\4"), b"a" * PIECE
    ),
    "a PROXY header without end": lambda: flood(
        Conversation().handshake().client(SIGNATURE + b"\x21\x11\xff\xff"), b"a" * PIECE
    ),
    "PROXY headers without end": lambda: flood(
        Conversation().handshake(), b"PROXY UNKNOWN\r\n" * (PIECE // 15)
    ),
    "noise of a stream that began before the capture": lambda: flood(
        Conversation().client(b"\x17\x03\x03"), Random(1).randbytes(PIECE)
    ),
}


@pytest.mark.parametrize("name", FLOODS)
def test_memory_is_bounded_whatever_a_stranger_sends(name: str) -> None:
    """Many megabytes pass through; a bounded part of it may be held at any time."""
    tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for one in read(Endless(FLOODS[name]())).connections:  # type: ignore[arg-type]
            assert len(one.anomalies) < 500
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY, f"{peak / 1e6:.1f} MB held"


def test_streams_that_ended_are_let_go() -> None:
    """A thousand connections, one after the other: memory follows those in progress."""

    def packets() -> Iterator[Packet]:
        for number in range(1000):
            start = 1_700_000_000_000_000_000 + number * 1_000_000_000
            talk = Conversation(("10.0.0.1", 1025 + number), start_ns=start).handshake().upgrade()
            yield from talk.close_tcp().packets

    tracemalloc.start()
    try:
        read(Endless(packets()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY, f"{peak / 1e6:.1f} MB held"
