"""What every capture format looks like from outside: bytes in, packets out."""

from __future__ import annotations


class PacketReader:
    """Takes a capture's bytes as they come and steps through its packets.

    Call `next` until it says that the bytes are used up, `feed` it more, and so on; `finish` tells
    at any time what would be wrong if the capture ended there. Nothing in here raises, whatever
    the bytes are: damage ends the capture, and the packets before it are kept.

    Attributes
    ----------
    buffer : bytes
        Holds the current packet as ``buffer[start:end]``, until the next call of `feed`.
    start, end : int
        Bounds of the captured bytes of the current packet.
    original_length : int
        Length of the packet on the wire, bytes. Some programs write one that is smaller than what
        they captured; it is given as it stands in the file.
    time_ns : int
        Capture time of the current packet, nanoseconds since the epoch.
    link_type : int
        ``LINKTYPE_`` number of the current packet's interface.
    interface : int
        Number of the interface within the capture, from 0.
    damage : str
        What makes no sense in the capture, one line. Empty as long as all does; once it is set, no
        packet comes any more and fed bytes are dropped.
    """

    def __init__(self) -> None:
        self.buffer = b""
        self.start = 0
        self.end = 0
        self.original_length = 0
        self.time_ns = 0
        self.link_type = 0
        self.interface = 0
        self.damage = ""
        self._position = 0  # where the next record begins
        self._size = 0  # of `buffer`
        self._waiting: list[bytes] = []  # chunks that stand behind `buffer`
        self._waiting_at = 0  # where the first of them begins
        self._waiting_size = 0

    def feed(self, data: bytes) -> None:
        """Append bytes; call it when `next` has said that it needs more.

        Parameters
        ----------
        data : bytes
            What follows the bytes fed before, any number of them.
        """
        if not self.damage:
            self._waiting.append(data)
            self._waiting_size += len(data)

    def next(self) -> bool:
        """Step to the next packet; False when the bytes fed so far hold no further whole one."""
        raise NotImplementedError

    def finish(self) -> str:
        """Tell what is wrong with the end of the capture: empty if it ends behind a packet."""
        raise NotImplementedError

    def _left(self) -> int:
        """Give the number of bytes that were fed and not read."""
        return self._size - self._position + self._waiting_size

    def _has(self, length: int) -> bool:
        """Whether so many bytes follow the position; those that were fed are put into `buffer`."""
        if self._size - self._position >= length:
            return True
        if self._left() < length:
            return False
        self._refill(length)
        return True

    def _refill(self, length: int) -> None:
        """Continue `buffer`, so that at least so many bytes follow the position."""
        left = self.buffer[self._position : self._size]
        first = self._waiting[0]
        at = self._waiting_at
        if len(self._waiting) > 1:
            self._waiting[0] = first[at:]
            self._replace(b"".join([left, *self._waiting]), 0)
        elif not left:
            self._replace(first, at)
        else:
            # Only the record that lies across the border is copied, not the chunk behind it.
            wanted = length - len(left)
            self.buffer = left + first[at : at + wanted]
            self._position = 0
            self._size = length
            self._waiting_at = at + wanted
            self._waiting_size -= wanted

    def _replace(self, buffer: bytes, position: int) -> None:
        """Go on in another buffer that holds all that was fed."""
        self.buffer = buffer
        self._position = position
        self._size = len(buffer)
        self._waiting = []
        self._waiting_at = 0
        self._waiting_size = 0

    def _stop(self, damage: str) -> bool:
        """End the capture here, for a reason; gives False for `next` to return."""
        self.damage = damage
        self._replace(self.buffer, self._size)
        return False
