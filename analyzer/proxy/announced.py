"""The PROXY protocol: a proxy tells for whom it speaks, before anything else.

Specification: "The PROXY protocol, Versions 1 & 2", haproxy's ``doc/proxy-protocol.txt``.
"""

from __future__ import annotations

from ipaddress import ip_address

from analyzer.endpoint import Endpoint
from analyzer.proxy.hop import Hop
from analyzer.proxy.preamble import FOREIGN, MORE, PreambleLayer

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"  # of version 2, section 2.2
LONGEST_LINE = 107  # of version 1, section 2.1, CR LF included
# Transport of version 2 over which addresses can be those of a TCP client; 2 would be UDP.
TCP_IPV4, TCP_IPV6 = 0x11, 0x21


class AnnouncedLayer(PreambleLayer):
    """Reads one header of the PROXY protocol; a second one may follow it."""

    def read(self, data: bytes) -> int:
        """Read the header, of either version."""
        version = 1 if data[:1] == b"P" else 2
        length = line_length(data) if version == 1 else header_length(data)
        if length <= 0 or len(data) < length:
            return min(length, MORE)
        ends = line_ends(data[:length]) if version == 1 else header_ends(data[:length])
        if ends is None:
            return FOREIGN
        source, destination = ends or (None, None)
        self.hop = Hop(
            f"proxy-v{version}",
            source=source,
            destination=destination,
            asked_at=self.at,
            packet=self.packet,
        )
        return length


Ends = tuple[Endpoint, Endpoint] | tuple[()]


def line_length(data: bytes) -> int:
    """Return the length of a line of version 1; as `PreambleLayer.read`."""
    if data[:6] != b"PROXY "[: len(data)]:
        return FOREIGN
    end = data.find(b"\r\n", 0, LONGEST_LINE)
    if end >= 0:
        return end + 2
    return FOREIGN if len(data) >= LONGEST_LINE else MORE


def header_length(data: bytes) -> int:
    """Return the length of a header of version 2; as `PreambleLayer.read`."""
    if data[:12] != SIGNATURE[: len(data)]:
        return FOREIGN
    if len(data) < 16:
        return MORE
    return 16 + int.from_bytes(data[14:16], "big") if data[12] >> 4 == 2 else FOREIGN


def line_ends(line: bytes) -> Ends | None:
    r"""Return what version 1 tells: source and destination, nothing, or None where it is broken.

    Examples
    --------
    >>> line_ends(b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n")[0]
    Endpoint(ip='192.168.0.1', port=56324)
    >>> line_ends(b"PROXY UNKNOWN\r\n")
    ()
    """
    words = line[:-2].split(b" ")
    if words[1:2] == [b"UNKNOWN"]:
        return ()
    if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
        return None
    try:
        hosts = [ip_address(word.decode("ascii")) for word in words[2:4]]
    except ValueError:
        return None
    if not all(word.isdigit() and len(word) < 6 for word in words[4:]):
        return None
    return (
        Endpoint(str(hosts[0]), int(words[4])),
        Endpoint(str(hosts[1]), int(words[5])),
    )


def header_ends(header: bytes) -> Ends | None:
    """Return what version 2 tells: source and destination, nothing, or None where it is broken."""
    command, family = header[12] & 0x0F, header[13]
    if command > 1:
        return None
    width = {TCP_IPV4: 4, TCP_IPV6: 16}.get(family, 0)
    if command == 0 or not width:  # LOCAL: the proxy itself, a health check for instance
        return ()
    if len(header) < 16 + 2 * width + 4:
        return None
    source, destination = (
        str(ip_address(header[start : start + width])) for start in (16, 16 + width)
    )
    ports = 16 + 2 * width
    return (
        Endpoint(source, int.from_bytes(header[ports : ports + 2], "big")),
        Endpoint(destination, int.from_bytes(header[ports + 2 : ports + 4], "big")),
    )
