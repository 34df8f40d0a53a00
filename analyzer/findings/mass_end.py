"""Mass endings: many connections at once; where, how, and for how long nobody came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from analyzer.ending.rules import EndingKind
from analyzer.findings.bursts import Burst, bursts
from analyzer.findings.ends import (
    NEVER_OPENED,
    began_at,
    end_moment,
    first_close,
    first_side,
    is_closing,
    way_of,
)
from analyzer.findings.finding import Finding, Given, Number, about, counted, packets, seconds
from analyzer.findings.shared_tcp import counted_on_tcp
from analyzer.printable import duration
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.websocket.registry import CloseCode

# Most of them decide what it is called.
MOST = 0.6
# Networks of clients, as they are routed: a company, a block of a provider.
V4_BITS, V6_BITS = 24, 48
RESTART_CODES = frozenset(
    {
        CloseCode.GOING_AWAY,
        CloseCode.SERVICE_RESTART,
        CloseCode.TRY_AGAIN_LATER,
        CloseCode.NORMAL_CLOSURE,
    }
)
CAUSES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "orderly": (
        ("a restart, deploy or drain: the server said goodbye with a close frame",),
        ("an operator who closed all sessions",),
    ),
    "cut by server": (
        ("a process that crashed, was killed, or exited without closing: its kernel did",
         "a proxy or load balancer that was restarted, or lost its upstream"),
        ("an idle timer, where all had been silent since the same moment",
         "a firewall that reset what it forwarded"),
    ),
    "cut by client": (
        ("a client program, or a proxy of the clients, that was stopped or restarted",),
        ("a load test that ended", "a network device that resets for the clients"),
    ),
    "silence": (
        ("a link, router, NAT or firewall on the way that failed, or dropped all of a sudden",),
        ("a host that lost power or froze",),
    ),
    "mixed": (("a network device on the way that was restarted",), ("several causes at once",)),
}  # fmt: skip


def mass_end(given: Given) -> list[Finding]:
    """Tell where many connections ended at once, and what that is consistent with.

    Counted are endings that the client did not choose: without a close frame, or by the server's.
    In the fullest window of 2 s (and as long as the next follows within 1 s) there must be five or
    more that had been open before, and half of all that were open at the same servers; and if each
    open connection ended at any time of a median life, so many together must be less likely than
    one in a thousand captures. Then the next fullest, up to five.

    WebSockets that share a TCP connection (HTTP/2) count as one there.

    By server where all were of one, by client network (/24, /48) where all were of one and others
    stayed open, else everywhere. Orderly: closed by close frames of the server; cut: without one,
    by FIN or RST, on HTTP/2 also END_STREAM, RST_STREAM or GOAWAY; silence: one side stopped
    answering. The outage lasts from the first of them to the next upgrade at these servers that is
    accepted; upgrades that failed meanwhile are counted, and SYNs that were answered with a RST:
    nobody listened.
    """
    return [_finding(burst, given) for burst in bursts(given.connections)]


def how_it_ended(members: Sequence[Connection]) -> str:
    """Return the name under which `CAUSES` holds what most endings are consistent with."""
    names = Counter(map(_how, members))
    name, number = names.most_common(1)[0]
    return name if number >= MOST * len(members) else "mixed"


def _how(one: Connection) -> str:
    if one.ending.kind is EndingKind.VANISHED:
        return "silence"
    if is_closing(one):
        return "orderly"
    return "cut by client" if first_side(one) is Side.CLIENT else "cut by server"


def client_network(one: Connection) -> str:
    """Return the network of a client, as it is routed."""
    try:
        address = ip_address(one.client.ip)
    except ValueError:
        return one.client.ip
    bits = V4_BITS if address.version == 4 else V6_BITS
    return str(ip_network(f"{one.client.ip}/{bits}", strict=False))


def _finding(burst: Burst, given: Given) -> Finding:
    members, connections = burst.members, given.connections
    how = how_it_ended(members)
    where, numbers = _where(burst, connections)
    back, failed = _back(burst, connections)
    servers = {one.server for one in members}
    refused = sum(
        attempt.server in servers
        and burst.first_at <= attempt.at
        and (back is None or attempt.at < back)
        for attempt in given.attempts
    )
    consistent_with, also = CAUSES[how]
    length = burst.last_at - burst.first_at
    text = (
        f"{counted_on_tcp(members)} ended within {duration(length)}, {where}: {_told(how, members)}"
    )
    outage = "; no later upgrade was accepted"
    if back is not None:
        outage = f"; the next upgrade was accepted {duration(back - burst.first_at)} later"
    tries = f", {counted(failed, 'upgrade')} failed before" if failed else ""
    if refused:
        tries += f"; meanwhile TCP was refused {refused:,} times"
    numbers |= {
        "how": how,
        "within_s": seconds(length),
        "open_before": burst.alive,
        "outage_s": None if back is None else seconds(back - burst.first_at),
        "failed_upgrades": failed,
        "refused_tcp_connections": refused,
        "chance": float(f"{burst.chance:.2g}"),
    }
    return Finding(
        "mass-end",
        f"{text}{outage}{tries}",
        about(members),
        burst.first_at,
        burst.last_at,
        numbers,
        packets(end_moment(one).packet for one in members),
        consistent_with,
        also,
        _next(how),
    )


def _told(how: str, members: Sequence[Connection]) -> str:
    if how == "orderly":
        codes = Counter(close.code for one in members if (close := first_close(one)) is not None)
        listed = ", ".join(
            "no code" if code is None else str(code) for code, _ in codes.most_common(3)
        )
        restart = all(code in RESTART_CODES for code in codes)
        return f"Close {listed} of the server, {'as at a restart' if restart else 'an error'}"
    if how == "silence":
        return "one side stopped answering, without a packet"
    if how == "mixed":
        kinds = Counter(str(one.ending.kind) for one in members)
        return ", ".join(f"{number:,} by {kind}" for kind, number in kinds.most_common())
    side = how.rpartition(" ")[2]
    ways = Counter({"FIN": 0, "RST": 0})
    if any(one.h2_stream is not None for one in members):
        ways = Counter()
    ways.update(way_of(one) for one in members)
    listed = " and ".join(f"{number:,} by {way}" for way, number in ways.items())
    return f"{listed}, cut by the {side}"


def _where(burst: Burst, connections: Sequence[Connection]) -> tuple[str, dict[str, Number]]:
    """Return where it happened, and the numbers that say so."""
    members = burst.members
    servers = Counter(str(one.server) for one in members)
    networks = Counter(map(client_network, members))
    hit = {one.id for one in members}
    others = [
        one
        for one in connections
        if one.id not in hit and began_at(one) < burst.first_at < one.last_at
        if one.ending.kind not in NEVER_OPENED
    ]
    apart = {client_network(one) for one in others} - networks.keys()
    numbers: dict[str, Number] = {
        "servers": len(servers),
        "client_networks": len(networks),
        "stayed_open": len(others),
    }
    same_server = [one for one in others if str(one.server) in servers]
    if len(networks) == 1 and apart and same_server:
        return f"all of clients in {next(iter(networks))}, while others stayed open", numbers
    if len(servers) == 1:
        return f"all at server {next(iter(servers))}", numbers
    return f"at {len(servers):,} servers", numbers


def _back(burst: Burst, connections: Sequence[Connection]) -> tuple[int | None, int]:
    """Return when an upgrade was accepted again, and how many had failed till then."""
    servers = {str(one.server) for one in burst.members}
    later = sorted(
        (
            one
            for one in connections
            if began_at(one) > burst.first_at and str(one.server) in servers
        ),
        key=began_at,
    )
    failed = 0
    for one in later:
        if one.ending.kind not in NEVER_OPENED:
            return one.handshake.answered_at or began_at(one), failed
        failed += 1
    return None, failed


def _next(how: str) -> tuple[str, ...]:
    if how == "orderly":
        return ("what was deployed, drained or restarted at that time",)
    if how == "silence":
        return ("links, routers, NAT and firewalls on the way at that time",)
    if how == "cut by client":
        return ("what happened to the clients, or to what stands in front of them, at that time",)
    return (
        "logs of the server's process, its supervisor and the kernel at that time (exit, OOM)",
        "logs of proxies and load balancers in front of it",
    )
