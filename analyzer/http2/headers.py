"""Header blocks of one direction in, lists of fields out (RFC 7541).

A block can only be read when all before it were, and reading takes long beside all the rest. So
blocks are kept as they are until something asks for one, and only so many of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpack import Decoder

Fields = list[tuple[bytes, bytes]]

# ``:protocol`` stands in no static table: the first time it is a literal, plain or in Huffman code
# (RFC 7541, appendix B), whose octets begin where the string does.
PROTOCOL = b":protocol"
PROTOCOL_HUFFMAN = bytes.fromhex("b95d8749c87a3f")
# An encoder says itself how large its table is; who watches has to allow what was negotiated.
MAX_TABLE = 1024 * 1024
MAX_LIST = 256 * 1024
MOST_SAME = 256
LONGEST_SAME = 512


def may_ask(block: bytes) -> bool:
    """Whether a request's header block names ``:protocol`` for the first time (RFC 8441, 4)."""
    return PROTOCOL in block or PROTOCOL_HUFFMAN in block


class HeaderBlocks:
    """The state of one direction's compression.

    Attributes
    ----------
    lost : bool
        A block is missing, or made no sense: no later one can be read.
    waiting : int
        Bytes of the blocks that were kept.
    """

    def __init__(self) -> None:
        self.lost = False
        self.waiting = 0
        self._kept: list[bytes] = []
        self._decoder: Decoder | None = None
        # Blocks that left the table as it was mean the same until it changes.
        self._same: dict[bytes, Fields] = {}

    def keep(self, block: bytes) -> None:
        """Keep a block whose fields nobody asks for yet."""
        if not self.lost:
            self._kept.append(block)
            self.waiting += len(block)

    def lose(self) -> None:
        """Take note that a block is missing."""
        self.lost = True
        self._kept = []
        self.waiting = 0

    def read(self, block: bytes) -> Fields | None:
        """Return the fields of a block; None where they cannot be known."""
        self.flush()
        return None if self.lost else self._decode(block)

    def flush(self) -> None:
        """Read what was kept, for what it does to the blocks behind it."""
        kept, self._kept, self.waiting = self._kept, [], 0
        for block in kept:
            if not self.lost:
                self._decode(block)

    def _decode(self, block: bytes) -> Fields | None:
        known = self._same.get(block)
        if known is not None:
            return known
        # Few captures hold HTTP/2 with something to read in it.
        from hpack import Decoder, HPACKError  # noqa: PLC0415

        if self._decoder is None:
            self._decoder = Decoder(MAX_LIST)
            self._decoder.max_allowed_table_size = MAX_TABLE
        before = self._state(self._decoder)
        try:
            fields = [(field[0], field[1]) for field in self._decoder.decode(block, raw=True)]
        except HPACKError:
            self.lose()
            return None
        if self._state(self._decoder) != before or len(self._same) >= MOST_SAME:
            self._same = {}
        if self._state(self._decoder) == before and len(block) <= LONGEST_SAME:
            self._same[block] = fields
        return fields

    @staticmethod
    def _state(decoder: Decoder) -> tuple[int, int, int]:
        """Return what changes whenever the table does: each new entry is an object of its own."""
        entries = decoder.header_table.dynamic_entries
        return len(entries), id(entries[0]) if entries else 0, decoder.header_table_size
