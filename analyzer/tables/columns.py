"""What a column is, and those of the table of connections, from which others take some.

Names are a published contract: they are added to, never renamed.
"""

from __future__ import annotations

from typing import NamedTuple

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


def sent_columns(prefix: str, whose: str) -> tuple[Column, ...]:
    """Return what one side sent; `whose` as in "the client"."""
    of_frames, of_pings = f"{RFC_6455}, 5.2", f"{RFC_6455}, 5.5."
    rows = (
        ("frames", f"frames that {whose} sent", "frames", of_frames),
        ("messages", f"data messages that {whose} completed", "messages", f"{RFC_6455}, 5.4"),
        ("bytes", "bytes on the WebSocket, frame headers included", "bytes", of_frames),
        ("payload_bytes", "bytes of payload", "bytes", of_frames),
        ("pings", f"pings that {whose} sent", "frames", f"{of_pings}2"),
        ("pongs", f"pongs that {whose} sent", "frames", f"{of_pings}3"),
        ("after_close_bytes", "bytes behind its own close frame", "bytes", f"{of_pings}1"),
        (
            "retransmitted_segments",
            "TCP segments, over the whole stream, whose bytes the capture already held",
            "segments",
            f"{RFC_9293}, 3.8",
        ),
        ("missing_bytes", "sent on the stream, but not in the capture", "bytes", ""),
    )
    return tuple(
        Column(f"{prefix}_{name}", "integer", meaning, unit, source)
        for name, meaning, unit, source in rows
    )


def close_columns(prefix: str, whose: str) -> tuple[Column, ...]:
    """Return the first close frame of one side."""
    source = f"{RFC_6455}, 5.5.1"
    return (
        Column(f"{prefix}_code", "integer", f"code in {whose}'s first close frame", "", source),
        Column(f"{prefix}_reason", "text", "its reason, as sent", "", source),
        Column(f"{prefix}_at", "time", "when its last byte passed"),
        Column(f"{prefix}_packet", "integer", "the packet that brought it"),
        Column(f"{prefix}_body", "text", "its body, unmasked, as hexadecimal digits", "", source),
        Column(f"{prefix}_complete", "boolean", "the capture holds the whole frame"),
    )


def view_columns(prefix: str, whose: str) -> tuple[Column, ...]:
    """Return what one side's API would report."""
    code = f"close code that the API at {whose} would report"
    clean = "what CloseEvent.wasClean would say"
    return (
        Column(f"{prefix}_code", "integer", code, "", f"{RFC_6455}, 7.1.5"),
        Column(f"{prefix}_reason", "text", "reason that it would report", "", f"{RFC_6455}, 7.1.6"),
        Column(f"{prefix}_was_clean", "boolean", clean, "", "WHATWG WebSockets"),
        Column(f"{prefix}_certainty", "certainty", "how certain that is"),
    )


def fin_columns(prefix: str, whose: str) -> tuple[Column, ...]:
    """Return the first FIN of one side."""
    return (
        Column(f"{prefix}_at", "time", f"{whose}'s first FIN", "", f"{RFC_9293}, 3.6"),
        Column(f"{prefix}_packet", "integer", "the packet that brought it"),
    )


def rst_columns(prefix: str, whose: str) -> tuple[Column, ...]:
    """Return the first RST of one side that counts."""
    meaning = f"{whose}'s first RST that its receiver would accept"
    return (
        Column(f"{prefix}_at", "time", meaning, "", f"{RFC_9293}, 3.5.3"),
        Column(f"{prefix}_packet", "integer", "the packet that brought it"),
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
    Column("key", "text", "Sec-WebSocket-Key, as sent", "", f"{RFC_6455}, 4.1"),
    Column("accept", "text", "Sec-WebSocket-Accept, as sent", "", f"{RFC_6455}, 4.2.2"),
    Column("kind", "kind", "how it ended"),
    Column("first", "first", "who was first"),
    Column("answered", "boolean", "both sides sent a close frame", "", f"{RFC_6455}, 7.1.2"),
    Column(
        "clean", "boolean", "TCP was closed after the closing handshake", "", f"{RFC_6455}, 7.1.4"
    ),
    Column("sentence", "text", "all of it in one line"),
    Column("caveats", "text", "what this capture cannot tell, joined by '; '"),
    *close_columns("client_close", "the client"),
    *close_columns("server_close", "the server"),
    Column("tcp_first_fin", "first", "who sent the first FIN", "", f"{RFC_9293}, 3.6"),
    *fin_columns("tcp_client_fin", "the client"),
    *fin_columns("tcp_server_fin", "the server"),
    *rst_columns("tcp_client_rst", "the client"),
    *rst_columns("tcp_server_rst", "the server"),
    *view_columns("client_view", "the client"),
    *view_columns("server_view", "the server"),
    *TIMINGS,
    *sent_columns("client_sent", "the client"),
    *sent_columns("server_sent", "the server"),
    Column("anomalies", "text", "names of what was odd, joined by '; '"),
)
