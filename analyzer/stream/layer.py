"""What stands on a byte stream: the face that every protocol layer shows to the one below it.

Bytes are pushed up as chunks, each with the time and packet that brought it; a hole is pushed as a
gap with its length. A layer may put another one in its place (`Stack.top`), as the protocols do on
the wire.
"""

from __future__ import annotations


class Chunk:
    """Consecutive bytes of one direction, brought by one packet.

    Valid during the call that hands it on; `copy` gives one that lasts.

    Attributes
    ----------
    buffer : bytes
        Holds the bytes as ``buffer[start:end]``.
    start, end : int
        Their bounds.
    time_ns : int
        Capture time of the packet, nanoseconds since the epoch.
    packet : int
        Its number.
    offset : int
        Position of the first byte in the sender's TCP byte stream, from 0.
    acknowledged : int
        How many bytes of the *other* direction the packet acknowledged, as a position in that byte
        stream; -1 where it cannot be told.
    missing : int
        Bytes behind `end` that the packet carried but the capture does not hold. For the byte
        stream only: to a layer they are a gap of their own.
    """

    def __init__(self) -> None:
        self.buffer = b""
        self.start = 0
        self.end = 0
        self.time_ns = 0
        self.packet = 0
        self.offset = 0
        self.acknowledged = -1
        self.missing = 0

    def advance(self, length: int) -> None:
        """Take `length` bytes off the front."""
        self.start += length
        self.offset += length

    def copy(self) -> Chunk:
        """Return a chunk with bytes of its own."""
        chunk = Chunk()
        chunk.buffer = self.buffer[self.start : self.end]
        chunk.end = self.end - self.start
        chunk.time_ns = self.time_ns
        chunk.packet = self.packet
        chunk.offset = self.offset
        chunk.acknowledged = self.acknowledged
        return chunk


class Layer:
    """A protocol on top of the two byte streams of one TCP stream.

    ``side`` is 0 for the client and 1 for the server, as far as the layers know by then.
    """

    def data(self, side: int, chunk: Chunk) -> None:
        """Take the next bytes of a side."""

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:
        """Take note that the next `length` bytes of a side are not in the capture."""

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        """Take note that a side sent its FIN, or a RST that counts, when its packet is seen."""

    def closed(self, side: int) -> None:
        """Take note that a side's bytes are complete: all up to its FIN have been pushed."""

    def finish(self) -> None:
        """Take note that nothing follows: the stream, or the capture, is over."""


class Stack:
    """Which layer stands on a TCP stream.

    Attributes
    ----------
    top : Layer or None
        Takes the bytes; None once nothing more is asked of the stream.
    flipped : int
        1 when the server is the one who was first taken for the client.
    stream : object
        The TCP stream below, for what a layer wants to know of it.
    via : tuple
        What stood in front of the top layer and is passed, such as a tunnel through a proxy.
    """

    def __init__(self, stream: object) -> None:
        self.top: Layer | None = None
        self.flipped = 0
        self.stream = stream
        self.via: tuple[object, ...] = ()

    # In each of these the top layer may put another one in its place: a name of its own keeps it
    # alive until it returns.

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:
        """Hand a gap to the top layer, if there is one."""
        top = self.top
        if top is not None:
            top.gap(side, length, time_ns, packet)

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        """Hand a FIN, or a RST that counts, to the top layer."""
        top = self.top
        if top is not None:
            top.shutdown(side, time_ns, reset)

    def closed(self, side: int) -> None:
        """Tell the top layer that a side's bytes are complete."""
        top = self.top
        if top is not None:
            top.closed(side)

    def finish(self) -> None:
        """Tell the top layer that nothing follows, and let go of it: else both may live on."""
        top = self.top
        if top is not None:
            top.finish()
        self.top = None
