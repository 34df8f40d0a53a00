"""Handshake messages out of records, however they are cut: bytes of one side in, messages out."""

from __future__ import annotations

# Longer ones are certificates, which nobody here reads.
LONGEST_MESSAGE = 1 << 16


class MessageReader:
    """Puts the handshake messages of one side together, out of its records.

    Attributes
    ----------
    broken : bool
        Bytes are missing: nothing is read until `reset`.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._skip = 0
        self.broken = False

    def reset(self) -> None:
        """Start again, as behind a change of keys, which no message spans."""
        self._buffer = b""
        self._skip = 0
        self.broken = False

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take the next bytes; return type and body of each message that is whole by then."""
        if self.broken:
            return []
        skip = min(self._skip, len(data))
        self._skip -= skip
        buffer = self._buffer + data[skip:]
        found = []
        at = 0
        while len(buffer) - at >= 4:
            length = int.from_bytes(buffer[at + 1 : at + 4], "big")
            end = at + 4 + length
            if end > len(buffer):
                if length > LONGEST_MESSAGE:
                    self._skip = end - len(buffer)
                    at = len(buffer)
                break
            found.append((buffer[at], buffer[at + 4 : end]))
            at = end
        self._buffer = buffer[at:]
        return found
