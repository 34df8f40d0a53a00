"""Record `incidents`: what happens to many connections at once.

Call: ``python captures/record/incidents.py [NAME ...]``. Out: ``captures/incidents/NAME.pcap`` and
``NAME.truth.json``. Needs root, node, npm, nginx, haproxy, iptables and tcpdump; ports 18500-18519 on
loopback. Each client has an address of its own, 127.0.N.1. Those whose cause stands between the two
ends are in ``incident_paths.py``.
"""

from __future__ import annotations

import signal
import subprocess
import time
from typing import Any

from conditions import proxy
from crowds import FOLDER, HELLO, Plan, connections, crowd, server_at, write
from incident_paths import SCENARIOS as PATHS
from recorder import tcpdump
from stage import WORK, Cast, run_named, tool


def idle(name: str, ports: tuple[int, int], kind: str, plan: Plan, scenario: str) -> None:
    """Eight clients behind a proxy whose timer runs out for each, one after the other."""
    front, back = ports
    with Cast() as cast:
        server_at(cast, name, back)
        with proxy(kind, front, back, 2) as lines:
            with tcpdump(FOLDER / f"{name}.pcap", f"tcp port {front}"):
                clients = crowd(cast, name, front, plan, count=8, spacing=1.3)
                clients.wait_for("closed", 30, 8)
                time.sleep(0.3)
    found = connections(name, front, clients, [], [("server", "fin")])
    version = tool(kind, "-v")
    write(name, cast, scenario, found, programs={"proxy": version}, lines=lines)


def nginx_idle() -> None:
    idle(
        "nginx-idle-crowd",
        (18500, 18501),
        "nginx",
        [*HELLO, ["stream", 2, 20, 0.7]],
        "nginx with proxy_read_timeout 2s cuts eight connections, one after the other, whose clients"
        " talk for 1.4 s while the server is silent. The leg from clients to nginx.",
    )


def haproxy_idle() -> None:
    idle(
        "haproxy-idle-crowd",
        (18502, 18503),
        "haproxy",
        HELLO,
        "haproxy with timeout tunnel 2s cuts eight silent connections, one after the other. The leg"
        " from clients to haproxy.",
    )


def restarted(name: str, port: int, number: int, scenario: str, how: str, **reconnect: Any) -> None:
    """Ten clients; the server gets a signal, is gone for 3 s, and comes back."""
    with Cast() as cast:
        with tcpdump(FOLDER / f"{name}.pcap", f"tcp port {port}"):
            server = server_at(cast, name, port)
            clients = crowd(
                cast, name, port, HELLO, count=10, spacing=0.4, reconnect={"until": 60, **reconnect}
            )
            clients.wait_for("open", 20, 10)
            time.sleep(4)
            server.signal(number)
            time.sleep(3)
            server_again = server_at(cast, name, port)
            clients.wait_for("open", 30, 20)
            time.sleep(0.5)
    fates = [("server", how)] * 10 + [(None, "open")]
    found = connections(name, port, clients, [server, server_again], fates)
    # What happened when the recording was over is not in the capture.
    for one in found[10:]:
        one["client"] = one["server"] = {"reported": None}
    write(name, cast, scenario, found)


def killed() -> None:
    restarted(
        "server-killed-crowd",
        18504,
        signal.SIGKILL,
        "A server with ten clients gets kill -9 and is started again 3 s later; the clients come back"
        " after 1 s each time, without jitter.",
        "fin",
        delay=1.0,
        step=0.01,
    )


def restart() -> None:
    restarted(
        "server-restarted-crowd",
        18505,
        signal.SIGINT,
        "A server with ten clients is stopped in good order (Close 1001) and started again 3 s later;"
        " the clients come back with exponential back-off and jitter.",
        "close_frame",
        delay=0.7,
        factor=2,
        jitter=6.0,
    )


def proxy_restarted() -> None:
    """Twelve clients behind nginx, which is stopped and started again."""
    name, front, back = "nginx-restarted-crowd", 18506, 18507
    with Cast() as cast:
        server_at(cast, name, back)
        with tcpdump(FOLDER / f"{name}.pcap", f"tcp port {front}"):
            with proxy("nginx", front, back, 60) as lines:
                reconnect = {"delay": 0.3, "until": 60, "step": 0.01}
                clients = crowd(
                    cast, name, front, HELLO, count=12, spacing=0.4, reconnect=reconnect
                )
                clients.wait_for("open", 20, 12)
                time.sleep(4)
            time.sleep(1)
            with proxy("nginx", front, back, 60):
                clients.wait_for("open", 20, 24)
                time.sleep(0.5)
                found = connections(
                    name, front, clients, [], [("server", "fin")] * 12 + [(None, "open")]
                )
                clients.stop()
                time.sleep(0.5)
    for one in found[12:]:
        one |= {"client": {"reported": None}, "first": "client", "how": "fin"}
        one["notes"] = "the clients' process was killed at the end of the recording"
    write(
        name,
        cast,
        "nginx with twelve clients is stopped (SIGTERM) and started again 1 s later; the clients come"
        " back after 0.3 s each time. The leg from clients to nginx.",
        found,
        programs={"proxy": tool("nginx", "-v")},
        lines=lines,
    )


def proxy_reloaded() -> None:
    """Thirty-six clients behind nginx, which is reloaded while more come."""
    name, front, back = "nginx-reloaded-crowd", 18510, 18511
    workers = "worker_processes 2; worker_shutdown_timeout 3s;"
    talk: Plan = [*HELLO, ["stream", 4, 12, 2.5]]
    again = {"delay": 0.2, "jitter": 5.0, "until": 60}
    with Cast() as cast:
        server_at(cast, name, back)
        with proxy("nginx", front, back, 60, workers) as lines:
            with tcpdump(FOLDER / f"{name}.pcap", f"tcp port {front}"):
                old = crowd(cast, name, front, talk, count=36, spacing=0.12, reconnect=again)
                old.wait_for("open", 20, 36)
                time.sleep(1)
                subprocess.run(
                    ["nginx", "-c", str(WORK / "nginx.conf"), "-s", "reload"], check=True
                )
                old.note("reload", what="nginx -s reload")
                time.sleep(0.7)
                late = {"address": "127.1.{}.1", "count": 6, "spacing": 0.3}
                young = crowd(cast, name, front, talk, **late)
                old.wait_for("closed", 20, 36)
                time.sleep(1.5)
                for clients in (old, young):  # who comes later is not in the capture
                    clients.signal(signal.SIGSTOP)
                time.sleep(0.3)
    fates: list[tuple[str | None, str]] = [("server", "fin")] * 36 + [(None, "open")]
    found = connections(name, front, old, [], fates)
    found[36:36] = connections(name, front, young, [], [(None, "open")])
    for one in found[36:]:
        one["client"] = {"reported": None}
    write(
        name,
        cast,
        "nginx (2 workers, worker_shutdown_timeout 3s) with thirty-six talking clients is reloaded;"
        " six more come meanwhile. The old workers cut theirs 3 s later; those clients come back at"
        " random within 5 s. The leg from clients to nginx.",
        found,
        programs={"proxy": tool("nginx", "-v")},
        lines=lines,
    )


def killed_beside_back_off() -> None:
    """Six clients that come back at once, and six with the library's own back-off."""
    name, port = "server-killed-backoff-crowd", 18512
    with Cast() as cast:
        with tcpdump(FOLDER / f"{name}.pcap", f"tcp port {port}"):
            server = server_at(cast, name, port)
            hasty = {"delay": 0.7, "step": 0.01, "until": 90}
            some = crowd(cast, name, port, HELLO, count=6, spacing=0.3, reconnect=hasty)
            some.wait_for("open", 20, 6)
            patient = {"address": "127.1.{}.1", "count": 6, "spacing": 0.3, "iterator": True}
            others = crowd(cast, name, port, HELLO, **patient)
            others.wait_for("open", 20, 6)
            time.sleep(3)
            server.signal(signal.SIGKILL)
            time.sleep(12)
            server_again = server_at(cast, name, port)
            some.wait_for("open", 30, 12)
            others.wait_for("open", 40, 12)
            time.sleep(0.5)
    both = [server, server_again]
    fates: list[tuple[str | None, str]] = [("server", "fin")] * 6 + [(None, "open")]
    first, second = (connections(name, port, one, both, fates) for one in (some, others))
    found = [*first[:6], *second[:6]]
    back = [*first[6:], *second[6:]]
    opened = [one["port"] for one in server_again.events if one["event"] == "open"]
    back.sort(key=lambda one: opened.index(one["client_port"]))
    for one in back:
        one["client"] = one["server"] = {"reported": None}
    write(
        name,
        cast,
        "A server with twelve clients gets kill -9 and is started again 12 s later. Six clients try"
        " again every 0.7 s (127.0.N.1), six as the iterator of their library does (127.1.N.1): at"
        " once, after up to 5 s by chance, and then after 3.1 s and 1.6 times longer each time.",
        [*found, *back],
    )


def slow_reader() -> None:
    """Three clients that are stopped while the server sends; its pings wait behind the data."""
    name, port = "slow-reader-crowd", 18508
    with Cast() as cast:
        server = server_at(
            cast,
            name,
            port,
            plan=[["wait", 1.5], ["stream", 12, 1500, 0.02]],
            options={"ping_interval": 1, "ping_timeout": 2, "close_timeout": 1},
        )
        with tcpdump(FOLDER / f"{name}.pcap", f"tcp port {port}"):
            clients = crowd(
                cast,
                name,
                port,
                [],
                count=3,
                spacing=0.1,
                receive_buffer=4096,
                options={"compression": None},
            )
            clients.wait_for("open", 20, 3)
            time.sleep(0.8)
            clients.signal(signal.SIGSTOP)
            server.wait_for("closed", 20, 3)
            time.sleep(0.3)
    found = connections(name, port, clients, [server], [(None, "open")])
    for one in found:
        one["notes"] = (
            "log and packets disagree: the server's library says that it sent Close 1011 and closed,"
            " but both wait in its kernel behind data that the client does not read"
        )
    write(
        name,
        cast,
        "The process of three clients with small receive buffers gets SIGSTOP; the server sends each"
        " 18 KB, its keepalive (ping_interval 1, ping_timeout 2) gives up, and nothing of that arrives.",
        found,
    )


SCENARIOS = {
    "nginx-idle-crowd": nginx_idle,
    "haproxy-idle-crowd": haproxy_idle,
    "server-killed-crowd": killed,
    "server-restarted-crowd": restart,
    "nginx-restarted-crowd": proxy_restarted,
    "nginx-reloaded-crowd": proxy_reloaded,
    "server-killed-backoff-crowd": killed_beside_back_off,
    "slow-reader-crowd": slow_reader,
    **PATHS,
}

if __name__ == "__main__":
    run_named(SCENARIOS)
