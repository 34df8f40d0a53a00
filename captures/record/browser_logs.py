"""What the browsers' own logs say of their WebSocket connections.

In: Chromium's NetLog (with socket bytes) or Firefox's MOZ_LOG=nsWebSocket, and the server's port.
Out: one `BrowserSide` per connection, in the order they began. Nothing here reads a capture.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

UNKNOWN = {"unknown": True}  # the log cannot tell: the key is left out of the truth


@dataclass
class BrowserSide:
    """One connection as the browser's log tells it."""

    client_port: int | None = None
    sent_close: dict[str, Any] | None = None
    received_close: dict[str, Any] | None = None
    lines: list[tuple[float, str]] = field(default_factory=list)


def close_dict(body: bytes) -> dict[str, Any]:
    """A Close's body as the truth file spells it."""
    if len(body) < 2:
        return {"code": None, "reason": ""}
    return {
        "code": int.from_bytes(body[:2], "big"),
        "reason": body[2:].decode("utf-8", "replace"),
    }


def first_close(stream: bytes) -> dict[str, Any] | None:
    """The first Close among the frames after the HTTP head of one direction."""
    at = stream.find(b"\r\n\r\n") + 4
    while 4 <= at <= len(stream) - 2:
        opcode, length = stream[at] & 15, stream[at + 1] & 127
        masked, at = stream[at + 1] >> 7, at + 2
        if length > 125:
            size = 2 if length == 126 else 8
            length, at = int.from_bytes(stream[at : at + size], "big"), at + size
        mask, at = (stream[at : at + 4], at + 4) if masked else (bytes(4), at)
        body = bytes(b ^ mask[i % 4] for i, b in enumerate(stream[at : at + length]))
        if opcode == 8:
            return close_dict(body)
        at += length
    return None


# --- Chromium ---------------------------------------------------------------------------------


def chromium_sides(folder: Path, port: int, until: float) -> list[BrowserSide]:
    """From the NetLog: sockets to `port`, their bytes, and the WebSocket events around them."""
    events, whole = _netlog(folder / "netlog.json", until)
    sides: dict[int, BrowserSide] = {}  # by the log's id of the socket
    streams: dict[tuple[int, str], bytes] = {}
    channel: dict[int, bool] = {}  # ids of requests and channels of WebSockets
    latest: BrowserSide | None = None
    for at, kind, id_, phase, params in events:
        if kind == "TCP_CONNECT" and params.get("remote_address") == f"127.0.0.1:{port}":
            latest = sides[id_] = BrowserSide(int(params["local_address"].rsplit(":", 1)[1]))
            latest.lines.append((at, f"TCP connected from port {latest.client_port}"))
        elif kind.startswith("SOCKET_BYTES") and id_ in sides:
            piece = base64.b64decode(params.get("bytes", ""))
            streams[id_, kind] = streams.get((id_, kind), b"") + piece
            if not params["byte_count"]:
                sides[id_].lines.append((at, f"{kind} 0"))
        elif id_ in sides and kind in ("SOCKET_READ_ERROR", "SOCKET_WRITE_ERROR", "SOCKET_CLOSED"):
            sides[id_].lines.append((at, f"{kind} {json.dumps(params)}"))
        elif id_ in sides and kind == "SOCKET_ALIVE" and phase == 2:
            sides[id_].lines.append((at, "socket released"))
        elif kind.startswith("WEBSOCKET") and kind != "WEBSOCKET_READ_BUFFER_SIZE_CHANGED":
            channel[id_] = True
            if latest and phase != 1:
                latest.lines.append((at, f"{kind} {_short(params)}"))
    for id_, side in sides.items():
        side.sent_close = first_close(streams.get((id_, "SOCKET_BYTES_SENT"), b""))
        side.received_close = first_close(streams.get((id_, "SOCKET_BYTES_RECEIVED"), b""))
        if not whole:  # killed before the log was written out
            side.sent_close = side.sent_close or UNKNOWN
            side.received_close = side.received_close or UNKNOWN
            side.lines.append((until, "the log breaks off here: killed before it was written out"))
    return list(sides.values())


def _short(params: dict[str, Any]) -> str:
    if "opcode" in params:
        return f"opcode={params['opcode']} payload={params['payload_length']}"
    if "new_state" in params:
        return f"{params['old_state']} -> {params['new_state']}"
    return json.dumps(params) if params else "end"


def _netlog(path: Path, until: float) -> tuple[list[tuple[float, str, int, int, dict]], bool]:
    """Events (unix time, kind, source, phase, parameters), and whether the log was finished."""
    head, *rest = path.read_text(encoding="utf-8", errors="replace").splitlines()
    try:
        constants = json.loads(head.rstrip().rstrip(",") + "}")["constants"]
    except ValueError:
        return [], False
    kinds = {number: kind for kind, number in constants["logEventTypes"].items()}
    offset = int(constants["timeTickOffset"])
    events = []
    for line in rest:
        try:
            event = json.loads(line.strip().rstrip(","))
        except ValueError:
            continue
        if not isinstance(event, dict) or "time" not in event:
            continue
        at = (int(event["time"]) + offset) / 1000
        params = event.get("params", {})
        if at <= until:
            source = event["source"]["id"]
            events.append((at, kinds[event["type"]], source, event["phase"], params))
    return events, rest[-1].rstrip().endswith("]}") or any("polledData" in r for r in rest[-3:])


# --- Firefox ----------------------------------------------------------------------------------

MOZ_LINE = re.compile(r"(\S+ \S+) UTC - \[Parent [^\]]*\]: \S+ (.*)")
MOZ_KEEP = re.compile(
    r"queueing msg .*type=close|close recvd|Wait for Server|Cleanup connection|AbortSession|"
    r"CleanupConnection|OnUpgradeFailed|HTTP status|Accept check|control op|reserved|"
    r"read 0 rv 0|OnStopSession|Expecting|timeout|Notify\(\)|DoStopSession: "
)


def firefox_sides(folder: Path, port: int, until: float) -> list[BrowserSide]:
    """From MOZ_LOG: the channels that were opened to `port`.

    Of a Close received the log tells the code and the length of the reason, of a Close sent only
    the length: a reason of None is for the CloseEvent to fill.
    """
    sides: dict[str, BrowserSide] = {}  # by the channel's address in memory
    closing: dict[str, int] = {}  # characters of the reason in the Close that is to be written
    channel, length = "", 0
    for at, text in _moz_log(folder / "log.moz_log", until):
        pointer = re.search(r"\b(7f[0-9a-f]{10})\b", text)
        channel = pointer[1] if pointer else channel
        if f"uri=ws://127.0.0.1:{port}/" in text:
            sides[channel] = BrowserSide()
        side = sides.get(channel)
        if side is None:
            continue
        if queued := re.search(r"queueing msg .*type=close len=(\d+)", text):
            closing[channel] = int(queued[1])
        elif (sent := re.search(r"Try to send (\d+) of hdr", text)) and channel in closing:
            side.sent_close = {"code": None, "reason": ""} if sent[1] == "6" else UNKNOWN
            side.lines.append((at, f"writes a close frame of {sent[1]} bytes in all"))
            del closing[channel]
        elif payload := re.search(r"ProcessInput: payload (\d+) avail", text):
            length = int(payload[1])
        elif code := re.search(r"close recvd code (\d+)", text):
            side.received_close = {"code": int(code[1]), "reason": "" if length == 2 else None}
        elif "close received" in text:
            side.received_close = {"code": None, "reason": ""}
        if MOZ_KEEP.search(text):
            side.lines.append((at, re.sub(r"\b7f[0-9a-f]{10} ?", "", text)))
    return list(sides.values())


def _moz_log(path: Path, until: float) -> list[tuple[float, str]]:
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match = MOZ_LINE.match(line)
        if not match:
            continue
        at = datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp()
        if at <= until and "GetInterface" not in match[2]:
            lines.append((at, match[2].strip()))
    return lines
