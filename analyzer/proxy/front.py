"""A stream's first byte in; out comes the layer for what stands in front of HTTP or TLS, if any."""

from __future__ import annotations

from analyzer.proxy.announced import AnnouncedLayer
from analyzer.proxy.preamble import Rooms
from analyzer.proxy.socks import SocksLayer
from analyzer.stream.layer import Chunk, Layer, Stack


class FrontLayer(Layer):
    """Looks at the first byte, puts a layer in its own place, and hands on what it has seen.

    Every TCP stream passes here: those that begin neither as SOCKS nor as the PROXY protocol does,
    with 4, 5, ``P`` or CR, are handed on at once, or dropped where no HTTP begins so.

    Parameters
    ----------
    stack : Stack
        Where the layer stands.
    rooms : Rooms
        The rooms above.
    """

    def __init__(self, stack: Stack, rooms: Rooms) -> None:
        self._stack = stack
        self._rooms = rooms
        self._ends: list[tuple[int, int, bool]] | None = None

    def data(self, side: int, chunk: Chunk) -> None:
        """Take the first bytes of the stream."""
        first = chunk.buffer[chunk.start]
        layer: Layer | None = None
        if first < 0x21 or first > 0x7E:
            if side == 0 and (first == 0x0D or first == 4 or first == 5):  # noqa: PLR1714
                layer = self._special(first, chunk)
            elif first != 0x0D and first != 0x0A and (first != 0 or side == 0):  # noqa: PLR1714
                # No method begins so, nor an empty line before one (RFC 9110, section 5.6.2). With
                # 0 begins the length of a server's SETTINGS, which may come first (RFC 9113, 3.4).
                self._stack.top = None
                return
        elif first == 0x50 and side == 0:
            layer = self._special(first, chunk)
        if layer is None:
            layer = self._rooms.usual(self._stack)
        top = self._place(layer)
        if top is not None:
            top.data(side, chunk)

    def _special(self, first: int, chunk: Chunk) -> Layer | None:
        if first < 6:
            return SocksLayer(self._stack, self._rooms)
        # Most of what begins with P is a POST, and is not to be copied.
        start = chunk.buffer[chunk.start : min(chunk.start + 6, chunk.end)]
        if b"PROXY ".startswith(start) or b"\r\n\r\n\0\r".startswith(start):
            return AnnouncedLayer(self._stack, self._rooms)
        return None

    def _place(self, layer: Layer | None) -> Layer | None:
        self._stack.top = layer
        if self._ends is not None and layer is not None:
            for side, time_ns, reset in self._ends:
                layer.shutdown(side, time_ns, reset)
        return layer

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:
        """Leave the rest to the usual layer: the first bytes are not in the capture."""
        top = self._place(self._rooms.usual(self._stack))
        if top is not None:
            top.gap(side, length, time_ns, packet)

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        """Remember a FIN or RST, for the layer that takes over."""
        if self._ends is None:
            self._ends = []
        self._ends.append((side, time_ns, reset))

    def finish(self) -> None:
        """Nothing was said: it may have been refused."""
        if self._ends is not None:
            self._rooms.unheard(self._stack)
        self._stack.top = None
