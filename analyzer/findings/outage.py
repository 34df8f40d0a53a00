"""Outages that healed: one side repeated itself for a while, and then the other was heard again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzer.findings.ends import NEVER_OPENED, ended_badly, sent_by
from analyzer.findings.finding import Finding, Given, about, packets, seconds
from analyzer.findings.shared_tcp import counted_on_tcp, tcp_of
from analyzer.record import Connection
from analyzer.side import SIDES, Side

# A few losses in a row are repeated within less: 0.2, 0.4, 0.8 s, and so on (RFC 6298).
LEAST_NS = 3_000_000_000
FEWEST_REPEATS = 3


class Outage(NamedTuple):
    """A time in which a side was not heard, though the other repeated itself."""

    one: Connection
    since: int
    until: int
    repeats: int

    @property
    def length(self) -> int:
        """From the first repeat, nanoseconds."""
        return self.until - self.since


def outage(given: Given) -> list[Finding]:
    """Tell where one side was not heard for a while, though the other repeated itself.

    It counts where a side repeated segments, or probed, three times or more over 3 s or more, and
    then anything of the other side came. Of each connection the longest such time counts, from the
    first repeat. Where nothing came any more, it is the finding half-open. What ended, or failed,
    meanwhile is told by other findings.
    """
    found = []
    for side in SIDES:
        gone = [one for connection in given.connections if (one := outage_of(connection, side))]
        if gone:
            found.append(_finding(side, gone))
    return found


def outage_of(one: Connection, side: int) -> Outage | None:
    """Return the longest time in which a side was not heard, if it counts."""
    asking = sent_by(one, 1 - side)
    since, until = asking.stalled_at, asking.stall_ended_at
    if since is None or until is None or one.ending.kind in NEVER_OPENED:
        return None
    if asking.stalled_segments < FEWEST_REPEATS or until - since < LEAST_NS:
        return None
    return Outage(one, since, until, asking.stalled_segments)


def _finding(side: Side, gone: Sequence[Outage]) -> Finding:
    ones = [one.one for one in gone]
    # What was repeated on a TCP connection is in the record of each WebSocket on it.
    repeats: dict[object, int] = {}
    for one in gone:
        repeats[tcp_of(one.one)] = max(one.repeats, repeats.get(tcp_of(one.one), 0))
    longest, shortest = max(one.length for one in gone), min(one.length for one in gone)
    bad = sum(ended_badly(one.one) for one in gone)
    upto = "up to " if len(gone) > 1 else ""
    how_many = "all" if bad == len(gone) > 1 else f"{bad:,}" if bad else "none"
    return Finding(
        "outage",
        f"nothing came of the {side} in {counted_on_tcp(ones)} for {upto}"
        f"{seconds(longest):.1f} s, though the {side.other} repeated itself; then the {side} was"
        f" heard again; {how_many} of them ended without a close frame",
        about(ones),
        min(one.since for one in gone),
        max(one.until for one in gone),
        {
            "silent": str(side),
            "longest_s": seconds(longest),
            "shortest_s": seconds(shortest),
            "repeated_segments": sum(repeats.values()),
            "without_close_frame": bad,
        },
        packets(one.one.last_packet for one in gone),
        (
            "a path that was cut for so long: a link, a route, a firewall that dropped, a VPN",
            "a host that was frozen or suspended, or a virtual machine that was moved",
        ),
        ("a capture that did not see that side's packets for so long",),
        (
            "links, routes, firewalls and hosts on the way at that time",
            "who gave up meanwhile, and after which timeout: pings, and SYNs that nothing answered",
        ),
    )
