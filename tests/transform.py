"""Changes to a capture that must not change what it means. In: packets. Out: packets.

`HARMLESS` lists those after which an analyser has to come to the same endings; `snap` and `drop`
take something away, and the analyser has to say so.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from operator import attrgetter
from random import Random

from packets import ACK, FIN, RST, SYN, Packet, TcpPacket, take_apart

Packets = Sequence[Packet]
JOIN_WITHIN_NS = 1_000_000


def resegment(
    packets: Packets, sizes: int | Sequence[int], join_within_ns: int = JOIN_WITHIN_NS
) -> list[Packet]:
    """Cut the data of each direction into other segments.

    Data packets that follow each other in one direction, less than `join_within_ns` apart and with
    nothing of the other side between them, become one piece of data; it is cut into `sizes`, taken
    in turn (1: byte by byte). A piece takes time and ACK number from the packet that its last byte
    came in, so nothing is seen before it was sent.
    """
    turn = cycle([sizes] if isinstance(sizes, int) else sizes)
    return [packet for run in _runs(packets, join_within_ns) for packet in _recut(run, turn)]


def reorder(packets: Packets, random: Random, probability: float = 0.3) -> list[Packet]:
    """Swap near neighbours of one direction; the times stay in order, so only the order changes.

    SYN and RST keep their places: what a receiver makes of an early RST depends on its place.
    """
    result = list(packets)
    for first in range(len(result) - 1):
        one, two = result[first], result[first + 1]
        left, right = take_apart(one.data), take_apart(two.data)
        if left is None or right is None or left.direction != right.direction:
            continue
        if (left.flags | right.flags) & (SYN | RST) or random.random() >= probability:
            continue
        if two.time_ns - one.time_ns >= JOIN_WITHIN_NS:
            continue  # it would move what it brings by as much
        result[first] = two._replace(time_ns=one.time_ns)
        result[first + 1] = one._replace(time_ns=two.time_ns)
    return result


def retransmit(
    packets: Packets, random: Random, probability: float = 0.3, delay_ns: int = 500_000
) -> list[Packet]:
    """Send some data and FINs again a little later, with a new IP id and the newest ACK number.

    Nothing is added behind the last packet of a conversation or behind its first RST.
    """
    kept = [(packet, take_apart(packet.data)) for packet in packets]
    ends = _last_times(kept)
    added = []
    for index, (packet, tcp) in enumerate(kept):
        if tcp is None or not tcp.sequence_length or tcp.flags & (SYN | RST):
            continue
        time_ns = packet.time_ns + 1 + random.randrange(delay_ns)
        if random.random() < probability and time_ns < ends[tcp.conversation]:
            newest = _newest(islice(kept, index, None), tcp, time_ns)
            again = tcp.with_(ip_id=tcp.ip_id ^ 0x8000, acknowledgment=newest)
            added.append(_packet(time_ns, again))
    return interleave(packets, sorted(added, key=attrgetter("time_ns")))


def overlap(packets: Packets, random: Random, probability: float = 0.3) -> list[Packet]:
    """Let some segments begin with bytes that the segment before them has already brought."""
    before: dict[object, TcpPacket] = {}
    result = []
    for packet in packets:
        tcp = take_apart(packet.data)
        if tcp is None or not tcp.payload:
            result.append(packet)
            continue
        previous = before.get(tcp.direction)
        before[tcp.direction] = tcp
        if previous and _follows(previous, tcp) and random.random() < probability:
            again = previous.payload[-random.randint(1, len(previous.payload)) :]
            sequence = (tcp.sequence - len(again)) & 0xFFFFFFFF
            grown = tcp.with_(sequence=sequence, payload=again + tcp.payload)
            packet = _packet(packet.time_ns, grown)  # noqa: PLW2901  (it stands for the old one)
        result.append(packet)
    return result


def duplicate(packets: Packets, random: Random, probability: float = 1.0) -> list[Packet]:
    """Capture packets twice, byte for byte, as ``-i any`` and mirror ports do."""
    return [
        copy
        for packet in packets
        for copy in [packet] * (2 if random.random() < probability else 1)
    ]


def interleave(*captures: Packets) -> list[Packet]:
    """Merge captures by time; packets of one time stay in the order of the arguments."""
    return list(heapq.merge(*captures, key=attrgetter("time_ns")))


def snap(packets: Packets, length: int) -> list[Packet]:
    """Keep only the first bytes of each packet, as a snap length does."""
    return [packet._replace(data=packet.data[:length]) for packet in packets]


def drop(packets: Packets, lost: Callable[[int], bool]) -> list[Packet]:
    """Lose the packets whose number, from 1, `lost` names: they were sent but not captured."""
    return [packet for number, packet in enumerate(packets, 1) if not lost(number)]


Change = Callable[[list[Packet], Random], list[Packet]]

HARMLESS: dict[str, Change] = {
    "byte by byte": lambda packets, _: resegment(packets, 1),
    "small segments": lambda packets, random: resegment(
        packets, [random.randint(1, 40) for _ in range(50)]
    ),
    "coalesced": lambda packets, _: resegment(packets, 1400),
    "reordered": lambda packets, random: reorder(resegment(packets, 7), random),
    "retransmitted": partial(retransmit, probability=0.6),
    "overlapping": lambda packets, random: overlap(resegment(packets, 11), random),
    "captured twice": duplicate,
    "everything": lambda packets, random: duplicate(
        retransmit(reorder(overlap(resegment(packets, 9), random), random), random), random, 0.3
    ),
}


def _packet(time_ns: int, tcp: TcpPacket) -> Packet:
    data = tcp.build()
    return Packet(time_ns, data, len(data))


def _follows(first: TcpPacket, second: TcpPacket) -> bool:
    return (first.sequence + len(first.payload)) & 0xFFFFFFFF == second.sequence


def _runs(packets: Packets, within_ns: int) -> Iterator[list[Packet]]:
    """Yield packets alone, or those whose data may be joined together."""
    run: list[Packet] = []
    for packet in packets:
        if run and not _joins(run[-1], packet, within_ns):
            yield run
            run = []
        run.append(packet)
    if run:
        yield run


def _joins(one: Packet, two: Packet, within_ns: int) -> bool:
    first, second = take_apart(one.data), take_apart(two.data)
    if first is None or second is None or first.direction != second.direction:
        return False
    plain = not (first.flags & (SYN | FIN | RST) or second.flags & (SYN | RST))
    near = two.time_ns - one.time_ns < within_ns
    return plain and near and bool(first.payload and second.payload) and _follows(first, second)


def _recut(run: list[Packet], turn: Iterator[int]) -> Iterator[Packet]:
    origin = [tcp for packet in run if (tcp := take_apart(packet.data))]
    data = b"".join(tcp.payload for tcp in origin)
    if not data or origin[0].flags & (SYN | RST):
        yield from run
        return
    owner = [index for index, tcp in enumerate(origin) for _ in tcp.payload]
    start = 0
    while start < len(data):
        end = min(start + next(turn), len(data))
        last = origin[owner[end - 1]]
        flags = last.flags if end == len(data) else last.flags & ~FIN
        sequence = (origin[0].sequence + start) & 0xFFFFFFFF
        ip_id = (last.ip_id + start * 7919) & 0xFFFF
        piece = last.with_(sequence=sequence, payload=data[start:end], flags=flags, ip_id=ip_id)
        yield _packet(run[owner[end - 1]].time_ns, piece)
        start = end


def _last_times(kept: list[tuple[Packet, TcpPacket | None]]) -> dict[object, int]:
    ends: dict[object, int] = {}
    reset: set[object] = set()
    for packet, tcp in kept:
        if tcp is not None and tcp.conversation not in reset:
            ends[tcp.conversation] = packet.time_ns
            if tcp.flags & RST:
                reset.add(tcp.conversation)
    return ends


def _newest(kept: Iterable[tuple[Packet, TcpPacket | None]], tcp: TcpPacket, time_ns: int) -> int:
    """Give the ACK number that the sender of `tcp` had reached at a time; `kept` begins there."""
    newest = tcp.acknowledgment
    for packet, later in kept:
        if packet.time_ns > time_ns:
            break
        if later is None or later.direction != tcp.direction or not later.flags & ACK:
            continue
        if (later.acknowledgment - newest) & 0xFFFFFFFF < 0x80000000:
            newest = later.acknowledgment
    return newest
