"""The stage of `servers` and `conditions`: starts end programs and makes truth of their logs.

An end program (``ends/end_*``) logs a JSON line per event. `Cast` starts them for one scenario;
`truth_of` joins what the two sides logged about one connection. Everything installed or temporary
is under ``rec-servers`` in the temporary folder.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).resolve().parent
WORK = Path(tempfile.gettempdir()) / "rec-servers"
PYTHON_PACKAGES = ("websockets==17.4", "aiohttp==3.14.5", "tornado==6.6.1", "python-socks==3.2.1")
NODE_PACKAGES = ("ws@8.23.0", "websocket@1.0.35")
KEPT = 60  # log lines in a truth file

Event = dict[str, Any]


def install() -> None:
    """Bring the pinned libraries into the temporary folder, once."""
    if not (WORK / "venv/bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", WORK / "venv"], check=True)
    subprocess.run([WORK / "venv/bin/pip", "-q", "install", *PYTHON_PACKAGES], check=True)
    if not (WORK / "node/node_modules/ws").exists():
        (WORK / "node").mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "--silent", "install", *NODE_PACKAGES], cwd=WORK / "node", check=True
        )


def command_of(program: str) -> list[str]:
    """How an end program is called."""
    script = HERE / "ends" / f"end_{program}"
    if script.with_suffix(".js").exists():
        return ["node", str(script.with_suffix(".js"))]
    return [str(WORK / "venv/bin/python"), str(script.with_suffix(".py"))]


class End:
    """One running end program and what it logged."""

    def __init__(self, side: str, program: str, config: dict[str, Any], netns: str | None) -> None:
        self.side, self.events = side, list[Event]()
        inside = ["ip", "netns", "exec", netns] if netns else []
        environment = {
            **os.environ,
            "NODE_PATH": str(WORK / "node/node_modules"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.process = subprocess.Popen(
            [*inside, *command_of(program), side, json.dumps(config)],
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(WORK / "stderr.txt").open("a"),
        )
        self._new: queue.Queue[Event | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._new.put({**json.loads(line), "side": self.side})
        self._new.put(None)

    def _take(self, timeout: float) -> bool:
        """Move one event to the list; False when there is none."""
        try:
            event = self._new.get(timeout=max(timeout, 0.001))
        except queue.Empty:
            return False
        if event is None:
            return False
        self.events.append(event)
        return True

    def wait_for(self, name: str, timeout: float = 15, count: int = 1) -> None:
        """Wait for `count` events of that name ("a|b": either); at most `timeout`."""
        until = time.monotonic() + timeout
        while sum(event["event"] in name.split("|") for event in self.events) < count:
            if time.monotonic() > until:
                print(f"   {self.side}: no {name} in {timeout} s", file=sys.stderr)
                return
            if not self._take(0.2) and self.process.poll() is not None and self._new.empty():
                return

    def open_gate(self) -> None:
        """Let the plan go on."""
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def note(self, event: str, **fields: Any) -> None:
        """Add what the script did to this program."""
        at = time.strftime("%H:%M:%S") + f".{int(time.time() * 1000) % 1000:03d}"
        self.events.append({"at": at, "event": event, "side": "script", **fields})

    def signal(self, number: int) -> None:
        """Send a signal to the program, and note it."""
        self.process.send_signal(number)
        self.note("signal", number=number, to=self.side)

    def stop(self) -> None:
        """End it (after the capture has stopped) and read the rest of the log."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=5)
        while self._take(0.1):
            pass

    @property
    def program(self) -> str:
        """Its name and version, as it said."""
        return next((event["name"] for event in self.events if event["event"] == "program"), "?")


@dataclass
class Cast(AbstractContextManager["Cast"]):
    """The end programs of one scenario."""

    ends: list[End] = field(default_factory=list)

    def start(
        self, side: str, program: str, config: dict[str, Any], netns: str | None = None
    ) -> End:
        """Start an end program; a server is waited for until it listens."""
        end = End(side, program, config, netns)
        self.ends.append(end)
        if side == "server":
            end.wait_for("listening")
        return end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for end in self.ends:
            end.stop()

    def log(self) -> list[str]:
        """The log of all, in the order of time, as plain lines."""
        events = sorted(
            (event for end in self.ends for event in end.events), key=lambda event: event["at"]
        )
        lines = [
            line_of(event) for event in events if event["event"] not in ("program", "listening")
        ]
        return lines if len(lines) <= KEPT else [*lines[: KEPT // 2], "...", *lines[-KEPT // 2 :]]


def line_of(event: Event) -> str:
    """One event as it is shown in the truth file."""
    rest = " ".join(
        f"{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in event.items()
        if key not in ("at", "event", "side")
    )
    return f"{event['side']} {event['at']} {event['event']} {rest}".rstrip()


def side_of(events: list[Event]) -> dict[str, Any]:
    """What one endpoint says of one connection."""

    def last(name: str) -> Event | None:
        return next((event for event in events if event["event"] == name), None)

    def close(event: Event | None) -> dict[str, Any] | None:
        return event and {"code": event["code"], "reason": event["reason"]}

    closed = last("closed")
    reported = closed and {"code": closed["code"], "reason": closed["reason"] or ""}
    return {
        "sent_close": close(last("sent_close")),
        "received_close": close(last("received_close")),
        "reported": reported,
    }


def truth_of(
    client: list[Event] | None,
    server: list[Event] | None,
    *,
    path: str,
    server_port: int,
    first: str | None,
    how: str,
    notes: str = "",
) -> dict[str, Any]:
    """A connection of the truth file. A side of None is one without a log (a proxy)."""
    both = [*(client or []), *(server or [])]
    port = next((event["port"] for event in both if event.get("port")), None)
    answers = ("open", "refused", "failed")
    status = next(
        (event["status"] for event in both if event["event"] in answers and event.get("status")),
        None,
    )
    unknown: dict[str, Any] = {"reported": None}
    return {
        "path": path,
        "server_port": server_port,
        "client_port": port,
        "framing": "rfc6455",
        "version": "13",
        "status": status,
        "client": unknown if client is None else side_of(client),
        "server": unknown if server is None else side_of(server),
        "first": first,
        "how": how,
        "notes": notes,
    }


def events_of(end: End, port: int | None) -> list[Event]:
    """The events of one connection, in the log of an end that had several."""
    return [event for event in end.events if event.get("port") == port]


def port_of(end: End, number: int = 0) -> int | None:
    """The client's port of the `number`-th connection that this end saw begin."""
    begun = ("open", "refused", "unanswered")
    ports = [event["port"] for event in end.events if event["event"] in begun and event.get("port")]
    return ports[number] if number < len(ports) else None


def tool(name: str, *arguments: str) -> str:
    """The version line of a system program."""
    done = subprocess.run(
        [shutil.which(name) or name, *arguments], capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).strip().splitlines()[0]


def run_named(scenarios: dict[str, Callable[[], None]]) -> None:
    """Record the scenarios named on the command line, or all."""
    WORK.mkdir(exist_ok=True)
    install()
    for name in sys.argv[1:] or scenarios:
        print(name, flush=True)
        scenarios[name]()
