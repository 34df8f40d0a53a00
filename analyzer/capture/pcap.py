"""Classic pcap (draft-ietf-opsawg-pcap): a file's bytes in, packets out.

Follows libpcap (``sf-pcap.c``) where files depart from the specification: old versions with the
two lengths exchanged, Kuznetzov's longer record headers, link types with other things in their high
bits. What libpcap does not read but Wireshark (``wiretap/libpcap.c``) tells by the file header
alone, IXIA's ``lcap`` and AIX, is read as Wireshark does.
"""

from __future__ import annotations

from analyzer.capture.reader import PacketReader
from analyzer.capture.words import word_16, word_32

FILE_HEADER = 24

# Magic number → nanoseconds of a unit of time, bytes of a record header, bytes of the file header.
MAGICS = {
    0xA1B2C3D4: (1000, 16, 24),
    0xA1B23C4D: (1, 16, 24),
    0xA1B2CD34: (1000, 24, 24),  # Kuznetzov: interface, protocol and packet type follow the lengths
    0x1C0001AC: (1, 16, 28),  # IXIA hardware: the size of all records ends the file header
    0x1C0001AB: (1000, 16, 28),  # IXIA software
}

# libpcap's MAXIMUM_SNAPLEN, and tcpdump's -s 0. A longer record is damage.
LONGEST_PACKET = 262_144

# DLT_ numbers that differ between systems, written into files before there were LINKTYPE_ numbers:
# read as most systems (12 FreeBSD and Linux, 14 OpenBSD and BSD/OS) meant them.
LINK_TYPES = {
    11: 100,  # DLT_ATM_RFC1483
    12: 101,  # DLT_RAW
    14: 101,  # DLT_RAW
}

# AIX writes version 2.2, nanoseconds, and RFC 1573 ifType numbers: Ethernet, Token Ring, FDDI,
# loopback. No other file with that version is known to use these link types.
AIX_LINK_TYPES = {6: 1, 9: 6, 15: 10, 24: 0}

_IN_ORDER = 0
_EXCHANGED = 1
_UNKNOWN = 2


def byte_order(head: bytes) -> str:
    """Tell the byte order of a pcap file.

    Parameters
    ----------
    head : bytes
        The first bytes of a file, at least four.

    Returns
    -------
    str
        ``"big"``, ``"little"``, or empty if it is no pcap file.
    """
    if len(head) < 4:
        return ""
    if word_32(head, 0, True) in MAGICS:
        return "big"
    return "little" if word_32(head, 0, False) in MAGICS else ""


class PcapReader(PacketReader):
    """Steps through the packets of a classic pcap file; see `PacketReader`.

    Time zone and accuracy of the file header are ignored, as everyone does; a fraction of a second
    that is more than a second is added as it stands.
    """

    def __init__(self) -> None:
        super().__init__()
        self._started = False
        self._big = False
        self._lengths = 0
        self._record_header = 1 << 62  # more than there ever is, until the file header is read
        self._unit = 1

    def next(self) -> bool:
        """Step to the next packet; False when the bytes fed so far hold no further whole one."""
        at = self._position
        if self._size - at < self._record_header:
            if self._started or self._start():
                return self._has(self._record_header) and self.next()
            return False
        buffer = self.buffer
        big = self._big
        captured = number_at(buffer, at + 8, big)
        original = number_at(buffer, at + 12, big)
        if self._lengths and (self._lengths == 1 or captured > original):
            captured, original = original, captured
        if captured > 262_144:  # LONGEST_PACKET
            return self._stop_at_length(captured)
        if self._size - at - self._record_header < captured:
            return self._has(self._record_header + captured) and self.next()
        self.time_ns = (
            number_at(buffer, at, big) * 1_000_000_000 + number_at(buffer, at + 4, big) * self._unit
        )
        self.start = at + self._record_header
        self.end = self.start + captured
        self.original_length = original
        self._position = self.end
        return True

    def finish(self) -> str:
        """Tell what is wrong with the end of the capture: empty if it ends behind a packet."""
        if self.damage:
            return self.damage
        if not self._started:
            return "cut short in the file header"
        return "cut short in the middle of a packet" if self._left() else ""

    def _stop_at_length(self, captured: int) -> bool:
        return self._stop(f"damaged: a record claims {captured} captured bytes")

    def _start(self) -> bool:
        """Read the file header; False if it is not there yet, or none."""
        if self.damage or not self._has(FILE_HEADER):
            return False
        head = self.buffer[:FILE_HEADER]
        order = byte_order(head)
        if not order:
            return self._stop("not a pcap file")
        big = order == "big"
        self._unit, record_header, file_header = MAGICS[word_32(head, 0, big)]
        if not self._has(file_header):
            return False
        major, minor = word_16(head, 4, big), word_16(head, 6, big)
        if major < 2:
            return self._stop(f"pcap version {major}.{minor} is not supported")
        self._big = big
        self._lengths = _order_of_lengths(major, minor)
        self._set_link_type(word_32(head, 20, big), is_aix=(major, minor) == (2, 2))
        self._position = file_header
        self._record_header = record_header
        self._started = True
        return True

    def _set_link_type(self, network: int, is_aix: bool) -> None:
        """Take the link type; the bits above the 16th tell of checksums and reserved classes."""
        if is_aix and network in AIX_LINK_TYPES:
            self.link_type = AIX_LINK_TYPES[network]
            self._unit = 1
            return
        number = network & 0xFFFF
        self.link_type = LINK_TYPES.get(number, number)


def number_at(buffer: bytes, at: int, big: bool) -> int:
    """Give the same as `word_32`; the compiler puts only what stands in this file in its place."""
    high, low = buffer[at], buffer[at + 3]
    if not big:
        high, low = low, high
        return high << 24 | buffer[at + 2] << 16 | buffer[at + 1] << 8 | low
    return high << 24 | buffer[at + 1] << 16 | buffer[at + 2] << 8 | low


def _order_of_lengths(major: int, minor: int) -> int:
    """Tell whether the two lengths of a record are exchanged: they were before version 2.3.

    Some programs wrote 2.3 and kept the old order; DG/UX wrote 543.0.
    """
    if major == 543 or (major == 2 and minor < 3):
        return _EXCHANGED
    return _UNKNOWN if (major, minor) == (2, 3) else _IN_ORDER
