"""What compressed messages inflate to: the extension that was agreed on, and its LZ77 window.

Compressed payload comes in as it was cut by frames and segments; text goes out in pieces of bounded
size. After a loss the window is empty: what needs no more than is known inflates all the same, and
DEFLATE tells when it needs more (RFC 7692, section 7.2.2; RFC 1951).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from analyzer.http.handshake import OpeningHandshake

PER_MESSAGE = frozenset({"permessage-deflate", "x-webkit-permessage-deflate"})
PER_FRAME = frozenset({"perframe-deflate", "deflate-frame", "x-webkit-deflate-frame"})
# It compresses the stream under the frames, and leaves messages alone.
UNDERNEATH = "deflate-stream"

# The sender took these off the end (RFC 7692, section 7.2.1).
TAIL = b"\x00\x00\xff\xff"
# A last block with nothing in it: the stream ends here only if the message did, too.
LAST_BLOCK = b"\x03\x00"
PIECE = 65536


class Unit(Enum):
    """What is compressed at a time."""

    NONE = "none"
    MESSAGE = "message"
    FRAME = "frame"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Compression:
    """How one side compresses, as far as the handshake tells.

    Attributes
    ----------
    unit : Unit
        `Unit.UNKNOWN` where an extension was accepted that changes payload in ways of its own.
    window_bits : int
        Base-two logarithm of the LZ77 window, 8 to 15.
    takeover : bool
        The window is kept from one message, or frame, to the next.
    seen : bool
        The handshake was seen. If not, a message with RSV1 is tried as permessage-deflate, the only
        registered extension that uses the bit.
    """

    unit: Unit
    window_bits: int = 15
    takeover: bool = True
    seen: bool = True


def compression_of(handshake: OpeningHandshake | None, side: int) -> Compression:
    """Return how a side, 0 for the client, compresses what it sends."""
    if handshake is None or handshake.response is None or handshake.cut:
        return Compression(Unit.MESSAGE, seen=False)
    accepted = [extension_parameters(one) for one in handshake.extensions]
    accepted = [one for one in accepted if one[0] != UNDERNEATH]
    if not accepted:
        return Compression(Unit.NONE)
    name, parameters = accepted[0]
    if len(accepted) > 1 or name not in PER_MESSAGE | PER_FRAME:
        return Compression(Unit.UNKNOWN)
    if name in PER_MESSAGE:
        # Drafts before RFC 7692 wrote "c2s_" and "s2c_".
        names = ("server_", "s2c_") if side else ("client_", "c2s_")
        return _made(Unit.MESSAGE, parameters, names)
    # Whoever sends these parameters asks them of the other side.
    if side:
        offered = (handshake.field("sec-websocket-extensions") or "").split(",")
        parameters = next(
            (more for it, more in map(extension_parameters, offered) if it == name), {}
        )
    return _made(Unit.FRAME, parameters, ("",))


def _made(unit: Unit, parameters: dict[str, str], prefixes: tuple[str, ...]) -> Compression:
    bits, takeover = 15, True
    for prefix in prefixes:
        takeover = takeover and f"{prefix}no_context_takeover" not in parameters
        value = parameters.get(f"{prefix}max_window_bits", "")
        if value in {"8", "9", "10", "11", "12", "13", "14"}:
            bits = int(value)
    return Compression(unit, bits, takeover)


def extension_parameters(extension: str) -> tuple[str, dict[str, str]]:
    """Return name and parameters, names in lower case (RFC 6455, section 9.1).

    Examples
    --------
    >>> extension_parameters('permessage-deflate; client_max_window_bits="10"')
    ('permessage-deflate', {'client_max_window_bits': '10'})
    """
    name, *parameters = (part.strip() for part in extension.split(";"))
    pairs = (part.partition("=") for part in parameters)
    return name.lower(), {key.strip().lower(): value.strip(' "\t') for key, _, value in pairs}


class Inflater:
    """Inflates what one side compressed, one unit after the other.

    Parameters
    ----------
    compression : Compression
        How it does.

    Attributes
    ----------
    certain : bool
        All that the sender may refer to is known: what does not inflate is broken, not lost.
    """

    def __init__(self, compression: Compression) -> None:
        self._bits = compression.window_bits
        self._takeover = compression.takeover
        self._seen = compression.seen
        self._window = bytearray()
        self._stream: zlib._Decompress | None = None
        self.certain = compression.seen

    def forget(self) -> None:
        """Let nothing of before be known: bytes are missing, or do not inflate."""
        self._window.clear()
        self._stream = None
        self.certain = False

    def begin(self) -> None:
        """Take note that a unit begins."""
        self._stream = None
        if not self._takeover:
            self._window.clear()
        if not self._takeover or len(self._window) == 1 << self._bits:
            # The sender can refer to nothing before this.
            self.certain = self._seen

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield what the next bytes of a unit inflate to, in bounded pieces.

        Raises
        ------
        zlib.error
            They do not inflate. All that stands before that has been yielded.
        """
        more = True
        while data or more:
            stream = self._stream
            if stream is None or stream.eof:
                stream = self._stream = self._begun()
            before = stream.copy()
            try:
                plain = stream.decompress(data, PIECE)
            except zlib.error:
                yield from self._up_to_error(before, data)
                raise
            data = stream.unused_data if stream.eof else stream.unconsumed_tail
            more = len(plain) == PIECE and not stream.eof
            if plain:
                yield self._remembered(plain)

    def end(self) -> None:
        """Take note that a unit is over.

        Raises
        ------
        zlib.error
            It ends where no compressed unit can.
        """
        stream = self._stream
        # Empty, against section 7.2.3.6; or ended by a last block of its own, without more.
        if stream is not None and not stream.eof:
            plain = stream.decompress(TAIL + LAST_BLOCK)
            if (plain, stream.eof, stream.unused_data) != (b"", True, b""):
                raise zlib.error("the compressed data ends inside a block")

    def _begun(self) -> zlib._Decompress:
        # Every unit ends at a byte: a new stream goes on from there, with the window of the last.
        if self._window:
            return zlib.decompressobj(-self._bits, zdict=bytes(self._window))
        return zlib.decompressobj(-self._bits)

    def _remembered(self, plain: bytes) -> bytes:
        self._window += plain
        del self._window[: max(len(self._window) - (1 << self._bits), 0)]
        return plain

    def _up_to_error(self, stream: zlib._Decompress, data: bytes) -> Iterator[bytes]:
        """Yield what one byte after the other inflates to: the same however the bytes were cut."""
        for byte in data:
            try:
                plain = stream.decompress(bytes([byte]))
            except zlib.error:
                return
            if plain:
                yield plain
