"""Mass endings: many connections at once; where, how, and for how long nobody came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_network

from analyzer.ending.rules import EndingKind
from analyzer.findings.bursts import Burst, bursts
from analyzer.findings.ends import (
    NEVER_OPENED,
    began_at,
    end_moment,
    first_close,
    first_side,
    is_closing,
    open_at,
    way_of,
)
from analyzer.findings.finding import Finding, Given, Number, about, counted, packets, seconds
from analyzer.findings.lost_state import FORGOT, came_through
from analyzer.findings.reloaded import ALSO_LIKE_A_RELOAD, RELOAD, spared_by_reload
from analyzer.findings.shared_tcp import counted_on_tcp
from analyzer.findings.who_sent_rst import reset_by_other
from analyzer.printable import duration
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.websocket.registry import CloseCode

# Most of them decide what it is called.
MOST = 0.6
RESTART_CODES = frozenset(
    {
        CloseCode.GOING_AWAY,
        CloseCode.SERVICE_RESTART,
        CloseCode.TRY_AGAIN_LATER,
        CloseCode.NORMAL_CLOSURE,
    }
)
# What SYNs that were refused meanwhile say of the server.
GONE = "a server process that was gone: nobody listened at its port meanwhile"
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
    "cut on the way": (
        ("a firewall, or an intrusion system, that resets in the name of the side behind it",),
        ("packets of that side that took another way since, with another number of hops",
         "a host, or a load balancer, that took over the address of that side"),
    ),
    "silence": (
        ("a link, router, NAT or firewall on the way that failed, or dropped all of a sudden",),
        ("a host that all of them share (server, proxy, NAT) that lost power or froze",),
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

    Where those that stayed open at these servers are just those that had begun last, and chance
    would choose them in less than one case of a hundred, it is said to look like a reload: old
    workers end what they hold, and new ones have served since some moment before.

    Where it was silence, and new connections of the same clients to the same servers were accepted
    while the old ones were repeated in vain, something on the way has forgotten the old ones.

    By server where all were of one, by client network (/24, /48) where all were of one and others
    stayed open, else everywhere. Orderly: closed by close frames of the server; cut: without one,
    by FIN or RST, on HTTP/2 also END_STREAM, RST_STREAM or GOAWAY; cut on the way: by RSTs whose
    TTL or sequence number is not that of the side in whose name they came (see who-sent-rst);
    silence: one side stopped answering. The outage lasts from the first of them to the next upgrade
    at these servers that is accepted; upgrades that failed meanwhile are counted, and SYNs that
    were answered with a RST (nobody listened, or a firewall rejects) or by nothing.
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
    if one.ending.kind is EndingKind.RST and reset_by_other(one):
        return "cut on the way"
    return "cut by client" if first_side(one) is Side.CLIENT else "cut by server"


def client_network(one: Connection) -> str:
    """Return the network of a client: /24, /48, as it is routed to a company or a neighbourhood."""
    ip = one.client.ip
    if ":" not in ip:
        network, dot, _ = ip.rpartition(".")
        return f"{network}.0/24" if dot else ip
    return _network_of_ipv6(ip)


@lru_cache(maxsize=10_000)
def _network_of_ipv6(ip: str) -> str:
    try:
        return str(ip_network(f"{ip}/48", strict=False))
    except ValueError:
        return ip


def _finding(burst: Burst, given: Given) -> Finding:
    members, connections = burst.members, given.connections
    how = how_it_ended(members)
    where, numbers = _where(burst, connections)
    back, failed = _back(burst, connections)
    servers = {one.server for one in members}
    missed = [
        one
        for one in given.attempts
        if one.server in servers and burst.first_at <= one.at and (back is None or one.at < back)
    ]
    refused = sum(one.refused_at is not None for one in missed)
    consistent_with, also = CAUSES[how]
    length = burst.last_at - burst.first_at
    text = (
        f"{counted_on_tcp(members)} ended within {duration(length)}, {where}: {_told(how, members)}"
    )
    spared = spared_by_reload(burst, connections) if how in {"orderly", "cut by server"} else None
    if spared is not None:
        text += f"; {spared}"
        numbers |= spared.numbers
        consistent_with, also = (RELOAD,), ALSO_LIKE_A_RELOAD
    elif refused and how == "cut by server":
        consistent_with = (GONE, *consistent_with)
    elif refused and how == "orderly":
        consistent_with = (*consistent_with, GONE)
    anew = came_through(members, connections) if how == "silence" else 0
    if anew:
        text += f"; {anew:,} of the clients came through anew while the old ones were dead"
        numbers["came_through_anew"] = anew
        consistent_with, also = (FORGOT,), (*consistent_with, *also)
    text += _outage(burst.first_at, back, failed, refused, len(missed) - refused)
    numbers |= {
        "how": how,
        "within_s": seconds(length),
        "open_before": burst.alive,
        "outage_s": None if back is None else seconds(back - burst.first_at),
        "failed_upgrades": failed,
        "refused_tcp_connections": refused,
        "unanswered_tcp_connections": len(missed) - refused,
        "chance": float(f"{burst.chance:.2g}"),
    }
    return Finding(
        "mass-end",
        text,
        about(members),
        burst.first_at,
        burst.last_at,
        numbers,
        packets(end_moment(one).packet for one in members),
        consistent_with,
        also,
        _next("reload" if spared is not None else how),
    )


def _outage(since: int, back: int | None, failed: int, refused: int, silent: int) -> str:
    """Tell when an upgrade was accepted again, and what failed meanwhile."""
    text = "; no later upgrade was accepted"
    if back is not None:
        text = f"; the next upgrade was accepted {duration(back - since)} later"
    if failed:
        text += f", {counted(failed, 'upgrade')} failed before"
    if refused:
        text += f"; meanwhile TCP was refused {refused:,} times"
    if silent:
        text += f"; meanwhile TCP got no answer {silent:,} times"
    return text


def _told(how: str, members: Sequence[Connection]) -> str:
    if how == "orderly":
        codes = Counter(close.code for one in members if (close := first_close(one)) is not None)
        listed = ", ".join(
            "no code" if code is None else str(code) for code, _ in codes.most_common(3)
        )
        restart = all(code in RESTART_CODES for code in codes)
        return f"Close {listed} of the server, {'as at a restart' if restart else 'an error'}"
    sides = {first_side(one) for one in members}
    side = f"the {sides.pop()}" if len(sides) == 1 and None not in sides else "one side"
    if how == "silence":
        return f"{side} stopped answering, without a packet"
    if how == "cut on the way":
        return f"by RST in the name of {side}, which perhaps did not send it (see who-sent-rst)"
    if how == "mixed":
        kinds = Counter(str(one.ending.kind) for one in members)
        return ", ".join(f"{number:,} by {kind}" for kind, number in kinds.most_common())
    ways = Counter(way_of(one) for one in members)
    told = " and ".join(f"{number:,} by {way}" for way, number in sorted(ways.items()))
    if len(ways) == 1:
        told = told.partition(" ")[2]
    return f"{told}, {how.replace('by', 'by the')}"


def _where(burst: Burst, connections: Sequence[Connection]) -> tuple[str, dict[str, Number]]:
    """Return where it happened, and the numbers that say so."""
    members = burst.members
    servers = Counter(str(one.server) for one in members)
    networks = Counter(map(client_network, members))
    hit = {one.id for one in members}
    others = [one for one in connections if one.id not in hit and open_at(one, burst.first_at)]
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
    if how == "reload":
        return (
            "what was reloaded or deployed before that time, and how long old workers may stay",
        )
    if how == "orderly":
        return ("what was deployed, drained or restarted at that time",)
    if how == "silence":
        return (
            "links, routers, NAT and firewalls on the way at that time",
            "a capture at the side that fell silent: what it sent, and what reached it",
        )
    if how == "cut on the way":
        return (
            "rules and logs of firewalls and intrusion systems on the way at that time",
            "a capture at the side in whose name the RSTs came: does it send them at all?",
        )
    if how == "cut by client":
        return ("what happened to the clients, or to what stands in front of them, at that time",)
    return (
        "logs of the server's process, its supervisor and the kernel at that time (exit, OOM)",
        "logs of proxies and load balancers in front of it",
    )
