"""Record `conditions`: proxies, bad paths and odd captures.

Call: ``python captures/record/conditions.py [NAME ...]``. Out: ``captures/conditions/NAME.pcap``
(also .pcapng, .pcap.gz, several) and ``NAME.truth.json``. Needs root, node, npm, nginx, haproxy,
nft, tcpdump, tshark, editcap and dumpcap; ports 18360-18399 on loopback, and the namespaces wsrec1
and wsrec2 (see wire.py).
"""

from __future__ import annotations

import gzip
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recorder import CAPTURES, tcpdump, write_truth
from stage import WORK, Cast, End, events_of, port_of, run_named, tool, truth_of
from wire import CLIENT_NS, SERVER_IP, SERVER_IP6, SERVER_NS, Wire

FAMILY = "conditions"
FOLDER = CAPTURES / FAMILY
Plan = list[list[Any]]
HELLO: Plan = [["send", "hello"], ["wait", 0.3]]
Truth = dict[str, Any]


# ---------- helpers


def server_of(
    cast: Cast,
    name: str,
    port: int,
    plan: Plan,
    program: str = "websockets",
    *,
    host: str = "127.0.0.1",
    netns: str | None = None,
    **config: Any,
) -> End:
    """Start a server that plays `plan`."""
    return cast.start(
        "server",
        program,
        {"host": host, "port": port, "path": f"/{name}", "plan": plan, **config},
        netns,
    )


def client_of(
    cast: Cast,
    name: str,
    port: int,
    plan: Plan,
    program: str = "ws",
    *,
    host: str = "127.0.0.1",
    netns: str | None = None,
    **config: Any,
) -> End:
    """Start a client that plays `plan`."""
    return cast.start(
        "client",
        program,
        {"host": host, "port": port, "path": f"/{name}", "plan": plan, **config},
        netns,
    )


def ended(*ends: End, timeout: float = 15) -> None:
    """Wait until each of them has reported the end."""
    for end in ends:
        end.wait_for("closed|failed", timeout)


def write(
    name: str,
    cast: Cast,
    scenario: str,
    connections: list[Truth],
    captures: list[str] | None = None,
    programs: dict[str, str] | None = None,
    extra_log: list[str] | None = None,
) -> None:
    """The truth file of a scenario."""
    named = {end.side: end.program for end in cast.ends}
    write_truth(
        FAMILY,
        name,
        {
            "scenario": scenario,
            "programs": {**named, **(programs or {}), "capture": tool("tcpdump", "--version")},
            "captures": captures or [f"{name}.pcap"],
            "connections": connections,
            "log": [*cast.log(), *(extra_log or [])],
        },
    )


def joined(
    name: str, port: int, server: End, client: End, first: str | None, how: str, notes: str = ""
) -> Truth:
    """The one connection of a scenario with one server and one client."""
    return truth_of(
        client.events,
        server.events,
        path=f"/{name}",
        server_port=port,
        first=first,
        how=how,
        notes=notes,
    )


def simple(
    name: str,
    port: int,
    scenario: str,
    server_plan: Plan,
    client_plan: Plan,
    *,
    first: str | None,
    how: str = "close_frame",
    programs: tuple[str, str] = ("websockets", "ws"),
    options: tuple[str, ...] = (),
    interface: str = "lo",
    host: str = "127.0.0.1",
    filter_: str = "",
    file: str = "",
    notes: str = "",
    client_config: dict[str, Any] | None = None,
) -> None:
    """A talk on loopback with an ordinary end, captured in a particular way."""
    file = file or f"{name}.pcap"
    with Cast() as cast:
        server = server_of(cast, name, port, server_plan, programs[0], host=host)
        with tcpdump(
            FOLDER / file, filter_ or f"tcp port {port}", interface=interface, options=options
        ):
            client = client_of(
                cast, name, port, client_plan, programs[1], host=host, **(client_config or {})
            )
            server.wait_for("open", 5)
            ended(client, server)
            time.sleep(0.3)
    write(name, cast, scenario, [joined(name, port, server, client, first, how, notes)], [file])


# ---------- proxies

NGINX = """
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx-error.log info;
events {{ worker_connections 64; }}
http {{
  access_log {work}/nginx-access.log;
  client_body_temp_path {work}/ng1; proxy_temp_path {work}/ng2; fastcgi_temp_path {work}/ng3;
  uwsgi_temp_path {work}/ng4; scgi_temp_path {work}/ng5;
  server {{
    listen 127.0.0.1:{front};
    location / {{
      proxy_pass http://127.0.0.1:{back}; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
      proxy_read_timeout {seconds}s;
    }}
  }}
}}
"""
HAPROXY = """
global
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout tunnel {seconds}s
frontend front
  bind 127.0.0.1:{front}
  default_backend back
backend back
  server one 127.0.0.1:{back}
"""


@contextmanager
def proxy(kind: str, front: int, back: int, seconds: int, workers: str = "") -> Iterator[list[str]]:
    """Run nginx or haproxy; yields the list that its log lines come into at the end.

    `workers`: what nginx is told of its worker processes.
    """
    text = (NGINX if kind == "nginx" else HAPROXY).format(
        work=WORK, front=front, back=back, seconds=seconds
    )
    config = WORK / f"{kind}.conf"
    config.write_text(text.replace("worker_processes 1;", workers or "worker_processes 1;"))
    logs = [WORK / "nginx-error.log", WORK / "nginx-access.log", WORK / "haproxy.log"]
    for log in logs:
        log.unlink(missing_ok=True)
    command = ["nginx", "-c", str(config)] if kind == "nginx" else ["haproxy", "-f", str(config)]
    lines: list[str] = []
    with (WORK / "haproxy.log").open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    time.sleep(0.6)
    try:
        yield lines
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=8)
        wanted = ("upstream", "GET /", "timed out", "reconfiguring", "gracefully shutting down")
        texts = [line for log in logs if log.exists() for line in log.read_text().splitlines()]
        lines.extend(
            f"{kind} {line.replace(str(WORK), '')}"
            for line in texts
            if any(word in line for word in wanted)
        )


def proxied(
    name: str,
    ports: tuple[int, int],
    kind: str,
    scenario: str,
    plans: tuple[Plan, Plan],
    *,
    first: tuple[str, str],
    how: tuple[str, str],
    notes: str,
    seconds: int = 2,
    legs: bool = False,
) -> None:
    """A talk through a proxy, both legs in one capture; with `legs` each also in its own."""
    front, back = ports
    both, one, two = (
        FOLDER / f"{name}{suffix}.pcap" for suffix in ("", "-client-leg", "-backend-leg")
    )
    captures = [(both, f"tcp port {front} or tcp port {back}")]
    if legs:
        captures += [(one, f"tcp port {front}"), (two, f"tcp port {back}")]
    with Cast() as cast:
        server = server_of(cast, name, back, plans[0])
        with proxy(kind, front, back, seconds) as lines:
            with (
                tcpdump(*captures[0]),
                tcpdump(*captures[-1]) if legs else tcpdump(WORK / "spare.pcap", "tcp port 1"),
                tcpdump(*captures[1]) if legs else tcpdump(WORK / "spare2.pcap", "tcp port 1"),
            ):
                client = client_of(cast, name, front, plans[1])
                ended(client, server)
                time.sleep(0.4)
    client_leg = truth_of(
        client.events,
        None,
        path=f"/{name}",
        server_port=front,
        first=first[0],
        how=how[0],
        notes=notes,
    )
    backend_leg = truth_of(
        None,
        server.events,
        path=f"/{name}",
        server_port=back,
        first=first[1],
        how=how[1],
        notes=notes,
    )
    version = tool(kind, "-v")
    programs = {"proxy": version}
    write(name, cast, scenario, [client_leg, backend_leg], programs=programs, extra_log=lines)
    if legs:
        write(
            f"{name}-client-leg",
            cast,
            f"{scenario} Only the leg from client to proxy.",
            [client_leg],
            programs=programs,
            extra_log=lines,
        )
        write(
            f"{name}-backend-leg",
            cast,
            f"{scenario} Only the leg from proxy to backend.",
            [backend_leg],
            programs=programs,
            extra_log=lines,
        )


def nginx_idle() -> None:
    proxied(
        "nginx-idle",
        (18360, 18361),
        "nginx",
        "nginx with proxy_read_timeout 2s cuts an idle WebSocket.",
        (HELLO, HELLO),
        first=("server", "client"),
        how=("fin", "fin"),
        legs=True,
        notes=(
            "nginx's read timeout ended it; neither endpoint sent a close frame; nginx is "
            "the server of one leg and the client of the other"
        ),
    )


def haproxy_idle() -> None:
    proxied(
        "haproxy-idle",
        (18362, 18363),
        "haproxy",
        "haproxy with timeout tunnel 2s cuts an idle WebSocket.",
        (HELLO, HELLO),
        first=("server", "client"),
        how=("fin", "rst"),
        legs=True,
        notes="haproxy's tunnel timeout ended it; neither endpoint sent a close frame; "
        "the server's library names ConnectionResetError as the cause on the backend leg",
    )


def nginx_close() -> None:
    proxied(
        "nginx-close",
        (18364, 18365),
        "nginx",
        "The server (websockets) closes with 1001 through nginx; ws answers.",
        ([*HELLO, ["close", 1001, "restart"]], HELLO),
        first=("server", "server"),
        how=("close_frame", "close_frame"),
        notes="the close frame came through nginx",
        seconds=20,
    )


def haproxy_close() -> None:
    proxied(
        "haproxy-close",
        (18366, 18367),
        "haproxy",
        "The client (ws) closes with 4004 through haproxy; websockets answers.",
        (HELLO, [*HELLO, ["close", 4004, "through a proxy"]]),
        first=("client", "client"),
        how=("close_frame", "close_frame"),
        notes="the close frame came through haproxy",
        seconds=20,
    )


def nginx_backend_killed() -> None:
    """kill -9 the backend behind nginx."""
    name, front, back = "nginx-backend-killed", 18368, 18369
    with Cast() as cast:
        server = server_of(cast, name, back, HELLO)
        with (
            proxy("nginx", front, back, 20) as lines,
            tcpdump(FOLDER / f"{name}.pcap", f"tcp port {front} or tcp port {back}"),
        ):
            client = client_of(cast, name, front, HELLO)
            client.wait_for("open")
            time.sleep(0.6)
            server.signal(signal.SIGKILL)
            ended(client)
            time.sleep(0.3)
    path = f"/{name}"
    connections = [
        truth_of(
            client.events,
            None,
            path=path,
            server_port=front,
            first="server",
            how="fin",
            notes="nginx passed the end on",
        ),
        truth_of(
            None,
            server.events,
            path=path,
            server_port=back,
            first="server",
            how="fin",
            notes="the backend was killed",
        ),
    ]
    write(
        name,
        cast,
        "The backend behind nginx gets kill -9.",
        connections,
        programs={"proxy": tool("nginx", "-v")},
        extra_log=lines,
    )


# ---------- a peer that vanishes


def drop_all(netns: str) -> None:
    """Drop every TCP packet that comes into or leaves a namespace, in its own firewall."""
    rules = (
        "table inet gone { chain i { type filter hook input priority 0; meta l4proto tcp drop; }; "
        "chain o { type filter hook output priority 0; meta l4proto tcp drop; }; }"
    )
    subprocess.run(
        ["ip", "netns", "exec", netns, "nft", "-f", "-"], input=rules, text=True, check=True
    )


def retries(netns: str, count: int) -> None:
    """How often TCP in a namespace retransmits before it gives up."""
    subprocess.run(
        ["ip", "netns", "exec", netns, "sysctl", "-qw", f"net.ipv4.tcp_retries2={count}"],
        check=True,
    )


def vanish(
    name: str,
    port: int,
    scenario: str,
    server_plan: Plan,
    *,
    how: str,
    first: str | None,
    notes: str,
    gone: Callable[[Wire], None],
    wait: float,
    tries: int | None = None,
    server_config: dict[str, Any] | None = None,
    still: bool = False,
) -> None:
    """The client vanishes in the middle of the talk (`gone`); captured at the server."""
    with Cast() as cast, Wire(delay=0.01) as wire:
        if tries:
            retries(SERVER_NS, tries)
        server = server_of(
            cast, name, port, server_plan, host=SERVER_IP, netns=SERVER_NS, **(server_config or {})
        )
        with tcpdump(
            FOLDER / f"{name}.pcap", f"tcp port {port}", interface="eth0", netns=SERVER_NS
        ):
            client = client_of(cast, name, port, HELLO, host=SERVER_IP, netns=CLIENT_NS)
            client.wait_for("open")
            time.sleep(0.7)
            gone(wire)
            client.note("cut", what="nothing passes between the two any more")
            server.open_gate()
            if still:
                time.sleep(wait)
            else:
                server.wait_for("closed", wait)
    write(name, cast, scenario, [joined(name, port, server, client, first, how, notes)])


def cut_wire(wire: Wire) -> None:
    wire.cut = True


def vanished_until_timeout() -> None:
    vanish(
        "vanished-gives-up",
        18370,
        "The client vanishes (nft drops everything in its namespace), the server goes on sending "
        "until its TCP gives up (tcp_retries2 4).",
        [["send", "hello"], ["gate"], ["stream", 5, 80, 0.1]],
        how="vanished",
        first="client",
        tries=4,
        wait=25,
        gone=lambda _: drop_all(CLIENT_NS),
        notes="the server's socket ended with ETIMEDOUT, seen by no packet",
    )


def vanished_capture_ends() -> None:
    vanish(
        "vanished-capture-ends",
        18371,
        "The client vanishes (the wire is cut), the server goes on sending; the capture ends "
        "while it still retransmits.",
        [["send", "hello"], ["gate"], ["stream", 5, 80, 0.1]],
        how="vanished",
        first="client",
        wait=6,
        still=True,
        gone=cut_wire,
        notes="neither endpoint had noticed anything when the capture ended",
    )


def vanished_silent() -> None:
    vanish(
        "vanished-silent",
        18372,
        "The wire is cut and neither side sends anything more: open when the capture ends.",
        [["send", "hello"], ["gate"]],
        how="open",
        first=None,
        wait=3,
        still=True,
        gone=cut_wire,
        notes="the wire was cut, but no packet can show it",
    )


def vanished_keepalive() -> None:
    vanish(
        "vanished-keepalive",
        18373,
        "The client vanishes (the wire is cut); the server's keepalive (ping_interval 1, "
        "ping_timeout 1) ends it with 1011 into nothing.",
        [["send", "hello"], ["gate"]],
        how="vanished",
        first="client",
        wait=12,
        still=True,
        gone=cut_wire,
        server_config={"options": {"ping_interval": 1, "ping_timeout": 1, "close_timeout": 2}},
        notes=(
            "log and packets disagree: the server's library says that it sent Close 1011, "
            "but its kernel, retransmitting an "
            "unanswered ping with a congestion window of one, never put the close frame (nor a "
            "FIN) on the wire"
        ),
    )


# ---------- captures begun too late


def midstream(
    name: str,
    port: int,
    scenario: str,
    server_plan: Plan,
    client_plan: Plan,
    first: str,
    programs: tuple[str, str],
    client_config: dict[str, Any] | None = None,
    how: str = "close_frame",
    **server_config: Any,
) -> None:
    """tcpdump starts after both plans have come to their gate."""
    with Cast() as cast:
        server = server_of(cast, name, port, server_plan, programs[0], **server_config)
        client = client_of(cast, name, port, client_plan, programs[1], **(client_config or {}))
        client.wait_for("open")
        time.sleep(0.7)
        with tcpdump(FOLDER / f"{name}.pcap", f"tcp port {port}"):
            server.note("tcpdump started")
            server.open_gate()
            client.open_gate()
            ended(client, server)
            time.sleep(0.3)
    write(
        name,
        cast,
        scenario,
        [
            joined(
                name,
                port,
                server,
                client,
                first,
                how,
                "the capture begins after the upgrade; status from the logs",
            )
        ],
    )


PLAIN = {"options": {"perMessageDeflate": False}}


def midstream_small() -> None:
    midstream(
        "midstream-small",
        18374,
        "Capture begun after the upgrade: small messages, then the server closes with 1001.",
        [["send", "hello"], ["gate"], ["stream", 6, 20, 0.1], ["close", 1001, "midstream"]],
        [["send", "hello"], ["gate"], ["stream", 4, 30, 0.1]],
        "server",
        ("websockets", "ws"),
        PLAIN,
    )


def midstream_ping() -> None:
    midstream(
        "midstream-ping",
        18375,
        "Capture begun after the upgrade: only pings and pongs, then the client closes with 1000.",
        [["send", "hello"], ["gate"], ["ping"], ["wait", 0.2], ["ping"], ["wait", 0.2], ["ping"]],
        [["send", "hello"], ["gate"], ["wait", 0.8], ["close", 1000, ""]],
        "client",
        ("websockets", "ws"),
        PLAIN,
    )


def midstream_large() -> None:
    midstream(
        "midstream-large",
        18376,
        "Capture begun after the upgrade: messages of 3000 to 9000 bytes, then the client closes "
        "with 4006.",
        [["send", "hello"], ["gate"], ["size", 9000], ["wait", 0.2], ["size", 3000]],
        [["send", "hello"], ["gate"], ["size", 5000], ["wait", 0.6], ["close", 4006, "large"]],
        "client",
        ("websockets", "ws"),
        PLAIN,
    )


def midstream_deflate() -> None:
    midstream(
        "midstream-deflate",
        18377,
        "Capture begun after the upgrade, permessage-deflate with context takeover: then the "
        "client closes.",
        [["size", 800], ["gate"], ["size", 800], ["wait", 0.2], ["size", 400]],
        [["size", 800], ["gate"], ["size", 800], ["wait", 0.5], ["close", 1000, "deflated"]],
        "client",
        ("ws", "websockets"),
        options={"perMessageDeflate": {"threshold": 0}},
    )


def midstream_fin() -> None:
    midstream(
        "midstream-fin",
        18378,
        "Capture begun after the upgrade: two messages, then the server closes only TCP.",
        [["send", "hello"], ["gate"], ["stream", 2, 40, 0.1], ["fin"]],
        [["send", "hello"], ["gate"], ["send", "still here"]],
        "server",
        ("websockets", "ws"),
        PLAIN,
        how="fin",
    )


# ---------- loss, reordering, lost packets


def bad_path(name: str, port: int, scenario: str, wire: Wire, at: str) -> None:
    """A talk over a bad wire, captured at one end."""
    server_plan: Plan = [
        ["stream", 12, 700, 0.02],
        ["size", 6000],
        ["wait", 1.5],
        ["close", 1000, "arrived"],
    ]
    with Cast() as cast, wire:
        server = server_of(
            cast,
            name,
            port,
            server_plan,
            host=SERVER_IP,
            netns=SERVER_NS,
            options={"compression": None},
        )
        netns = CLIENT_NS if at == "client" else SERVER_NS
        with tcpdump(FOLDER / f"{name}.pcap", f"tcp port {port}", interface="eth0", netns=netns):
            client = client_of(
                cast, name, port, [["stream", 12, 300, 0.03]], host=SERVER_IP, netns=CLIENT_NS
            )
            client.wait_for("open", 10)
            ended(client, server, timeout=20)
            time.sleep(0.5)
    client.note("wire", lost=wire.lost, overtaking=wire.overtaking)
    write(name, cast, scenario, [joined(name, port, server, client, "server", "close_frame")])


def loss() -> None:
    bad_path(
        "loss-and-reordering",
        18379,
        "10 ms one way, 6 % of the packets lost, 25 % overtake; captured at the client.",
        Wire(delay=0.01, loss=0.06, reorder=0.25, seed=4),
        "client",
    )


def loss_at_sender() -> None:
    bad_path(
        "loss-seen-by-sender",
        18380,
        "10 ms one way, 8 % of the packets lost, 15 % overtake; captured at the server.",
        Wire(delay=0.01, loss=0.08, reorder=0.15, seed=9),
        "server",
    )


def fields(path: Path, filter_: str, *names: str) -> list[list[str]]:
    """tshark's fields of the packets that pass a filter."""
    wanted = [part for name in names for part in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-r", str(path), "-Y", filter_, "-T", "fields", *wanted],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split("\t") for line in done.stdout.splitlines()]


def holes() -> None:
    """Packets taken out of a real recording afterwards, as if the capture had lost them."""
    name, port = "capture-lost-packets", 18381
    whole = WORK / "whole.pcap"
    plan: Plan = [
        ["stream", 8, 120, 0.05],
        ["size", 5000],
        ["wait", 0.2],
        ["stream", 3, 90, 0.05],
        ["close", 1000, "whole"],
    ]
    with Cast() as cast, Wire(delay=0.005):
        server = server_of(
            cast, name, port, plan, host=SERVER_IP, netns=SERVER_NS, options={"compression": None}
        )
        with tcpdump(whole, f"tcp port {port}", interface="eth0", netns=CLIENT_NS):
            client = client_of(
                cast, name, port, [["stream", 4, 60, 0.1]], host=SERVER_IP, netns=CLIENT_NS
            )
            client.wait_for("open")
            ended(client, server)
            time.sleep(0.4)
    data = [
        (int(row[0]), int(row[1]))
        for row in fields(whole, f"tcp.srcport=={port} && tcp.len>0", "frame.number", "tcp.len")
    ]
    small = [number for number, size in data if 100 < size < 200]
    large = [number for number, size in data if size > 1000]
    fin = [
        int(row[0])
        for row in fields(whole, f"tcp.srcport=={port} && tcp.len>0 && tcp.len<30", "frame.number")
    ]
    truth = joined(name, port, server, client, "server", "close_frame")
    for suffix, gone, what in (
        ("", [small[3], large[1]], "a whole message and the second packet of a large message"),
        ("-close", [fin[-1]], "the packet with the server's close frame"),
    ):
        file = f"{name}{suffix}.pcap"
        subprocess.run(
            ["editcap", "-F", "pcap", str(whole), str(FOLDER / file), *map(str, gone)], check=True
        )
        notes = f"taken out afterwards with editcap: {what} (packets {gone} of the whole capture)"
        write(
            f"{name}{suffix}",
            cast,
            f"A real talk; {what} is missing in the capture only (the ACKs show that it arrived).",
            [{**truth, "notes": notes}],
            [file],
        )


# ---------- IPv6


def ipv6_loopback() -> None:
    simple(
        "ipv6-loopback",
        18382,
        "Over ::1; the client closes with 4007.",
        HELLO,
        [*HELLO, ["close", 4007, "v6"]],
        first="client",
        host="::1",
    )


def ipv6_namespaces() -> None:
    name, port = "ipv6-namespaces", 18383
    with Cast() as cast, Wire(delay=0.01):
        time.sleep(0.5)
        server = server_of(
            cast,
            name,
            port,
            [*HELLO, ["close", 1012, "restart"]],
            "ws",
            host=SERVER_IP6,
            netns=SERVER_NS,
        )
        with tcpdump(
            FOLDER / f"{name}.pcap", f"tcp port {port}", interface="eth0", netns=CLIENT_NS
        ):
            client = client_of(
                cast, name, port, HELLO, "websockets", host=SERVER_IP6, netns=CLIENT_NS
            )
            client.wait_for("open")
            ended(client, server)
            time.sleep(0.3)
    write(
        name,
        cast,
        "IPv6 between namespaces; the server closes with 1012.",
        [joined(name, port, server, client, "server", "close_frame")],
    )


# ---------- ways of capturing


def rotated() -> None:
    """tcpdump -C 1 would need a megabyte; -G 1 rotates by the second."""
    name, port = "rotated", 18384
    for old in FOLDER.glob(f"{name}-*.pcap"):
        old.unlink()
    with Cast() as cast:
        server = server_of(
            cast, name, port, [["stream", 12, 100, 0.2], ["wait", 0.5], ["close", 1001, "rotated"]]
        )
        with tcpdump(FOLDER / f"{name}-%H%M%S.pcap", f"tcp port {port}", options=("-G", "1")):
            client = client_of(cast, name, port, [["stream", 5, 50, 0.3]])
            client.wait_for("open")
            time.sleep(0.4)
            second = client_of(
                cast,
                f"{name}-second",
                port,
                [["send", "two"], ["wait", 0.9], ["close", 4008, "second"]],
                "websockets",
            )
            ended(client, second)
            server.wait_for("closed", count=2)
            time.sleep(0.3)
    files = sorted(path for path in FOLDER.glob(f"{name}-*.pcap"))
    named = [
        path.rename(FOLDER / f"{name}-{index}.pcap").name for index, path in enumerate(files, 1)
    ]
    one, two = (port_of(server, index) for index in (0, 1))
    connections = [
        truth_of(
            client.events,
            events_of(server, one),
            path=f"/{name}",
            server_port=port,
            first="server",
            how="close_frame",
        ),
        truth_of(
            second.events,
            events_of(server, two),
            path=f"/{name}-second",
            server_port=port,
            first="client",
            how="close_frame",
            notes="the client's program is websockets",
        ),
    ]
    write(
        name,
        cast,
        "Two connections over a capture rotated every second; both span files.",
        connections,
        named,
        programs={"client": client.program, "second client": second.program},
    )


def snaplen() -> None:
    simple(
        "snaplen-96",
        18385,
        "tcpdump -s 96: messages are cut in the capture, the close frame is whole; the server "
        "closes with 1001.",
        [["stream", 4, 300, 0.05], ["wait", 0.3], ["close", 1001, "short"]],
        [["stream", 3, 200, 0.05]],
        first="server",
        options=("-s", "96"),
        client_config=PLAIN,
    )


def snaplen_close() -> None:
    reason = "this reason is so long that the snap length of the capture cuts it, but not its code"
    simple(
        "snaplen-96-long-reason",
        18386,
        "tcpdump -s 96: the reason of the close frame is cut in the capture.",
        [*HELLO, ["close", 4009, reason]],
        HELLO,
        first="server",
        options=("-s", "96"),
        client_config=PLAIN,
    )


def any_v2() -> None:
    simple(
        "any-cooked-v2",
        18387,
        "tcpdump -i any (Linux cooked v2) on loopback; the client closes with 1000.",
        HELLO,
        [*HELLO, ["close", 1000, "cooked"]],
        first="client",
        interface="any",
    )


def any_v1() -> None:
    simple(
        "any-cooked-v1",
        18388,
        "tcpdump -i any -y LINUX_SLL (cooked v1) on loopback; the server closes TCP only.",
        [*HELLO, ["fin"]],
        HELLO,
        first="server",
        how="fin",
        interface="any",
        options=("-y", "LINUX_SLL"),
    )


def one_way_server() -> None:
    simple(
        "one-direction-server",
        18389,
        "Only the packets from the server were captured; the server closes with 1001.",
        [["stream", 3, 60, 0.1], ["close", 1001, "one way"]],
        HELLO,
        first="server",
        filter_="tcp src port 18389",
    )


def one_way_client() -> None:
    simple(
        "one-direction-client",
        18390,
        "Only the packets from the client were captured; the client closes with 4011.",
        HELLO,
        [["stream", 3, 60, 0.1], ["close", 4011, "one way"]],
        first="client",
        filter_="tcp dst port 18390",
    )


def nano() -> None:
    simple(
        "nanoseconds",
        18391,
        "tcpdump --time-stamp-precision=nano; the server closes with 1000.",
        [*HELLO, ["close", 1000, "nano"]],
        HELLO,
        first="server",
        options=("--time-stamp-precision=nano",),
    )


def gzipped() -> None:
    simple(
        "gzipped",
        18392,
        "A capture packed with gzip; the client closes with 1000.",
        HELLO,
        [*HELLO, ["close", 1000, "packed"]],
        first="client",
        file="gzipped.pcap",
        programs=("aiohttp", "websockets"),
    )
    plain = FOLDER / "gzipped.pcap"
    (FOLDER / "gzipped.pcap.gz").write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    plain.unlink()
    truth = FOLDER / "gzipped.truth.json"
    truth.write_text(truth.read_text().replace('"gzipped.pcap"', '"gzipped.pcap.gz"'))


@contextmanager
def dumpcap(path: Path, filter_: str, interfaces: tuple[str, ...], netns: str) -> Iterator[None]:
    """dumpcap on several interfaces of a namespace, as pcapng."""
    wanted = [part for interface in interfaces for part in ("-i", interface, "-f", filter_)]
    process = subprocess.Popen(
        ["ip", "netns", "exec", netns, "dumpcap", "-q", *wanted, "-w", str(path)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    for line in process.stderr:
        if line.startswith("File:"):
            break
    time.sleep(0.3)
    try:
        yield
        time.sleep(1.0)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)


def two_interfaces() -> None:
    """In one pcapng: a connection over the wire, one over loopback in the server's namespace."""
    name, port = "pcapng-two-interfaces", 18393
    with Cast() as cast, Wire(delay=0.005):
        server = server_of(
            cast,
            name,
            port,
            [*HELLO, ["wait", 0.4], ["close", 1000, "two interfaces"]],
            host="0.0.0.0",
            netns=SERVER_NS,
        )
        with dumpcap(FOLDER / f"{name}.pcapng", f"tcp port {port}", ("eth0", "lo"), SERVER_NS):
            far = client_of(cast, f"{name}-wire", port, HELLO, host=SERVER_IP, netns=CLIENT_NS)
            far.wait_for("open")
            near = client_of(
                cast, f"{name}-loopback", port, HELLO, host="127.0.0.1", netns=SERVER_NS
            )
            ended(far, near)
            server.wait_for("closed", count=2)
            time.sleep(0.3)
    connections = [
        truth_of(
            client.events,
            events_of(server, port_of(server, index)),
            path=f"/{name}-{where}",
            server_port=port,
            first="server",
            how="close_frame",
        )
        for index, (client, where) in enumerate(((far, "wire"), (near, "loopback")))
    ]
    write(
        name,
        cast,
        "dumpcap on two interfaces into one pcapng: one connection over each.",
        connections,
        [f"{name}.pcapng"],
        programs={"capture": tool("dumpcap", "-v")},
    )


def port_reuse() -> None:
    """Two connections on the same port pair: the first ends with RST, so no TIME_WAIT is left."""
    name, port, source = "port-reuse", 18394, 18399
    with Cast() as cast:
        server = server_of(cast, name, port, HELLO, "ws")
        with tcpdump(FOLDER / f"{name}.pcap", f"tcp port {port}"):
            first = client_of(
                cast, f"{name}/1", port, [*HELLO, ["abort"]], "websockets", source_port=source
            )
            ended(first)
            server.wait_for("closed", count=1)
            split = len(server.events)
            second = client_of(
                cast,
                f"{name}/2",
                port,
                [*HELLO, ["close", 1000, "second"]],
                "websockets",
                source_port=source,
            )
            ended(second)
            server.wait_for("closed", count=2)
            time.sleep(0.3)
    connections = [
        truth_of(
            first.events,
            server.events[:split],
            path=f"/{name}/1",
            server_port=port,
            first="client",
            how="rst",
        ),
        truth_of(
            second.events,
            server.events[split:],
            path=f"/{name}/2",
            server_port=port,
            first="client",
            how="close_frame",
        ),
    ]
    write(
        name,
        cast,
        "Two connections one after the other from the same client port: RST, then an ordinary "
        "close.",
        connections,
    )


SCENARIOS: dict[str, Callable[[], None]] = {
    "nginx-idle": nginx_idle,
    "haproxy-idle": haproxy_idle,
    "nginx-close": nginx_close,
    "haproxy-close": haproxy_close,
    "nginx-backend-killed": nginx_backend_killed,
    "vanished-gives-up": vanished_until_timeout,
    "vanished-capture-ends": vanished_capture_ends,
    "vanished-silent": vanished_silent,
    "vanished-keepalive": vanished_keepalive,
    "midstream-small": midstream_small,
    "midstream-ping": midstream_ping,
    "midstream-large": midstream_large,
    "midstream-deflate": midstream_deflate,
    "midstream-fin": midstream_fin,
    "loss-and-reordering": loss,
    "loss-seen-by-sender": loss_at_sender,
    "capture-lost-packets": holes,
    "ipv6-loopback": ipv6_loopback,
    "ipv6-namespaces": ipv6_namespaces,
    "rotated": rotated,
    "snaplen-96": snaplen,
    "snaplen-96-long-reason": snaplen_close,
    "any-cooked-v2": any_v2,
    "any-cooked-v1": any_v1,
    "one-direction-server": one_way_server,
    "one-direction-client": one_way_client,
    "nanoseconds": nano,
    "gzipped": gzipped,
    "pcapng-two-interfaces": two_interfaces,
    "port-reuse": port_reuse,
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    run_named(SCENARIOS)
