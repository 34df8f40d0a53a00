"""Record programs that speak the framings before RFC 6455: hixie-75, hixie-76 and the hybi drafts.

In: nothing but the names of scenarios (none: all; see `old_scenarios.py`). Out:
``captures/old_framing/NAME.pcap`` and ``NAME.truth.json`` for each. Needs root (tcpdump, and a
network namespace for one scenario), node, npm, perl and Debian's apt-get.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from old_programs import NEEDS, PEERS, TITLES, client_command, environment, install, server_command
from old_scenarios import SCENARIOS, Scenario
from recorder import CAPTURES, tcpdump, write_truth

FAMILY = "old_framing"
FIRST_PORT = 18100
CROSSING = "old-framing"  # the namespace for closes that cross

Event = dict[str, Any]


PORTS = {scenario.name: FIRST_PORT + number for number, scenario in enumerate(SCENARIOS)}


@contextmanager
def running(
    command: list[str], log: Path, netns: str | None, **environ: str
) -> Iterator[subprocess.Popen[bytes]]:
    inside = ["ip", "netns", "exec", netns] if netns else []
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*inside, *command], stdout=out, stderr=out, env=environment(**environ)
        )
        try:
            time.sleep(1.0)
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)


@contextmanager
def namespace(name: str) -> Iterator[None]:
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def deaf(netns: str, start: float, seconds: float) -> None:
    """Nothing arrives in `netns` from `start` on, for so many seconds."""
    rule = ["ip", "netns", "exec", netns, "iptables"]
    time.sleep(max(0.0, start - time.time()))
    subprocess.run([*rule, "-A", "INPUT", "-j", "DROP"], check=True)
    time.sleep(seconds)
    subprocess.run([*rule, "-F", "INPUT"], check=True)


def record(scenario: Scenario) -> None:
    port = PORTS[scenario.name]
    netns = CROSSING if scenario.first == "both" else None
    logs = {who: NEEDS / f"{scenario.name}.{who}.log" for who in ("server", "client")}
    more = {"LISTEN_PORT": str(port), "BACKEND_PORT": str(port + 70), "HOME": str(NEEDS)}
    with ExitStack() as stack:
        if netns:
            stack.enter_context(namespace(netns))
        if scenario.server == "lighttpd":
            backend = [sys.executable, str(PEERS / "line_backend.py"), str(port + 70)]
            stack.enter_context(running(backend, NEEDS / "backend.log", netns))
        command = server_command(scenario.server, port, *scenario.server_arguments)
        server = stack.enter_context(running(command, logs["server"], netns, **more))
        path = CAPTURES / FAMILY / f"{scenario.name}.pcap"
        at_once = (
            "--immediate-mode",
        )  # else the last packets may still wait in the ring when it ends
        with tcpdump(path, f"tcp port {port}", netns=netns, options=at_once):
            run_client(scenario, port, server.pid, logs["client"], netns)
            time.sleep(0.3)
    write_truth(FAMILY, scenario.name, truth(scenario, port, logs))


def run_client(
    scenario: Scenario, port: int, server_pid: int, log: Path, netns: str | None
) -> None:
    instant = time.time() + 2
    steps = tuple(step.replace("{crossing}", f"{instant:.3f}") for step in scenario.steps)
    if netns:
        threading.Thread(target=deaf, args=(netns, instant - 0.2, 0.3)).start()
    command = client_command(scenario.client, port, f"/{scenario.name}", scenario.version, steps)
    inside = ["ip", "netns", "exec", netns] if netns else []
    with log.open("wb") as out:
        env = environment(SERVER_PID=str(server_pid), MOOD=scenario.mood)
        subprocess.run(
            [*inside, *command], stdout=out, stderr=out, env=env, timeout=120, check=True
        )


def events(who: str, log: Path) -> list[Event]:
    """What an endpoint logged; lines of lighttpd's own log are turned into the same shape."""
    found: list[Event] = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("{"):
            found.append(json.loads(line))
        elif "mod_wstunnel" in line:
            found.append(lighttpd_event(line))
    return found


def lighttpd_event(line: str) -> Event:
    at = line.split(": (", 1)[0].split(" ")[-1]
    text = line.split(") ", 1)[-1]
    closes = {"recv close frame": "received_close", "send close response": "sent_close"}
    for words, event in closes.items():
        if words in text:
            return {
                "at": at,
                "who": "server",
                "event": event,
                "code": None,
                "reason": "",
                "text": text,
            }
    return {"at": at, "who": "server", "event": text}


def truth(scenario: Scenario, port: int, logs: dict[str, Path]) -> dict[str, Any]:
    both = {who: events(who, log) for who, log in logs.items()}
    opened = [event for event in both["client"] if "client_port" in event][0]
    connection = {
        "path": f"/{scenario.name}",
        "server_port": port,
        "client_port": opened["client_port"],
        "framing": scenario.framing,
        "version": scenario.header_version,
        "status": status(both["client"]),
        "client": side("client", both["client"], scenario),
        "server": side("server", both["server"], scenario),
        "first": scenario.first,
        "how": scenario.how,
        "notes": scenario.notes,
    }
    return {
        "scenario": scenario.text,
        "programs": {"client": TITLES[scenario.client], "server": TITLES[scenario.server]},
        "captures": [f"{scenario.name}.pcap"],
        "connections": [connection],
        "log": log_lines(both["client"] + both["server"]),
    }


def status(logged: list[Event]) -> int | None:
    for event in logged:
        if "answer" in event:
            return int(event["answer"].split()[1])
        if "status" in event:
            return int(event["status"])
    return None


def side(who: str, logged: list[Event], scenario: Scenario) -> dict[str, Any]:
    """The facts of one endpoint, from its own log."""
    facts: dict[str, Any] = {}
    for kind in ("sent_close", "received_close"):
        if f"{who}.{kind}" not in scenario.cannot_tell:
            first = next((event for event in logged if event["event"] == kind), None)
            facts[kind] = first and {"code": first["code"], "reason": first["reason"]}
    last = next((event for event in logged if event["event"] == "reported"), None)
    facts["reported"] = last and {
        key: last[key] for key in ("code", "reason", "was_clean") if key in last
    }
    if facts["reported"]:
        facts["reported"]["reason"] = facts["reported"]["reason"] or ""
    return facts


def log_lines(logged: list[Event]) -> list[str]:
    lines = []
    for event in sorted(logged, key=lambda event: str(event["at"])):
        facts = {k: v for k, v in event.items() if k not in ("at", "who", "event")}
        told = " ".join(f"{key}={value!r}" for key, value in facts.items())
        lines.append(f"{event['who']} {event['at']} {event['event']} {told}".rstrip())
    return lines


def main(names: list[str]) -> None:
    if os.geteuid() != 0:
        sys.exit("tcpdump and network namespaces need root")
    install()
    for scenario in SCENARIOS:
        if not names or scenario.name in names:
            print(PORTS[scenario.name], scenario.name, flush=True)
            attempt(scenario)


def attempt(scenario: Scenario, tries: int = 3) -> None:
    """The gem strips the Hixie digest before comparing: one handshake in twenty fails by chance."""
    for left in reversed(range(tries)):
        try:
            return record(scenario)
        except subprocess.CalledProcessError:
            if not left:
                raise


if __name__ == "__main__":
    main(sys.argv[1:])
