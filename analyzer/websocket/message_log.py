"""Messages, where somebody asked for them: payload comes in frame by frame, rows go out.

What is kept is bounded, and so is what compressed payload may inflate to. Where bytes are missing,
or what a compressed message refers to is not known, its text is unknown: never wrong.
"""

from __future__ import annotations

import zlib
from codecs import utf_8_decode

from analyzer.anomaly import AnomalyLog
from analyzer.http.handshake import OpeningHandshake
from analyzer.side import Side
from analyzer.websocket.decoder import FrameDecoder, PayloadSink
from analyzer.websocket.inflate import Compression, Inflater, Unit, compression_of
from analyzer.websocket.messages import INVALID, Message, MessageColumns
from analyzer.websocket.registry import Opcode

KEPT_BYTES = 65536
"""Of every message so many of the first bytes are kept."""
LARGEST = 64 * 1024 * 1024
"""A compressed message that inflates to more is not followed."""
# Of all messages together so much is kept, and so many times what was sent.
KEPT_ANYHOW = 16 * 1024 * 1024
KEPT_RATIO = 16

RSV1 = 4


class MessageLog:
    """Takes the payload of both sides.

    Parameters
    ----------
    columns : MessageColumns
        Where whole messages go.
    anomalies : AnomalyLog
        Where what is wrong with them goes.
    version : int
        ``Sec-WebSocket-Version``: text that is not UTF-8 is a violation in version 13.
    client, server : Compression
        How each side compresses.
    """

    def __init__(
        self,
        columns: MessageColumns,
        anomalies: AnomalyLog,
        version: int,
        client: Compression,
        server: Compression,
    ) -> None:
        self.columns = columns
        self.version = version
        self.readers = (MessageReader(self, client), MessageReader(self, server))
        self._anomalies = anomalies
        self._sent = 0
        self._full = False

    def frame(self, decoder: FrameDecoder) -> None:
        """Take note that a data frame is whole."""
        self.readers[decoder.side].end_frame(decoder)

    def lost(self, side: int) -> None:
        """Take note that it is not known where the next frame of a side begins."""
        self.readers[side].lost()

    def sent(self, length: int) -> None:
        """Count bytes of payload: what was sent may be kept."""
        self._sent += length

    def keep(self, decoder: FrameDecoder, message: Message, plain: bytes) -> None:
        """Keep the first bytes of what was said, within all bounds."""
        plain = plain[: KEPT_BYTES - len(message.kept)]
        if not plain or len(message.kept) < message.said:
            return
        room = KEPT_ANYHOW + KEPT_RATIO * self._sent - self.columns.kept_bytes
        if len(message.kept) + len(plain) <= room:
            message.kept += plain
        elif not self._full:
            self._full = True
            detail = f"messages inflate to more than {KEPT_RATIO} times what was sent"
            self.odd(decoder, "messages_not_kept", detail)

    def odd(self, decoder: FrameDecoder, name: str, detail: str) -> None:
        """Keep an anomaly of the side that a decoder reads."""
        self._anomalies.add(name, Side(decoder.side), decoder.time_ns, decoder.packet, detail)


def message_log(
    anomalies: AnomalyLog, handshake: OpeningHandshake | None, version: int, last: int | None
) -> MessageLog:
    """Return what takes the messages that follow a handshake; `last` as in `Columns`."""
    sides = [compression_of(handshake, side) for side in (0, 1)]
    return MessageLog(MessageColumns(last), anomalies, version, *sides)


class MessageReader(PayloadSink):
    """Puts together the messages of one side.

    Parameters
    ----------
    log : MessageLog
        Takes them.
    compression : Compression
        How the side compresses.
    """

    def __init__(self, log: MessageLog, compression: Compression) -> None:
        self._log = log
        self._compresses = compression.unit in {Unit.MESSAGE, Unit.FRAME}
        self._by_frame = compression.unit is Unit.FRAME
        # An extension that is not known may change any byte.
        self._understood = compression.unit is not Unit.UNKNOWN
        self._strict = log.version == 13 and compression.seen
        self._inflater = Inflater(compression)
        self._message: Message | None = None
        self._in_frame = False
        self._compressed = False

    def lost(self) -> None:
        """Forget what is in progress: frames are missing."""
        self._message = None
        self._in_frame = False
        self._inflater.forget()

    def payload(self, decoder: FrameDecoder, data: bytes) -> None:
        """Take the next bytes of the current frame."""
        self._log.sent(len(data))
        message = self._begun(decoder)
        if message is None or not message.known:
            if self._compressed:
                self._inflater.forget()
        elif self._compressed:
            self._inflate(decoder, message, data)
        else:
            self._say(decoder, message, data)

    def missing(self, decoder: FrameDecoder, length: int) -> None:  # noqa: ARG002 - all look alike
        """Take a gap in the current frame."""
        message = self._begun(decoder)
        if message is not None:
            message.lose()
        if self._compressed:
            self._inflater.forget()

    def end_frame(self, decoder: FrameDecoder) -> None:
        """Take note that the current frame is whole."""
        message = self._begun(decoder)
        self._in_frame = False
        if message is None:
            return
        message.add(decoder)
        if self._compressed and message.known and (decoder.fin or self._by_frame):
            self._end_unit(decoder, message)
        if decoder.fin:
            if message.known:
                self._check(decoder, message, b"", last=True)
            message.settle()
            self._log.columns.append(decoder.side, message)
            self._message = None

    def _begun(self, decoder: FrameDecoder) -> Message | None:
        """Return the message that the current frame belongs to; None where it is no data frame."""
        if not self._in_frame:
            self._in_frame = True
            self._begin_frame(decoder)
        return self._message

    def _begin_frame(self, decoder: FrameDecoder) -> None:
        first = decoder.opcode != Opcode.CONTINUATION or self._message is None
        if first:
            if self._message is not None and self._compressed:
                self._inflater.forget()  # a message that another one interrupts is never whole
            # Opcodes that nobody defined are no messages.
            self._message = Message(decoder) if decoder.opcode <= Opcode.BINARY else None
        message = self._message
        if first or self._by_frame:
            self._begin_unit(decoder, message)
        if message is None:
            return
        # Without its first frame it is not known whether a message is compressed.
        if decoder.rsv & ~(RSV1 * self._compressed) or message.opcode == Opcode.CONTINUATION:
            message.plain = False
            message.lose()

    def _begin_unit(self, decoder: FrameDecoder, message: Message | None) -> None:
        self._compressed = self._compresses and decoder.rsv == RSV1
        if not self._compressed:
            return
        self._inflater.begin()
        if message is not None:
            message.plain = False
            message.certain = message.certain and self._inflater.certain

    def _inflate(self, decoder: FrameDecoder, message: Message, data: bytes) -> None:
        try:
            for plain in self._inflater.pieces(data):
                self._say(decoder, message, plain)
                if message.said > LARGEST:
                    self._log.odd(decoder, "message_inflates_too_far", f"to over {LARGEST} bytes")
                    message.lose()
                if not message.known:
                    self._inflater.forget()
                    return
        except zlib.error as error:
            self._broken(decoder, message, error)

    def _end_unit(self, decoder: FrameDecoder, message: Message) -> None:
        try:
            self._inflater.end()
        except zlib.error as error:
            self._broken(decoder, message, error)

    def _broken(self, decoder: FrameDecoder, message: Message, error: zlib.error) -> None:
        if self._inflater.certain:
            detail = str(error).rpartition(": ")[2]
            self._log.odd(decoder, "message_not_inflatable", detail)
        message.lose()
        self._inflater.forget()

    def _say(self, decoder: FrameDecoder, message: Message, plain: bytes) -> None:
        """Take what was said next."""
        self._log.keep(decoder, message, plain)
        self._check(decoder, message, plain, last=False)
        message.said += len(plain)

    def _check(self, decoder: FrameDecoder, message: Message, plain: bytes, *, last: bool) -> None:
        """Hold a text against UTF-8 (RFC 6455, section 8.1)."""
        if message.begun is None:
            return
        text = message.begun + plain
        try:
            _, taken = utf_8_decode(text, "strict", last)
            message.begun = text[taken:]
        except UnicodeDecodeError as error:
            at = message.said - len(message.begun) + error.start
            message.begun = None
            if not message.certain:
                message.lose()
                self._inflater.forget()
            if not message.certain or not self._understood:
                return
            message.valid = INVALID
            if self._strict:
                self._log.odd(decoder, "text_not_utf8", f"byte {at} of the message")
