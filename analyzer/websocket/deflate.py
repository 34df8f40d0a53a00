"""Extensions that compress, as far as frames must know of them.

permessage-deflate never touches a control frame (RFC 7692, section 6.1), so endings are read
without inflating anything; only ``deflate-stream`` of the early drafts hides the frames themselves.
"""

from __future__ import annotations

import zlib

from analyzer.stream.layer import Chunk
from analyzer.websocket.decoder import FrameDecoder, FrameSink

# Extensions that give RSV1 a meaning, per message or per frame.
RSV1_EXTENSIONS = frozenset(
    {
        "permessage-deflate",
        "x-webkit-permessage-deflate",
        "perframe-deflate",
        "deflate-frame",
        "x-webkit-deflate-frame",
    }
)
RSV1 = 4
ANY_RSV = 7
# Most bytes that one chunk may inflate to: a bomb must not fill the memory.
MAX_INFLATED = 16 * 1024 * 1024


def extension_names(extensions: list[str]) -> set[str]:
    """Return the names of accepted extensions, in lower case, without parameters."""
    return {extension.split(";")[0].strip().lower() for extension in extensions}


def reserved_bits(extensions: list[str]) -> int:
    """Return which reserved bits the accepted extensions use, as in `FrameDecoder.rsv`."""
    if not extensions:
        return 0
    names = extension_names(extensions)
    # An unknown extension may use any of them (RFC 6455, section 5.2).
    return RSV1 if names <= RSV1_EXTENSIONS else ANY_RSV


class _InflatedSink(FrameSink):
    """Gives frames their place in the TCP stream, which is not that in the inflated bytes."""

    def __init__(self, sink: FrameSink) -> None:
        self._sink = sink
        self.end_offset = 0

    def frame(self, decoder: FrameDecoder) -> None:
        """Hand on a whole frame."""
        decoder.end_offset = self.end_offset
        self._sink.frame(decoder)

    def oddity(self, decoder: FrameDecoder, name: str, detail: str) -> None:
        """Hand on an oddity."""
        self._sink.oddity(decoder, name, detail)


class DeflateStreamDecoder(FrameDecoder):
    """Inflates one side's bytes and hands them to a decoder of frames.

    draft-ietf-hybi-thewebsocketprotocol-10, section 9.2.1: after the handshake all bytes are one
    raw DEFLATE stream.

    Parameters
    ----------
    inner : FrameDecoder
        Takes the inflated bytes.
    """

    def __init__(self, inner: FrameDecoder) -> None:
        super().__init__(inner.side, inner.sink)
        self._inner = inner
        self._inflated = _InflatedSink(inner.sink)
        inner.sink = self._inflated
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)

    def data(self, chunk: Chunk) -> None:
        """Take the next bytes."""
        if self.lost:
            return
        self.begin(chunk, chunk.start)
        self.in_frame = False
        try:
            plain = self._inflate.decompress(chunk.buffer[chunk.start : chunk.end], MAX_INFLATED)
        except zlib.error as error:
            self.lost = True
            self.sink.oddity(self, "deflate_stream_broken", str(error))
            return
        if self._inflate.unconsumed_tail:
            self.lost = True
            self.sink.oddity(self, "deflate_stream_broken", "inflates to too many bytes")
        if plain:
            self._inflated.end_offset = chunk.offset + chunk.end - chunk.start
            inflated = chunk.copy()
            inflated.buffer = plain
            inflated.end = len(plain)
            self._inner.data(inflated)
            self.lost = self.lost or self._inner.lost

    def gap(self, length: int) -> bool:  # noqa: ARG002 - no length helps a broken dictionary
        """Take a gap: what follows cannot be inflated."""
        self.lost = True
        return False

    def resume(self) -> None:
        """Do nothing: a broken stream stays broken."""
