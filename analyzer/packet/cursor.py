"""How far into a packet the decoding has come: handed from layer to layer.

Every parser of this room takes the cursor at the first byte of its own header and leaves it at
the first byte of what stands inside. Its answer is the number of the inner protocol (an EtherType,
an IP protocol number), 0 when there is nothing inside that can hold TCP, or `UNDECODABLE` after it
has told what is wrong.
"""

from __future__ import annotations

from analyzer.packet.anomalies import AnomalyLog

UNDECODABLE = -2  # what `Cursor.fail` answers; -1 stands for a Python exception in compiled code

MAX_DEPTH = 16  # tunnels within tunnels, and Ethernet or labels within them

# What `Cursor.enter_network` tells apart.
VLAN, PPPOE, VXLAN, GENEVE, GRE = range(1, 6)


class Cursor:
    """A place in a packet, and what the layers before it said of those inside.

    Attributes
    ----------
    start, end : int
        Bounds of the captured bytes of the current layer, in the buffer.
    wire_end : int
        Where the current layer would end in the buffer had all of it been captured; never less
        than `end`.
    network : int
        See `Segment.network`.
    time_ns, packet : int
        Which packet this is.
    fragment_id, fragment_offset : int
        Of a fragment: identification, and offset in bytes.
    fragment_more : bool
        Of a fragment: it is not the last one.
    fragment_protocol : int
        Of a fragment: what stands inside.
    depth : int
        Headers so far that others of their kind may stand in: see `deeper`.
    log : AnomalyLog
        Takes what is odd.
    """

    def __init__(self, log: AnomalyLog) -> None:
        self.start = 0
        self.end = 0
        self.wire_end = 0
        self.network = 0
        self.time_ns = 0
        self.packet = 0
        self.fragment_id = 0
        self.fragment_offset = 0
        self.fragment_more = False
        self.fragment_protocol = 0
        self.depth = 0
        self.log = log

    def fail(self, name: str, detail: str) -> int:
        """Report that the packet cannot be decoded.

        Returns
        -------
        int
            `UNDECODABLE`, for the parser to return.
        """
        self.log.add(name, self.time_ns, self.packet, detail)
        return -2  # UNDECODABLE

    def cut_or_malformed(self, length: int, detail: str) -> int:
        """Report a header whose `length` bytes are not all there.

        The capture has cut it, unless the packet was as short on the wire.
        """
        if self.wire_end - self.start >= length:
            return self.fail("truncated_header", detail)
        return self.fail("malformed_header", detail)

    def deeper(self) -> int:
        """Count a header that may stand in itself, by way of others.

        Returns
        -------
        int
            0, or `UNDECODABLE` where there are too many: a packet may be made of nothing else.
        """
        self.depth += 1
        if self.depth > 16:  # MAX_DEPTH
            return self.fail("tunnel_too_deep", "more than 16 tunnels")
        return 0

    def enter_network(self, kind: int, identifier: int) -> None:
        """Mix a VLAN or tunnel identifier into `network`, so that equal addresses stay apart.

        Only identifiers that both directions share may be mixed in: MPLS labels and ERSPAN sessions
        may differ per direction and would tear a connection in two halves.

        Parameters
        ----------
        kind : int
            `VLAN`, `PPPOE`, `VXLAN`, `GENEVE` or `GRE`.
        identifier : int
            At most 32 bits.
        """
        # An odd factor makes a one-to-one mapping of 64 bits; 2**64 divided by the golden ratio.
        # The upper 53 depend on all: no more are the same to all who read JSON (RFC 8259, 6).
        mask = 0xFFFFFFFFFFFFFFFF
        factor = 0x9E3779B97F4A7C15
        mark = (kind << 32) | identifier
        self.network = (((self.network ^ mark) * factor) & mask) >> 11
