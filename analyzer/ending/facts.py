"""What the wire showed of an ending. Verdicts are made from this, and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.side import Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Framing


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that a packet showed.

    Attributes
    ----------
    at : int
        Nanoseconds since the epoch.
    packet : int
        Number of the packet, from 1.
    """

    at: int
    packet: int


@dataclass(frozen=True, slots=True)
class Reset(Moment):
    """A RST, and what tells who sent it, and why; None for what is not known.

    Attributes
    ----------
    acknowledges : bool or None
        It has the ACK flag: an end that gives up a connection sets it. Without it, it answers a
        segment of a connection that its sender does not know (RFC 9293, section 3.5.2).
    ttl, usual_ttl : int or None
        Its time to live (hop limit), and that of the packet that its side had sent before.
    window : int or None
        As sent.
    offset : int or None
        Its sequence number, less that of the byte that was to come next.
    unacknowledged : int or None
        Bytes of the other side that this one had not acknowledged.
    since_other : int or None
        Nanoseconds since the other side's last packet.
    ip_id, usual_ip_id : int or None
        Its IP identification, and that of the packet that its side had sent before: hosts choose it
        in ways of their own (RFC 6864), so another order of numbers is a hint, and no proof.
    """

    acknowledges: bool | None = None
    ttl: int | None = None
    usual_ttl: int | None = None
    window: int | None = None
    offset: int | None = None
    unacknowledged: int | None = None
    since_other: int | None = None
    ip_id: int | None = None
    usual_ip_id: int | None = None

    @property
    def is_strange(self) -> bool:
        """Whether it may not come from the side that it names: other hops, or beyond its bytes."""
        hops = self.ttl is not None and self.usual_ttl is not None and self.ttl != self.usual_ttl
        # A FIN takes a number that may or may not have been seen.
        return hops or (self.offset is not None and self.offset > 1)


def is_strange(reset: Moment | None) -> bool:
    """Whether it is a RST that may not come from the side that it names."""
    return isinstance(reset, Reset) and reset.is_strange


@dataclass(frozen=True, slots=True)
class StreamReset(Moment):
    """A RST_STREAM of HTTP/2; `code` as in RFC 9113, section 7."""

    code: int


@dataclass(frozen=True, slots=True)
class Goaway(Moment):
    """A GOAWAY of HTTP/2.

    Attributes
    ----------
    last_stream : int
        The highest stream of the other side that its sender may have acted on.
    code : int
        RFC 9113, section 7.
    debug : bytes
        What it says besides, as sent; the first kilobyte.
    """

    last_stream: int
    code: int
    debug: bytes = b""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What one side did about the end of a stream of HTTP/2, and of the TCP connection below.

    Attributes
    ----------
    end_stream : Moment or None
        END_STREAM.
    reset : StreamReset or None
        RST_STREAM.
    goaway : Goaway or None
        That came while the stream was in use: the first that tells of an error, else the last.
    tcp_fin, tcp_rst : Moment or None
        FIN and RST of TCP, where the stream was not over before.
    lost : bool
        HTTP/2 could not be followed any more before the side had ended the stream.
    """

    end_stream: Moment | None = None
    reset: StreamReset | None = None
    goaway: Goaway | None = None
    tcp_fin: Moment | None = None
    tcp_rst: Moment | None = None
    lost: bool = False


class SideFacts:
    """What one side did about the end; never changed once it is made.

    Attributes
    ----------
    close : CloseFrame or None
        Its first close frame.
    fin, rst : Moment or None
        Its first FIN; its first RST that the receiver would accept, as a `Reset`. On HTTP/2 the
        END_STREAM, the RST_STREAM or a GOAWAY that tells of an error, where one came before those
        of TCP.
    fin_offset : int
        Bytes before its FIN, -1 without one.
    fin_acknowledged : int
        What its FIN acknowledged of the other side's bytes; -1 unknown.
    acknowledged : int
        How many of its bytes the other side acknowledged, a FIN counted as one; -1 for never.
    captured : bool
        The capture holds packets that it sent.
    fin_hidden : bool
        A FIN of this side is probably missing from the capture.
    close_hidden : bool
        A close frame of this side may stand in bytes that the capture does not hold.
    segment_hidden : bool
        The other side's RST answers a segment of this one that the capture does not hold.
    unanswered : int
        Times that it repeated itself, or probed, after the other side was heard last.
    unanswered_since : int
        When it first did; 0 for never.
    after_close_bytes : int
        Bytes that it sent behind its own close frame.
    last_frame_at : int
        Its last frame before the ending, 0 for none.
    notified : Moment or None
        Its close_notify of TLS, which stands for FIN there (RFC 8446, section 6.1).
    notify_offset, notify_acknowledged : int
        Its bytes of TCP up to there, and what its packet acknowledged of the other side's.
    h2 : StreamFacts or None
        What HTTP/2 showed; None where there is none.
    """

    def __init__(
        self,
        close: CloseFrame | None = None,
        fin: Moment | None = None,
        rst: Moment | None = None,
        fin_offset: int = -1,
        fin_acknowledged: int = -1,
        acknowledged: int = -1,
        captured: bool = True,
        fin_hidden: bool = False,
        close_hidden: bool = False,
        unanswered: int = 0,
        unanswered_since: int = 0,
        after_close_bytes: int = 0,
        last_frame_at: int = 0,
        notified: Moment | None = None,
        notify_offset: int = -1,
        notify_acknowledged: int = -1,
        h2: StreamFacts | None = None,
        segment_hidden: bool = False,
    ) -> None:
        self.close = close
        self.fin = fin
        self.rst = rst
        self.fin_offset = fin_offset
        self.fin_acknowledged = fin_acknowledged
        self.acknowledged = acknowledged
        self.captured = captured
        self.fin_hidden = fin_hidden
        self.close_hidden = close_hidden
        self.unanswered = unanswered
        self.unanswered_since = unanswered_since
        self.after_close_bytes = after_close_bytes
        self.last_frame_at = last_frame_at
        self.notified = notified
        self.notify_offset = notify_offset
        self.notify_acknowledged = notify_acknowledged
        self.h2 = h2
        self.segment_hidden = segment_hidden

    @property
    def fin_counts_at(self) -> int | None:
        """When the FIN counts: not before the close frame that stands in front of it passed.

        The two may overtake each other on the way; the receiver takes them in their order.
        """
        if self.fin is None:
            return None
        close = self.close
        behind = close is not None and close.complete and self.fin_offset >= close.end_offset
        return max(self.fin.at, close.at) if close is not None and behind else self.fin.at


class Facts:
    """What the wire showed of a connection's end; never changed once it is made.

    Attributes
    ----------
    framing : Framing
        Says whether there is a closing handshake.
    upgraded : bool
        Frames may flow: the upgrade was accepted, or the answer is hidden.
    status : int or None
        Status of the answer to the upgrade.
    client, server : SideFacts
        What each side did.
    reused_by : Side or None
        The ports were used again before anything else ended the connection: who asked.
    answered_at : int
        When the upgrade was answered; 0 unknown.
    first_at, last_at : int
        The stream's first and last packets.
    shared : int
        How many other WebSockets were in use on the same TCP connection to its end (HTTP/2).
    refused : bool
        The upgrade was answered, with something else than what was asked for.
    cut_off : bool
        Neither side ended TCP, nor used its ports again: the capture ended first.
    has_close, has_rst, has_fin : bool
        A close frame, a RST that counts, a FIN was seen.
    tcp_down : bool
        TCP ended: FIN from both sides, or a RST.
    close_hidden : bool
        A close frame may be hidden.
    """

    def __init__(
        self,
        framing: Framing = Framing.RFC_6455,
        upgraded: bool = True,
        status: int | None = 101,
        client: SideFacts | None = None,
        server: SideFacts | None = None,
        reused_by: Side | None = None,
        answered_at: int = 0,
        first_at: int = 0,
        last_at: int = 0,
        shared: int = 0,
        answer_hidden: bool = False,
    ) -> None:
        one, other = client or SideFacts(), server or SideFacts()
        self.framing = framing
        self.upgraded = upgraded
        self.status = status
        self.client = one
        self.server = other
        self.reused_by = reused_by
        self.answered_at = answered_at
        self.first_at = first_at
        self.last_at = last_at
        self.shared = shared
        self.refused = not upgraded and (status is not None or answer_hidden)
        self.has_close = one.close is not None or other.close is not None
        self.has_rst = one.rst is not None or other.rst is not None
        self.has_fin = one.fin is not None or other.fin is not None
        self.tcp_down = self.has_rst or (one.fin is not None and other.fin is not None)
        self.cut_off = not (self.has_fin or self.has_rst or reused_by is not None)
        self.close_hidden = one.close_hidden or other.close_hidden

    def of(self, side: int) -> SideFacts:
        """Return the facts of a side."""
        return self.server if side else self.client

    @property
    def sides(self) -> tuple[SideFacts, SideFacts]:
        """Client, then server."""
        return self.client, self.server
