"""pcapng (draft-ietf-opsawg-pcapng): a file's bytes in; packets, secrets and names out.

Where a file departs from the specification, what libpcap (``sf-pcapng.c``) and Wireshark
(``wiretap/pcapng.c``) both refuse ends the capture; what one of them takes is taken.
"""

from __future__ import annotations

from analyzer.capture.blocks import (
    COMMENT,
    IF_NAME,
    Options,
    parse_names,
    parse_options,
)
from analyzer.capture.interface import Interface, clock_of
from analyzer.capture.reader import PacketReader
from analyzer.capture.words import word_16, word_32

SECTION_HEADER = 0x0A0D0D0A  # a palindrome: the same in both byte orders
INTERFACE_DESCRIPTION = 1
OBSOLETE_PACKET = 2
SIMPLE_PACKET = 3
NAME_RESOLUTION = 4
ENHANCED_PACKET = 6
DECRYPTION_SECRETS = 10

# As in libpcap and Wireshark. A longer block is damage, or skipped if nobody here reads its kind.
LONGEST_BLOCK = 16 * 1024 * 1024
MOST_INTERFACES = 65_536
# Secrets, names and comments that are kept of one capture, bytes.
MOST_KEPT = 64 * 1024 * 1024
# What a kept thing costs beside its bytes.
_KEEPING = 128

# Bytes of a block without packet data and options.
_SMALLEST = {
    SECTION_HEADER: 28,
    INTERFACE_DESCRIPTION: 20,
    OBSOLETE_PACKET: 32,
    SIMPLE_PACKET: 16,
    ENHANCED_PACKET: 32,
    DECRYPTION_SECRETS: 20,
}


class PcapngReader(PacketReader):
    """Steps through the packets of a pcapng file; see `PacketReader`.

    A simple packet block has no time: it gets that of the packet before it, 0 if there is none. A
    packet's options are not read. Interfaces of later sections are counted on.

    Attributes
    ----------
    secrets : list of (int, bytes)
        Type (``0x544c534b``: TLS key log) and content of the decryption secrets met so far.
    names : list of (bytes, bytes)
        Address and name from name resolution blocks, see `parse_names`.
    comments : list of (str, str)
        Where, ``"section"`` or ``"interface N"``, and a comment. A stranger's text.
    notes : list of str
        What was odd without keeping packets from being read; each thing is told once.
    interfaces : list of Interface
        Those of the current section.
    """

    def __init__(self) -> None:
        super().__init__()
        self.secrets: list[tuple[int, bytes]] = []
        self.names: list[tuple[bytes, bytes]] = []
        self.comments: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self.interfaces: list[Interface] = []
        self._started = False
        self._big = False
        self._interfaces_before = 0
        self._kept = 0
        self._skip = 0  # bytes of a huge block that are still to come

    def next(self) -> bool:
        """Step to the next packet; False when the bytes fed so far hold no further whole one."""
        while self._size - self._position >= 12 or self._ready():
            at = self._position
            buffer = self.buffer
            big = self._big
            kind = word_32(buffer, at, big)
            length = word_32(buffer, at + 4, big)
            if kind == 0x0A0D0D0A or _is_odd(length) or self._size - at < length:
                if not self._unusual(kind, at):
                    return False
                continue
            if word_32(buffer, at + length - 4, big) != length:
                return self._stop("damaged: the two lengths of a block differ")
            self._position = at + length
            if kind == 6:  # ENHANCED_PACKET
                return self._packet(at, length, False)
            if self._other(kind, at, length):
                return True
        return False

    def _unusual(self, kind: int, at: int) -> bool:
        """Get on with a block that begins a section, has an odd length, or is not here as a whole.

        Gives False if there is no way on, for want of bytes or for good.
        """
        if kind == SECTION_HEADER and not self._find_byte_order(at):
            return False
        length = word_32(self.buffer, at + 4, self._big)
        if _is_odd(length):
            return self._odd_length(kind, length)
        if self._size - at < length:
            return self._has(length)
        if word_32(self.buffer, at + length - 4, self._big) != length:
            return self._stop("damaged: the two lengths of a block differ")
        self._position = at + length
        self._other(kind, at, length)
        return not self.damage

    def finish(self) -> str:
        """Tell what is wrong with the end of the capture: empty if it ends behind a block."""
        if self.damage:
            return self.damage
        if self._skip or self._left():
            return "cut short in the middle of a block"
        return "" if self._started else "cut short in the section header"

    def _packet(self, at: int, length: int, obsolete: bool) -> bool:
        """Take an enhanced packet block, or an obsolete one, whose layout differs in one word."""
        if length < 32:
            return self._stop("damaged: a packet block is too short")
        buffer = self.buffer
        big = self._big
        number = word_16(buffer, at + 8, big) if obsolete else word_32(buffer, at + 8, big)
        if number >= len(self.interfaces):
            return self._stop("damaged: a packet of an interface that is not described")
        captured = word_32(buffer, at + 20, big)
        if captured > length - 32:
            return self._stop("damaged: a packet is longer than its block")
        high = word_32(buffer, at + 12, big)
        low = word_32(buffer, at + 16, big)
        interface = self.interfaces[number]
        if high < interface.plain_below:
            self.time_ns = (high << 32 | low) * interface.multiplier + interface.offset_ns
        else:
            self.time_ns = interface.exact_time(high, low)
        self.start = at + 28
        self.end = self.start + captured
        self.original_length = word_32(buffer, at + 24, big)
        self.link_type = interface.link_type
        self.interface = interface.number
        return True

    def _simple_packet(self, at: int, length: int) -> bool:
        """Take a simple packet block: of the first interface, cut at its snap length."""
        if not self.interfaces:
            return self._stop("damaged: a packet of an interface that is not described")
        interface = self.interfaces[0]
        original = word_32(self.buffer, at + 8, self._big)
        captured = min(original, interface.snaplen or original)
        if captured > length - 16:
            return self._stop("damaged: a packet is longer than its block")
        self.start = at + 12
        self.end = self.start + captured
        self.original_length = original
        self.link_type = interface.link_type
        self.interface = interface.number
        return True

    def _other(self, kind: int, at: int, length: int) -> bool:
        """Take any other block; True if it is a packet."""
        if not self._started and kind != SECTION_HEADER:
            return self._stop("not a pcapng file")
        if length < _SMALLEST.get(kind, 12):
            return self._stop("damaged: a block is too short for its kind")
        if kind == SIMPLE_PACKET:
            return self._simple_packet(at, length)
        if kind == OBSOLETE_PACKET:
            return self._packet(at, length, True)
        self._note_block(kind, at, length)
        return False

    def _note_block(self, kind: int, at: int, length: int) -> None:
        """Take what a block without a packet says; kinds that nobody here reads say nothing."""
        if kind == SECTION_HEADER:
            self._begin_section(at, length)
        elif kind == INTERFACE_DESCRIPTION:
            self._describe_interface(at, length)
        elif kind == DECRYPTION_SECRETS:
            self._keep_secret(at, length)
        elif kind == NAME_RESOLUTION:
            for address, name in parse_names(self.buffer[at + 8 : at + length - 4], self._big):
                if not self._keep(len(name)):
                    break
                self.names.append((address, name))

    def _begin_section(self, at: int, length: int) -> None:
        major = word_16(self.buffer, at + 12, self._big)
        if major != 1:
            self._stop(f"pcapng version {major} is not supported")
            return
        self._started = True
        self._interfaces_before += len(self.interfaces)
        self.interfaces = []
        self._keep_comments("section", self._options(at + 24, at + length - 4))

    def _describe_interface(self, at: int, length: int) -> None:
        if len(self.interfaces) >= MOST_INTERFACES:
            self._stop(f"damaged: more than {MOST_INTERFACES} interfaces")
            return
        number = (self._interfaces_before + len(self.interfaces)) & 0x7FFFFFFF
        link_type = word_16(self.buffer, at + 8, self._big)
        interface = Interface(number, link_type, word_32(self.buffer, at + 12, self._big))
        options = self._options(at + 16, at + length - 4)
        names = options.texts(IF_NAME)
        if names and self._keep(len(names[0])):
            interface.name = names[0]
        units, offset = clock_of(options, self._big)
        interface.set_clock(units, offset)
        self._keep_comments(f"interface {number}", options)
        self.interfaces.append(interface)

    def _keep_secret(self, at: int, length: int) -> None:
        size = word_32(self.buffer, at + 12, self._big)
        if size > length - 20:
            self._note("decryption secrets are longer than their block")
        elif self._keep(size):
            kind = word_32(self.buffer, at + 8, self._big)
            self.secrets.append((kind, self.buffer[at + 16 : at + 16 + size]))

    def _keep_comments(self, where: str, options: Options) -> None:
        for text in options.texts(COMMENT):
            if self._keep(len(text)):
                self.comments.append((where, text))

    def _keep(self, size: int) -> bool:
        """Whether there is room for so many bytes more, from a stranger."""
        if self._kept + size + _KEEPING > MOST_KEPT:
            self._note("secrets, names and comments beyond 64 MiB are left out")
            return False
        self._kept += size + _KEEPING
        return True

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _options(self, start: int, end: int) -> Options:
        options = parse_options(self.buffer[start:end], self._big)
        if not options.in_order:
            self._note("options of a block make no sense")
        return options

    def _ready(self) -> bool:
        """Whether a block's first words are there; bytes of a huge block are dropped first."""
        if self._skip:
            here = min(self._skip, self._left())
            self._has(here)
            self._position += here
            self._skip -= here
        return not self._skip and self._has(12)

    def _find_byte_order(self, at: int) -> bool:
        """Learn the byte order of the section that begins here."""
        self._big = word_32(self.buffer, at + 8, True) == 0x1A2B3C4D
        if self._big or word_32(self.buffer, at + 8, False) == 0x1A2B3C4D:
            return True
        return self._stop("damaged: a section header has no byte order")

    def _odd_length(self, kind: int, length: int) -> bool:
        """Stop at a length that makes no sense; True if the block is one that can be skipped."""
        if length < 12 or length % 4:
            return self._stop(f"damaged: a block claims a length of {length}")
        if not self._started or (kind in _SMALLEST and kind != DECRYPTION_SECRETS):
            return self._stop(f"damaged: a block of kind {kind} claims a length of {length}")
        self._note(f"blocks beyond {LONGEST_BLOCK} bytes are skipped")
        self._skip = length
        return self._ready()


def _is_odd(length: int) -> bool:
    """Whether a block cannot have this length (multiples of four, two lengths and a type)."""
    return length < 12 or length > 16_777_216 or length & 3 != 0  # LONGEST_BLOCK
