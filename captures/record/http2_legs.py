"""Record WebSockets over HTTP/2 to haproxy, and over HTTP/1.1 from there to a server: both legs.

In: nothing. Out: ``captures/http2/h2_through_haproxy.pcap``, and beside it ``.truth.json`` from what the
programs logged. Run as root: ``python captures/record/http2_legs.py``.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from http2 import FAMILY, HAPROXY, WORK, App, Log, in_own_environment, version
from recorder import CAPTURES, tcpdump, write_truth

NAME = "h2_through_haproxy"
PORT, BEHIND = 18705, 18706


@contextmanager
def haproxy() -> Iterator[None]:
    """Let haproxy stand between the two ports while the block runs."""
    rules = WORK / "legs.cfg"
    bind = HAPROXY.replace("ssl crt {pem} alpn h2", "proto h2")
    rules.write_text(bind.format(port=PORT, behind=BEHIND))
    proxy = subprocess.Popen(["haproxy", "-f", rules, "-db"], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        proxy.terminate()
        proxy.wait(timeout=10)


async def record() -> None:
    """HTTP/2 without TLS to haproxy, HTTP/1.1 from there to the server; both legs."""
    from http2_upgraded import HOW, Client, connection
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    log = Log()
    app, config, over = App(log), Config(), asyncio.Event()
    config.bind = [f"127.0.0.1:{BEHIND}"]
    serving = asyncio.create_task(serve(app, config, shutdown_trigger=over.wait))
    client = Client(PORT, log)
    with haproxy():
        await asyncio.sleep(1)
        with tcpdump(CAPTURES / FAMILY / f"{NAME}.pcap", f"port {PORT} or port {BEHIND}"):
            await client.begin()
            await client.play()
            await asyncio.sleep(1)
    over.set()
    await serving
    legs = [
        leg
        for path in HOW
        for leg in (
            connection(path, client, app.ended),
            behind(connection(path, client, app.ended)),
        )
    ]
    write_truth(FAMILY, NAME, truth(legs, log))


def behind(outer: dict[str, Any]) -> dict[str, Any]:
    """Return the truth of the leg behind haproxy, which logs nothing of WebSockets."""
    return {
        **outer,
        "server_port": BEHIND,
        "carrier": "tcp",
        "status": 101 if outer["status"] == 200 else outer["status"],
        "client": {"reported": None},
        "h2": {},
    }


def truth(legs: list[dict[str, Any]], log: Log) -> dict[str, Any]:
    """Return what the programs themselves said."""
    from importlib.metadata import version as installed

    return {
        "scenario": (record.__doc__ or "").strip(),
        "programs": {
            "client": f"h2 {installed('h2')} with wsproto {installed('wsproto')}",
            "proxy": " ".join(version("haproxy", "-v").split()[:3]),
            "server": f"hypercorn {installed('hypercorn')} (Python {sys.version.split()[0]})",
        },
        "captures": [f"{NAME}.pcap"],
        "connections": legs,
        "log": log.lines,
    }


if __name__ == "__main__":
    in_own_environment()
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    asyncio.run(asyncio.wait_for(record(), 120))
