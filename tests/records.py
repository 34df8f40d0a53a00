"""What two analyses of the same conversation must agree in. In: connections. Out: plain values.

Times may differ by as much as segments that were joined together lie apart; packet numbers and
counts of segments belong to the capture, not to the conversation.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from analyzer.record import Connection

# Of the capture, not of the conversation.
OF_THE_CAPTURE = {
    "first_packet",
    "last_packet",
    "request_packet",
    "response_packet",
    "packet",
    "client_fin_packet",
    "server_fin_packet",
    "client_rst_packet",
    "server_rst_packet",
    "client_close_notify_packet",
    "server_close_notify_packet",
    "client_end_stream_packet",
    "server_end_stream_packet",
    "client_reset_packet",
    "server_reset_packet",
    "client_goaway_packet",
    "server_goaway_packet",
    "retransmitted_segments",
    # Segments that were joined together, or captured in another order, are others.
    "segments",
    "last_at",
    "unanswered_segments",
    "unanswered_at",
    "zero_windows",
    "zero_window_at",
    "stalled_segments",
    "stalled_at",
    "stall_ended_at",
    *(
        f"{side}_rst_{what}"
        for side in ("client", "server")
        for what in (
            *("offset", "unacknowledged", "since_other_s", "usual_ttl", "ip_id", "usual_ip_id"),
        )
    ),
}
_DURATION = re.compile(r"<?\d[\d.,]* ?(?:ns|µs|ms|min|s|h|d)\b(?: \d+ ?(?:s|min|h)\b)*")
_REPEATS = re.compile(r"repeated itself \d+ times")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")


def plain(connection: Connection) -> dict[str, Any]:
    """Give the whole record, and the frames and messages where they were kept."""
    record = connection.to_dict()
    if connection.frames is not None:
        frames = connection.frames
        record["frames"] = {name: list(getattr(frames, name)) for name in frames.NAMES}
    if connection.messages is not None:
        messages = connection.messages
        record["messages"] = {name: list(getattr(messages, name)) for name in messages.NAMES}
        record["messages"]["payload"] = [said.hex() for said in messages.payload]
    return record


def meaning(connection: Connection) -> dict[str, Any]:
    """Give what must be the same however the conversation was cut, captured and stored."""
    record = _without(connection.to_dict(), OF_THE_CAPTURE)
    sentence = _DURATION.sub("~", record["ending"]["sentence"])
    record["ending"]["sentence"] = _REPEATS.sub("repeated itself", sentence)
    record["anomalies"] = sorted(
        (one["name"], str(one["side"]), one["detail"]) for one in record["anomalies"]
    )
    frames = connection.frames
    if frames is not None:
        columns = (frames.side, frames.opcode, frames.flags, frames.payload_length, frames.missing)
        rows = list(zip(*columns, strict=True))
        # Frames of different sides may become whole in another order.
        record["frames"] = [[row for row in rows if row[0] == side] for side in (0, 1)]
    messages = connection.messages
    if messages is not None:
        names = [name for name in messages.NAMES if name not in {"first_at", "at", "packet"}]
        said = list(zip(*(getattr(messages, name) for name in names), strict=True))
        record["messages"] = [[row for row in said if row[0] == side] for side in (0, 1)]
    return record


def differences(one: Any, other: Any, within_ns: int, place: str = "") -> list[str]:
    """List where two meanings differ by more than `within_ns` in a time, or at all."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        parts = [differences(one[key], other[key], within_ns, f"{place}.{key}") for key in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        parts = [differences(a, b, within_ns, f"{place}[{index}]") for index, (a, b) in pairs]
    else:
        return [] if _near(one, other, within_ns) else [f"{place}: {one!r} is now {other!r}"]
    return [line for part in parts for line in part]


def _near(one: Any, other: Any, within_ns: int) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) * 1e9 <= within_ns + 1
    if isinstance(one, str) and isinstance(other, str) and _ISO.fullmatch(one):
        return _ISO.fullmatch(other) is not None and abs(_ns(one) - _ns(other)) <= within_ns
    return bool(one == other)


def _ns(iso: str) -> int:
    seconds = int(datetime.fromisoformat(iso[:19] + "+00:00").timestamp())
    return seconds * 1_000_000_000 + int(iso[20:29])


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, names) for key, inner in value.items() if key not in names}
    if isinstance(value, list):
        return [_without(inner, names) for inner in value]
    return value
