"""What the frames of a connection add up to: counts, closes, pings, and the last ones seen."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from analyzer.anomaly import AnomalyLog
from analyzer.side import Side
from analyzer.websocket.close import CloseFrame, close_violations, make_close, parse_close_body
from analyzer.websocket.columns import Columns
from analyzer.websocket.decoder import FrameDecoder, FrameSink
from analyzer.websocket.registry import Framing

if TYPE_CHECKING:
    from analyzer.websocket.message_log import MessageLog

# Pings that wait for an answer; an endpoint has one or two.
MAX_OUTSTANDING = 64


class FrameColumns(Columns):
    """Frames, one row each, in the order they became whole; side and limit as in `Columns`.

    Attributes
    ----------
    opcode : array of uint8
        As in `Opcode`.
    flags : array of uint8
        FIN 128, RSV1 to 3 as 64, 32, 16, and 1 for a masked frame.
    payload_length : array of int64
        Bytes of payload.
    first_at, at : array of int64
        When the first and the last byte passed, nanoseconds since the epoch.
    packet : array of int64
        The packet that brought the last byte.
    missing : array of int64
        Bytes of the payload that the capture does not hold.
    rtt : array of int64
        Of a pong: nanoseconds since the ping that it answers; -1 where it answers none, and for
        every other frame.
    """

    NAMES = (
        "side",
        "opcode",
        "flags",
        "payload_length",
        "first_at",
        "at",
        "packet",
        "missing",
        "rtt",
    )

    def __init__(self, last: int | None = None) -> None:
        Columns.__init__(self, last)
        self.opcode = array("B")
        self.flags = array("B")
        self.payload_length = array("q")
        self.first_at = array("q")
        self.at = array("q")
        self.packet = array("q")
        self.missing = array("q")
        self.rtt = array("q")

    def append(self, decoder: FrameDecoder, rtt: int) -> None:
        """Add the frame that a decoder has read; `rtt` as the attribute."""
        self.side.append(decoder.side)
        self.opcode.append(decoder.opcode)
        self.flags.append(decoder.fin << 7 | decoder.rsv << 4 | decoder.masked)
        self.payload_length.append(decoder.payload_length)
        self.first_at.append(decoder.first_at)
        self.at.append(decoder.time_ns)
        self.packet.append(decoder.packet)
        self.missing.append(decoder.gap_in_frame)
        self.rtt.append(rtt)
        self.let_go()


class SideLog:
    """What one side sent.

    Attributes
    ----------
    frames, messages, pings, pongs : int
        How many of each.
    bytes, payload_bytes : int
        On the WebSocket, headers included, and of payload alone.
    last_frame_at : int
        When its last frame passed before the first close frame, close frames apart; 0 for none.
    last_before_down : int
        The same before the first FIN or RST.
    close : CloseFrame or None
        Its first close frame.
    frames_after_close : int
        Frames behind its own close frame.
    hidden : bool
        Its bytes end where the decoder had lost its place: a close frame may be among them.
    hidden_bytes : int
        Bytes that were passed over while the place was lost.
    """

    def __init__(self, side: int) -> None:
        self.side = side
        self.frames = 0
        self.messages = 0
        self.bytes = 0
        self.payload_bytes = 0
        self.pings = 0
        self.pongs = 0
        self.last_frame_at = 0
        self.last_before_down = 0
        self.close: CloseFrame | None = None
        self.frames_after_close = 0
        self.outstanding_pings: list[tuple[bytes, int]] | None = None
        self.hidden = False
        self.hidden_bytes = 0


class FrameLog(FrameSink):
    """Takes the frames of both sides.

    Attributes
    ----------
    framing : Framing
        Which framing the frames are written in.
    version : int
        ``Sec-WebSocket-Version``, 0 if not known.
    client, server : SideLog
        What each side sent.
    anomalies : AnomalyLog
        Of this connection.
    columns : FrameColumns or None
        The frames themselves, where somebody asked for them.
    messages : MessageLog or None
        Puts messages together, where somebody asked for them.
    closing_at, down_at : int
        The first close frame, and the first FIN or RST; 0 for none.
    down_by : int
        The side that sent it, if it was a FIN; -1 otherwise.
    last_ping_rtt : int
        Nanoseconds from the last ping that was answered to its pong; -1 for none.
    last_pong_at : int
        When that pong passed.
    """

    def __init__(self, framing: Framing, version: int, columns: FrameColumns | None) -> None:
        self.framing = framing
        self.version = version
        self.client = SideLog(0)
        self.server = SideLog(1)
        self.anomalies = AnomalyLog()
        self.columns = columns
        self.messages: MessageLog | None = None
        self.closing_at = 0
        self.down_at = 0
        self.down_by = -1
        self.last_ping_rtt = -1
        self.last_pong_at = 0

    def of(self, side: int) -> SideLog:
        """Return the log of a side."""
        return self.server if side else self.client

    def frame(self, decoder: FrameDecoder) -> None:
        """Count a whole frame."""
        log = self.server if decoder.side else self.client
        log.frames += 1
        log.payload_bytes += decoder.payload_length
        if log.close is not None:
            log.frames_after_close += 1
            if decoder.opcode < 8:
                # RFC 6455, section 5.5.1: "MUST NOT send any more data frames".
                self.oddity(decoder, "data_after_close", f"{decoder.payload_length} bytes")
        rtt = -1
        if decoder.opcode >= 8:
            rtt = self.control(log, decoder)
        elif decoder.fin and decoder.opcode <= 2:
            log.messages += 1
        if decoder.opcode != 8:
            # What stands behind a close frame of its side never came before the ending.
            if log.close is None and (self.closing_at == 0 or decoder.time_ns <= self.closing_at):
                log.last_frame_at = decoder.time_ns
            # A FIN may overtake, on the way to the tap, what its side sent before it.
            before = decoder.time_ns <= self.down_at or self.down_by == decoder.side
            if self.down_at == 0 or before:
                log.last_before_down = decoder.time_ns
        if self.messages is not None and decoder.opcode < 8:
            self.messages.frame(decoder)
        if self.columns is not None:
            self.columns.append(decoder, rtt)

    def control(self, log: SideLog, decoder: FrameDecoder) -> int:
        """Take a control frame; return nanoseconds since the ping that it answers, else -1."""
        if decoder.opcode == 8:
            self.note_close(log, decoder, decoder.body, decoder.body_complete)
        elif decoder.opcode == 9:
            log.pings += 1
            if decoder.body_complete:
                if log.outstanding_pings is None:
                    log.outstanding_pings = []
                log.outstanding_pings.append((decoder.body, decoder.time_ns))
                del log.outstanding_pings[:-MAX_OUTSTANDING]
        elif decoder.opcode == 10:
            log.pongs += 1
            if decoder.body_complete:
                return self.note_pong(self.client if decoder.side else self.server, decoder)
        return -1

    def note_pong(self, other: SideLog, decoder: FrameDecoder) -> int:
        """Match a pong with the newest ping of the same data (RFC 6455, section 5.5.3)."""
        pings = other.outstanding_pings
        if pings is None:
            return -1
        for index in range(len(pings) - 1, -1, -1):
            body, sent_at = pings[index]
            if body == decoder.body and decoder.time_ns >= sent_at:
                rtt = decoder.time_ns - sent_at
                if decoder.time_ns >= self.last_pong_at:
                    self.last_pong_at = decoder.time_ns
                    self.last_ping_rtt = rtt
                del pings[: index + 1]
                return rtt
        return -1

    def note_close(self, log: SideLog, decoder: FrameDecoder, body: bytes, complete: bool) -> None:
        """Take a close frame; only the first of a side counts."""
        if log.close is not None:
            self.oddity(decoder, "close_repeated", "")
            return
        code, reason = parse_close_body(self.framing, body)
        log.close = make_close(
            code,
            reason,
            decoder.time_ns,
            decoder.packet,
            body,
            complete,
            decoder.end_offset,
            decoder.acknowledged,
        )
        if complete and len(body) == decoder.payload_length:
            for name, detail in close_violations(self.framing, self.version, body):
                self.oddity(decoder, name, detail)
        if self.closing_at == 0 or decoder.time_ns < self.closing_at:
            self.closing_at = decoder.time_ns

    def begin_end(self, side: int, time_ns: int, reset: bool) -> None:
        """Take note of a FIN or RST."""
        if self.down_at == 0 or time_ns < self.down_at:
            self.down_at = time_ns
            self.down_by = -1 if reset else side

    def oddity(self, decoder: FrameDecoder, name: str, detail: str) -> None:
        """Keep an anomaly of a side."""
        self.anomalies.add(name, Side(decoder.side), decoder.time_ns, decoder.packet, detail)
