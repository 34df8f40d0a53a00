"""A TCP conversation, told verb by verb. In: who says what, and when. Out: packets.

::

    talk = Conversation().handshake().upgrade()
    talk.client(frame(TEXT, b"hi", mask=MASK)).wait(60)
    talk.server(frame(CLOSE, close_body(1001, "restart"))).ack("client")
    talk.client(frame(CLOSE, close_body(1001), mask=MASK)).fin("server").fin("client").ack("server")
    talk.packets

Every segment acknowledges what its sender has received by then; both sides are seen from one tap.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Self, TypedDict, Unpack

from packets import ACK, FIN, PSH, RST, SYN, Packet, TcpPacket
from upgrade import Upgrade, upgrade
from wire import Frames, Side

Address = tuple[str, int]
START_NS = 1_700_000_000_000_000_000
STEP_NS = 100_000


class Options(TypedDict, total=False):
    """What `Conversation.segment` explains."""

    ack: int | None
    sequence: int | None
    captured: bool
    arrives: bool


class Segment(NamedTuple):
    """What was sent, kept for retransmission: sequence numbers count up without wrapping."""

    side: Side
    sequence: int
    payload: bytes
    flags: int

    @property
    def end(self) -> int:
        """The sequence number after this segment."""
        return self.sequence + len(self.payload) + bool(self.flags & (SYN | FIN))


class _End:
    """One side: what it has sent and what has reached it."""

    def __init__(self, address: Address, isn: int, peer_isn: int) -> None:
        self.address = address
        self.next = isn
        self.acknowledges = peer_isn
        self.ip_id = isn % 50_000
        self.early: list[Segment] = []
        self.sent = b""
        self.echo = 0

    def receive(self, segment: Segment) -> None:
        """Advance over what is now in order; keep what came early."""
        if segment.flags & SYN:
            self.acknowledges = segment.end
        self.early.append(segment)
        for early in sorted(self.early, key=lambda kept: kept.sequence):
            if early.sequence <= self.acknowledges:
                self.acknowledges = max(self.acknowledges, early.end)
        self.early = [kept for kept in self.early if kept.end > self.acknowledges]


class Conversation:
    """One TCP connection as a tap sees it.

    Parameters
    ----------
    client, server
        Address and port of each side; an address with a colon makes it IPv6.
    isn
        Initial sequence numbers of client and server, modulo 2**32. Without `handshake` the
        conversation is a capture that began in mid-stream.
    start_ns
        Time of the first packet, nanoseconds since the epoch.
    step_ns
        Time from one packet to the next where `wait` says nothing else.
    vlan
        Identifier of an 802.1Q tag, or None for none.
    timestamps
        Whether segments carry the option of RFC 7323.
    """

    def __init__(
        self,
        client: Address = ("10.0.0.1", 40000),
        server: Address = ("10.0.0.2", 80),
        *,
        isn: tuple[int, int] = (1000, 500_000),
        start_ns: int = START_NS,
        step_ns: int = STEP_NS,
        vlan: int | None = None,
        timestamps: bool = False,
    ) -> None:
        self.packets: list[Packet] = []
        self.time_ns = start_ns
        self.step_ns = step_ns
        self.vlan = vlan
        self.timestamps = timestamps
        self.agreed: Upgrade | None = None
        self._ends: dict[Side, _End] = {
            "client": _End(client, isn[0], isn[1]),
            "server": _End(server, isn[1], isn[0]),
        }
        self._segments: list[Segment] = []
        self._crossing: list[Segment] | None = None

    # -- what was said ------------------------------------------------------------------------

    def sent(self, side: Side) -> bytes:
        """Give all bytes that this side's application has sent."""
        return self._ends[side].sent

    def next_sequence(self, side: Side) -> int:
        """Give the sequence number that this side's next byte will have, modulo 2**32."""
        return self._ends[side].next & 0xFFFFFFFF

    @property
    def frames(self) -> Frames:
        """The writer of frames for the framing that `upgrade` agreed on."""
        if self.agreed is None:
            raise ValueError("upgrade() comes first")
        return self.agreed.frames()

    @property
    def last_packet(self) -> int:
        """The number of the newest packet, from 1, as Wireshark counts."""
        return len(self.packets)

    # -- verbs --------------------------------------------------------------------------------

    def handshake(self) -> Self:
        """Open TCP: SYN, SYN/ACK, ACK."""
        self.segment("client", flags=SYN)
        self.segment("server", flags=SYN | ACK)
        return self.ack("client")

    def upgrade(self, agreed: Upgrade | None = None) -> Self:
        """Ask for a WebSocket, and accept: one segment each. RFC 6455 unless told otherwise."""
        self.agreed = agreed or upgrade()
        return self.client(self.agreed.request).server(self.agreed.response)

    def client(self, data: bytes, **options: Unpack[Options]) -> Self:
        """Send data from the client; options as of `segment`."""
        return self.say("client", data, **options)

    def server(self, data: bytes, **options: Unpack[Options]) -> Self:
        """Send data from the server; options as of `segment`."""
        return self.say("server", data, **options)

    def say(self, side: Side, data: bytes, **options: Unpack[Options]) -> Self:
        """Send data in one segment; options as of `segment`."""
        return self.segment(side, data, PSH | ACK, **options)

    def ack(self, side: Side) -> Self:
        """Acknowledge, without data, what has reached this side."""
        return self.segment(side)

    def fin(self, side: Side, data: bytes = b"", **options: Unpack[Options]) -> Self:
        """Close this side's direction, with last data if given."""
        return self.segment(side, data, FIN | ACK, **options)

    def rst(self, side: Side, *, bare: bool = False, **options: Unpack[Options]) -> Self:
        """Reset; `bare` leaves out the ACK flag, as the answer to a stray segment does."""
        return self.segment(side, b"", RST if bare else RST | ACK, **options)

    def close_tcp(self, side: Side = "server") -> Self:
        """Close TCP in good order, this side first: FIN, FIN, ACK."""
        return self.fin(side).fin(other(side)).ack(side)

    def keepalive(self, side: Side, probe: bytes = b"", *, answered: bool = True) -> Self:
        """Probe the peer one byte before the next (RFC 9293, section 3.8.4); it acknowledges."""
        self._send(Segment(side, self._ends[side].next - 1, probe, ACK))
        return self.ack(other(side)) if answered else self

    def retransmit(
        self, side: Side, back: int = 1, *, skip: int = 0, extra: int = 0, captured: bool = True
    ) -> Self:
        """Send again the `back`-th last segment of this side that took sequence space.

        `skip` leaves out its first bytes, `extra` adds bytes of the segments sent after it: so
        that the retransmission overlaps only in part.
        """
        mine = [kept for kept in self._segments if kept.side == side]
        old = mine[-back]
        after = b"".join(kept.payload for kept in mine[len(mine) - back + 1 :])[:extra]
        again = Segment(side, old.sequence + skip, old.payload[skip:] + after, old.flags)
        self._send(again, captured=captured)
        return self

    def wait(self, seconds: float) -> Self:
        """Let time pass, on top of the step to the next packet."""
        self.time_ns += round(seconds * 1e9)
        return self

    @contextmanager
    def crossing(self) -> Iterator[Self]:
        """Let nothing of what is sent inside arrive before the block ends."""
        self._crossing = []
        yield self
        arrived, self._crossing = self._crossing, None
        for segment in arrived:
            self._ends[other(segment.side)].receive(segment)

    def segment(
        self,
        side: Side,
        data: bytes = b"",
        flags: int = ACK,
        *,
        ack: int | None = None,
        sequence: int | None = None,
        captured: bool = True,
        arrives: bool = True,
    ) -> Self:
        """Send any segment.

        Parameters
        ----------
        side, data, flags
            Who sends what.
        ack
            Acknowledgment number instead of the true one.
        sequence
            Sequence number instead of the next one; the segment then moves nothing.
        captured
            False if the capture missed it.
        arrives
            False if the network lost it behind the tap, so that the peer does not know of it.
        """
        end = self._ends[side]
        sent = Segment(side, end.next if sequence is None else sequence, data, flags)
        if sequence is None:
            end.next = sent.end
            end.sent += data
            self._segments += [sent] if sent.end > sent.sequence else []
        self._send(sent, ack=ack, captured=captured, arrives=arrives and sequence is None)
        return self

    # -- how it is done -----------------------------------------------------------------------

    def _send(
        self,
        segment: Segment,
        *,
        ack: int | None = None,
        captured: bool = True,
        arrives: bool = True,
    ) -> None:
        end, peer = self._ends[segment.side], self._ends[other(segment.side)]
        end.ip_id = (end.ip_id + 1) & 0xFFFF
        acknowledgment = end.acknowledges if ack is None else ack
        packet = TcpPacket(
            end.address,
            peer.address,
            segment.sequence & 0xFFFFFFFF,
            acknowledgment & 0xFFFFFFFF if segment.flags & ACK else 0,
            segment.flags,
            segment.payload,
            self._options(segment, end, peer),
            ip_id=end.ip_id,
            vlan=self.vlan,
        )
        if captured:
            data = packet.build()
            self.packets.append(Packet(self.time_ns, data, len(data)))
        self.time_ns += self.step_ns
        if not arrives:
            return
        if self._crossing is None:
            peer.receive(segment)
        else:
            self._crossing.append(segment)

    def _options(self, segment: Segment, end: _End, peer: _End) -> bytes:
        # SYN: maximum segment size 1460, window scale 7 (RFC 9293, 3.2; RFC 7323, 2.2).
        options = bytes.fromhex("020405b401030307") if segment.flags & SYN else b""
        if self.timestamps:
            clock = self.time_ns // 1_000_000 & 0xFFFFFFFF
            options += struct.pack(">HBBII", 0x0101, 8, 10, clock, end.echo)
            peer.echo = clock
        return options


def other(side: Side) -> Side:
    """Give the opposite side."""
    return "server" if side == "client" else "client"
