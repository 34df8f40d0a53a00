"""One TCP segment, as it stands in a packet.

One `Segment` is filled anew for every packet, so that no object is made per packet; who wants to
keep one copies what it needs.
"""

from __future__ import annotations

FIN = 0x01
SYN = 0x02
RST = 0x04
PSH = 0x08
ACK = 0x10
URG = 0x20


class Segment:
    """A TCP segment (RFC 9293, section 3.1) and where it was seen.

    Attributes
    ----------
    buffer : bytes
        Holds the payload as ``buffer[start:end]``.
    start, end : int
        Bounds of the captured payload.
    missing : int
        Payload bytes that were sent behind `end` but are not in the capture (snap length).
    time_ns : int
        Capture time, nanoseconds since the epoch.
    packet : int
        Number of the packet, from 1.
    ip_version : int
        4 or 6.
    source_high, source_low, destination_high, destination_low : int
        Addresses as two 64-bit halves; an IPv4 address stands in the low half alone.
    source_port, destination_port : int
        TCP ports.
    network : int
        Which network the addresses belong to: 0, or built from VLAN and tunnel identifiers.
    sequence, acknowledgment : int
        As sent, modulo 2**32. `acknowledgment` means something only with the ACK flag.
    flags : int
        The low eight bits, `FIN` … `URG` of this module.
    window : int
        As sent, not scaled.
    window_scale : int
        The option's shift on a SYN that carries one, otherwise -1 (RFC 7323, section 2.2).
    ip_id : int
        IPv4 identification; 0 on IPv6.
    ttl : int
        Time to live, or hop limit.
    fingerprint : int
        Equal for two captures of one packet, almost surely different for a packet and its
        retransmission: IP identification, TCP checksum and timestamp option, mixed.
    """

    def __init__(self) -> None:
        self.buffer = b""
        self.start = 0
        self.end = 0
        self.missing = 0
        self.time_ns = 0
        self.packet = 0
        self.ip_version = 4
        self.source_high = 0
        self.source_low = 0
        self.destination_high = 0
        self.destination_low = 0
        self.source_port = 0
        self.destination_port = 0
        self.network = 0
        self.sequence = 0
        self.acknowledgment = 0
        self.flags = 0
        self.window = 0
        self.window_scale = -1
        self.ip_id = 0
        self.ttl = 0
        self.fingerprint = 0
