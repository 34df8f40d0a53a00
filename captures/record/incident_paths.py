"""Scenarios of `incidents` whose cause stands between the two ends: a firewall, or a lossy path.

Clients, a firewall that routes, and the server have a network namespace each (see routed.py); ports
18520-18539. Recorded by ``incidents.py``.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from crowds import FOLDER, HELLO, Plan, connections, crowd, server_at, write
from recorder import tcpdump
from routed import CLIENT_ADDRESS, CLIENTS, SERVER, SERVER_ADDRESS, Routed, inside
from stage import Cast, End, tool


def ends(
    cast: Cast, name: str, port: int, plans: tuple[Plan, Plan], **config: Any
) -> tuple[End, End]:
    """A server, and clients with addresses of their own; `config` is of the clients."""
    options = config.pop("server", {})
    server = server_at(
        cast, name, port, host=SERVER_ADDRESS, netns=SERVER, plan=plans[0], **options
    )
    place = {"host": SERVER_ADDRESS, "address": CLIENT_ADDRESS, "netns": CLIENTS}
    return server, crowd(cast, name, port, plans[1], **place, **config)


def capture(name: str, port: int, netns: str) -> Any:
    """tcpdump at one of the two ends."""
    return tcpdump(FOLDER / f"{name}.pcap", f"tcp port {port}", interface="eth0", netns=netns)


def told(what: str) -> str:
    """A line of the log: what the script did."""
    return f"script {time.strftime('%H:%M:%S')}.{int(time.time() * 1000) % 1000:03d} {what}"


def drops() -> None:
    """A firewall drops everything of eight connections to which the server sends."""
    name, port = "firewall-drops-crowd", 18520
    with ExitStack() as stack:
        network = stack.enter_context(Routed(8))
        cast = stack.enter_context(Cast())
        server, clients = None, None
        with capture(name, port, SERVER):
            server, clients = ends(
                cast, name, port, ([["stream", 60, 40, 0.4]], HELLO), count=8, spacing=0.3
            )
            clients.wait_for("open", 20, 8)
            time.sleep(3)
            lines = [told(network.rule("--dport", str(port), "-j", "DROP"))]
            lines += [told(network.rule("--sport", str(port), "-j", "DROP"))]
            time.sleep(9)
        lines += [told(line) for line in network.counted()]
        found = connections(name, port, clients, [server], [("client", "vanished")])
    for one in found:
        one["client"] = one["server"] = {"reported": None}
        one["notes"] = "seen from the server, whose TCP still repeats when the recording ends"
    write(
        name,
        cast,
        "Eight clients get a message every 0.4 s; a firewall begins to drop all packets of theirs,"
        " both ways, without a word. Captured at the server.",
        found,
        programs={"firewall": tool("iptables", "--version")},
        lines=lines,
    )


def rejects() -> None:
    """A firewall rejects with RST what clients send to a port, and after 5 s does so no more."""
    name, port = "firewall-rejects-crowd", 18521
    with ExitStack() as stack:
        network = stack.enter_context(Routed(8))
        cast = stack.enter_context(Cast())
        with capture(name, port, CLIENTS):
            server, clients = ends(
                cast,
                name,
                port,
                (HELLO, [["stream", 80, 20, 0.5]]),
                count=8,
                spacing=0.3,
                reconnect={"delay": 0.8, "factor": 2, "jitter": 4.0, "until": 90},
            )
            clients.wait_for("open", 20, 8)
            time.sleep(3)
            reject = ("-j", "REJECT", "--reject-with", "tcp-reset")
            lines = [told(network.rule("--dport", str(port), *reject))]
            time.sleep(5)
            lines += [told(line) for line in network.counted()]
            network.open()
            lines += [told("iptables -F FORWARD")]
            clients.wait_for("open", 40, 16)
            time.sleep(0.5)
        fates = [("server", "rst")] * 8 + [(None, "open")]
        found = connections(name, port, clients, [server], fates)
    for one in found[:8]:
        one["server"] = {"reported": None}
        one["notes"] = "the server sent no RST: the firewall did, in its name, to the client alone"
    for one in found[8:]:
        one["client"] = one["server"] = {"reported": None}
    write(
        name,
        cast,
        "Eight clients send a message every 0.5 s; a firewall begins to answer what they send with a"
        " RST of its own (REJECT --reject-with tcp-reset), and 5 s later lets all pass again. The"
        " clients come back with exponential back-off and jitter. Captured at the clients.",
        found,
        programs={"firewall": tool("iptables", "--version")},
        lines=lines,
    )


def forgets() -> None:
    """A firewall that forgets what is established, and lets new connections pass."""
    name, port = "firewall-forgets-crowd", 18526
    with ExitStack() as stack:
        network = stack.enter_context(Routed(6))
        cast = stack.enter_context(Cast())
        with capture(name, port, SERVER):
            server, clients = ends(
                cast,
                name,
                port,
                ([["stream", 60, 20, 1]], HELLO),
                count=6,
                spacing=0.3,
                options={"ping_interval": 1, "ping_timeout": 1.5, "close_timeout": 1},
                reconnect={"delay": 0.2, "jitter": 7.0, "until": 90},
            )
            clients.wait_for("open", 20, 6)
            time.sleep(3)
            old = ",".join(str(one["port"]) for one in clients.events if one["event"] == "open")
            lines = [
                told(network.rule("-m", "multiport", way, old, "-j", "DROP"))
                for way in ("--sports", "--dports")
            ]
            clients.wait_for("open", 40, 12)
            time.sleep(4)
        lines += [told(line) for line in network.counted()]
        fates: list[tuple[str | None, str]] = [("client", "vanished")] * 6 + [(None, "open")]
        found = connections(name, port, clients, [server], fates)
    for one in found[:6]:
        one["client"] = one["server"] = {"reported": None}
        one["notes"] = (
            "the client's Close 1011 and FIN were dropped; the server still repeats itself"
        )
    for one in found[6:]:
        one["client"] = one["server"] = {"reported": None}
    write(
        name,
        cast,
        "A firewall begins to drop the packets of six connections that it had let pass, as one that"
        " has lost its state, and lets new ones through. The clients' pings time out, and they come"
        " back at random within 7 s; the server goes on sending on the old ones. Captured at the"
        " server.",
        found,
        programs={"firewall": tool("iptables", "--version")},
        lines=lines,
    )


def lossy(name: str, port: int, plans: tuple[Plan, Plan], ways: tuple[str, ...], what: str) -> None:
    """Three clients over a path that loses packets; captured at the server."""
    with ExitStack() as stack:
        network = stack.enter_context(Routed(3))
        cast = stack.enter_context(Cast())
        with capture(name, port, SERVER):
            server, clients = ends(cast, name, port, plans, count=3, spacing=0.1)
            clients.wait_for("open", 20, 3)
            chance = ("-m", "statistic", "--mode", "random", "--probability", "0.12", "-j", "DROP")
            lines = [told(network.rule(way, str(port), *chance)) for way in ways]
            clients.wait_for("closed", 60, 3)
            server.wait_for("closed", 60, 3)
            time.sleep(0.5)
        lines += [told(line) for line in network.counted()]
        found = connections(name, port, clients, [server], [("client", "close_frame")])
    write(
        name,
        cast,
        f"{what} Three clients; each closes with 1000 in the end. Captured at the server.",
        found,
        programs={"firewall": tool("iptables", "--version")},
        lines=lines,
    )


TALK: Plan = [["wait", 1], ["stream", 40, 60, 0.06]]
LEAVE: Plan = [["wait", 2.5], ["close", 1000, ""]]


def lossy_both() -> None:
    lossy(
        "lossy-path-crowd",
        18522,
        (TALK, [*TALK, *LEAVE]),
        ("--dport", "--sport"),
        "12 % of all packets are lost, both ways, while both sides send.",
    )


def lossy_one_way() -> None:
    lossy(
        "lossy-one-way-crowd",
        18523,
        (TALK, [["wait", 4], *LEAVE]),
        ("--sport",),
        "12 % of what the server sends is lost, and nothing of what clients send.",
    )


def unreachable() -> None:
    """Their TCP gives up before the way is free again, so that no old packet comes through then."""
    give_up = ("net.ipv4.tcp_retries2=3", "net.ipv4.tcp_orphan_retries=2")
    blocked("server-unreachable-crowd", 18524, give_up, "vanished", "server", "TCP gives up, too.")


def heals() -> None:
    """Their TCP goes on, and gets through when the way is free again."""
    told = "Their TCP goes on, and is answered when the way is free again; then it resets."
    blocked("outage-heals-crowd", 18525, (), "rst", "client", told)


def blocked(name: str, port: int, kernel: tuple[str, ...], how: str, first: str, what: str) -> None:
    """Nothing reaches the server for 12 s; clients give up by their pings, and try again."""
    with ExitStack() as stack:
        network = stack.enter_context(Routed(6))
        for setting in kernel:
            inside(CLIENTS, "sysctl", "-qw", setting)
        cast = stack.enter_context(Cast())
        with capture(name, port, CLIENTS):
            server, clients = ends(
                cast,
                name,
                port,
                (HELLO, HELLO),
                count=6,
                spacing=0.3,
                options={"ping_interval": 1, "ping_timeout": 1.5, "close_timeout": 1},
                open_timeout=2,
                reconnect={"delay": 0.5, "step": 0.01, "until": 90},
            )
            clients.wait_for("open", 20, 6)
            time.sleep(3)
            lines = [
                told(network.rule(way, str(port), "-j", "DROP")) for way in ("--dport", "--sport")
            ]
            time.sleep(12)
            lines += [told(line) for line in network.counted()]
            network.open()
            lines += [told("iptables -F FORWARD")]
            clients.wait_for("open", 40, 12)
            time.sleep(0.8)
        fates: list[tuple[str | None, str]] = [(first, how)] * 6 + [(None, "open")]
        found = connections(name, port, clients, [server], fates)
    for one in found[:6]:
        one["notes"] = (
            "log and packets disagree: the client's library says that it sent Close 1011, but it"
            " waits in its kernel behind a ping that nobody acknowledges"
        )
    for one in found[6:]:
        one["client"] = one["server"] = {"reported": None}
    write(
        name,
        cast,
        "A firewall drops everything between six clients and their server for 12 s. The clients ping"
        " every second (ping_timeout 1.5), give up, and try again 0.5 s after each failure; TCP may"
        f" take 2 s. {what} Captured at the clients.",
        found,
        programs={"firewall": tool("iptables", "--version")},
        lines=lines,
    )


SCENARIOS = {
    "firewall-drops-crowd": drops,
    "firewall-rejects-crowd": rejects,
    "firewall-forgets-crowd": forgets,
    "lossy-path-crowd": lossy_both,
    "lossy-one-way-crowd": lossy_one_way,
    "server-unreachable-crowd": unreachable,
    "outage-heals-crowd": heals,
}
