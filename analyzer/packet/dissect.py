"""Rare link types and tunnels, by way of scapy: some layer's bytes in, the IP packet inside out.

scapy is large, so this module is imported only when a packet needs it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from analyzer.packet.cursor import GENEVE, GRE, PPPOE, VLAN, VXLAN


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep scapy from talking: about the machine it runs on, and about packets."""
    loggers = [logging.getLogger(name) for name in ("scapy.loading", "scapy.runtime")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


with _quiet():
    from scapy.config import conf
    from scapy.contrib import geneve
    from scapy.layers import l2, ppp, vxlan
    from scapy.layers.inet import ICMP, IP, TCP, IPerror
    from scapy.layers.inet6 import IPerror6, IPv6, IPv6ExtHdrFragment
    from scapy.packet import Raw
    from scapy.plist import PacketList
    from scapy.utils import EDecimal

    # These are imported for what they teach the others.
    for _name in ("contrib.chdlc", "contrib.erspan", "contrib.mpls", "contrib.nsh"):
        import_module(f"scapy.{_name}")
    for _name in ("dot11", "ppi"):
        import_module(f"scapy.layers.{_name}")

if TYPE_CHECKING:
    from scapy.packet import Packet

# What scapy knows and has no LINKTYPE_ number for: 100 is LLC (RFC 1483).
_LINKS = {100: l2.LLC}

_IDENTIFIERS = (
    (l2.Dot1Q, VLAN, "vlan"),
    (ppp.PPPoE, PPPOE, "sessionid"),
    (vxlan.VXLAN, VXLAN, "vni"),
    (geneve.GENEVE, GENEVE, "vni"),
    (l2.GRE, GRE, "key"),
)


class Inner(NamedTuple):
    """The innermost IP packet, and the tags and tunnels around it: (kind, identifier)."""

    data: bytes
    networks: list[tuple[int, int]]


def knows_link(link_type: int) -> bool:
    """Tell whether packets of this ``LINKTYPE_`` can be opened."""
    return _link_layer(link_type) is not None


def open_layer(layer: str, number: int, data: bytes) -> Inner | None:
    """Find the innermost IP packet.

    Parameters
    ----------
    layer : str
        What `number` is: ``link`` (a ``LINKTYPE_`` that `knows_link` knows), ``ethertype``, or
        ``protocol`` (of IP: 4, 17, 41 or 47).
    number : int
        What `data` is.
    data : bytes
        The captured bytes.

    Returns
    -------
    Inner or None
        None when there is no IP packet inside.

    Raises
    ------
    Exception
        Whatever scapy raises; it depends on the packet.
    """
    with _quiet():
        if layer == "link":
            packet = (_link_layer(number) or l2.Ether)(data)
        elif layer == "ethertype":
            packet = l2.Ether(bytes(12) + number.to_bytes(2) + data)
        elif number == 17:
            header = geneve.GENEVE if int.from_bytes(data[2:4]) == 6081 else vxlan.VXLAN
            packet = header(data[8:])
        else:
            packet = {4: IP, 41: IPv6, 47: l2.GRE}[number](data)
        return _innermost(packet)


def whole_packet(
    link_type: int, data: bytes, time_ns: int, wire_length: int, comment: str
) -> Packet:
    """Return a packet for people who go on with scapy; what scapy does not know is `Raw`."""
    with _quiet():
        packet = (_link_layer(link_type) or Raw)(data)
    packet.time = EDecimal(time_ns) / 1_000_000_000
    packet.wirelen = wire_length
    packet.comment = comment.encode()
    return packet


def packet_list(name: str, packets: Iterable[Packet]) -> PacketList:
    """Return packets as scapy's own kind of list."""
    return PacketList(list(packets), name)


def datagram_of(link_type: int, data: bytes) -> tuple[object, ...] | None:
    """Return what the fragments of one datagram have in common; None where it is whole."""
    with _quiet():
        packet = (_link_layer(link_type) or Raw)(data)
    if IPv6ExtHdrFragment in packet:
        return packet[IPv6].src, packet[IPv6].dst, packet[IPv6ExtHdrFragment].id
    if IP in packet and (packet[IP].frag or packet[IP].flags.MF):
        return packet[IP].src, packet[IP].dst, packet[IP].proto, packet[IP].id
    return None


def _link_layer(link_type: int) -> type[Packet] | None:
    return _LINKS.get(link_type) or conf.l2types.num2layer.get(link_type)


def _innermost(packet: Packet) -> Inner | None:
    """Walk inwards; what an ICMP error quotes was not sent here."""
    found = None
    networks: list[tuple[int, int]] = []
    inside: list[tuple[int, int]] = []
    layer = packet
    while layer and not isinstance(layer, (TCP, ICMP, IPerror, IPerror6)):
        networks += _identifiers(layer)
        if isinstance(layer, (IP, IPv6)):
            found, inside = layer, list(networks)
        layer = layer.payload
    return Inner(bytes(found.original), inside) if found is not None else None


def _identifiers(layer: Packet) -> list[tuple[int, int]]:
    return [
        (kind, value)
        for header, kind, field in _IDENTIFIERS
        if isinstance(layer, header) and (value := getattr(layer, field, None))
    ]
