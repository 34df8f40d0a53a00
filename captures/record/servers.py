"""Record `servers`: how real WebSocket libraries end a connection.

Call: ``python captures/record/servers.py [NAME ...]``. Out: ``captures/servers/NAME.pcap`` and
``NAME.truth.json``. Needs root (tcpdump), node and npm; ports 18300-18359 on 127.0.0.1, and the
namespaces of wire.py where both sides end at once.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from recorder import CAPTURES, tcpdump, write_truth
from stage import Cast, End, run_named, truth_of
from wire import CLIENT_NS, SERVER_IP, SERVER_NS, Wire

FAMILY = "servers"
Plan = list[list[Any]]
HELLO: Plan = [["send", "hello"], ["wait", 0.3]]
STAY: Plan = []


@dataclass
class Talk:
    """One scenario: two programs, their plans, and what the script does to them meanwhile."""

    sentence: str
    server: str
    client: str
    server_plan: Plan = field(default_factory=list)
    client_plan: Plan = field(default_factory=list)
    first: str | None = "server"
    how: str = "close_frame"
    notes: str = ""
    server_config: dict[str, Any] = field(default_factory=dict)
    client_config: dict[str, Any] = field(default_factory=dict)
    during: Callable[[End, End], None] | None = None  # else: wait until the client has ended
    after: float = 0.5
    one_way: float = 0  # > 0: between namespaces, over a wire of that delay in seconds
    patience: float = 15


def until_closed(server: End, client: End, patience: float) -> None:
    """Wait until both sides have reported the end (or the client could not connect)."""
    client.wait_for("closed|failed", patience)
    if not any(event["event"] == "open" for event in server.events):
        server.wait_for("refused", 0.3)
    if any(event["event"] == "open" for event in server.events):
        server.wait_for("closed", 2)


def stage(
    talk: Talk, name: str, port: int, cast: Cast, netns: tuple[str | None, str | None]
) -> None:
    """Start both programs inside a capture and let them end."""
    host = SERVER_IP if talk.one_way else "127.0.0.1"
    common = {"host": host, "port": port, "path": f"/{name}"}
    server = cast.start(
        "server", talk.server, {**common, "plan": talk.server_plan, **talk.server_config}, netns[1]
    )
    interface = "eth0" if talk.one_way else "lo"
    with tcpdump(
        CAPTURES / FAMILY / f"{name}.pcap", f"tcp port {port}", interface=interface, netns=netns[0]
    ):
        client = cast.start(
            "client",
            talk.client,
            {**common, "plan": talk.client_plan, **talk.client_config},
            netns[0],
        )
        if talk.during:
            talk.during(server, client)
        else:
            server.wait_for("open", 3)
            until_closed(server, client, talk.patience)
        time.sleep(talk.after)


def record(name: str, talk: Talk, port: int) -> None:
    """Record one scenario and write its truth."""
    with Cast() as cast:
        if talk.one_way:
            with Wire(delay=talk.one_way):
                stage(talk, name, port, cast, (CLIENT_NS, SERVER_NS))
        else:
            stage(talk, name, port, cast, (None, None))
    server, client = cast.ends
    connection = truth_of(
        client.events,
        server.events,
        path=f"/{name}",
        server_port=port,
        first=talk.first,
        how=talk.how,
        notes=talk.notes,
    )
    write_truth(
        FAMILY,
        name,
        {
            "scenario": talk.sentence,
            "programs": {"client": client.program, "server": server.program},
            "captures": [f"{name}.pcap"],
            "connections": [connection],
            "log": cast.log(),
        },
    )


def stop_client(server: End, client: End) -> None:
    """SIGSTOP the client after the talk; the server's keepalive must notice."""
    client.wait_for("open")
    time.sleep(0.6)
    client.signal(signal.SIGSTOP)
    server.wait_for("closed", 10)


def kill(which: str, server: End, client: End) -> None:
    """kill -9 one end after the talk."""
    client.wait_for("open")
    time.sleep(0.5)
    (victim, other) = (server, client) if which == "server" else (client, server)
    victim.signal(signal.SIGKILL)
    other.wait_for("closed", 5)


def kill_with_unread(server: End, client: End) -> None:
    """Stop the client, fill its buffer, kill -9 it: the kernel answers with RST."""
    client.wait_for("open")
    time.sleep(0.5)
    client.signal(signal.SIGSTOP)
    server.open_gate()
    time.sleep(0.5)
    client.signal(signal.SIGKILL)
    server.wait_for("closed", 5)


def never_answered(server: End, client: End) -> None:
    """Let the client ask for the upgrade and give up."""
    server.wait_for("unanswered")
    client.wait_for("failed", 10)
    server.wait_for("transport", 2)


LONG = "größer als erlaubt – 再見 – до свидания – " + "é" * 25
REASON = LONG.encode()[:123].decode(errors="ignore")
REASON += "." * (123 - len(REASON.encode()))
ECHO = {"echo": True}
DEFLATE_WS = {"options": {"perMessageDeflate": {"threshold": 0}}}

TALKS: dict[str, Talk] = {
    # a close frame from the server, by different libraries, with different codes
    "close-1000-websockets-ws": Talk(
        "The server (websockets) closes with 1000 and a reason; ws answers.",
        "websockets",
        "ws",
        [*HELLO, ["close", 1000, "all done"]],
        HELLO,
    ),
    "close-1001-ws-websockets": Talk(
        "The server (ws) closes with 1001; websockets answers.",
        "ws",
        "websockets",
        [*HELLO, ["close", 1001, "server going away"]],
        HELLO,
    ),
    "close-1008-tornado-aiohttp": Talk(
        "The server (tornado) closes with 1008; aiohttp answers 1000.",
        "tornado",
        "aiohttp",
        [*HELLO, ["close", 1008, "token expired"]],
        HELLO,
        notes="aiohttp answers 1000 to any code",
    ),
    "close-1009-websockets-tornado": Talk(
        "The client sends 2000 characters to a websockets server with max_size 1000, which closes "
        "with 1009.",
        "websockets",
        "tornado",
        [["send", "hello"]],
        [["send", "hello"], ["wait", 0.3], ["size", 2000]],
        server_config={"options": {"max_size": 1000}},
    ),
    "close-1009-ws-aiohttp": Talk(
        "The client (aiohttp) sends 2000 characters to a ws server with maxPayload 1000, which "
        "closes with 1009.",
        "ws",
        "aiohttp",
        [["send", "hello"]],
        [["send", "hello"], ["wait", 0.3], ["size", 2000]],
        server_config={"options": {"maxPayload": 1000}},
    ),
    "close-1011-websockets-aiohttp": Talk(
        "The server (websockets) closes with 1011; aiohttp answers 1000.",
        "websockets",
        "aiohttp",
        [*HELLO, ["close", 1011, "internal error"]],
        HELLO,
        notes="aiohttp answers 1000 to any code",
    ),
    "close-1012-aiohttp-websockets": Talk(
        "The server (aiohttp) closes with 1012; websockets answers.",
        "aiohttp",
        "websockets",
        [*HELLO, ["close", 1012, "service restart"]],
        HELLO,
    ),
    "close-1013-ws-tornado": Talk(
        "The server (ws) closes with 1013; tornado answers.",
        "ws",
        "tornado",
        [*HELLO, ["close", 1013, "try again later"]],
        HELLO,
    ),
    "close-4000-ws-websocket-node": Talk(
        "The server (ws) closes with 4000; WebSocket-Node answers 1000.",
        "ws",
        "websocket_node",
        [*HELLO, ["close", 4000, "kicked"]],
        HELLO,
        notes="WebSocket-Node answers 1000 to any code",
    ),
    "close-4321-websocket-node-ws": Talk(
        "The server (WebSocket-Node) closes with 4321; ws answers.",
        "websocket_node",
        "ws",
        [*HELLO, ["close", 4321, "see you"]],
        HELLO,
        notes="WebSocket-Node reports its own code, and never reads the answer",
    ),
    "close-empty-ws-websockets": Talk(
        "The server (ws) closes without a code.", "ws", "websockets", [*HELLO, ["close"]], HELLO
    ),
    "close-reason-123-bytes": Talk(
        "The server (websockets) closes with 4001 and a reason of 123 bytes of UTF-8; ws answers.",
        "websockets",
        "ws",
        [*HELLO, ["close", 4001, REASON]],
        HELLO,
    ),
    # a close frame from the client
    "client-close-1000-websockets-ws": Talk(
        "The client (websockets) closes with 1000; the ws server answers.",
        "ws",
        "websockets",
        HELLO,
        [*HELLO, ["close", 1000, "bye"]],
        "client",
    ),
    "client-close-3001-ws-websockets": Talk(
        "The client (ws) closes with 3001; the websockets server answers.",
        "websockets",
        "ws",
        HELLO,
        [*HELLO, ["close", 3001, "logged out"]],
        "client",
    ),
    "client-close-4002-ws-aiohttp": Talk(
        "The client (ws) closes with 4002; the aiohttp server answers.",
        "aiohttp",
        "ws",
        HELLO,
        [*HELLO, ["close", 4002, "mine"]],
        "client",
    ),
    "client-close-empty-ws-websockets": Talk(
        "The client (ws) closes without a code; the websockets server answers.",
        "websockets",
        "ws",
        HELLO,
        [*HELLO, ["close"]],
        "client",
    ),
    "client-close-empty-websockets-tornado": Talk(
        "The client (websockets) sends an empty close frame; the tornado server answers.",
        "tornado",
        "websockets",
        HELLO,
        [*HELLO, ["close"]],
        "client",
    ),
    "client-close-1000-websocket-node-aiohttp": Talk(
        "The client (WebSocket-Node) closes; the aiohttp server answers.",
        "aiohttp",
        "websocket_node",
        HELLO,
        [*HELLO, ["close"]],
        "client",
    ),
    "client-close-4003-tornado-websocket-node": Talk(
        "The client (tornado) closes with 4003; the WebSocket-Node server answers 1000.",
        "websocket_node",
        "tornado",
        HELLO,
        [*HELLO, ["close", 4003, "tornado leaves"]],
        "client",
        notes="WebSocket-Node answers 1000 to any code",
    ),
    # TCP only
    "fin-server": Talk(
        "The server (websockets) closes only TCP, without a close frame.",
        "websockets",
        "ws",
        [*HELLO, ["fin"]],
        HELLO,
        how="fin",
    ),
    "fin-client": Talk(
        "The client (ws) ends only its TCP, without a close frame.",
        "websockets",
        "ws",
        HELLO,
        [*HELLO, ["fin"]],
        "client",
        "fin",
    ),
    "exit-server": Talk(
        "The server process (ws) exits in the middle of the talk.",
        "ws",
        "websockets",
        [*HELLO, ["exit"]],
        HELLO,
        how="fin",
    ),
    "exit-server-aiohttp": Talk(
        "The server process (aiohttp) exits at once.",
        "aiohttp",
        "tornado",
        [*HELLO, ["exit"]],
        HELLO,
        how="fin",
    ),
    "kill-server": Talk(
        "The server process (aiohttp) gets kill -9.",
        "aiohttp",
        "ws",
        HELLO,
        HELLO,
        how="fin",
        during=partial(kill, "server"),
    ),
    "kill-client": Talk(
        "The client process (websockets) gets kill -9.",
        "ws",
        "websockets",
        HELLO,
        HELLO,
        "client",
        "fin",
        during=partial(kill, "client"),
    ),
    # TCP cut on receiving the close frame
    "close-cut-fin": Talk(
        "The client (ws) closes with 1000; the server closes TCP without answering the close "
        "frame.",
        "raw",
        "ws",
        client_plan=[*HELLO, ["close", 1000, "bye"]],
        first="client",
        server_config={"on_close": "fin"},
        notes="the server is a raw socket",
    ),
    "close-cut-rst": Talk(
        "The client (websockets) closes with 1000; the server resets TCP without answering the "
        "close frame.",
        "raw",
        "websockets",
        client_plan=[*HELLO, ["close", 1000, "bye"]],
        first="client",
        server_config={"on_close": "rst"},
        notes="the server is a raw socket",
    ),
    # RST
    "rst-server": Talk(
        "The server (websockets) aborts TCP with SO_LINGER 0, without a close frame.",
        "websockets",
        "ws",
        [*HELLO, ["abort"]],
        HELLO,
        how="rst",
    ),
    "rst-client": Talk(
        "The client (ws) resets TCP (resetAndDestroy), without a close frame.",
        "websockets",
        "ws",
        HELLO,
        [*HELLO, ["abort"]],
        "client",
        "rst",
    ),
    "rst-unread": Talk(
        "The client (ws) is stopped, the server sends three messages that it never reads, then it "
        "gets kill -9: "
        "its kernel resets TCP.",
        "websockets",
        "ws",
        [["send", "hello"], ["gate"], ["stream", 3, 200, 0.05]],
        HELLO,
        "client",
        "rst",
        during=kill_with_unread,
    ),
    "rst-after-close": Talk(
        "The server (tornado, SO_LINGER 0 on its socket) closes with 1000, gets the answer, and "
        "its close of TCP is an RST.",
        "tornado",
        "websockets",
        [*HELLO, ["linger"], ["close", 1000, "done"]],
        HELLO,
        notes="the RST comes after a complete closing handshake",
    ),
    "rst-behind-close": Talk(
        "The server (aiohttp, SO_LINGER 0 on its socket) sends a close frame and resets TCP "
        "without waiting for the answer.",
        "aiohttp",
        "websockets",
        [*HELLO, ["close", 1000, "done"]],
        HELLO,
        server_config={"linger": True},
        notes=(
            "aiohttp's close() does not wait for the answer while receive() is running; the "
            "client's log says that it sent "
            "an answer, but its socket was reset before or while it did"
        ),
    ),
    # both at once
    "crossing-close": Talk(
        "Both sides send a close frame at once (60 ms one way, client's side recorded).",
        "websockets",
        "ws",
        [["send", "hello"], ["wait", 0.46], ["close", 1001, "server leaves"]],
        [["send", "hello"], ["wait", 0.4], ["close", 4000, "client leaves"]],
        "both",
        one_way=0.06,
    ),
    "crossing-close-aiohttp-websockets": Talk(
        "Both sides send a close frame at once (60 ms one way, client's side recorded).",
        "aiohttp",
        "websockets",
        [["send", "hello"], ["wait", 0.46], ["close", 1012, "restart"]],
        [["send", "hello"], ["wait", 0.4], ["close", 1000, "client done"]],
        "both",
        one_way=0.06,
        notes=(
            "aiohttp closes TCP at once behind its close frame and so never reads the "
            "client's; it reports 1000 all the same"
        ),
    ),
    "crossing-fin": Talk(
        "Both sides close only TCP at once (60 ms one way, client's side recorded).",
        "websockets",
        "ws",
        [["send", "hello"], ["wait", 0.46], ["fin"]],
        [["send", "hello"], ["wait", 0.4], ["fin"]],
        "both",
        "fin",
        one_way=0.06,
    ),
    # timers
    "ping-timeout": Talk(
        "The server (websockets, ping_interval 1, ping_timeout 1) pings a client that gets "
        "SIGSTOP: 1011 keepalive "
        "ping timeout.",
        "websockets",
        "ws",
        HELLO,
        HELLO,
        how="close_frame",
        during=stop_client,
        server_config={"options": {"ping_interval": 1, "ping_timeout": 1, "close_timeout": 2}},
        notes="the client was stopped (SIGSTOP) and killed after the recording",
    ),
    "ping-timeout-client": Talk(
        "The client (websockets, ping_interval 1, ping_timeout 1) talks to a server that never "
        "answers a ping.",
        "raw",
        "websockets",
        client_plan=HELLO,
        first="client",
        server_config={"on_close": "silent"},
        client_config={"options": {"ping_interval": 1, "ping_timeout": 1, "close_timeout": 1}},
        notes="the server is a raw socket",
    ),
    "pings-answered": Talk(
        "Both sides ping and get their pongs, then the client closes.",
        "websockets",
        "ws",
        [["ping"], ["wait", 0.2], ["ping"]],
        [["send", "hello"], ["wait", 0.1], ["ping"], ["wait", 0.6], ["close", 1000, ""]],
        "client",
    ),
    "close-timeout-10s": Talk(
        "The client (websockets, default close_timeout 10) closes; the server never answers.",
        "raw",
        "websockets",
        client_plan=[*HELLO, ["close", 1000, "bye"]],
        first="client",
        server_config={"on_close": "silent"},
        notes="the server is a raw socket that answers nothing; the client gives up after 10 s",
    ),
    "close-timeout-30s": Talk(
        "The client (ws, default closeTimeout 30 s) closes; the server never answers.",
        "raw",
        "ws",
        client_plan=[*HELLO, ["close", 1000, "bye"]],
        first="client",
        server_config={"on_close": "silent"},
        patience=40,
        notes="the server is a raw socket that answers nothing; the client gives up after 30 s",
    ),
    # data after the close frame
    "data-after-close": Talk(
        "The server (websockets) sends a close frame and then a text frame behind it.",
        "websockets",
        "ws",
        [*HELLO, ["close_then_raw", 1000]],
        HELLO,
        notes="the late frame was written past the library",
    ),
    "data-after-close-ws": Talk(
        "The server (ws) sends a close frame and then a text frame behind it.",
        "ws",
        "aiohttp",
        [*HELLO, ["close_then_raw", 4005]],
        HELLO,
        notes="the late frame was written past the library",
    ),
    "data-before-answer": Talk(
        "The server (tornado) streams messages; the client closes meanwhile (40 ms one way): data "
        "of the server is still "
        "under way when the client has sent its close frame.",
        "tornado",
        "websockets",
        [["stream", 60, 60, 0.02]],
        [["send", "hello"], ["wait", 0.5], ["close", 1000, "enough"]],
        "client",
        one_way=0.04,
    ),
    # upgrades that come to nothing
    "refused-401": Talk(
        "The server (websockets) answers the upgrade with 401.",
        "websockets",
        "ws",
        how="refused",
        first="server",
        server_config={"refuse": 401},
    ),
    "refused-403": Talk(
        "The server (aiohttp) answers the upgrade with 403.",
        "aiohttp",
        "websockets",
        how="refused",
        first="server",
        server_config={"refuse": 403},
    ),
    "refused-404": Talk(
        "The server (tornado) answers the upgrade with 404.",
        "tornado",
        "aiohttp",
        how="refused",
        first="server",
        server_config={"refuse": 404},
    ),
    "refused-503": Talk(
        "The server (ws on Node's http) answers the upgrade with 503.",
        "ws",
        "tornado",
        how="refused",
        first="server",
        server_config={"refuse": 503},
    ),
    "unanswered-upgrade": Talk(
        "The server never answers the upgrade; the client (websockets) gives up after 2 s.",
        "raw",
        "websockets",
        first="client",
        how="unanswered",
        server_config={"upgrade": False},
        client_config={"options": {"open_timeout": 2}},
        during=never_answered,
        notes="the server is a raw socket",
    ),
    "keep-alive-then-upgrade": Talk(
        "Three ordinary GETs over an http.Agent with keepAlive, then the upgrade over the same "
        "TCP connection; the "
        "server closes with 1000.",
        "aiohttp",
        "ws",
        [*HELLO, ["close", 1000, "done"]],
        HELLO,
        client_config={"plain_first": 3},
    ),
    # permessage-deflate
    "deflate": Talk(
        "permessage-deflate: messages with context takeover, fragments, a binary message, then "
        "the client closes.",
        "ws",
        "websockets",
        [["wait", 0.2], ["size", 3000], ["fragments", ["one ", "two ", "three"]], ["wait", 0.5]],
        [
            ["send", "hello hello hello hello"],
            ["size", 3000],
            ["size", 3000],
            ["fragments", ["alpha " * 20, "beta " * 20, "gamma"]],
            ["binary", 600],
            ["wait", 0.6],
            ["close", 1000, "deflated"],
        ],
        "client",
        server_config=DEFLATE_WS,
    ),
    "deflate-server-closes": Talk(
        "permessage-deflate, an echo server (websockets), then the server closes with 4010.",
        "websockets",
        "ws",
        [["size", 1000], ["wait", 0.6], ["close", 4010, "enough deflate"]],
        [
            ["send", "echo this"],
            ["fragments", ["part one, ", "part two"]],
            ["size", 2000],
            ["wait", 0.3],
        ],
        server_config=ECHO,
        client_config=DEFLATE_WS,
    ),
}

if __name__ == "__main__":
    run_named(
        {
            name: partial(record, name, talk, 18300 + number)
            for number, (name, talk) in enumerate(TALKS.items())
        }
    )
