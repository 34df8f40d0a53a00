"""The parts of pcapng blocks that are lists of things: a block's bytes in, options and names out.

draft-ietf-opsawg-pcapng, sections 3.5 (options) and 4.5 (name resolution). Lengths are a stranger's
word: each is checked against the block, and a list ends where it makes no sense.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from analyzer.capture.words import word_16

END_OF_OPTIONS = 0
COMMENT = 1
IF_NAME = 2
IF_TSRESOL = 9
IF_TSOFFSET = 14

MOST_OPTIONS = 1000  # of one block; more are left out, and the list is not in order

_NAME_IPV4 = 1
_NAME_IPV6 = 2


class Options(NamedTuple):
    """The options of a block: code and value, and whether the list was in order to its end."""

    values: list[tuple[int, bytes]]
    in_order: bool

    def first(self, code: int, length: int | None = None) -> bytes | None:
        """Give the value of the first option with a code and, where one is asked for, a length."""
        for found, value in self.values:
            if found == code and length in (None, len(value)):
                return value
        return None

    def texts(self, code: int) -> list[str]:
        """Give all values of a code as text; bytes that are no UTF-8 become replacement marks."""
        return [value.decode(errors="replace") for found, value in self.values if found == code]


def parse_options(body: bytes, big: bool) -> Options:
    """Read the options at the end of a block.

    Parameters
    ----------
    body : bytes
        From the first option to where the block's trailing length stands.
    big : bool
        Whether the section is big-endian.
    """
    values: list[tuple[int, bytes]] = []
    at = 0
    while at + 4 <= len(body) and len(values) < MOST_OPTIONS:
        code, length = word_16(body, at, big), word_16(body, at + 2, big)
        if code == END_OF_OPTIONS:
            return Options(values, in_order=length == 0)
        if at + 4 + length > len(body):
            return Options(values, in_order=False)
        values.append((code, body[at + 4 : at + 4 + length]))
        at += 4 + length + (-length & 3)
    return Options(values, in_order=at >= len(body))


def parse_names(body: bytes, big: bool) -> Iterator[tuple[bytes, bytes]]:
    """Read the records of a name resolution block.

    Yields
    ------
    (bytes, bytes)
        Address, 4 or 16 bytes as on the wire, and a name of it. An address with several names
        comes several times. Names are a stranger's bytes.
    """
    at = 0
    while at + 4 <= len(body):
        kind, length = word_16(body, at, big), word_16(body, at + 2, big)
        value = body[at + 4 : at + 4 + length]
        if kind == 0 or len(value) < length:
            return
        size = {_NAME_IPV4: 4, _NAME_IPV6: 16}.get(kind, length)
        for name in value[size:].split(b"\0"):
            if name:
                yield value[:size], name
        at += 4 + length + (-length & 3)
