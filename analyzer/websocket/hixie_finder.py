"""Find a byte where a frame of hixie-75 or 76 begins, after a gap; hand on what stands there."""

from __future__ import annotations

from analyzer.stream.layer import Chunk
from analyzer.websocket.finder import Candidate

HIXIE_CLOSE = b"\xff\x00"


class HixieFinder:
    """Finds the next frame of hixie-75 or 76: the byte behind a 0xFF that ends a text frame.

    0xFF never occurs in UTF-8. ``FF 00`` behind a gap is either the end of one text and the
    beginning of the next, or the closing frame; nothing follows a closing frame, so the next byte,
    or the end of the stream, decides.
    """

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._data = b""
        self._start = 0
        self.best: Candidate | None = None

    def gap(self, length: int = 0) -> bool:  # noqa: ARG002 - called like the other finder's
        """Forget what was found."""
        self._chunks.clear()
        self._data = b""
        return False

    def data(self, chunk: Chunk) -> bool:
        """Take the next bytes; True once a frame's first byte is found."""
        self._chunks.append(chunk.copy())
        self._data += chunk.buffer[chunk.start : chunk.end]
        start = _hixie_start(self._data)
        if start is None:
            self.gap()
        if start is None or start >= len(self._data):
            return False
        return self._believe(start)

    def finish(self) -> bool:
        """Nothing follows; True if that makes a closing frame of what was found."""
        return self._data == HIXIE_CLOSE and self._believe(0)

    def _believe(self, start: int) -> bool:
        self._start = start
        best = Candidate(0, 0.0)
        best.bits = 16.0
        best.frames = 1
        self.best = best
        return True

    def take(self) -> list[Chunk]:
        """Return the bytes from the frame on."""
        found, skip = [], self._start
        for chunk in self._chunks:
            length = chunk.end - chunk.start
            if skip < length:
                chunk.advance(skip)
                found.append(chunk)
            skip = max(skip - length, 0)
        self.gap()
        return found


def _hixie_start(data: bytes) -> int | None:
    """Return where a frame begins; beyond the bytes for "not known yet", None for nowhere."""
    more = len(data)
    if data[0] == 0:
        # A segment begins with a text; alone, this may be the second byte of a closing frame.
        return 0 if more > 1 else more
    end = data.find(b"\xff")
    if end < 0:
        return None
    if end > 0:
        return end + 1
    if more == 1 or data == HIXIE_CLOSE:
        return more
    return 1 if data[1] in {0x00, 0xFF} else None
