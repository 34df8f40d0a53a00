"""The interfaces of a pcapng section: their description in, times of packets out.

draft-ietf-opsawg-pcapng, section 4.2.
"""

from __future__ import annotations

from analyzer.capture.blocks import IF_TSOFFSET, IF_TSRESOL, Options

# The difference of any two times fits into 64 bits too; pcap's own end in 2106, these in 2116.
_LATEST_NS = (1 << 62) - 1


class Interface:
    """What an interface description block says.

    Attributes
    ----------
    number : int
        Number within the capture, from 0, counted on over its sections.
    link_type : int
        ``LINKTYPE_`` number.
    snaplen : int
        Most bytes captured of a packet; 0 is no limit.
    name : str
        ``if_name``, empty if there is none. A stranger's text.
    multiplier, offset_ns : int
        Turn a time stamp into nanoseconds since the epoch where that is not too far from it.
    plain_below : int
        It does for stamps whose high word is below this; 0 for clocks of another kind.
    """

    def __init__(self, number: int, link_type: int, snaplen: int) -> None:
        self.number = number
        self.link_type = link_type
        self.snaplen = snaplen
        self.name = ""
        self.set_clock(1_000_000, 0)

    def set_clock(self, units: int, offset: int) -> None:
        """Say what time stamps mean.

        Parameters
        ----------
        units : int
            Time stamp units of a second.
        offset : int
            Seconds to add.
        """
        self._units = units
        self._offset = offset
        self.multiplier = 0
        self.offset_ns = 0
        self.plain_below = 0
        if 1_000_000_000 % units == 0 and abs(offset) < 1_000_000_000:
            self.multiplier = 1_000_000_000 // units
            self.offset_ns = offset * 1_000_000_000
            limit = (_LATEST_NS - abs(offset) * 1_000_000_000) // (1_000_000_000 // units)
            self.plain_below = limit >> 32

    def exact_time(self, high: int, low: int) -> int:
        """Turn any time stamp into nanoseconds since the epoch, within 146 years of it.

        The specification knows no times before 1970. Clocks that were never set still give them,
        and their stamps are written as negative numbers: read so, the packets keep their distances.
        """
        stamp = high << 32 | low
        if high >= 1 << 31:
            stamp -= 1 << 64
        time_ns = stamp * 1_000_000_000 // self._units + self._offset * 1_000_000_000
        return min(max(time_ns, -_LATEST_NS), _LATEST_NS)


def clock_of(options: Options, big: bool) -> tuple[int, int]:
    """Read ``if_tsresol`` and ``if_tsoffset``: units of a second, seconds to add.

    An option of the wrong length counts as missing, as in Wireshark.
    """
    units = 1_000_000
    resolution = options.first(IF_TSRESOL, 1)
    if resolution:
        exponent = resolution[0] & 0x7F
        units = 2**exponent if resolution[0] & 0x80 else 10**exponent
    offset = options.first(IF_TSOFFSET, 8) or bytes(8)
    return units, int.from_bytes(offset, "big" if big else "little", signed=True)
