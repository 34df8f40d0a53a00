"""Record the family `legs`: a client, a proxy and a server, captured at each of the three.

``python captures/record/legs.py [NAME ...]`` writes ``captures/legs/NAME-client.pcap``,
``-proxy.pcap``, ``-server.pcap`` and ``NAME.truth.json``. The client stands in a namespace of its own,
20 ms away (see wire.py). All run on one machine and one clock; editcap then moves the times of two of
the captures, as clocks of other machines would. Needs what conditions.py needs.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conditions import HELLO, NGINX, client_of, ended, server_of
from recorder import CAPTURES, tcpdump, write_truth
from stage import HERE, WORK, Cast, run_named, tool, truth_of
from wire import CLIENT_NS, SERVER_IP, SERVER_NS, Wire

FAMILY = "legs"
FOLDER = CAPTURES / FAMILY
FRONT, BACK = 18390, 18391
DELAY_S = 0.02
# How far each capture's clock is made to be ahead.
AHEAD_S = {"client": 1.5, "proxy": 0.0, "server": -0.25}
TALK = [*HELLO, ["send", "how are you"], ["wait", 0.2], ["send", "good"], ["wait", 0.2]]


@contextmanager
def running(command: list[str], log: Path) -> Iterator[None]:
    """A program inside the server's namespace."""
    with log.open("w") as output:
        process = subprocess.Popen(
            ["ip", "netns", "exec", SERVER_NS, *command], stdout=output, stderr=output
        )
    time.sleep(1)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=8)


def nginx_command() -> tuple[list[str], Path]:
    """nginx, which passes every byte on, the client's key included."""
    text = NGINX.format(work=WORK, front=FRONT, back=BACK, seconds=20)
    config = WORK / "legs-nginx.conf"
    config.write_text(text.replace(f"127.0.0.1:{FRONT}", f"{SERVER_IP}:{FRONT}"))
    return ["nginx", "-c", str(config)], WORK / "nginx-access.log"


def cutting_command() -> tuple[list[str], Path]:
    """A proxy with a key of its own, which passes no close frame on."""
    python, script = WORK / "venv/bin/python", HERE / "ends/cutting_proxy.py"
    return [str(python), str(script), SERVER_IP, str(FRONT), str(BACK)], WORK / "legs-proxy.log"


def record(
    name: str,
    command: tuple[list[str], Path],
    plans: tuple[list[Any], list[Any]],
    *,
    scenario: str,
    hows: tuple[str, str],
    first: tuple[str, str],
    proxy: str,
) -> None:
    """A talk through a proxy, captured at three points."""
    raw = {point: WORK / f"{name}-{point}.pcap" for point in AHEAD_S}
    both = f"tcp port {FRONT} or tcp port {BACK}"
    with Wire(delay=DELAY_S), Cast() as cast:
        server = server_of(cast, name, BACK, plans[0], netns=SERVER_NS)
        with (
            running(command[0], WORK / "legs-proxy.log"),
            tcpdump(raw["client"], both, interface="eth0", netns=CLIENT_NS),
            tcpdump(raw["proxy"], both, interface="any", netns=SERVER_NS),
            tcpdump(raw["server"], f"tcp port {BACK}", interface="lo", netns=SERVER_NS),
        ):
            client = client_of(cast, name, FRONT, plans[1], host=SERVER_IP, netns=CLIENT_NS)
            ended(client, server)
            time.sleep(0.4)
    for point, ahead in AHEAD_S.items():
        target = FOLDER / f"{name}-{point}.pcap"
        subprocess.run(
            ["editcap", "-F", "pcap", "-t", str(ahead), str(raw[point]), str(target)], check=True
        )
    path = f"/{name}"
    lines = command[1].read_text().splitlines()
    write_truth(
        FAMILY,
        name,
        {
            "scenario": scenario,
            "programs": {
                "client": client.program,
                "server": server.program,
                "proxy": proxy,
                "capture": tool("tcpdump", "--version"),
            },
            "captures": [f"{name}-proxy.pcap"],  # which holds both legs
            "points": {point: f"{name}-{point}.pcap" for point in AHEAD_S},
            "clocks_ahead_s": AHEAD_S,
            "delay_s": DELAY_S,
            "connections": [
                truth_of(
                    client.events, None, path=path, server_port=FRONT, first=first[0], how=hows[0]
                ),
                truth_of(
                    None, server.events, path=path, server_port=BACK, first=first[1], how=hows[1]
                ),
            ],
            "log": [*cast.log(), *(line for line in lines if name in line or "proxy" in line)],
        },
    )


def passed_on() -> None:
    record(
        "legs-passed-on",
        nginx_command(),
        ([*TALK, ["close", 1001, "restart"]], TALK),
        scenario="The server (websockets) closes with 1001 through nginx, which passes it on; "
        "captured at the client, at nginx and at the server.",
        hows=("close_frame", "close_frame"),
        first=("server", "server"),
        proxy=tool("nginx", "-v"),
    )


def cut() -> None:
    record(
        "legs-cut",
        cutting_command(),
        ([*TALK, ["close", 1001, "restart"]], TALK),
        scenario="The server (websockets) closes with 1001; a proxy with a key of its own closes "
        "the client's TCP without a close frame; captured at the client, the proxy and the server.",
        hows=("fin", "close_frame"),
        first=("server", "server"),
        proxy="cutting_proxy.py, websockets 17.4",
    )


SCENARIOS: dict[str, Callable[[], None]] = {"legs-passed-on": passed_on, "legs-cut": cut}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    run_named(SCENARIOS)
