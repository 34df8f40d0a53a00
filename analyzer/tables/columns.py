"""What the tables hold: every column's name, kind, unit, meaning and source, said once.

Tables are built by this, empty ones have their columns by this, and the page that explains them is
made of this. Names are a published contract: they are added to, never renamed.
"""

from __future__ import annotations

from typing import NamedTuple

from analyzer.ending.timing import STEPS

RFC_6455 = "RFC 6455"
RFC_9293 = "RFC 9293"


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    name : str
        As in the DataFrame.
    dtype : str
        ``time``, ``seconds``, ``integer``, ``boolean``, ``text``, ``bytes``, or the name of an
        ordered category: ``kind``, ``side``, ``first``, ``framing``, ``seen_from``, ``certainty``,
        ``step``, ``opcode``.
    meaning : str
        In one line.
    unit : str
        Empty where there is none.
    source : str
        The section that defines it; empty where this project does.
    """

    name: str
    dtype: str
    meaning: str
    unit: str = ""
    source: str = ""


def _side(side: str) -> tuple[Column, ...]:
    """Return what one side sent."""
    sent = f"{side}_sent"
    return (
        Column(
            f"{sent}_frames",
            "integer",
            f"frames that the {side} sent",
            "frames",
            f"{RFC_6455}, 5.2",
        ),
        Column(
            f"{sent}_messages",
            "integer",
            f"data messages that the {side} completed",
            "messages",
            f"{RFC_6455}, 5.4",
        ),
        Column(
            f"{sent}_bytes",
            "integer",
            "bytes on the WebSocket, frame headers included",
            "bytes",
            f"{RFC_6455}, 5.2",
        ),
        Column(f"{sent}_payload_bytes", "integer", "bytes of payload", "bytes", f"{RFC_6455}, 5.2"),
        Column(
            f"{sent}_pings",
            "integer",
            f"pings that the {side} sent",
            "frames",
            f"{RFC_6455}, 5.5.2",
        ),
        Column(
            f"{sent}_pongs",
            "integer",
            f"pongs that the {side} sent",
            "frames",
            f"{RFC_6455}, 5.5.3",
        ),
        Column(
            f"{sent}_after_close_bytes",
            "integer",
            "bytes behind its own close frame",
            "bytes",
            f"{RFC_6455}, 5.5.1",
        ),
        Column(
            f"{sent}_retransmitted_segments",
            "integer",
            "TCP segments, over the whole stream, whose bytes the capture already held",
            "segments",
        ),
        Column(
            f"{sent}_missing_bytes",
            "integer",
            "sent on the stream, but not in the capture",
            "bytes",
        ),
    )


def _close(side: str) -> tuple[Column, ...]:
    """Return the first close frame of one side."""
    close, source = f"{side}_close", f"{RFC_6455}, 5.5.1"
    return (
        Column(f"{close}_code", "integer", f"code in the {side}'s first close frame", "", source),
        Column(f"{close}_reason", "text", "its reason, as sent", "", source),
        Column(f"{close}_at", "time", "when its last byte passed"),
        Column(f"{close}_packet", "integer", "the packet that brought it"),
        Column(f"{close}_body", "text", "its body, unmasked, as hexadecimal digits", "", source),
        Column(f"{close}_complete", "boolean", "the capture holds the whole frame"),
    )


def _view(side: str) -> tuple[Column, ...]:
    """Return what one side's API would report."""
    view = f"{side}_view"
    return (
        Column(
            f"{view}_code",
            "integer",
            f"close code that the API at the {side} would report",
            "",
            f"{RFC_6455}, 7.1.5",
        ),
        Column(f"{view}_reason", "text", "reason that it would report", "", f"{RFC_6455}, 7.1.6"),
        Column(
            f"{view}_was_clean",
            "boolean",
            "what CloseEvent.wasClean would say",
            "",
            "WHATWG WebSockets",
        ),
        Column(f"{view}_certainty", "certainty", "how certain that is"),
    )


TIMINGS = (
    Column(
        "tcp_connect_s",
        "seconds",
        "SYN to the ACK that completes the TCP handshake",
        "s",
        f"{RFC_9293}, 3.5",
    ),
    Column("upgrade_s", "seconds", "request to answer", "s", f"{RFC_6455}, 4"),
    Column("open_s", "seconds", "answer to the first event of the ending", "s"),
    Column("idle_before_end_s", "seconds", "last frame of either side to that event", "s"),
    Column("client_idle_s", "seconds", "last frame of the client to that event", "s"),
    Column("server_idle_s", "seconds", "last frame of the server to that event", "s"),
    Column(
        "last_ping_rtt_s",
        "seconds",
        "the last ping that was answered, to its pong",
        "s",
        f"{RFC_6455}, 5.5.3",
    ),
    Column(
        "close_answer_s",
        "seconds",
        "first close frame to the other side's",
        "s",
        f"{RFC_6455}, 7.1.2",
    ),
    Column(
        "close_to_tcp_end_s",
        "seconds",
        "last close frame to the first FIN or RST",
        "s",
        f"{RFC_6455}, 7.1.1",
    ),
    Column("fin_to_fin_s", "seconds", "one side's FIN to the other's", "s", f"{RFC_9293}, 3.6"),
    Column("end_s", "seconds", "first event of the ending to the last packet of TCP", "s"),
)

_TCP_END = tuple(
    column
    for what, words in (("fin", "FIN"), ("rst", "RST that its receiver would accept"))
    for side in ("client", "server")
    for column in (
        Column(f"tcp_{side}_{what}_at", "time", f"the {side}'s first {words}", "", RFC_9293),
        Column(f"tcp_{side}_{what}_packet", "integer", "the packet that brought it"),
    )
)

CONNECTIONS = (
    Column("id", "integer", "number of the connection, in the order in which they began"),
    Column("tcp_stream", "integer", "Wireshark's tcp.stream"),
    Column("network", "integer", "0, or what keeps equal addresses in VLANs or tunnels apart"),
    Column("first_packet", "integer", "first packet of the TCP stream, from 1"),
    Column("last_packet", "integer", "last packet of the TCP stream"),
    Column("first_at", "time", "when the first packet passed"),
    Column("last_at", "time", "when the last packet passed"),
    Column("community_id", "text", "Community ID of the TCP stream", "", "Community ID 1"),
    Column("client_ip", "text", "address of who asked for the upgrade"),
    Column("client_port", "integer", "port of who asked for the upgrade"),
    Column("server_ip", "text", "address of who was asked"),
    Column("server_port", "integer", "port of who was asked"),
    Column("carrier", "text", "what the WebSocket travelled in"),
    Column("h2_stream", "integer", "stream of HTTP/2, where it travelled in that", "", "RFC 8441"),
    Column("framing", "framing", "which framing it spoke", "", f"{RFC_6455} and its drafts"),
    Column("version", "text", "Sec-WebSocket-Version, as sent", "", f"{RFC_6455}, 4.1"),
    Column("seen_from", "seen_from", "where in its life the capture begins"),
    Column("target", "text", "request target", "", f"{RFC_6455}, 4.1"),
    Column("host", "text", "Host of the request", "", f"{RFC_6455}, 4.1"),
    Column("origin", "text", "Origin of the request", "", f"{RFC_6455}, 4.1"),
    Column("user_agent", "text", "User-Agent of the request"),
    Column("subprotocol", "text", "the one that the server chose", "", f"{RFC_6455}, 1.9"),
    Column("offered_subprotocols", "text", "those that the client offered, joined by '; '"),
    Column(
        "extensions", "text", "those that the server accepted, joined by '; '", "", f"{RFC_6455}, 9"
    ),
    Column("status", "integer", "status of the answer", "", f"{RFC_6455}, 4.2.2"),
    Column(
        "accept_valid",
        "boolean",
        "the server's proof fits the client's key",
        "",
        f"{RFC_6455}, 4.2.2",
    ),
    Column("requested_at", "time", "when the request was whole"),
    Column("answered_at", "time", "when the answer was whole"),
    Column("request_packet", "integer", "the packet that made the request whole"),
    Column("response_packet", "integer", "the packet that made the answer whole"),
    Column("kind", "kind", "how it ended"),
    Column("first", "first", "who was first"),
    Column("answered", "boolean", "both sides sent a close frame", "", f"{RFC_6455}, 7.1.2"),
    Column(
        "clean", "boolean", "TCP was closed after the closing handshake", "", f"{RFC_6455}, 7.1.4"
    ),
    Column("sentence", "text", "all of it in one line"),
    Column("caveats", "text", "what this capture cannot tell, joined by '; '"),
    *_close("client"),
    *_close("server"),
    Column("tcp_first_fin", "first", "who sent the first FIN", "", f"{RFC_9293}, 3.6"),
    *_TCP_END,
    *_view("client"),
    *_view("server"),
    *TIMINGS,
    *_side("client"),
    *_side("server"),
    Column("anomalies", "text", "names of what was odd, joined by '; '"),
)

_CONNECTION = Column("connection", "integer", "number of the connection")
_SIDE = Column("side", "side", "who sent it")

ENDINGS = (
    _CONNECTION,
    Column("side", "side", "whose row this is"),
    Column("kind", "kind", "how the connection ended"),
    Column("first", "first", "who was first"),
    Column("was_first", "boolean", "this side was first, alone or at once with the other"),
    *(column._replace(name=column.name.removeprefix("client_")) for column in _close("client")),
    Column("fin_at", "time", "its first FIN", "", RFC_9293),
    Column("fin_packet", "integer", "the packet that brought it"),
    Column("rst_at", "time", "its first RST that the other side would accept", "", RFC_9293),
    Column("rst_packet", "integer", "the packet that brought it"),
    *(column._replace(name=column.name.removeprefix("client_")) for column in _view("client")),
    Column("idle_s", "seconds", "its last frame to the first event of the ending", "s"),
    *(column._replace(name=column.name.removeprefix("client_")) for column in _side("client")),
)

TIMING_ROWS = (
    _CONNECTION,
    Column("step", "step", "which step"),
    Column("seconds", "seconds", "how long it took; steps that cannot be told have no row", "s"),
    Column("kind", "kind", "how the connection ended"),
    Column("first", "first", "who was first"),
)

TCP = tuple(
    column
    for column in CONNECTIONS
    if column.name
    in {
        "tcp_stream",
        "network",
        "first_packet",
        "last_packet",
        "first_at",
        "last_at",
        "community_id",
        "client_ip",
        "client_port",
        "server_ip",
        "server_port",
        "seen_from",
        "tcp_connect_s",
        "fin_to_fin_s",
        "client_sent_retransmitted_segments",
        "client_sent_missing_bytes",
        "server_sent_retransmitted_segments",
        "server_sent_missing_bytes",
    }
    or column.name.startswith("tcp_")
)
TCP = (_CONNECTION, *TCP, Column("wireshark", "text", "display filter for the stream"))

FRAMES = (
    _CONNECTION,
    _SIDE,
    Column(
        "opcode", "opcode", "by name; numbers without a name as 'opcode N'", "", f"{RFC_6455}, 5.2"
    ),
    Column("fin", "boolean", "the last frame of its message", "", f"{RFC_6455}, 5.2"),
    Column("rsv1", "boolean", "first reserved bit", "", f"{RFC_6455}, 5.2"),
    Column("rsv2", "boolean", "second reserved bit", "", f"{RFC_6455}, 5.2"),
    Column("rsv3", "boolean", "third reserved bit", "", f"{RFC_6455}, 5.2"),
    Column("masked", "boolean", "payload under a mask", "", f"{RFC_6455}, 5.3"),
    Column("payload_length", "integer", "payload as sent", "bytes", f"{RFC_6455}, 5.2"),
    Column("first_at", "time", "when its first byte passed"),
    Column("at", "time", "when its last byte passed"),
    Column("packet", "integer", "the packet that brought its last byte"),
    Column("missing", "integer", "payload that the capture does not hold", "bytes"),
    Column(
        "ping_rtt_s",
        "seconds",
        "of a pong: since the ping that it answers",
        "s",
        f"{RFC_6455}, 5.5.3",
    ),
)

MESSAGES = (
    _CONNECTION,
    _SIDE,
    Column(
        "opcode",
        "opcode",
        "text or binary; 'opcode 0' where its first frame is missing",
        "",
        f"{RFC_6455}, 5.6",
    ),
    Column("frames", "integer", "how many frames it came in", "frames", f"{RFC_6455}, 5.4"),
    Column("compressed", "boolean", "RSV1 was set on its first frame", "", "RFC 7692, 6"),
    Column("payload_length", "integer", "payload as sent", "bytes"),
    Column("size", "integer", "unmasked and inflated", "bytes", "RFC 7692, 7.2.2"),
    Column("valid", "boolean", "a text is UTF-8", "", f"{RFC_6455}, 8.1"),
    Column("first_at", "time", "when its first byte passed"),
    Column("at", "time", "when its last byte passed"),
    Column("packet", "integer", "the packet that brought its last byte"),
    Column("missing", "integer", "payload that the capture does not hold", "bytes"),
    Column("text", "text", "of a text: its first 64 KiB, bytes that are no UTF-8 as U+FFFD"),
    Column("payload", "bytes", "its first 64 KiB, unmasked and inflated"),
)

ANOMALIES = (
    Column("connection", "integer", "number of the connection; missing for those of none"),
    Column("name", "text", "what is odd; names are stable"),
    Column("side", "side", "who did it"),
    Column("at", "time", "when"),
    Column("packet", "integer", "in which packet"),
    Column("detail", "text", "more of it"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "connections": CONNECTIONS,
    "endings": ENDINGS,
    "timings": TIMING_ROWS,
    "tcp": TCP,
    "frames": FRAMES,
    "messages": MESSAGES,
    "anomalies": ANOMALIES,
}

assert tuple(f"{step}_s" for step in STEPS) == tuple(column.name for column in TIMINGS)  # noqa: S101
