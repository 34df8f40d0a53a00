"""Who sent a RST, what provoked it, and whether it came from the peer at all."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.ending.facts import Reset, is_strange
from analyzer.ending.rules import EndingKind
from analyzer.findings.ends import (
    ended_badly,
    fin_of,
    idle_of,
    is_closing,
    rst_of,
    sent_by,
    was_reset,
    way_of,
)
from analyzer.findings.finding import Finding, Given, Number, about, packets, seconds
from analyzer.findings.outage import outage_of
from analyzer.findings.shared_tcp import counted_on_tcp
from analyzer.record import Connection
from analyzer.side import SIDES, Side

# A RST that answers comes after a round trip.
AT_ONCE_NS = 1_000_000_000


class Cause(NamedTuple):
    """What may be behind a RST."""

    name: str
    what: str
    consistent_with: tuple[str, ...]
    also: tuple[str, ...]
    next: tuple[str, ...]


FOREIGN = Cause(
    "not the peer",
    "",
    ("a box on the way that resets in the name of that side: a firewall, or an intrusion system",),
    ("packets of that side that took another way since, with another number of hops",),
    ("a capture at that side: does it send the RST at all?",),
)
CLOSED = Cause(
    "data after close",
    "in answer to a segment that came after it had closed (FIN)",
    ("a side that closed its socket while the other was still sending: that data is lost",),
    ("a FIN that the other side had not seen yet",),
    ("whether the side that closed says goodbye first, and reads on until the other has closed",),
)
UNKNOWN = Cause(
    "unknown connection",
    "in answer to a segment of a connection that it did not know (no ACK flag)",
    ("a host, container or box with state (NAT, load balancer) that restarted, or forgot it",),
    ("a process that died, whose socket was gone by then", "a firewall that rejects"),
    ("what restarted there, and how long that box keeps silent connections",),
)
GAVE_UP = Cause(
    "gave up in an outage",
    "in answer to the first that came behind an outage: it did not know the connection any more",
    ("a program that gave up while nothing came (no pong, no answer), and had closed its socket",),
    ("a host, container or box with state (NAT, load balancer) that restarted meanwhile",),
    ("the finding outage, and the timeouts of that side: pings, keep-alive, TCP",),
)
UNREAD = Cause(
    "unread data",
    "by itself (ACK flag), with data of the other side last",
    ("a socket that was closed, or a process that died, with received data unread",),
    ("a socket that was aborted on purpose (SO_LINGER 0, abort, terminate)",),
    ("what that side did with the last data that it was sent",),
)
ABORT = Cause(
    "abort",
    "by itself (ACK flag), with its own data last",
    ("a socket that was aborted on purpose: SO_LINGER 0, abort or terminate of a library",
     "a proxy that drops a connection, as haproxy does at its tunnel timeout"),
    ("a box on the way that copies TTL and numbers",),
    ("who calls abort there; timeouts at that time",),
)  # fmt: skip
BARE = Cause(
    "not known",
    "and nothing in the capture tells why",
    ("an end, or a box on the way, that gave the connection up",),
    (),
    ("a capture that holds both directions from the beginning",),
)
CAUSES = (FOREIGN, CLOSED, GAVE_UP, UNKNOWN, UNREAD, ABORT, BARE)


def who_sent_rst(given: Given) -> list[Finding]:
    """Tell what provoked the RSTs that ended connections, and whether the peer sent them.

    It looks at connections that ended without a close frame, or by one that was not answered; the
    first RST counts that its receiver would accept. After a complete closing handshake a RST is
    common and harmless.

    Not from the peer, perhaps: its time to live differs from that of the packet that its side had
    sent before, or its sequence number lies more than one beyond what was to come next. Without the
    ACK flag it answers a segment that its sender has no connection for (RFC 9293, section 3.5.2):
    within a second of the end of an outage, its sender had given up meanwhile; behind a FIN of its
    own side, data came after the close; else it is an unknown connection. With the flag the end
    gave the connection up itself: with the other side's frame last, or bytes of it not
    acknowledged, perhaps because they were unread (RFC 9293, section 3.6.1; RFC 2525, 2.17);
    otherwise it was aborted. IP identifications are told beside, and decide nothing: hosts choose
    them in ways of their own (RFC 6864). RST_STREAM and GOAWAY of HTTP/2 are no RST, and what they
    ended was not ended by a RST that comes later. The capture shows no process: each has what else
    would look the same.
    """
    found: dict[tuple[str, Side], list[tuple[Connection, Reset]]] = {}
    for one in filter(was_reset, given.connections):
        for side in SIDES:
            rst = rst_of(one, side)
            if isinstance(rst, Reset) and _ended_by_it(one, side):
                cause = _cause(one, side, rst)
                found.setdefault((cause.name, side), []).append((one, rst))
    return [
        _finding(cause, side, found[cause.name, side])
        for cause in CAUSES
        for side in SIDES
        if (cause.name, side) in found
    ]


def reset_by_other(one: Connection) -> bool:
    """Whether a connection ended by a RST that, perhaps, the side did not send that it names."""
    return any(
        is_strange(rst) and _ended_by_it(one, side)
        for side in SIDES
        if (rst := rst_of(one, side)) is not None
    )


def _ended_by_it(one: Connection, side: Side) -> bool:
    if one.ending.kind is EndingKind.RST and way_of(one) != "RST":
        return False  # by GOAWAY of HTTP/2, and then by TCP
    cut = ended_badly(one) or (is_closing(one) and one.ending.answered is False)
    other, rst = rst_of(one, side.other), rst_of(one, side)
    first = other is None or rst is None or rst.at <= other.at
    return cut and first


def _cause(one: Connection, side: Side, rst: Reset) -> Cause:
    if rst.is_strange:
        return FOREIGN
    fin = fin_of(one, side)
    if rst.acknowledges is None:
        return BARE
    if not rst.acknowledges:
        if _gave_up(one, side, rst):
            return GAVE_UP
        return CLOSED if fin is not None and fin.at <= rst.at else UNKNOWN
    return UNREAD if _may_be_unread(one, side, rst) else ABORT


def _gave_up(one: Connection, side: Side, rst: Reset) -> bool:
    """Whether a side reset as soon as the other was heard again behind an outage."""
    gone = outage_of(one, side.other)
    return gone is not None and gone.until <= rst.at <= gone.until + AT_ONCE_NS


def _may_be_unread(one: Connection, side: Side, rst: Reset) -> bool:
    if rst.unacknowledged:
        return True
    own, other = idle_of(one, side), idle_of(one, side.other)
    if other is None or not sent_by(one, side.other).bytes:
        return False
    return own is None or own > other


def _finding(cause: Cause, side: Side, rows: list[tuple[Connection, Reset]]) -> Finding:
    resets = [rst for _, rst in rows]
    numbers: dict[str, Number] = {
        "cause": cause.name,
        "sent_as": str(side),
        "ttl": _listed([rst.ttl for rst in resets]),
        "usual_ttl": _listed([rst.usual_ttl for rst in resets]),
        "ip_id": _listed([rst.ip_id for rst in resets]),
        "usual_ip_id": _listed([rst.usual_ip_id for rst in resets]),
        "window": _listed([rst.window for rst in resets]),
        "offset_bytes": _listed([rst.offset for rst in resets]),
    }
    waits = [rst.since_other for rst in resets if rst.since_other is not None]
    if waits:
        numbers["shortest_since_other_s"] = seconds(min(waits))
        numbers["longest_since_other_s"] = seconds(max(waits))
    whose = "in the name of" if cause is FOREIGN else "of"
    what = _unlike(resets) if cause is FOREIGN else cause.what
    return Finding(
        "who-sent-rst",
        f"{counted_on_tcp([one for one, _ in rows])} ended by a RST {whose} the {side}, {what}",
        about(one for one, _ in rows),
        min(rst.at for rst in resets),
        max(rst.at for rst in resets),
        numbers,
        packets(rst.packet for rst in resets),
        cause.consistent_with,
        cause.also,
        cause.next,
    )


def _unlike(resets: list[Reset]) -> str:
    """Tell what does not fit the other packets of the side that a RST names."""
    hops = [rst for rst in resets if rst.ttl != rst.usual_ttl and rst.usual_ttl is not None]
    if not hops:
        return "whose sequence number does not fit its other packets"
    ttl, usual = _listed([rst.ttl for rst in hops]), _listed([rst.usual_ttl for rst in hops])
    return f"whose TTL ({ttl}) is not that of its other packets ({usual})"


def _listed(values: list[int | None]) -> str | None:
    known = sorted({value for value in values if value is not None})
    if not known:
        return None
    return ", ".join(map(str, known)) if len(known) <= 3 else f"{known[0]} to {known[-1]}"
