"""What the tables hold: every column's name, kind, unit, meaning and source, said once.

Tables are built by this, empty ones have their columns by this, and the page that explains them is
made of this. Names are a published contract: they are added to, never renamed.
"""

from __future__ import annotations

from analyzer.tables.columns import (
    CONNECTIONS,
    RFC_6455,
    RFC_8446,
    Column,
    close_columns,
    close_notify_columns,
    fin_columns,
    rst_columns,
    sent_columns,
    view_columns,
)

_CONNECTION = Column("connection", "integer", "number of the connection")
_SIDE = Column("side", "side", "who sent it")

ENDINGS = (
    _CONNECTION,
    Column("side", "side", "whose row this is"),
    Column("kind", "kind", "how the connection ended"),
    Column("first", "first", "who was first"),
    Column("was_first", "boolean", "this side was first, alone or at once with the other"),
    *close_columns("close", "this side"),
    Column("close_name", "text", "what the code means", "", f"{RFC_6455}, 7.4, and IANA"),
    *fin_columns("fin", "this side"),
    *rst_columns("rst", "this side"),
    *view_columns("view", "this side"),
    Column("idle_s", "seconds", "its last frame to the first event of the ending", "s"),
    *sent_columns("sent", "this side"),
    *close_notify_columns("", "this side"),
    Column("wireshark", "text", "display filter for its close frame, FIN and RST"),
)

TIMING_ROWS = (
    _CONNECTION,
    Column("step", "step", "which step"),
    Column("seconds", "seconds", "how long it took; steps that cannot be told have no row", "s"),
    Column("kind", "kind", "how the connection ended"),
    Column("first", "first", "who was first"),
)

_OF_TCP = {
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
    "fin_to_fin_s",
}

_OF_TRAFFIC = (
    "_segments",
    "_missing_bytes",
    "sent_last_at",
    "_unanswered_at",
    "_zero_windows",
    "_zero_window_at",
    "_stalled_segments",
    "_stalled_at",
    "_stall_ended_at",
)

TCP = (
    _CONNECTION,
    *(
        column
        for column in CONNECTIONS
        if column.name in _OF_TCP
        or column.name.startswith("tcp_")
        or column.name.endswith(_OF_TRAFFIC)
    ),
    Column("wireshark", "text", "display filter for the stream"),
)

FRAMES = (
    _CONNECTION,
    Column("number", "integer", "which frame of the connection, from 0"),
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
    Column("number", "integer", "which message of the connection, from 0"),
    _SIDE,
    Column("opcode", "opcode", "text or binary", "", f"{RFC_6455}, 5.6"),
    Column("frames", "integer", "how many frames it came in", "frames", f"{RFC_6455}, 5.4"),
    Column("compressed", "boolean", "RSV1 was set on its first frame", "", "RFC 7692, 6"),
    Column("payload_length", "integer", "payload as sent", "bytes"),
    Column("size", "integer", "unmasked and inflated", "bytes", "RFC 7692, 7.2.2"),
    Column("valid", "boolean", "a text is UTF-8", "", f"{RFC_6455}, 8.1"),
    Column("first_at", "time", "when its first byte passed"),
    Column("at", "time", "when its last byte passed"),
    Column("packet", "integer", "the packet that brought its last byte"),
    Column("missing", "integer", "payload that the capture does not hold", "bytes"),
    Column("text", "text", "a text's first 64 KiB, bytes that are no UTF-8 as U+FFFD"),
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

_TCP_END = ("tcp_first_fin", "tcp_client_", "tcp_server_")
_SIZES = "as they are on the wire; in TLS 1.3 of everything encrypted"

ENCRYPTED = (
    *(column for column in CONNECTIONS if column.name in _OF_TCP - {"seen_from", "fin_to_fin_s"}),
    Column("reason", "text", "why it could not be decrypted; words are stable"),
    Column("client_random", "text", "by which key logs name its secrets", "", f"{RFC_8446}, 4.1.2"),
    *(column for column in CONNECTIONS if column.name.startswith("tls_")),
    *(column for column in CONNECTIONS if column.name.startswith(_TCP_END)),
    Column("idle_before_end_s", "seconds", "last record of either side to first FIN or RST", "s"),
    Column("client_sent_records", "integer", f"records of the client, {_SIZES}", "records"),
    Column("client_sent_bytes", "integer", "bytes of them", "bytes"),
    Column("server_sent_records", "integer", f"records of the server, {_SIZES}", "records"),
    Column("server_sent_bytes", "integer", "bytes of them", "bytes"),
    Column("two_way", "boolean", "each side sent more than a question and its answer"),
    Column("hint_first", "side", "who seems to have closed a WebSocket"),
    Column("hint_answered", "boolean", "the other side seems to have answered"),
    Column("hint_with_code", "boolean", "the first Close seems to carry a code"),
    Column("hint_confidence", "text", "how sure that is: possible or likely"),
    Column("hint_at", "time", "when the first Close seems to have passed"),
    Column("hint_packet", "integer", "the packet that brought it"),
    Column("hint_evidence", "text", "what was seen"),
    Column("wireshark", "text", "display filter for the stream"),
)

FINDINGS = (
    Column("name", "text", "what stands out; names are stable, see --explain NAME"),
    Column("sentence", "text", "what was seen, in one line"),
    Column("count", "integer", "how many connections it is about", "connections"),
    Column("connections", "text", "their numbers, joined by '; '"),
    Column("first_at", "time", "when it was seen first"),
    Column("last_at", "time", "when it was seen last"),
    Column("numbers", "text", "what the sentence rests on, as JSON; names end in their units"),
    Column("evidence", "text", "packets to look at, joined by '; '"),
    Column("consistent_with", "text", "what would look so, joined by '; '; never a proof"),
    Column("also", "text", "what else would look the same, joined by '; '"),
    Column("next", "text", "what to check next, joined by '; '"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "connections": CONNECTIONS,
    "endings": ENDINGS,
    "timings": TIMING_ROWS,
    "tcp": TCP,
    "frames": FRAMES,
    "messages": MESSAGES,
    "anomalies": ANOMALIES,
    "encrypted": ENCRYPTED,
    "findings": FINDINGS,
}
