"""Record WebSockets over HTTP/2: a real browser to a real server over TLS, and Node without it.

In: nothing. Out: ``captures/http2/NAME.pcap``, its key log ``NAME.keys`` where TLS is used, and
``NAME.truth.json`` from what the programs logged. Run as root: ``python captures/record/http2.py``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import venv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PINNED = ("hypercorn==0.17.3", "h2==4.1.0", "wsproto==1.2.0")
WORK = Path(tempfile.gettempdir()) / "rec-http2"
PORT = 18700
FAMILY = "http2"


def in_own_environment() -> None:
    """Start again inside an environment that has the server."""
    if os.environ.get("REC_HTTP2"):
        return
    WORK.mkdir(exist_ok=True)
    python = WORK / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(WORK / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PINNED], check=True)
    os.execve(python, [str(python), *sys.argv], {**os.environ, "REC_HTTP2": "1"})


class Log:
    """What the programs said, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, text: str) -> None:
        self.lines.append(f"{datetime.now(UTC):%H:%M:%S.%f}"[:-3] + f" {text}")


PAGE = """<!doctype html><title>sockets</title><script>
const tell = (what) => fetch("/told", {method: "POST", body: JSON.stringify(what)});
function open(path, act) {
  const socket = new WebSocket(`wss://${location.host}${path}`);
  socket.onopen = () => { tell({path, event: "open"}); socket.send("hello " + path); };
  socket.onmessage = (event) => { if (act) act(socket, event.data); };
  socket.onclose = (event) => tell({path, event: "close", code: event.code,
                                    reason: event.reason, clean: event.wasClean});
}
open("/page-closes", (socket) => setTimeout(() => socket.close(4001, "bye"), 400));
open("/server-closes");
open("/refused");
open("/left-1");
open("/left-2");
</script>"""


class App:
    """The server's side of all WebSockets, as an ASGI application."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.told: list[dict[str, Any]] = []
        self.ended: dict[str, dict[str, Any]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self.page(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.socket(scope["path"], receive, send)

    async def page(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (event := await receive())["type"] == "http.request":
            body += event["body"]
            if not event.get("more_body"):
                break
        if scope["path"] == "/told":
            self.told.append(json.loads(body))
            self.log(f"browser {body.decode()}")
        text = PAGE.encode() if scope["path"] == "/" else b""
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    async def socket(self, path: str, receive: Any, send: Any) -> None:
        await receive()
        if path == "/refused":
            self.log(f"server {path} refuses")
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept"})
        self.log(f"server {path} accepts")
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"welcome, {event['text']}"})
            if path == "/server-closes":
                await asyncio.sleep(0.3)
                self.log(f"server {path} closes 1001 restart")
                await send({"type": "websocket.close", "code": 1001, "reason": "restart"})
        self.ended[path] = event
        self.log(f"server {path} {event['type']} {event.get('code')} {event.get('reason')!r}")


async def chromium(name: str) -> None:
    """Five WebSockets of one page at once; two are left when all processes are killed."""
    await browse(name, PORT, PORT)


async def haproxy(name: str) -> None:
    """The same, with haproxy between: HTTP/2 to the browser, HTTP/1.1 to the server."""
    port, behind = PORT + 2, PORT + 3
    pem = WORK / "haproxy.pem"
    pem.write_text("".join(Path(part).read_text() for part in certificate()))
    config = WORK / "haproxy.cfg"
    config.write_text(HAPROXY.format(port=port, behind=behind, pem=pem))
    proxy = subprocess.Popen(["haproxy", "-f", config, "-db"], stderr=subprocess.DEVNULL)
    try:
        await browse(name, port, behind)
    finally:
        proxy.terminate()
        proxy.wait(timeout=10)


HAPROXY = """\
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
frontend front
  bind 127.0.0.1:{port} ssl crt {pem} alpn h2
  default_backend back
backend back
  server one 127.0.0.1:{behind}
"""


async def browse(name: str, port: int, server_port: int) -> None:
    """Let the browser open the page at `port`, which the server at `server_port` has."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from recorder import CAPTURES, tcpdump, write_truth

    log = Log()
    app = App(log)
    config = Config()
    config.bind = [f"127.0.0.1:{server_port}"]
    if port == server_port:
        config.alpn_protocols = ["h2"]
        config.certfile, config.keyfile = certificate()
    over = asyncio.Event()
    serving = asyncio.create_task(serve(app, config, shutdown_trigger=over.wait))
    await asyncio.sleep(1)
    folder = CAPTURES / FAMILY
    keys = folder / f"{name}.keys"
    folder.mkdir(exist_ok=True)
    keys.unlink(missing_ok=True)
    profile = Path(tempfile.mkdtemp())
    with tcpdump(folder / f"{name}.pcap", f"port {port}"):
        browser = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", f"--user-data-dir={profile}",
             "--ignore-certificate-errors", f"--ssl-key-log-file={keys}", "--disable-quic",
             "--no-first-run", f"https://127.0.0.1:{port}/", "--remote-debugging-port=0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        for _ in range(200):
            await asyncio.sleep(0.1)
            if sum(told["event"] == "close" for told in app.told) >= 3:
                break
        await asyncio.sleep(1)
        log("kill -9 to all processes of the browser")
        os.killpg(browser.pid, signal.SIGKILL)
        await asyncio.sleep(1.5)
    over.set()
    await serving
    shutil.rmtree(profile, ignore_errors=True)
    write_truth(FAMILY, name, truth(name, app, log, port))


def certificate() -> tuple[str, str]:
    """Return the files of a certificate and its key."""
    cert, key = WORK / "cert.pem", WORK / "key.pem"
    if not cert.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
             "-subj", "/CN=localhost", "-keyout", key, "-out", cert],
            check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    return str(cert), str(key)


def version(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def truth(name: str, app: App, log: Log, port: int) -> dict[str, Any]:
    """Return what the programs themselves said."""
    from importlib.metadata import version as installed

    closed = {told["path"]: told for told in app.told if told["event"] == "close"}
    return {
        "scenario": (SCENARIOS[name].__doc__ or "").strip(),
        "programs": {
            "client": version("chromium", "--version").split(" built")[0],
            "server": f"hypercorn {installed('hypercorn')} with h2 {installed('h2')}"
            f" (Python {sys.version.split()[0]})",
            **({"proxy": " ".join(version("haproxy", "-v").split()[:3])} if port != PORT else {}),
        },
        "captures": [f"{name}.pcap"],
        "keylog": f"{name}.keys",
        "connections": [connection(path, app, closed.get(path), port) for path in PATHS],
        "log": log.lines,
    }


PATHS = ("/page-closes", "/server-closes", "/refused", "/left-1", "/left-2")
FIRST = {"/page-closes": "client", "/server-closes": "server", "/refused": None}
CODES = {"/page-closes": {"code": 4001, "reason": "bye"},
         "/server-closes": {"code": 1001, "reason": "restart"}}  # fmt: skip


def connection(path: str, app: App, told: dict[str, Any] | None, port: int) -> dict[str, Any]:
    """Return the truth of one WebSocket."""
    client: dict[str, Any] = {"reported": None}
    if told is not None:
        client["reported"] = {
            "code": told["code"], "reason": told["reason"], "was_clean": told["clean"],
        }  # fmt: skip
    server: dict[str, Any] = {"reported": None}
    event = app.ended.get(path)
    if event is not None:
        server["reported"] = {"code": event.get("code"), "reason": event.get("reason") or ""}
    if path == "/page-closes":
        client["sent_close"] = CODES[path]
    elif path == "/server-closes":
        server["sent_close"] = client["received_close"] = CODES[path]
    elif path != "/refused":
        client["sent_close"] = server["sent_close"] = None
    how = "refused" if path == "/refused" else "close_frame" if path in CODES else "fin"
    return {
        "path": path, "server_port": port, "client_port": None, "framing": "rfc6455",
        "version": "13", "status": 403 if path == "/refused" else 200, "carrier": "tls+h2",
        "client": client, "server": server, "first": FIRST.get(path, "client"), "how": how,
        "notes": "",
    }  # fmt: skip


async def node(name: str) -> None:
    """Six WebSockets on one connection without TLS, ended in every way that HTTP/2 has."""
    from recorder import CAPTURES, tcpdump, write_truth

    folder = CAPTURES / FAMILY
    folder.mkdir(exist_ok=True)
    with tcpdump(folder / f"{name}.pcap", f"port {PORT + 1}"):
        run = subprocess.run(
            ["node", HERE / "ends" / "http2_both.js", str(PORT + 1)],
            capture_output=True, text=True, check=True, timeout=30,
        )  # fmt: skip
    node_version = f"Node.js {version('node', '--version')} http2"
    told = {
        "scenario": (node.__doc__ or "").strip(),
        "programs": {"client": node_version, "server": node_version},
        "captures": [f"{name}.pcap"],
        "connections": [node_connection(path, *how) for path, how in NODE.items()],
        "log": run.stdout.splitlines(),
    }
    write_truth(FAMILY, name, told)


# What the script does: who is first, how, codes of RST_STREAM, and Close frames of both.
NODE: dict[str, tuple[str | None, str, dict[str, Any], Any, Any]] = {
    "/closed-and-ended": ("server", "close_frame", {}, 1001, 1001),
    "/reset-by-client": ("client", "rst", {"client_reset": 8}, None, None),
    "/reset-by-server": ("server", "rst", {"server_reset": 2}, None, None),
    "/ended-by-server": ("server", "fin", {}, None, None),
    "/refused": (None, "refused", {}, None, None),
    "/taken": ("server", "rst", {"server_goaway": 11}, None, None),
}


def node_connection(
    path: str, first: str | None, how: str, h2: dict[str, int], client: int | None,
    server: int | None,
) -> dict[str, Any]:  # fmt: skip
    """Return the truth of one WebSocket: by the script, which did it."""
    ends = {"client": client, "server": server}
    sent = {side: code and {"code": code, "reason": ""} for side, code in ends.items()}
    return {
        "path": path, "server_port": PORT + 1, "client_port": None, "framing": "rfc6455",
        "version": "13", "status": 404 if how == "refused" else 200, "carrier": "h2",
        **{side: {"reported": None, "sent_close": sent[side]} for side in ends},
        "first": first, "how": how, "h2": h2, "notes": "",
    }  # fmt: skip


async def h2c(name: str) -> None:
    """HTTP/1.1 with Upgrade: h2c, a page on stream 1, then five WebSockets that end differently."""
    from importlib.metadata import version as installed

    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from http2_upgraded import HOW, Client, connection
    from recorder import CAPTURES, tcpdump, write_truth

    log = Log()
    app, config, over = App(log), Config(), asyncio.Event()
    config.bind = [f"127.0.0.1:{PORT + 4}"]
    serving = asyncio.create_task(serve(app, config, shutdown_trigger=over.wait))
    await asyncio.sleep(1)
    client = Client(PORT + 4, log)
    with tcpdump(CAPTURES / FAMILY / f"{name}.pcap", f"port {PORT + 4}"):
        await client.upgrade()
        await client.play()
    over.set()
    await serving
    h2 = f"h2 {installed('h2')}"
    told = {
        "scenario": (h2c.__doc__ or "").strip(),
        "programs": {
            "client": f"{h2} with wsproto {installed('wsproto')}",
            "server": f"hypercorn {installed('hypercorn')} with {h2}"
            f" (Python {sys.version.split()[0]})",
        },
        "captures": [f"{name}.pcap"],
        "connections": [connection(path, client, app.ended) for path in HOW],
        "log": log.lines,
    }
    write_truth(FAMILY, name, told)


SCENARIOS = {
    "chromium_several_at_once": chromium,
    "chromium_behind_haproxy": haproxy,
    "node_every_ending": node,
    "h2c_upgrade": h2c,
}


def main() -> None:
    in_own_environment()
    sys.path.insert(0, str(HERE))
    for name in sys.argv[1:] or SCENARIOS:
        asyncio.run(asyncio.wait_for(SCENARIOS[name](name), 120))
        print(name)


if __name__ == "__main__":
    main()
