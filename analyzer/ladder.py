"""One connection explained: its handshake, its last frames and every event of its ending, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from analyzer.ending.views import View
from analyzer.printable import duration, printable
from analyzer.record import Connection, iso
from analyzer.side import Side
from analyzer.text import STYLES, Line
from analyzer.websocket.registry import Framing, Opcode

LAST_FRAMES = 8
WIDTH = 46


class Event(NamedTuple):
    """One rung of the ladder."""

    at: int
    packet: int
    side: Side | None
    what: str


def explain(connection: Connection) -> list[Line]:
    """Return all that is known of a connection, for a person to read."""
    lines = [*_head(connection), Line("")]
    lines += _rungs(connection)
    lines += [Line(""), *_verdicts(connection)]
    for title, texts in (
        ("What the capture cannot tell", connection.ending.caveats),
        ("Anomalies", _anomalies(connection)),
    ):
        if texts:
            lines += [Line(""), Line(title, "bold"), *(Line(f"  {text}") for text in texts)]
    return lines


def _head(one: Connection) -> Iterator[Line]:
    target = printable(one.handshake.target or "")
    yield Line(f"#{one.id}  {one.client} → {one.server}{target}", "bold")
    yield Line(one.ending.sentence, STYLES.get(one.ending.kind, ""))
    version = f", version {printable(one.version)}" if one.version else ""
    yield Line(f"{one.framing}{version}, seen from {one.seen_from}; {traffic_line(one)}")
    filter_ = f"tcp.stream eq {one.tcp_stream}"
    yield Line(f"packets {one.first_packet} to {one.last_packet}; in Wireshark: {filter_}", "dim")


def traffic_line(one: Connection) -> str:
    """Return what both sides sent, in a few words."""
    parts = []
    for side, sent in ((Side.CLIENT, one.client_sent), (Side.SERVER, one.server_sent)):
        plural = "" if sent.frames == 1 else "s"
        parts.append(f"{side} sent {sent.frames} frame{plural}, {sent.bytes:,} bytes")
    return "; ".join(parts)


def _rungs(connection: Connection) -> Iterator[Line]:
    head = f"  {'time (UTC)':<18}  {'since before':>12}  {'packet':>8}   "
    yield Line(head + f"{'client':<{WIDTH // 2}}{'server':>{WIDTH - WIDTH // 2}}", "bold")
    before = 0
    for event in events(connection):
        since = duration(event.at - before) if before else ""
        before = event.at
        when = (iso(event.at) or "")[11:26]
        packet = str(event.packet) if event.packet else ""
        yield Line(f"  {when:<18}  {since:>12}  {packet:>8}   {_arrow(event)}")


def _arrow(event: Event) -> str:
    if event.side is None:
        return f"· {event.what}"
    room = max(WIDTH - len(event.what) - 4, 1)
    if event.side is Side.CLIENT:
        return f"├─ {event.what} {'─' * room}▶"
    return f"◀{'─' * room} {event.what} ─┤"


def events(connection: Connection) -> list[Event]:
    """Return the rungs of a connection's ladder, in order of time."""
    found = [*_handshake_events(connection), *_ending_events(connection)]
    frames = _frame_events(connection)
    if len(frames) > LAST_FRAMES:
        left_out = len(frames) - LAST_FRAMES
        frames = frames[-LAST_FRAMES:]
        found.append(Event(frames[0].at, 0, None, f"{left_out} frames before that"))
    return sorted(found + frames, key=lambda event: (event.at, event.packet))


def _handshake_events(one: Connection) -> Iterator[Event]:
    shake = one.handshake
    if one.seen_from == "syn" and one.timing.tcp_connect is not None:
        yield Event(one.first_at, one.first_packet, Side.CLIENT, "SYN")
    if shake.requested_at:
        target = printable(shake.target or "")
        what = f"upgrade {target}" if len(target) < 30 else f"upgrade {target[:28]}…"
        yield Event(shake.requested_at, shake.request_packet or 0, Side.CLIENT, what)
    if shake.answered_at:
        what = f"HTTP {shake.status}"
        yield Event(shake.answered_at, shake.response_packet or 0, Side.SERVER, what)


def _frame_events(one: Connection) -> list[Event]:
    frames = one.frames
    if frames is None:
        return []
    first = {
        close.packet
        for close in (one.ending.client_close, one.ending.server_close)
        if close is not None
    }
    found = []
    for i in range(len(frames)):
        if frames.opcode[i] == Opcode.CLOSE and frames.packet[i] in first:
            continue  # told with its code, among the events of the ending
        what = f"{opcode_name(frames.opcode[i])}, {frames.payload_length[i]} bytes"
        found.append(Event(frames.at[i], frames.packet[i], Side(frames.side[i]), what))
    return found


def opcode_name(opcode: int) -> str:
    """Return an opcode's name in lower case.

    Examples
    --------
    >>> opcode_name(9), opcode_name(11)
    ('ping', 'opcode 11')
    """
    try:
        return Opcode(opcode).name.lower()
    except ValueError:
        return f"opcode {opcode}"


def _ending_events(one: Connection) -> Iterator[Event]:
    ending, tcp = one.ending, one.ending.tcp
    for side, close in ((Side.CLIENT, ending.client_close), (Side.SERVER, ending.server_close)):
        if close is not None:
            what = "0xFF 0x00" if one.framing.is_hixie else printable(str(close))
            yield Event(close.at, close.packet, side, what)
    for side, moment, what in (
        (Side.CLIENT, tcp.client_fin, "FIN"),
        (Side.SERVER, tcp.server_fin, "FIN"),
        (Side.CLIENT, tcp.client_rst, "RST"),
        (Side.SERVER, tcp.server_rst, "RST"),
    ):
        if moment is not None:
            yield Event(moment.at, moment.packet, side, what)


def _verdicts(one: Connection) -> Iterator[Line]:
    ending = one.ending
    yield Line("Verdict", "bold")
    first = "unknown" if ending.first is None else str(ending.first)
    answered = "" if ending.answered is None else f"; answered: {_yes(ending.answered)}"
    yield Line(f"  kind: {ending.kind}; first: {first}{answered}; clean: {_yes(ending.clean)}")
    has_codes = one.framing in {Framing.HYBI_06, Framing.RFC_6455}
    for side, view in ((Side.CLIENT, ending.client_view), (Side.SERVER, ending.server_view)):
        yield Line(f"  the API at the {side} reports: {_view(view, has_codes)}")


def _view(view: View, has_codes: bool) -> str:
    if view.certainty == "unknown" and view.code is None:
        return "cannot be told"
    code = str(view.code) if view.code is not None else "no code"
    if view.code is None and not has_codes:
        code = "no code, the version has none"
    reason = f' "{printable(view.reason)}"' if view.reason else ""
    return f"{code}{reason}, clean: {_yes(view.was_clean)} ({view.certainty})"


def _yes(value: bool | None) -> str:
    return "cannot be told" if value is None else "yes" if value else "no"


def _anomalies(one: Connection) -> list[str]:
    found = []
    for anomaly in one.anomalies:
        who = "" if anomaly.side is None else f" by the {anomaly.side}"
        where = f" in packet {anomaly.packet}" if anomaly.packet else ""
        detail = f": {printable(anomaly.detail)}" if anomaly.detail else ""
        found.append(f"{anomaly.name}{who}{where}{detail}")
    return found
