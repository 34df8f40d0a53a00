"""Make a large capture to measure with. In: profile, number of packets, seed. Out: a pcap file.

::

    python tests/benchmarks/make_capture.py --profile dense --packets 1000000 dense.pcap

The same arguments give the same bytes. Beside a capture of TLS stands its key log, ``NAME.keys``.
Sequence and ACK numbers, lengths and IP ids are right. IP and TCP checksums are left zero, as
network cards with offloading leave them, and a SYN has no more options than other segments.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from benchmarks.sealing import Secured

CLIENT, SERVER = 0, 1
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
SEGMENT = 1448  # an Ethernet frame's worth beside the timestamp option
RECORD = 1 << 14  # the most plaintext of a TLS record (RFC 8446, section 5.1)
START_S = 1_700_000_000
STEP_US = 7

_ETHERNET_IP = bytes.fromhex("0200000000020200000000010800" + "4500")
# Ethernet to TOS; IP length and id; flags to ports; both numbers; offset and flags; window;
# checksum and urgent pointer; timestamp option. 66 bytes in all.
_TCP = struct.Struct(">16sHH18sIIHHIIII")
_HEADERS = _TCP.size
_UDP = struct.Struct(">16sHH18sHH")
_RECORD = struct.Struct("<IIII")

REQUEST = (
    b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
RESPONSE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
CLOSES = [(code, reason) for code in (1000, 1001, 1011, 4000) for reason in (b"", b"going away")]


class Flow:
    """One TCP connection: gives the packets of both sides."""

    def __init__(self, number: int, random: Random, server_port: int = 80) -> None:
        # Each flow has its own client address, so that a hundred thousand never share a port pair.
        hosts = (0x0A000000 + (number & 0xFFFFFF), 0xC0A80000 + number % 4)
        ports = (32768 + number % 28000, server_port)
        self.ends = tuple(
            struct.pack(
                ">HBBHIIHH",
                *(0x4000, 64, 6, 0),
                *(hosts[side], hosts[1 - side], ports[side], ports[1 - side]),
            )
            for side in (CLIENT, SERVER)
        )
        self.next = [random.getrandbits(32), random.getrandbits(32)]
        self.ids = [random.getrandbits(16), random.getrandbits(16)]

    def send(self, side: int, flags: int, payload: bytes = b"") -> bytes:
        """Give the next packet of a side, acknowledging all that the other side has sent."""
        following, ids = self.next, self.ids
        sequence, peer = following[side], following[1 - side]
        ids[side] = ip_id = (ids[side] + 1) & 0xFFFF
        length = len(payload)
        following[side] = (sequence + length + (flags & (SYN | FIN) != 0)) & 0xFFFFFFFF
        return (
            _TCP.pack(
                _ETHERNET_IP,
                52 + length,
                ip_id,
                self.ends[side],
                sequence,
                peer if flags & ACK else 0,
                0x8000 | flags,
                0xFFFF,
                0,
                0x0101080A,
                ip_id,
                ids[1 - side],
            )
            + payload
        )

    def greet(self) -> Iterator[bytes]:
        """Yield what stands between TCP and HTTP."""
        return iter(())


class SealedFlow(Flow):
    """A TCP connection that speaks TLS: each payload is a record, if it is not a stream.

    Parameters
    ----------
    number, random
        As of `Flow`.
    secured
        As `sealing.secured` draws it.
    """

    def __init__(self, number: int, random: Random, secured: Secured) -> None:
        super().__init__(number, random, 443)
        self.secured = secured
        self.greeted = False

    def send(self, side: int, flags: int, payload: bytes = b"") -> bytes:
        """Give the next packet of a side."""
        if payload and self.greeted:
            payload = self.secured.sealers[side](payload)
        return super().send(side, flags, payload)

    def stream(self, side: int, data: bytes) -> Iterator[bytes]:
        """Yield records as long as can be in full segments, every other acknowledged."""
        seal = self.secured.sealers[side]
        sealed = b"".join(seal(data[at : at + RECORD]) for at in range(0, len(data), RECORD))
        for number, at in enumerate(range(0, len(sealed), SEGMENT)):
            yield super().send(side, ACK, sealed[at : at + SEGMENT])
            if number % 2:
                yield super().send(1 - side, ACK)

    def greet(self) -> Iterator[bytes]:
        """Yield the handshake of TLS."""
        for side, data in self.secured.flights:
            yield self.send(side, PSH | ACK, data)
        self.greeted = True


class Frames:
    """Ready WebSocket frames to choose from; making each anew would be most of the time."""

    def __init__(self, random: Random) -> None:
        self.client = [_frame(0x81, _text(random, 20, 90), random) for _ in range(256)]
        self.server = [_frame(0x81, _text(random, 60, 200), None) for _ in range(256)]
        body = random.randbytes(SEGMENT * 512)
        self.keys: list[str] = []  # of the key log that belongs to the capture
        self.segments = [body[at : at + SEGMENT] for at in range(0, len(body), SEGMENT)]


def websocket(
    flow: Flow, random: Random, frames: Frames, cycles: int, burst: int = 1
) -> Iterator[bytes]:
    """Yield small frames both ways: per cycle one of the client, `burst` of the server, an ACK."""
    yield from opening(flow)
    for _ in range(cycles):
        yield flow.send(CLIENT, PSH | ACK, random.choice(frames.client))
        for _ in range(burst):
            yield flow.send(SERVER, PSH | ACK, random.choice(frames.server))
        yield flow.send(CLIENT, ACK)
    yield from closing(flow, random)


def bulk(flow: Flow, random: Random, frames: Frames, messages: int) -> Iterator[bytes]:
    """Yield messages of 181 full segments (262 kB), every fourth from the client."""
    yield from opening(flow)
    count = 181
    for number in range(messages):
        side = SERVER if number % 4 else CLIENT
        mask = random.randbytes(4) if side == CLIENT else b""
        length = count * SEGMENT - 10 - len(mask)
        head = struct.pack(">BBQ", 0x82, 0x80 * bool(mask) | 127, length) + mask
        yield flow.send(side, ACK, head + frames.segments[0][len(head) :])
        for segment in range(1, count):
            yield flow.send(side, ACK, random.choice(frames.segments))
            if segment % 2:
                yield flow.send(1 - side, ACK)
    yield from closing(flow, random)


def sealed_bulk(flow: SealedFlow, random: Random, frames: Frames, messages: int) -> Iterator[bytes]:
    """Yield messages of 262 kB, every fourth from the client, in the longest records of TLS."""
    yield from opening(flow)
    for number in range(messages):
        side = SERVER if number % 4 else CLIENT
        mask = random.randbytes(4) if side == CLIENT else b""
        body = b"".join(random.choices(frames.segments, k=181))
        head = struct.pack(">BBQ", 0x82, 0x80 * bool(mask) | 127, len(body)) + mask
        yield from flow.stream(side, head + body)
    yield from closing(flow, random)


def http(flow: Flow, random: Random, frames: Frames, transfers: int) -> Iterator[bytes]:
    """Yield requests on one connection, each answered with one to twenty full segments."""
    yield from tcp_opening(flow)
    for _ in range(transfers):
        count = random.randint(1, 20)
        yield flow.send(CLIENT, PSH | ACK, b"GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
        yield flow.send(SERVER, ACK, head % (count * SEGMENT))
        for number in range(count):
            yield flow.send(SERVER, ACK, random.choice(frames.segments))
            if number % 2:
                yield flow.send(CLIENT, ACK)
    yield from tcp_closing(flow)


def tls(flow: Flow, random: Random, frames: Frames, records: int) -> Iterator[bytes]:
    """Yield what looks like TLS: hellos, then application data that cannot be read."""
    yield from tcp_opening(flow)
    yield flow.send(CLIENT, PSH | ACK, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + bytes(508))
    yield flow.send(SERVER, PSH | ACK, b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76" + bytes(118))
    for number in range(records):
        body = random.choice(frames.segments)[: random.randint(40, 1400)]
        record = b"\x17\x03\x03" + len(body).to_bytes(2, "big") + body
        side = random.choice((CLIENT, SERVER, SERVER))
        yield flow.send(side, PSH | ACK, record)
        if number % 2:
            yield flow.send(1 - side, ACK)
    yield from tcp_closing(flow)


def udp(flow: Flow, random: Random, frames: Frames, datagrams: int) -> Iterator[bytes]:
    """Yield datagrams in both directions."""
    for number in range(datagrams):
        end = flow.ends[number % 2]
        body = random.choice(frames.segments)[: random.randint(20, 1200)]
        addresses = end[:3] + b"\x11" + end[4:]
        length = 8 + len(body)
        yield _UDP.pack(_ETHERNET_IP, 20 + length, number & 0xFFFF, addresses, length, 0) + body


def tcp_opening(flow: Flow) -> Iterator[bytes]:
    """Yield the three packets that open TCP."""
    yield flow.send(CLIENT, SYN)
    yield flow.send(SERVER, SYN | ACK)
    yield flow.send(CLIENT, ACK)


def opening(flow: Flow) -> Iterator[bytes]:
    """Yield the packets that open TCP and WebSocket."""
    yield from tcp_opening(flow)
    yield from flow.greet()
    yield flow.send(CLIENT, PSH | ACK, REQUEST)
    yield flow.send(SERVER, PSH | ACK, RESPONSE)


def tcp_closing(flow: Flow) -> Iterator[bytes]:
    """Yield the three packets that close TCP, the server first."""
    yield flow.send(SERVER, FIN | ACK)
    yield flow.send(CLIENT, FIN | ACK)
    yield flow.send(SERVER, ACK)


def closing(flow: Flow, random: Random) -> Iterator[bytes]:
    """Yield a Close of either side, its answer, and the end of TCP; one in twenty only resets."""
    if random.random() < 0.05:
        yield flow.send(random.choice((CLIENT, SERVER)), RST | ACK)
        return
    code, reason = random.choice(CLOSES)
    first = random.choice((CLIENT, SERVER))
    for side in (first, 1 - first):
        body = code.to_bytes(2, "big") + (reason if side == first else b"")
        frame = _frame(0x88, body, random if side == CLIENT else None)
        yield flow.send(side, PSH | ACK, frame)
    yield from tcp_closing(flow)


def disturbed(packets: Iterator[bytes], random: Random) -> Iterator[bytes]:
    """Lose 1 % of the data packets and send them again; move 3 % behind the next of their side.

    Half of the losses are in front of the tap, so that the packet is seen once and late; half are
    behind it, so that it is seen twice. Until then the other side acknowledges only what is in
    front of the loss. The opening is left alone: an answer cannot come before its request.
    """
    held, wait = b"", 0
    for number, packet in enumerate(packets):
        if held and (wait == 0 or packet[47] & (FIN | RST | SYN)):
            yield held[:18] + random.randbytes(2) + held[20:]
            held = b""
        if held and packet[26:30] != held[26:30] and wait > 0:
            yield packet[:42] + held[38:42] + packet[46:]
            wait -= 1
            continue
        wait = max(wait - 1, 0)
        if held or number < 5 or not _plain_data(packet) or random.random() >= 0.01:
            yield packet
            continue
        if random.random() < 0.5:
            yield packet
        held, wait = packet, 3
    if held:
        yield held


def swapped(packets: Iterator[bytes], random: Random) -> Iterator[bytes]:
    """Swap some neighbours of one side, so that 3 % of the packets stand behind their next."""
    waiting = b""
    for packet in packets:
        if not waiting:
            waiting = packet
            continue
        alike = packet[26:30] == waiting[26:30]
        if alike and _plain_data(packet) and _plain_data(waiting) and random.random() < 0.05:
            yield packet
            yield waiting
            waiting = b""
        else:
            yield waiting
            waiting = packet
    if waiting:
        yield waiting


def _plain_data(packet: bytes) -> bool:
    return len(packet) > _HEADERS and not packet[47] & (FIN | SYN | RST)


def _text(random: Random, least: int, most: int) -> bytes:
    return bytes(random.choices(range(0x20, 0x7F), k=random.randint(least, most)))


def _frame(first: int, body: bytes, masked_by: Random | None) -> bytes:
    length = bytes([len(body)]) if len(body) < 126 else b"\x7e" + len(body).to_bytes(2, "big")
    if masked_by is None:
        return bytes([first]) + length + body
    key = masked_by.randbytes(4)
    masked = bytes(byte ^ key[i % 4] for i, byte in enumerate(body))
    return bytes([first, length[0] | 0x80]) + length[1:] + key + masked


# -- profiles ---------------------------------------------------------------------------------


Packets = Iterator[bytes]


@dataclass(frozen=True)
class Profile:
    """A kind of capture: `flows` gives its connections, `together` of them at a time."""

    about: str
    packets: int
    together: int
    flows: Callable[[int, Random, Frames], Iterator[Packets]]


def _chats(connections: int) -> Callable[[int, Random, Frames], Iterator[Packets]]:
    def flows(packets: int, random: Random, frames: Frames) -> Iterator[Packets]:
        count = max(1, min(connections, packets // 50))
        cycles = max(1, (packets // count - 10) // 3)
        for number in range(count):
            yield websocket(Flow(number, random), random, frames, cycles)

    return flows


def _sealed(number: int, random: Random, frames: Frames, *, is_13: bool) -> SealedFlow:
    # Needs cryptography, which the other profiles do without.
    sealing = import_module("benchmarks.sealing" if __package__ else "sealing")
    secured = sealing.secured(random, is_13=is_13)
    frames.keys += secured.keys
    return SealedFlow(number, random, secured)


def _sealed_chats(*, is_13: bool) -> Callable[[int, Random, Frames], Iterator[Packets]]:
    def flows(packets: int, random: Random, frames: Frames) -> Iterator[Packets]:
        count = max(1, min(1000, packets // 50))
        cycles = max(1, (packets // count - 14) // 3)
        for number in range(count):
            flow = _sealed(number, random, frames, is_13=is_13)
            yield websocket(flow, random, frames, cycles)

    return flows


def _sealed_bulk(packets: int, random: Random, frames: Frames) -> Iterator[Packets]:
    messages = max(8, packets // 272)
    for number in range(8):
        flow = _sealed(number, random, frames, is_13=True)
        yield sealed_bulk(flow, random, frames, messages // 8)


def _bulk(packets: int, random: Random, frames: Frames) -> Iterator[Packets]:
    messages = max(8, packets // 272)  # 181 segments and 90 ACKs to a message
    for number in range(8):
        yield bulk(Flow(number, random), random, frames, messages // 8)


def _mixed(packets: int, random: Random, frames: Frames) -> Iterator[Packets]:
    # All flows have about 200 packets, so a twentieth of them is a twentieth of the packets.
    for number in range(max(20, packets // 200)):
        if number % 20 == 0:
            yield websocket(Flow(number, random), random, frames, 63)
        elif number % 20 < 10:
            yield http(Flow(number, random, 8080), random, frames, 11)
        elif number % 20 < 17:
            yield tls(Flow(number, random, 443), random, frames, 128)
        else:
            yield udp(Flow(number, random, 9999), random, frames, 200)


def _many(packets: int, random: Random, frames: Frames) -> Iterator[Packets]:
    for number in range(max(1, packets // 13)):
        yield websocket(Flow(number, random), random, frames, 1)


def _lossy(packets: int, random: Random, frames: Frames) -> Iterator[Packets]:
    count = max(1, min(1000, packets // 50))
    cycles = max(1, (packets // count - 10) // 6)
    for number in range(count):
        chat = websocket(Flow(number, random), random, frames, cycles, burst=4)
        yield disturbed(swapped(chat, random), random)


def _h2(packets: int, random: Random, frames: Frames) -> Iterator[Packets]:
    # Beside this file where it is run as a script.
    multiplexed = import_module("benchmarks.multiplexed" if __package__ else "multiplexed")
    count = max(1, min(100, packets // 200))
    cycles = max(1, int((packets / count - 48) / 3.4))
    for number in range(count):
        flow = Flow(number, random)
        talk = multiplexed.chats(flow, random, frames, 8, cycles)
        yield chain(tcp_opening(flow), talk, tcp_closing(flow))


def _flood(packets: int, random: Random, frames: Frames) -> Iterator[Packets]:  # noqa: ARG001
    for number in range(packets):
        yield iter((Flow(number, random).send(CLIENT, SYN),))


def _tiny(_packets: int, random: Random, frames: Frames) -> Iterator[Packets]:
    yield websocket(Flow(0, random), random, frames, 1)


PROFILES = {
    "dense": Profile("1000 connections of small frames", 1_000_000, 1000, _chats(1000)),
    "bulk": Profile("messages of 262 kB in full segments", 300_000, 8, _bulk),
    "mixed": Profile("a twentieth WebSocket, else HTTP, TLS, UDP", 1_000_000, 500, _mixed),
    "many": Profile("100,000 short connections", 1_300_000, 2000, _many),
    "lossy": Profile("dense, 1 % lost and 3 % reordered", 1_000_000, 1000, _lossy),
    "long": Profile("100 connections ten times as long", 1_000_000, 100, _chats(100)),
    "flood": Profile("nothing but SYNs, each from another address", 1_000_000, 1, _flood),
    "tls12": Profile("dense in TLS 1.2", 1_000_000, 1000, _sealed_chats(is_13=False)),
    "tls13": Profile("dense in TLS 1.3", 1_000_000, 1000, _sealed_chats(is_13=True)),
    "tls13-bulk": Profile("bulk in TLS 1.3, 16 kB a record", 300_000, 8, _sealed_bulk),
    "h2": Profile("800 WebSockets on 100 connections of HTTP/2, among pages", 1_000_000, 100, _h2),
    "tiny": Profile("one connection of a dozen packets", 13, 1, _tiny),
}


def generate(
    profile: Profile, packets: int, seed: int, keys: list[str] | None = None
) -> Iterator[bytes]:
    """Yield the packets of a capture in order: at each step a connection picked at random.

    `keys` takes the lines of its key log, if there is one.
    """
    random = Random(seed)
    frames = Frames(random)
    frames.keys = frames.keys if keys is None else keys
    supply = profile.flows(packets, random, frames)
    active = [flow for flow, _ in zip(supply, range(profile.together), strict=False)]
    while active:
        at = int(random.random() * len(active))
        packet = next(active[at], None)
        if packet is not None:
            yield packet
        elif (following := next(supply, None)) is not None:
            active[at] = following
        else:
            active[at] = active[-1]
            active.pop()


def write_capture(
    file: BinaryIO, profile: Profile, packets: int, seed: int = 1, keys: list[str] | None = None
) -> int:
    """Write a pcap file and give the number of packets, which is about what was asked for."""
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
    parts: list[bytes] = []
    number = 0
    for packet in generate(profile, packets, seed, keys):
        seconds, micros = divmod(number * STEP_US, 1_000_000)
        length = len(packet)
        parts += (_RECORD.pack(START_S + seconds, micros, length, length), packet)
        number += 1
        if len(parts) > 16_384:
            file.write(b"".join(parts))
            parts.clear()
    file.write(b"".join(parts))
    return number


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--profile", choices=PROFILES, default="dense")
    parser.add_argument("--packets", type=int, help="about so many; each profile has a default")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    profile = PROFILES[arguments.profile]
    packets = arguments.packets or profile.packets
    keys: list[str] = []
    with arguments.path.open("wb") as file:
        written = write_capture(file, profile, packets, arguments.seed, keys)
    if keys:
        arguments.path.with_suffix(".keys").write_text("\n".join([*keys, ""]), encoding="ascii")
    sys.stdout.write(f"{written}\n")


if __name__ == "__main__":
    main()
