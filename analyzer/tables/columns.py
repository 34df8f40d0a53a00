"""What a column is, and those of the table of connections, from which others take some.

Names are a published contract: they are added to, never renamed.
"""

from __future__ import annotations

from typing import NamedTuple

RFC_6455 = "RFC 6455"
RFC_9113 = "RFC 9113"
RFC_9293 = "RFC 9293"
RFC_8446 = "RFC 8446"


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
    rows: tuple[tuple[str, str, str, str], ...] = (
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
        ("segments", "TCP segments, over the whole stream", "segments", f"{RFC_9293}, 3.4"),
        ("last_at", f"when the last segment of {whose} passed", "", ""),
        ("unanswered_segments", "repeated, or probes, after the other was heard", "segments", ""),
        ("unanswered_at", "when the first of these passed", "", ""),
        ("unanswered_pings", "pings without a pong, behind the last answered", "frames", ""),
        ("unanswered_ping_at", "when the first of these passed", "", ""),
        ("zero_windows", "times that its receive window closed", "", f"{RFC_9293}, 3.8.6"),
        ("zero_window_at", "when it closed, where it stayed closed", "", f"{RFC_9293}, 3.8.6"),
        ("stalled_segments", "repeated in its longest stall, until answered", "segments", ""),
        ("stalled_at", "when the first of these passed", "", ""),
        ("stall_ended_at", "when the other side was heard again", "", ""),
    )
    return tuple(
        Column(
            f"{prefix}_{name}",
            "time" if name.endswith("_at") else "integer",
            meaning,
            unit,
            source,
        )
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
        Column(
            f"{prefix}_acknowledges", "boolean", "it has the ACK flag", "", f"{RFC_9293}, 3.5.2"
        ),
        Column(f"{prefix}_ttl", "integer", "its time to live, or hop limit", "hops"),
        Column(f"{prefix}_usual_ttl", "integer", "that of its side's packet before", "hops"),
        Column(f"{prefix}_window", "integer", "its window, as sent"),
        Column(f"{prefix}_offset", "integer", "its number, less that of what came next", "bytes"),
        Column(f"{prefix}_unacknowledged", "integer", "of the other side, till then", "bytes"),
        Column(f"{prefix}_ip_id", "integer", "its IP identification", "", "RFC 6864"),
        Column(f"{prefix}_usual_ip_id", "integer", "that of its side's packet before"),
        Column(f"{prefix}_since_other_s", "seconds", "since the other side's last packet", "s"),
    )


def close_notify_columns(prefix: str, whose: str) -> tuple[Column, ...]:
    """Return how one side ended TLS."""
    source = f"{RFC_8446}, 6.1"
    truncated = f"TCP of {whose} ended without close_notify, which many stacks leave out"
    return (
        Column(f"{prefix}close_notify_at", "time", f"{whose}'s close_notify of TLS", "", source),
        Column(f"{prefix}close_notify_packet", "integer", "the packet that brought it"),
        Column(f"{prefix}truncated", "boolean", truncated, "", source),
    )


def h2_columns(prefix: str, whose: str) -> tuple[Column, ...]:
    """Return what one side said on HTTP/2 about the end of a stream, and of all."""
    last, reset, away = f"{RFC_9113}, 5.1", f"{RFC_9113}, 6.4", f"{RFC_9113}, 6.8"
    code = f"{RFC_9113}, 7"
    return (
        Column(f"{prefix}_end_stream_at", "time", f"{whose}'s END_STREAM", "", last),
        Column(f"{prefix}_end_stream_packet", "integer", "the packet that brought it"),
        Column(f"{prefix}_reset_at", "time", f"{whose}'s RST_STREAM", "", reset),
        Column(f"{prefix}_reset_packet", "integer", "the packet that brought it"),
        Column(f"{prefix}_reset_code", "integer", "its error code", "", code),
        Column(f"{prefix}_goaway_at", "time", f"{whose}'s GOAWAY", "", away),
        Column(f"{prefix}_goaway_packet", "integer", "the packet that brought it"),
        Column(f"{prefix}_goaway_last_stream", "integer", "last stream acted on", "", away),
        Column(f"{prefix}_goaway_code", "integer", "its error code", "", code),
        Column(f"{prefix}_goaway_debug", "text", "what it says besides, as sent", "", away),
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
    Column(
        "proxied_for_ip",
        "text",
        "address of the client that a proxy says it speaks for",
        "",
        "PROXY protocol",
    ),
    Column("proxied_for_port", "integer", "port of that client", "", "PROXY protocol"),
    Column("via", "text", "what stood in front of the upgrade, outermost first, joined by '; '"),
    Column("carrier", "text", "what the WebSocket travelled in: tcp, tls, h2, tls+h2"),
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
    Column("location", "text", "where a redirect leads, as sent", "", "RFC 9110, 10.2.2"),
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
    Column("tls_version", "text", "version of TLS below, where there is one"),
    Column("tls_cipher_suite", "text", "the chosen cipher suite", "", f"{RFC_8446}, B.4"),
    Column("tls_server_name", "text", "server name that the client asked for", "", "RFC 6066, 3"),
    Column("tls_alpn", "text", "application protocol that was chosen", "", "RFC 7301"),
    Column("tls_resumed", "boolean", "an earlier session of TLS was resumed"),
    *close_notify_columns("tls_client_", "the client"),
    *close_notify_columns("tls_server_", "the server"),
    Column("tls_alerts", "text", "other alerts of TLS, joined by '; '", "", f"{RFC_8446}, 6"),
    *h2_columns("h2_client", "the client"),
    *h2_columns("h2_server", "the server"),
    Column("h2_shared", "integer", "other WebSockets that the end of TCP took", "", "RFC 8441, 5"),
    *TIMINGS,
    *sent_columns("client_sent", "the client"),
    *sent_columns("server_sent", "the server"),
    Column("anomalies", "text", "names of what was odd, joined by '; '"),
)
