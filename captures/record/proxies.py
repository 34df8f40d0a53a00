"""Record `proxies`: what stands in front of an upgrade.

Call: ``python captures/record/proxies.py [NAME ...]``. Out: ``captures/proxies/NAME.pcap`` (with keys
inside: .pcapng) and ``NAME.truth.json``. Needs root, tinyproxy, squid, microsocks, dante-server,
openssh-server, haproxy, nginx, curl, openssl, tcpdump and editcap; ports 18400-18459 on loopback.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from recorder import CAPTURES, tcpdump, write_truth
from stage import WORK, Cast, End, run_named, tool, truth_of

FAMILY = "proxies"
FOLDER = CAPTURES / FAMILY
Plan = list[list[Any]]
HELLO: Plan = [["send", "hello"], ["wait", 0.3]]
GOING: Plan = [*HELLO, ["close", 1001, "restart"]]
LEAVING: Plan = [*HELLO, ["close", 4004, "through a proxy"]]

TINYPROXY = """
Port {front}
Listen 127.0.0.1
Timeout 60
LogLevel Info
LogFile "{work}/proxy.log"
MaxClients 10
Allow 127.0.0.1
"""
SQUID = """
http_port 127.0.0.1:{front}
pid_filename {work}/squid.pid
access_log stdio:{work}/proxy.log
cache_log {work}/squid-cache.log
cache deny all
coredump_dir {work}
http_upgrade_request_protocols websocket allow all
{rules}
"""
SQUID_OPEN = "http_access allow all"
SQUID_PASSWORD = """auth_param basic program /usr/lib/squid/basic_fake_auth
auth_param basic realm test
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all"""
DANTE = """
logoutput: {work}/proxy.log
internal: 127.0.0.1 port = {front}
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
"""
HAPROXY = """
global
  log stdout format raw local0
defaults
  mode tcp
  log global
  option tcplog
  timeout connect 2s
  timeout client 20s
  timeout server 20s
frontend front
  bind 127.0.0.1:{front}
  default_backend back
backend back
  server one 127.0.0.1:{middle} {send}
"""
NGINX = """
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx-error.log info;
events {{ worker_connections 64; }}
http {{
  log_format told '$proxy_protocol_addr:$proxy_protocol_port "$request" $status';
  access_log {work}/proxy.log told;
  client_body_temp_path {work}/ng1; proxy_temp_path {work}/ng2; fastcgi_temp_path {work}/ng3;
  uwsgi_temp_path {work}/ng4; scgi_temp_path {work}/ng5;
  server {{
    listen 127.0.0.1:{middle} proxy_protocol;
    location / {{
      proxy_pass http://127.0.0.1:{back}; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
    }}
  }}
}}
"""


@contextmanager
def running(command: list[str], config: str = "", name: str = "") -> Iterator[None]:
    """Run a program while the block does; its configuration is written to `name` first."""
    if config:
        (WORK / name).write_text(config)
    with (WORK / "proxy-out.log").open("a") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    time.sleep(1.5)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=8)
        except subprocess.TimeoutExpired:
            process.kill()


def log_lines(who: str) -> list[str]:
    """What the proxies wrote into their logs."""
    found = []
    for path in (WORK / "proxy.log", WORK / "proxy-out.log"):
        if path.exists():
            lines = path.read_text(errors="replace").replace(str(WORK), "").splitlines()
            found += [f"{who} {line}" for line in lines if "127.0.0.1" in line][-12:]
    return found


def recorded(
    name: str,
    ports: tuple[int, int],
    scenario: str,
    proxy: list[tuple[list[str], str, str]],
    plans: tuple[Plan, Plan],
    *,
    via: list[str],
    first: str,
    programs: tuple[str, str] = ("websockets", "websockets"),
    version: str = "",
    captured: int = 0,
    speaks: bool = False,
    server_config: dict[str, Any] | None = None,
    client: Callable[[Cast], End] | None = None,
    proxy_url: str | None = None,
    target: str = "",
    **client_config: Any,
) -> None:
    """A talk through a proxy, of which the leg to the port `captured` (or the first) is kept.

    `via` is what the client was told to ask for, `target` its request target where that is another
    than the path. `speaks`: the proxy tells who the client is.
    """
    front, back = ports
    for log in ("proxy.log", "proxy-out.log"):
        (WORK / log).unlink(missing_ok=True)
    (WORK / "proxy.log").touch()
    (WORK / "proxy.log").chmod(0o666)
    with ExitStack() as stack:
        cast = stack.enter_context(Cast())
        config = {"host": "127.0.0.1", "port": back, "path": f"/{name}", "plan": plans[0]}
        server = cast.start("server", programs[0], {**config, **(server_config or {})})
        for command, text, file in proxy:
            stack.enter_context(running(command, text, file))
        with tcpdump(FOLDER / f"{name}.pcap", f"tcp port {captured or front}"):
            asked = {**config, "plan": plans[1], "proxy": proxy_url, **client_config}
            end = client(cast) if client else cast.start("client", programs[1], asked)
            end.wait_for("closed|failed")
            server.wait_for("closed|failed")
            time.sleep(0.4)
    truth = truth_of(
        end.events if not client else None,
        server.events,
        path=target or f"/{name}",
        server_port=captured or front,
        first=first,
        how="close_frame",
    )
    truth["via"] = via
    if speaks:
        truth["proxied_for"] = ["127.0.0.1", truth["client_port"]]
        truth["via"] = [
            f"{one} 127.0.0.1:{truth['client_port']} → 127.0.0.1:{front}" for one in via
        ]
    if speaks or client:
        truth["client_port"] = None  # that of the proxy, or of a client without a log
    captures = [keyed(name) if server_config else f"{name}.pcap"]
    write_truth(
        FAMILY,
        name,
        {
            "scenario": scenario,
            "programs": {
                **{end.side: end.program for end in cast.ends},
                "proxy": version,
                "capture": tool("tcpdump", "--version"),
            },
            "captures": captures,
            "connections": [truth],
            "log": [*cast.log(), *log_lines("proxy")],
        },
    )


def keyed(name: str) -> str:
    """Put the secrets of a recording into its file; return the file's name."""
    path = FOLDER / f"{name}.pcap"
    secrets = f"tls,{WORK / 'keys.log'}"
    command = ["editcap", "--inject-secrets", secrets, str(path), str(path.with_suffix(".pcapng"))]
    subprocess.run(command, check=True)
    path.unlink()
    return f"{name}.pcapng"


def tinyproxy(front: int) -> list[tuple[list[str], str, str]]:
    config = TINYPROXY.format(front=front, work=WORK)
    return [(["tinyproxy", "-d", "-c", str(WORK / "tiny.conf")], config, "tiny.conf")]


def squid(front: int, rules: str) -> list[tuple[list[str], str, str]]:
    for name in ("proxy.log", "squid-cache.log"):
        (WORK / name).touch()
        (WORK / name).chmod(0o666)
    WORK.chmod(0o777)
    config = SQUID.format(front=front, work=WORK, rules=rules)
    return [(["squid", "-N", "-f", str(WORK / "squid.conf")], config, "squid.conf")]


def connect_tinyproxy() -> None:
    recorded(
        "connect-tinyproxy",
        (18400, 18401),
        "websockets connects through tinyproxy by CONNECT; the server closes with 1001.",
        tinyproxy(18400),
        (GOING, HELLO),
        via=["connect 127.0.0.1:18401"],
        first="server",
        version=tool("tinyproxy", "-v"),
        proxy_url="http://127.0.0.1:18400",
    )


def connect_tinyproxy_tls() -> None:
    (WORK / "keys.log").unlink(missing_ok=True)
    pem = WORK / "both.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost"
        f" -keyout {WORK}/key.pem -out {WORK}/cert.pem && cat {WORK}/key.pem {WORK}/cert.pem > {pem}",
        shell=True,
        check=True,
        stderr=subprocess.DEVNULL,
    )
    recorded(
        "connect-tinyproxy-tls",
        (18402, 18403),
        "The same with TLS through the tunnel; the client closes with 4004. The keys are in the file.",
        tinyproxy(18402),
        (HELLO, LEAVING),
        via=["connect 127.0.0.1:18403"],
        first="client",
        version=tool("tinyproxy", "-v"),
        server_config={"tls": {"certificate": str(pem), "version": "TLSv1.3"}},
        tls={"keylog": str(WORK / "keys.log")},
        proxy_url="http://127.0.0.1:18402",
    )


def connect_squid_407() -> None:
    def curl(cast: Cast) -> End:
        command = ["curl", "-sv", "--http1.1", "-p", "-x", "http://u:p@127.0.0.1:18404"]
        command += ["--proxy-anyauth", "-H", "Upgrade: websocket", "-H", "Connection: Upgrade"]
        command += ["-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "-m", "8"]
        command += ["-H", "Sec-WebSocket-Version: 13", "http://127.0.0.1:18405/connect-squid-407"]
        done = subprocess.run(command, capture_output=True, check=False)
        shown = [line for line in done.stderr.decode("latin-1").splitlines() if line[:1] in "<*>"]
        (WORK / "proxy-out.log").write_text("\n".join(f"curl 127.0.0.1 {one}" for one in shown))
        return cast.ends[0]

    recorded(
        "connect-squid-407",
        (18404, 18405),
        "curl asks squid for a tunnel, is told 407, asks again with a password on the same TCP"
        " connection, and sends an upgrade; it does not answer the server's Close 1001.",
        squid(18404, SQUID_PASSWORD),
        ([["wait", 0.3], ["close", 1001, "restart"]], HELLO),
        via=["connect 127.0.0.1:18405"],
        first="server",
        version=tool("squid", "-v"),
        client=curl,
    )


def absolute_squid() -> None:
    recorded(
        "absolute-squid",
        (18406, 18407),
        "aiohttp asks squid for an upgrade in absolute form; the client closes with 4004.",
        squid(18406, SQUID_OPEN),
        (HELLO, LEAVING),
        via=["absolute-form 127.0.0.1:18407"],
        first="client",
        programs=("websockets", "aiohttp"),
        version=tool("squid", "-v"),
        proxy_url="http://127.0.0.1:18406",
        target="http://127.0.0.1:18407/absolute-squid",
    )


def socks5_microsocks() -> None:
    recorded(
        "socks5-microsocks",
        (18408, 18409),
        "websockets connects through microsocks by SOCKS 5; the server closes with 1001.",
        [(["microsocks", "-i", "127.0.0.1", "-p", "18408"], "", "")],
        (GOING, HELLO),
        via=["socks5 127.0.0.1:18409"],
        first="server",
        version="microsocks, of Debian 12",
        proxy_url="socks5://127.0.0.1:18408",
    )


def socks5_password() -> None:
    command = ["microsocks", "-i", "127.0.0.1", "-p", "18410", "-u", "user", "-P", "secret"]
    recorded(
        "socks5-password",
        (18410, 18411),
        "The same with user and password, and the server's name instead of its address; the client"
        " closes with 4004.",
        [(command, "", "")],
        (HELLO, LEAVING),
        via=["socks5 localhost:18411"],
        first="client",
        version="microsocks, of Debian 12",
        host="localhost",
        proxy_url="socks5h://user:secret@127.0.0.1:18410",
    )


def socks4_dante() -> None:
    config = DANTE.format(front=18412, work=WORK)
    recorded(
        "socks4-dante",
        (18412, 18413),
        "websockets connects through danted by SOCKS 4; the server closes with 1001.",
        [(["danted", "-f", str(WORK / "danted.conf")], config, "danted.conf")],
        (GOING, HELLO),
        via=["socks4 127.0.0.1:18413"],
        first="server",
        version=tool("danted", "-v"),
        proxy_url="socks4://127.0.0.1:18412",
    )


def socks4a_ssh() -> None:
    recorded(
        "socks4a-ssh",
        (18414, 18415),
        "websockets connects through ssh -D by SOCKS 4A; the client closes with 4004.",
        ssh_dynamic(18414),
        (HELLO, LEAVING),
        via=["socks4a localhost:18415"],
        first="client",
        version=tool("ssh", "-V"),
        host="localhost",
        proxy_url="socks4a://127.0.0.1:18414",
    )


def ssh_dynamic(front: int) -> list[tuple[list[str], str, str]]:
    """An sshd of our own, and an ssh that takes SOCKS for it."""
    Path("/run/sshd").mkdir(exist_ok=True)
    folder = WORK / "ssh"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    WORK.chmod(0o755)
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    (folder / "authorized").write_text((folder / "user.pub").read_text())
    config = (
        f"Port 18459\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
    )
    sshd = ["/usr/sbin/sshd", "-D", "-e", "-f", str(WORK / "sshd.conf")]
    ssh = ["ssh", "-N", "-D", f"127.0.0.1:{front}", "-p", "18459", "-i", str(folder / "user")]
    ssh += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    return [
        (sshd, config, "sshd.conf"),
        ([*ssh, f"{os.environ.get('USER', 'root')}@127.0.0.1"], "", ""),
    ]


def proxy_protocol(version: int, front: int, plans: tuple[Plan, Plan], first: str) -> None:
    middle, back = front + 1, front + 2
    send = "send-proxy" if version == 1 else "send-proxy-v2"
    haproxy = HAPROXY.format(front=front, middle=middle, send=send)
    nginx = NGINX.format(middle=middle, back=back, work=WORK)
    recorded(
        f"proxy-v{version}-haproxy-nginx",
        (front, back),
        f"haproxy relays TCP to nginx and tells it the client by the PROXY protocol {version}; the leg"
        " between the two.",
        [
            (["nginx", "-c", str(WORK / "nginx.conf")], nginx, "nginx.conf"),
            (["haproxy", "-f", str(WORK / "haproxy.conf")], haproxy, "haproxy.conf"),
        ],
        plans,
        via=[f"proxy-v{version}"],
        first=first,
        version=f"{tool('haproxy', '-v')}; {tool('nginx', '-v')}",
        captured=middle,
        speaks=True,
        port=front,
    )


run_named(
    {
        "connect-tinyproxy": connect_tinyproxy,
        "connect-tinyproxy-tls": connect_tinyproxy_tls,
        "connect-squid-407": connect_squid_407,
        "absolute-squid": absolute_squid,
        "socks5-microsocks": socks5_microsocks,
        "socks5-password": socks5_password,
        "socks4-dante": socks4_dante,
        "socks4a-ssh": socks4a_ssh,
        "proxy-v1-haproxy-nginx": lambda: proxy_protocol(1, 18420, (HELLO, LEAVING), "client"),
        "proxy-v2-haproxy-nginx": lambda: proxy_protocol(2, 18424, (GOING, HELLO), "server"),
    }
)
