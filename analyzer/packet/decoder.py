"""One captured packet in, one TCP segment out, if there is one inside."""

from __future__ import annotations

from analyzer.anomaly import Anomaly
from analyzer.packet.anomalies import AnomalyLog
from analyzer.packet.cursor import Cursor
from analyzer.packet.fragments import FragmentTable
from analyzer.packet.ip import parse_ipv4, parse_ipv6, skip_extension_headers
from analyzer.packet.link import locate_network_layer, parse_raw_ip
from analyzer.packet.segment import Segment
from analyzer.packet.tcp import parse_tcp
from analyzer.packet.tunnel import is_udp_tunnel, parse_tunnel


class PacketDecoder:
    """Takes packets apart, down to TCP.

    Attributes
    ----------
    segment : Segment
        What the last `decode` found; means nothing unless it returned True.
    log : AnomalyLog
        Odd things of no connection, and how many more there were than it keeps.
    tcp, not_tcp, undecodable, fragments : int
        Packets so far: those that completed a segment, those that hold something else, those that
        are damaged or of an unknown kind, and fragments whose datagram is not complete.
    """

    def __init__(self) -> None:
        self.segment = Segment()
        self.log = AnomalyLog()
        self.tcp = 0
        self.not_tcp = 0
        self.undecodable = 0
        self.fragments = 0
        self._cursor = Cursor(self.log)
        self._fragments = FragmentTable(self.log)

    @property
    def anomalies(self) -> list[Anomaly]:
        """Odd things of no connection: the first 1000; `log` counts the rest."""
        return self.log.kept

    @property
    def counts(self) -> dict[str, int]:
        """Packets so far, by what they were."""
        return {
            "tcp": self.tcp,
            "not_tcp": self.not_tcp,
            "undecodable": self.undecodable,
            "fragments": self.fragments,
        }

    def decode(
        self,
        buffer: bytes,
        start: int,
        end: int,
        original_length: int,
        link_type: int,
        time_ns: int,
        packet: int,
    ) -> bool:
        """Decode one packet; nothing that stands in it raises.

        Parameters
        ----------
        buffer : bytes
            Holds the packet as ``buffer[start:end]``.
        start, end : int
            Bounds of the captured bytes, within the buffer.
        original_length : int
            Length on the wire, bytes; a value below ``end - start`` is not believed.
        link_type : int
            ``LINKTYPE_`` number.
        time_ns : int
            Capture time, nanoseconds since the epoch.
        packet : int
            Number of the packet, from 1.

        Returns
        -------
        bool
            True when the packet completed a TCP segment: it stands in `segment`.
        """
        cursor = self._cursor
        cursor.start = start
        cursor.end = end
        cursor.wire_end = end
        if end - start < original_length <= 0x7FFFFFFF:  # no packet is longer than 2 GiB
            cursor.wire_end = start + original_length
        cursor.network = 0
        cursor.time_ns = time_ns
        cursor.packet = packet
        cursor.depth = 0
        ethertype = locate_network_layer(cursor, buffer, link_type)
        if ethertype in (0x0800, 0x86DD):
            return self._decode_network(buffer, ethertype)
        return self._decode_other(buffer, ethertype, link_type)

    def finish(self) -> None:
        """Report fragments that wait for others: the captures have ended."""
        self._fragments.finish()

    def _decode_network(self, buffer: bytes, ethertype: int) -> bool:
        """Go on at an IP header."""
        if ethertype == 0x0800:
            protocol = parse_ipv4(self._cursor, self.segment, buffer)
        else:
            protocol = parse_ipv6(self._cursor, self.segment, buffer)
        return self._decode_transport(buffer, protocol)

    def _decode_transport(self, buffer: bytes, protocol: int) -> bool:
        """Go on behind the IP headers, at what a protocol number names."""
        if protocol == 6:
            if parse_tcp(self._cursor, self.segment, buffer) == 1:
                self.tcp += 1
                return True
            self.undecodable += 1
            return False
        if protocol == 44:
            return self._decode_fragment(buffer)
        if protocol == 17:
            if is_udp_tunnel(self._cursor, buffer):
                return self._decode_tunnel(buffer, protocol)
        elif protocol in (4, 41, 47, 137):
            return self._decode_tunnel(buffer, protocol)
        return self._count_other(protocol)

    def _decode_tunnel(self, buffer: bytes, protocol: int) -> bool:
        """Go on with what a tunnel carries."""
        start = self._cursor.start
        kind = parse_tunnel(self._cursor, buffer, protocol)
        if kind in (0x0800, 0x86DD):
            return self._decode_network(buffer, kind)
        if kind == -3:  # UNKNOWN_TUNNEL
            self._cursor.start = start
            return self._open("protocol", protocol, buffer)
        return self._decode_other(buffer, kind, 0)

    def _decode_other(self, buffer: bytes, ethertype: int, link_type: int) -> bool:
        """Go on where no IP header follows the link layer."""
        if ethertype == -3:  # UNKNOWN_LINK
            return self._open("link", link_type, buffer)
        if ethertype in (0x88E7, 0x894F):  # provider backbone bridges, NSH
            return self._open("ethertype", ethertype, buffer)
        return self._count_other(ethertype)

    def _count_other(self, answer: int) -> bool:
        """Count a packet without a segment by a parser's last answer."""
        if answer == -2:  # UNDECODABLE
            self.undecodable += 1
        else:
            self.not_tcp += 1
        return False

    def _decode_fragment(self, buffer: bytes) -> bool:
        """Keep a fragment that may hold TCP, and go on with the datagram that it completes."""
        cursor = self._cursor
        protocol = cursor.fragment_protocol
        start_new = True
        if protocol == 17:
            # Only the first fragment tells the port; without it the others are not worth keeping.
            start_new = cursor.fragment_offset == 0 and is_udp_tunnel(cursor, buffer)
        elif protocol not in (4, 6, 41, 47, 51, 137) and (
            self.segment.ip_version == 4 or protocol not in (0, 43, 60, 135, 139, 140)
        ):
            return self._count_other(0)
        datagram: bytes = self._fragments.add(cursor, self.segment, buffer, start_new=start_new)
        if not datagram:
            self.fragments += 1
            return False
        cursor.start = 0
        cursor.end = len(datagram)
        cursor.wire_end = len(datagram)
        protocol = skip_extension_headers(cursor, datagram, cursor.fragment_protocol)
        if protocol == 44:
            protocol = cursor.fail("malformed_header", "fragment within a fragment")
        return self._decode_transport(datagram, protocol)

    def _open(self, layer: str, number: int, buffer: bytes) -> bool:
        """Let scapy find the IP packet inside what stands at the cursor, and go on there."""
        cursor = self._cursor
        if cursor.deeper() < 0:
            return self._count_other(-2)
        try:
            # Here and not above: scapy takes a quarter of a second to load, and few need it.
            from analyzer.packet import dissect  # noqa: PLC0415

            if layer == "link" and not dissect.knows_link(number):
                detail = f"link type {number}"
                self.log.add_once("unknown_link_type", cursor.time_ns, cursor.packet, detail)
                return self._count_other(-2)
            inner = dissect.open_layer(layer, number, buffer[cursor.start : cursor.end])
        except Exception as problem:  # noqa: BLE001  scapy raises what it likes
            return self._count_other(cursor.fail("dissection_failed", repr(problem)[:200]))
        if inner is None:
            return self._count_other(0)
        for kind, identifier in inner.networks:
            cursor.enter_network(kind, identifier)
        data: bytes = inner.data
        cursor.wire_end += len(data) - cursor.end
        cursor.start = 0
        cursor.end = len(data)
        ethertype = parse_raw_ip(cursor, data)
        if ethertype < 0:
            return self._count_other(ethertype)
        return self._decode_network(data, ethertype)
