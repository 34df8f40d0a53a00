"""Record `tls`: browsers and libraries over TLS, and the same talks over plain TCP.

Call: ``python captures/record/tls.py [NAME ...]``. Out: ``captures/tls/NAME.pcap``, its key log
``NAME.keys`` as the client wrote it, and ``NAME.truth.json``. Needs root, chromium, firefox-esr,
node, npm, nginx, haproxy, openssl and tcpdump; ports 18400-18499 on loopback.
"""

from __future__ import annotations

import functools
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recorder import CAPTURES, tcpdump, write_truth
from stage import WORK, Cast, End, run_named, tool, truth_of

FAMILY = "tls"
FOLDER = CAPTURES / FAMILY
Plan = list[list[Any]]
Truth = dict[str, Any]

# What the server insists on; None: plain TCP.
VARIANTS: dict[str, dict[str, str] | None] = {
    "plain": None,
    "tls12-gcm": {"version": "TLSv1.2", "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"},
    "tls12-chacha20": {"version": "TLSv1.2", "ciphers": "ECDHE-RSA-CHACHA20-POLY1305"},
    "tls12-cbc": {"version": "TLSv1.2", "ciphers": "ECDHE-RSA-AES128-SHA"},
    "tls13": {"version": "TLSv1.3"},
}
FEW = ("plain", "tls12-gcm", "tls13")
PORTS = iter(range(18400, 18490))
PAGE_PORT, CONTROL_PORT = 18498, 18499

TALK: Plan = [["send", "a message of the server"], ["wait", 0.4]]
NGINX = """
daemon off; worker_processes 1; pid {work}/tls-nginx.pid; error_log {work}/tls-nginx.log info;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {work}/ng1; proxy_temp_path {work}/ng2; fastcgi_temp_path {work}/ng3;
  uwsgi_temp_path {work}/ng4; scgi_temp_path {work}/ng5;
  server {{
    listen 127.0.0.1:{front}{ssl};
    location / {{
      proxy_pass http://127.0.0.1:{back}; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
    }}
  }}
}}
"""
NGINX_SSL = """ ssl; ssl_certificate {certificate}; ssl_certificate_key {certificate};
    ssl_protocols {version}; ssl_ciphers {ciphers}"""
HAPROXY = """
global
  log stdout format raw local0
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout tunnel 60s
frontend front
  bind 127.0.0.1:{front}{ssl}
  default_backend back
backend back
  server one 127.0.0.1:{back}
"""
HAPROXY_SSL = " ssl crt {certificate} ssl-min-ver {version} ssl-max-ver {version} ciphers {ciphers}"


def certificate() -> str:
    """A key and a certificate that nobody has signed, in one file."""
    path = WORK / "tls.pem"
    if not path.exists():
        command = "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=peer.example"
        names = ["-addext", "subjectAltName=DNS:peer.example,IP:127.0.0.1"]
        files = ["-keyout", f"{path}.key", "-out", f"{path}.crt"]
        subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
        path.write_text(Path(f"{path}.key").read_text() + Path(f"{path}.crt").read_text())
    return str(path)


def of_server(variant: str) -> dict[str, Any]:
    """The part of an end program's configuration that says how it speaks TLS."""
    wanted = VARIANTS[variant]
    return {} if wanted is None else {"tls": {"certificate": certificate(), **wanted}}


@contextmanager
def proxy(kind: str, front: int, back: int, variant: str) -> Iterator[None]:
    """Run nginx or haproxy, which ends TLS and speaks plainly to the backend."""
    wanted = VARIANTS[variant]
    ssl, config = ("", WORK / f"tls-{kind}.conf")
    if wanted is not None:
        version = wanted["version"] if kind == "haproxy" else wanted["version"]
        template = NGINX_SSL if kind == "nginx" else HAPROXY_SSL
        ciphers = wanted.get("ciphers", "HIGH")
        ssl = template.format(certificate=certificate(), version=version, ciphers=ciphers)
    text = NGINX if kind == "nginx" else HAPROXY
    config.write_text(text.format(work=WORK, front=front, back=back, ssl=ssl))
    command = ["nginx", "-c", str(config)] if kind == "nginx" else ["haproxy", "-f", str(config)]
    with (WORK / "tls-proxy.log").open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    time.sleep(0.8)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=8)


def client_of(
    cast: Cast, program: str, port: int, name: str, plan: Plan, keys: Path, variant: str
) -> End:
    """Start a browser, or a library, that plays `plan`."""
    secure = VARIANTS[variant] is not None
    config: dict[str, Any] = {"host": "127.0.0.1", "port": port, "path": f"/{name}", "plan": plan}
    if program in ("chromium", "firefox"):
        scheme = "wss" if secure else "ws"
        config |= {
            "browser": program,
            "url": f"{scheme}://127.0.0.1:{port}/{name}",
            "keylog": str(keys) if secure else "",
            "page_port": PAGE_PORT,
            "control_port": CONTROL_PORT,
        }
        return cast.start("client", "browser", config)
    return cast.start(
        "client", program, config | ({"tls": {"keylog": str(keys)}} if secure else {})
    )


def record(
    name: str,
    scenario: str,
    variant: str,
    client_program: str,
    server_program: str,
    plans: tuple[Plan, Plan],
    *,
    first: str,
    how: str = "close_frame",
    through: str = "",
    connections: int = 1,
) -> None:
    """Record one talk: with `through`, both legs of a proxy."""
    port, back = next(PORTS), next(PORTS)
    keys = FOLDER / f"{name}.keys"
    FOLDER.mkdir(exist_ok=True)
    keys.unlink(missing_ok=True)
    with Cast() as cast:
        place = {"host": "127.0.0.1", "port": back if through else port, "path": f"/{name}"}
        secure = {} if through else of_server(variant)
        server = cast.start("server", server_program, {**place, "plan": plans[0], **secure})
        filter_ = f"tcp port {port}" + (f" or tcp port {back}" if through else "")
        with contextmanager(_running)(through, port, back, variant):
            with tcpdump(FOLDER / f"{name}.pcap", filter_):
                client = client_of(cast, client_program, port, name, plans[1], keys, variant)
                server.wait_for("open", 40, connections)
                server.wait_for("closed", 25, connections)
                client.wait_for("closed|done", 10)
                time.sleep(0.5)
            if client.process.poll() is None:
                client.open_gate()
                time.sleep(0.5)
    told = _truths(name, client, server, port, back, first, how, through, connections)
    programs = {end.side: end.program for end in cast.ends}
    if through:
        programs["proxy"] = tool(through, "-v")
    truth = {
        "scenario": scenario,
        "programs": {**programs, "capture": tool("tcpdump", "--version")},
        "captures": [f"{name}.pcap"],
        "variant": variant,
        "connections": told,
        "log": cast.log(),
    }
    if keys.exists():
        truth["keylog"] = keys.name
    write_truth(FAMILY, name, truth)


def _running(kind: str, front: int, back: int, variant: str) -> Iterator[None]:
    if not kind:
        yield
        return
    with proxy(kind, front, back, variant):
        yield


def _truths(
    name: str,
    client: End,
    server: End,
    port: int,
    back: int,
    first: str,
    how: str,
    through: str,
    connections: int,
) -> list[Truth]:
    def make(*args: Any, **more: Any) -> Truth:
        made = truth_of(*args, path=f"/{name}", first=first, how=how, **more)
        if any(one["event"] == "done" for one in client.events) and args[0] is not None:
            made["client"] = _of_browser(made["client"], client)
        return made

    if through:
        notes = f"{through} passed the close frames on"
        return [
            make(client.events, None, server_port=port, notes=notes),
            make(None, server.events, server_port=back, notes=notes),
        ]
    if connections == 1:
        return [make(client.events, server.events, server_port=port)]
    ports = list(dict.fromkeys(one["port"] for one in server.events if one.get("port")))
    found = []
    for number in ports[:connections]:
        events = [one for one in server.events if one.get("port") == number]
        found.append(make(None, events, server_port=port))
    found[-1]["first"] = "server"  # only the first page was reloaded
    return found


def _of_browser(side: dict[str, Any], client: End) -> dict[str, Any]:
    """Only what a page is told: which close frames there were, it does not know."""
    found = {"reported": side["reported"]}
    if side["sent_close"] is not None:
        found["sent_close"] = side["sent_close"]
    closed = next((one for one in client.events if one["event"] == "closed"), None)
    if found["reported"] and closed is not None:
        found["reported"] = {**found["reported"], "was_clean": closed["was_clean"]}
    return found


def scenarios() -> dict[str, Callable[[], None]]:
    """All of them, by name."""
    found: dict[str, Callable[[], None]] = {}

    def add(stem: str, variants: tuple[str, ...], scenario: str, *args: Any, **more: Any) -> None:
        for variant in variants:
            name = f"{stem}-{variant}"
            found[name] = functools.partial(record, name, scenario, variant, *args, **more)

    every = tuple(VARIANTS)
    restart: Plan = [*TALK, ["close", 1001, "restart"]]
    leave: Plan = [["wait", 1], ["send", "one more"], ["wait", 0.2], ["close", 4001, "bye"]]
    add(
        "chromium-websockets",
        every,
        "The server (websockets) closes with 1001; Chromium answers.",
        "chromium",
        "websockets",
        (restart, []),
        first="server",
    )
    add(
        "chromium-ws",
        every,
        "The page in Chromium closes with 4001; the server (ws) answers.",
        "chromium",
        "ws",
        (TALK, leave),
        first="client",
    )
    add(
        "firefox-websockets",
        FEW,
        "The server (websockets) closes with 1001; Firefox answers.",
        "firefox",
        "websockets",
        (restart, []),
        first="server",
    )
    add(
        "chromium-reload",
        FEW,
        "The page in Chromium is reloaded, and connects again; then the server closes with 1001.",
        "chromium",
        "websockets",
        ([*TALK, ["wait", 2.5], ["close", 1001, "restart"]], [["wait", 1], ["reload"]]),
        first="client",
        connections=2,
    )
    add(
        "firefox-ws",
        FEW,
        "The page in Firefox closes with 4001; the server (ws) answers.",
        "firefox",
        "ws",
        (TALK, leave),
        first="client",
    )
    gone: tuple[Plan, Plan] = ([*TALK, ["close", 1011, "database is gone"]], [])
    for browser, kind, plans, first in (
        ("chromium", "nginx", gone, "server"),
        ("chromium", "haproxy", (TALK, leave), "client"),
        ("firefox", "nginx", gone, "server"),
    ):
        add(
            f"{browser}-{kind}",
            FEW,
            f"{browser.title()} to websockets through {kind}, which ends TLS; the {first} closes.",
            browser,
            "websockets",
            plans,
            first=first,
            through=kind,
        )
    for end, how, sentence in (
        ("fin", "fin", "ends TCP without a close frame"),
        ("abort", "rst", "resets TCP without a close frame"),
    ):
        add(
            f"websockets-ws-{end}",
            FEW,
            f"The server (ws) {sentence}; the client is websockets.",
            "websockets",
            "ws",
            ([*TALK, [end]], []),
            first="server",
            how=how,
        )
    add(
        "ws-websockets-kill",
        FEW,
        "The client (ws) exits in the middle; the server is websockets.",
        "ws",
        "websockets",
        ([*TALK, ["wait", 2]], [["wait", 0.3], ["exit"]]),
        first="client",
        how="fin",
    )
    return found


if __name__ == "__main__":
    run_named(scenarios())
