"""Clients, a firewall and a server, each in a network namespace made here, joined by veth pairs.

The firewall routes; what it does with packets is told by iptables in its namespace.
"""

from __future__ import annotations

import subprocess
import time
from contextlib import AbstractContextManager
from typing import Self

from wire import ip

CLIENTS, FIREWALL, SERVER = "wsrecC", "wsrecF", "wsrecS"
SERVER_ADDRESS = "10.79.0.2"
CLIENT_ADDRESS = "10.78.0.{}"  # from 1
GATEWAYS = {CLIENTS: "10.78.0.254", SERVER: "10.79.0.254"}


def inside(netns: str, *command: str) -> str:
    """Run a command in a namespace, and return what it says."""
    done = subprocess.run(
        ["ip", "netns", "exec", netns, *command], check=True, capture_output=True, text=True
    )
    return done.stdout


class Routed(AbstractContextManager["Routed"]):
    """The network; in each namespace of an end the interface is eth0."""

    def __init__(self, clients: int = 1) -> None:
        self.clients = clients

    def __enter__(self) -> Self:
        for netns in (CLIENTS, FIREWALL, SERVER):
            subprocess.run(["ip", "netns", "del", netns], check=False, stderr=subprocess.DEVNULL)
            ip("netns", "add", netns)
            ip("link", "set", "lo", "up", netns=netns)
        inside(FIREWALL, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        clients = [CLIENT_ADDRESS.format(1 + number) for number in range(self.clients)]
        self._join(CLIENTS, clients)
        self._join(SERVER, [SERVER_ADDRESS])
        time.sleep(1)  # until the links are up
        return self

    def __exit__(self, *_: object) -> None:
        for netns in (CLIENTS, FIREWALL, SERVER):
            ip("netns", "del", netns)

    def _join(self, netns: str, addresses: list[str]) -> None:
        """Put a wire between an end and the firewall."""
        port = f"to{netns[-1]}"
        ip("link", "add", port, "netns", FIREWALL, "type", "veth",
           "peer", "name", "eth0", "netns", netns)  # fmt: skip
        ip("addr", "add", f"{GATEWAYS[netns]}/24", "dev", port, netns=FIREWALL)
        ip("link", "set", port, "up", netns=FIREWALL)
        for address in addresses:
            ip("addr", "add", f"{address}/24", "dev", "eth0", netns=netns)
        ip("link", "set", "eth0", "up", netns=netns)
        ip("route", "add", "default", "via", GATEWAYS[netns], netns=netns)

    def rule(self, *rule: str) -> str:
        """Add a rule for what the firewall forwards; returns it as iptables is told."""
        inside(FIREWALL, "iptables", "-A", "FORWARD", "-p", "tcp", *rule)
        return " ".join(("iptables -A FORWARD -p tcp", *rule))

    def open(self) -> None:
        """Take all rules away."""
        inside(FIREWALL, "iptables", "-F", "FORWARD")

    def counted(self) -> list[str]:
        """What each rule counted: packets and bytes, as iptables lists them."""
        listed = inside(FIREWALL, "iptables", "-nvxL", "FORWARD").splitlines()
        return [" ".join(line.split()) for line in listed[2:]]
