"""What `old_framing.py` records: a scenario is one connection, its steps, how it was to end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """One connection: who speaks what, the client's steps, and how it was staged to end."""

    name: str
    text: str
    server: str
    client: str
    version: str  # as the client program counts
    steps: tuple[str, ...]
    first: str | None
    how: str
    notes: str = ""
    server_arguments: tuple[str, ...] = ()
    mood: str = ""  # of the gem client, see there
    cannot_tell: tuple[str, ...] = ()  # "server.sent_close" ...: the log is silent about it

    @property
    def framing(self) -> str:
        names = {"draft-hixie-75": "75", "draft-ietf-hybi-00": "76", "draft-ietf-hybi-10": "8"}
        number = int(names.get(self.version, self.version))
        if number in (75, 76):
            return f"hixie-{number}"
        return f"hybi-0{number}" if number < 7 else "rfc6455"

    @property
    def header_version(self) -> str | None:
        """The value of Sec-WebSocket-Version; drafts before 04 have no such header."""
        if self.version == "draft-ietf-hybi-10":
            return "8"
        return self.version if self.version.isdigit() and 4 <= int(self.version) <= 13 else None


HELLO = ("text:hello", "expect:1")
HANG_UP = ("await_eof", "fin")
ANSWERED = ("close", "await_close", *HANG_UP)
BURST = ("burst:one||two é||three", "expect:5", "text:please burst", "expect:5")


def hixie76() -> Iterator[Scenario]:
    def make(
        name: str,
        text: str,
        server: str,
        steps: tuple[str, ...],
        first: str | None,
        how: str,
        notes: str = "",
    ) -> Scenario:
        return Scenario(
            f"hixie76-{name}", text, server, "gem", "76", (*HELLO, *steps), first, how, notes
        )

    stopped = (
        "The server's process was stopped (SIGSTOP) before the close: its kernel acknowledges, it"
        " says nothing."
    )
    yield make(
        "client-close-answered-em",
        "The client sends FF 00, em-websocket answers and hangs up.",
        "em",
        ANSWERED,
        "client",
        "close_frame",
        "em-websocket reports 1006 although FF 00 went both ways.",
    )
    yield make(
        "client-close-answered-ws04",
        "The client sends FF 00, ws 0.4 answers and hangs up.",
        "ws04",
        ANSWERED,
        "client",
        "close_frame",
    )
    yield make(
        "client-close-answered-faye",
        "The client sends FF 00, websocket-driver answers and hangs up.",
        "faye",
        ANSWERED,
        "client",
        "close_frame",
    )
    yield make(
        "client-close-unanswered-eventlet",
        "The client sends FF 00, eventlet hangs up without answering.",
        "eventlet",
        ("close", *HANG_UP),
        "client",
        "close_frame",
    )
    yield make(
        "client-close-ignored",
        "The client sends FF 00, the server does nothing, the client hangs up after 3 s.",
        "em",
        ("server:STOP", "close", "wait:3", "fin"),
        "client",
        "close_frame",
        stopped,
    )
    yield make(
        "server-close-answered-ws04",
        "ws 0.4 sends FF 00, the client answers.",
        "ws04",
        ("text:please close", "await_close", "answer", *HANG_UP),
        "server",
        "close_frame",
    )
    yield make(
        "server-close-answered-late",
        "ws 0.4 sends FF 00, the client talks on for a second and then answers.",
        "ws04",
        (
            "text:please close",
            "await_close",
            "wait:0.5",
            "text:still here",
            "wait:0.5",
            "answer",
            *HANG_UP,
        ),
        "server",
        "close_frame",
    )
    yield make(
        "server-close-answered-eventlet",
        "eventlet sends FF 00 and closes TCP at once; the client answers into it.",
        "eventlet",
        ("text:please close", "await_close", "answer", *HANG_UP),
        "server",
        "close_frame",
    )
    yield make(
        "server-close-unanswered-faye",
        "websocket-driver sends FF 00 and FIN; the client hangs up without answering.",
        "faye",
        ("text:please close", "await_close", *HANG_UP),
        "server",
        "close_frame",
    )
    yield make(
        "server-close-ignored-ws04",
        "ws 0.4 sends FF 00 and FIN; the client hangs up 3 s later without an answer.",
        "ws04",
        ("text:please close", "await_close", "await_eof", "wait:3", "fin"),
        "server",
        "close_frame",
    )
    yield make(
        "server-fin-em",
        "em-websocket's close() is a bare FIN on this framing.",
        "em",
        ("text:please close", *HANG_UP),
        "server",
        "fin",
    )
    yield make(
        "client-fin", "The client closes TCP without FF 00.", "em", ("fin",), "client", "fin"
    )
    yield make("client-rst", "The client closes with SO_LINGER 0.", "em", ("rst",), "client", "rst")
    yield make(
        "server-rst",
        "The server is killed with unread data.",
        "em",
        ("server:STOP", "text:unread", "wait:0.3", "server:KILL", *HANG_UP),
        "server",
        "rst",
        "SIGSTOP, a text that nobody reads, SIGKILL.",
    )
    yield make(
        "both-close",
        "ws 0.4 and the client send FF 00 at the same instant; neither has seen the other's.",
        "ws04",
        ("text:please close at {crossing}", "close_at:{crossing}", "await_close", *HANG_UP),
        "both",
        "close_frame",
        "In a network namespace where iptables dropped everything from 0.2 s before to 0.1 s after"
        " the instant; the closes arrive by retransmission.",
    )
    yield make(
        "bursts-fin",
        "Several texts, empty ones among them, in one segment each way; then the client closes"
        " TCP.",
        "em",
        (*BURST, "wait:0.2", "fin"),
        "client",
        "fin",
        "FF 00 stands between the texts, and no close frame was sent.",
    )
    yield make(
        "bursts-close",
        "Several texts in one segment each way, then the client closes and em-websocket answers.",
        "em",
        (*BURST, *ANSWERED),
        "client",
        "close_frame",
    )
    yield make(
        "burst-and-close",
        "Texts and FF 00 behind them in one write.",
        "em",
        ("burst_close:one||two", "await_close", *HANG_UP),
        "client",
        "close_frame",
    )
    yield make(
        "close-in-two-segments",
        "FF and 00 travel 0.3 s apart.",
        "em",
        ("close_split:0.3", "await_close", *HANG_UP),
        "client",
        "close_frame",
    )
    wrong = "lighttpd 1.4.69 answers the challenge wrongly (the numbers in little-endian order)"
    for name, text, steps, first, how in (
        (
            "client-close",
            "The client sends FF 00 to lighttpd, which answers.",
            (*HELLO, "close", *HANG_UP),
            "client",
            "close_frame",
        ),
        (
            "backend-gone",
            "The backend behind lighttpd hangs up; lighttpd closes TCP without FF 00.",
            (*HELLO, "text:please close", *HANG_UP),
            "server",
            "fin",
        ),
    ):
        yield Scenario(
            f"hixie76-lighttpd-{name}",
            text,
            "lighttpd",
            "gem",
            "76",
            steps,
            first,
            how,
            f"{wrong}; the client was told to go on.",
            mood="lenient",
        )
    yield Scenario(
        "hixie76-lighttpd-wrong-answer",
        "The client checks lighttpd's answer to the challenge and hangs up.",
        "lighttpd",
        "gem",
        "76",
        (),
        "client",
        "fin",
        f"{wrong}; the client calls it invalid.",
        mood="refusal",
    )
    perl = "draft-ietf-hybi-00"
    yield Scenario(
        "hixie76-perl-client-close",
        "A Perl client sends FF 00, the gem's server answers.",
        "gem_server",
        "perl",
        perl,
        (*HELLO, *ANSWERED),
        "client",
        "close_frame",
    )
    yield Scenario(
        "hixie76-server-close-waits",
        "The gem's server sends FF 00 and waits; the Perl client answers, the server hangs up.",
        "gem_server",
        "perl",
        perl,
        ("text:please close", "await_close", "wait:0.3", "answer", *HANG_UP),
        "server",
        "close_frame",
    )
    yield Scenario(
        "hixie76-server-close-unanswered-perl",
        "The gem's server sends FF 00 and waits; the Perl client hangs up without an answer after"
        " 2 s.",
        "gem_server",
        "perl",
        perl,
        ("text:please close", "await_close", "wait:2", "fin"),
        "server",
        "close_frame",
    )
    yield Scenario(
        "hixie76-perl-unanswered",
        "em-websocket never answers a Perl client, which gives up after 5 s.",
        "em",
        "perl",
        perl,
        HELLO,
        "client",
        "unanswered",
        "Protocol::WebSocket sends Content-Length: 8, so em-websocket's HTTP parser takes the third"
        " key as a body and waits for it.",
    )


def hixie75() -> Iterator[Scenario]:
    def make(
        name: str,
        text: str,
        server: str,
        steps: tuple[str, ...],
        first: str | None,
        how: str,
        notes: str = "",
    ) -> Scenario:
        return Scenario(f"hixie75-{name}", text, server, "gem", "75", steps, first, how, notes)

    ff00 = (
        "hixie-75 has no close frame: what the logs call a close is FF 00, which this framing says"
        " nothing about."
    )
    yield make(
        "server-fin",
        "em-websocket's close() is a bare FIN.",
        "em",
        (*HELLO, "text:please close", *HANG_UP),
        "server",
        "fin",
    )
    yield make("client-fin", "The client closes TCP.", "em", (*HELLO, "fin"), "client", "fin")
    yield make(
        "bursts-client-fin",
        "Several texts, empty ones among them, in one segment each way; then the client closes"
        " TCP.",
        "em",
        (*HELLO, *BURST, "wait:0.2", "fin"),
        "client",
        "fin",
    )
    yield make(
        "client-rst", "The client closes with SO_LINGER 0.", "em", (*HELLO, "rst"), "client", "rst"
    )
    yield make(
        "server-rst",
        "The server is killed with unread data.",
        "em",
        (*HELLO, "server:STOP", "text:unread", "wait:0.3", "server:KILL", *HANG_UP),
        "server",
        "rst",
        "SIGSTOP, a text that nobody reads, SIGKILL.",
    )
    yield make(
        "ff00-answered-em",
        "The client sends FF 00; em-websocket answers it and hangs up, as if this were hixie-76.",
        "em",
        (*HELLO, *ANSWERED),
        "client",
        "fin",
        ff00,
    )
    yield make(
        "ff00-ignored-faye",
        "The client sends FF 00; websocket-driver discards it and goes on echoing; the client"
        " closes TCP.",
        "faye",
        (*HELLO, "close", "text:still there?", "expect:1", "fin"),
        "client",
        "fin",
        ff00,
    )
    yield make(
        "ff00-fin-eventlet",
        "The client sends FF 00; eventlet takes it as a goodbye and hangs up without answering.",
        "eventlet",
        (*HELLO, "close", *HANG_UP),
        "client",
        "fin",
        ff00,
    )
    yield Scenario(
        "hixie75-refused-ws04",
        "ws 0.4 does not speak hixie-75 and refuses the upgrade.",
        "ws04",
        "gem",
        "75",
        (),
        "server",
        "refused",
        mood="refusal",
    )
    yield Scenario(
        "hixie75-perl-client-fin",
        "A Perl client talks to em-websocket and closes TCP.",
        "em",
        "perl",
        "draft-hixie-75",
        (*HELLO, "fin"),
        "client",
        "fin",
    )


def hybi_drafts() -> Iterator[Scenario]:
    for version, client in (("1", "gem"), ("2", "gem"), ("3", "gem"), ("5", "spec"), ("6", "spec")):
        yield from draft(version, client)
    notes = (
        "The gem's draft 04 has neither Sec-WebSocket-Nonce nor masking; both ends are the same"
        " library."
    )
    for name, text, steps, first in (
        (
            "client-close-answered",
            "The client closes, the server answers.",
            (*HELLO, *ANSWERED),
            "client",
        ),
        (
            "server-close-answered",
            "The server closes, the client answers.",
            ("text:please close", "await_close", "answer", *HANG_UP),
            "server",
        ),
    ):
        yield Scenario(
            f"hybi04-{name}", text, "gem_server", "gem", "4", steps, first, "close_frame", notes
        )


def draft(version: str, client: str) -> Iterator[Scenario]:
    """The same endings for each draft that em-websocket speaks."""
    home_made = (
        "The client is written from the draft: no client program for it is left."
        if client == "spec"
        else ""
    )
    goodbye = ":1000:bye" if version == "6" else ""

    def make(
        name: str, text: str, steps: tuple[str, ...], first: str, how: str, notes: str = ""
    ) -> Scenario:
        both = " ".join(filter(None, (notes, home_made)))
        return Scenario(
            f"hybi0{version}-{name}",
            text,
            "em",
            client,
            version,
            steps,
            first,
            how,
            both,
            server_arguments=("2",),
        )

    ping = ("text:please ping", "ping:from client", "wait:0.2")
    yield make(
        "client-close-answered",
        "The client closes, em-websocket answers.",
        (*HELLO, *ping, f"close{goodbye}", *ANSWERED[1:]),
        "client",
        "close_frame",
    )
    if version in ("1", "2"):
        return
    order = "please close 4001 restart" if version == "6" else "please close"
    answer = "answer:4001:restart" if version == "6" else "answer"
    yield make(
        "server-close-answered",
        "em-websocket closes, the client answers.",
        (*HELLO, f"text:{order}", "await_close", answer, *HANG_UP),
        "server",
        "close_frame",
    )
    yield make(
        "client-close-ignored",
        "The client closes, the server does nothing, the client hangs up after 2 s.",
        (*HELLO, "server:STOP", f"close{goodbye}", "wait:2", "fin"),
        "client",
        "close_frame",
        "The server's process was stopped (SIGSTOP) before the close.",
    )
    yield make(
        "server-close-ignored",
        "em-websocket closes, the client does nothing; em-websocket gives up after 2 s.",
        (*HELLO, f"text:{order}", "await_close", *HANG_UP),
        "server",
        "close_frame",
        "close_timeout was set to 2 s.",
    )
    yield make(
        "client-fin",
        "The client closes TCP without a close frame.",
        (*HELLO, "fin"),
        "client",
        "fin",
    )
    yield make(
        "client-rst", "The client closes with SO_LINGER 0.", (*HELLO, "rst"), "client", "rst"
    )
    yield make(
        "server-killed",
        "The server is killed with nothing unread.",
        (*HELLO, "wait:0.3", "server:KILL", *HANG_UP),
        "server",
        "fin",
    )


def hybi_07_and_later() -> Iterator[Scenario]:
    for version in ("7", "8", "13"):
        yield from coded(version)
    deaf = (
        "ws 0.4 parses nothing more once its own close() was called: the answer came, but its log has"
        " no received_close."
    )
    for client in ("ws04_client", "websocket_node"):
        yield Scenario(
            f"v8-{client}-close-answered",
            "An old npm client of version 8 closes, ws 0.4 answers.",
            "ws04",
            client,
            "8",
            ("text:hello", "expect:1", "close:4002:done here", "await_close"),
            "client",
            "close_frame",
            notes=deaf if client == "ws04_client" else "",
            cannot_tell=("client.received_close",) if client == "websocket_node" else (),
        )
    yield Scenario(
        "v8-server-close-websocket-node",
        "ws 0.4 closes, WebSocket-Node answers in version 8.",
        "ws04",
        "websocket_node",
        "8",
        ("text:hello", "expect:1", "text:please close 4001 restart", "await_close"),
        "server",
        "close_frame",
        notes=deaf,
        cannot_tell=("client.sent_close", "client.received_close"),
    )


def coded(version: str) -> Iterator[Scenario]:
    def make(name: str, text: str, steps: tuple[str, ...], first: str, notes: str = "") -> Scenario:
        return Scenario(
            f"v{version}-{name}",
            text,
            "em",
            "gem",
            version,
            (*HELLO, *steps),
            first,
            "close_frame",
            notes,
            server_arguments=("2",),
        )

    yield make(
        "client-close-answered",
        "The client closes with 4002, em-websocket answers.",
        ("close:4002:done here", *ANSWERED[1:]),
        "client",
    )
    yield make(
        "server-close-answered",
        "em-websocket closes with 4001, the client answers with the same.",
        ("text:please close 4001 restart", "await_close", "answer:4001:restart", *HANG_UP),
        "server",
    )
    yield make(
        "client-close-ignored",
        "The client closes, the server does nothing, the client hangs up after 2 s.",
        ("server:STOP", "close:1000:bye", "wait:2", "fin"),
        "client",
        "The server's process was stopped (SIGSTOP) before the close.",
    )
    yield make(
        "server-close-ignored",
        "em-websocket closes with 4001, the client does nothing; em-websocket gives up after 2 s.",
        ("text:please close 4001 restart", "await_close", *HANG_UP),
        "server",
        "close_timeout was set to 2 s.",
    )


SCENARIOS = [*hixie76(), *hixie75(), *hybi_drafts(), *hybi_07_and_later()]
