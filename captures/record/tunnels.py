"""Record `tunnels`: the same talk bare, inside a tunnel, and both in one capture.

Call: ``python captures/record/tunnels.py [NAME ...]``. Out: ``captures/tunnels/NAME.pcap`` and
``NAME.truth.json``. Needs root and tcpdump; the namespaces wsrec3 and wsrec4, joined by a pair of
virtual Ethernet devices, with a VXLAN of the kernel's own between them.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from recorder import CAPTURES, tcpdump, write_truth
from stage import Cast, run_named, tool, truth_of
from wire import ip

FAMILY = "tunnels"
FOLDER = CAPTURES / FAMILY
NAMESPACES = ("wsrec3", "wsrec4")
PORT = 18460
HELLO = [["send", "hello"], ["wait", 0.3]]


@contextmanager
def overlay() -> Iterator[None]:
    """Two namespaces with addresses 10.78.0.x below and 10.79.0.x in VXLAN 7 above."""
    for netns in NAMESPACES:
        subprocess.run(["ip", "netns", "del", netns], check=False, stderr=subprocess.DEVNULL)
        ip("netns", "add", netns)
    ip("link", "add", "wsrec3a", "type", "veth", "peer", "name", "wsrec4a")
    for number, netns in enumerate(NAMESPACES, 1):
        ip("link", "set", f"{netns}a", "netns", netns, "name", "eth0")
        ip("addr", "add", f"10.78.0.{number}/24", "dev", "eth0", netns=netns)
        ip("link", "set", "eth0", "up", netns=netns)
        ip("link", "set", "lo", "up", netns=netns)
        below = ("local", f"10.78.0.{number}", "remote", f"10.78.0.{3 - number}", "dev", "eth0")
        ip("link", "add", "vx", "type", "vxlan", "id", "7", "dstport", "4789", *below, netns=netns)
        ip("addr", "add", f"10.79.0.{number}/24", "dev", "vx", netns=netns)
        ip("link", "set", "vx", "up", netns=netns)
    time.sleep(0.5)
    try:
        yield
    finally:
        for netns in NAMESPACES:
            ip("netns", "del", netns)


def vxlan(name: str, scenario: str, where: str, interface: str, filter_: str, close: str) -> None:
    """A talk through the VXLAN, captured on one device."""
    plans: dict[str, list[list[Any]]] = {side: [*HELLO] for side in ("client", "server")}
    plans[close].append(["close", 1001 if close == "server" else 4004, "through a tunnel"])
    with ExitStack() as stack:
        stack.enter_context(overlay())
        cast = stack.enter_context(Cast())
        config = {"host": "10.79.0.2", "port": PORT, "path": f"/{name}"}
        server = cast.start(
            "server", "websockets", {**config, "plan": plans["server"]}, NAMESPACES[1]
        )
        with tcpdump(FOLDER / f"{name}.pcap", filter_, interface=interface, netns=where):
            client = cast.start(
                "client", "websockets", {**config, "plan": plans["client"]}, NAMESPACES[0]
            )
            client.wait_for("closed|failed")
            server.wait_for("closed|failed")
            time.sleep(0.4)
    truth = truth_of(
        client.events,
        server.events,
        path=f"/{name}",
        server_port=PORT,
        first=close,
        how="close_frame",
    )
    write_truth(
        FAMILY,
        name,
        {
            "scenario": scenario,
            "programs": {
                **{end.side: end.program for end in cast.ends},
                "tunnel": f"Linux {subprocess.check_output(['uname', '-r'], text=True).strip()}",
                "capture": tool("tcpdump", "--version"),
            },
            "captures": [f"{name}.pcap"],
            "connections": [truth],
            "log": cast.log(),
        },
    )


IN_TUNNEL = "udp port 4789"
BOTH = f"udp port 4789 or tcp port {PORT}"

run_named(
    {
        "vxlan": lambda: vxlan(
            "vxlan",
            "A talk inside VXLAN 7, captured outside; the server closes with 1001.",
            NAMESPACES[0],
            "eth0",
            IN_TUNNEL,
            "server",
        ),
        "vxlan-any-client": lambda: vxlan(
            "vxlan-any-client",
            "tcpdump -i any where the client is: every packet inside and outside of VXLAN 7; the"
            " client closes with 4004.",
            NAMESPACES[0],
            "any",
            BOTH,
            "client",
        ),
        "vxlan-any-server": lambda: vxlan(
            "vxlan-any-server",
            "tcpdump -i any where the server is: every packet outside and inside of VXLAN 7; the"
            " server closes with 1001.",
            NAMESPACES[1],
            "any",
            BOTH,
            "server",
        ),
    }
)
