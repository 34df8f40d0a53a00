"""One connection explained: its handshake, its last frames and every event of its ending."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from analyzer.capture.record import CaptureRecord
from analyzer.ending.views import View
from analyzer.events import Event, counted, events, tls_words
from analyzer.printable import duration, iso, printable
from analyzer.proxy.hop import Hop
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.text import STYLES, Line, columns, fit
from analyzer.websocket.registry import Framing

# Columns that an arrow takes, where the terminal has room for them and where nothing is cut.
ARROW = 46
LONGEST_ARROW = 72
SHORTEST_ARROW = 24

TIMINGS = {
    "tcp_connect": "TCP connect",
    "upgrade": "upgrade",
    "open": "open",
    "idle_before_end": "idle before the end",
    "client_idle": "client idle",
    "server_idle": "server idle",
    "last_ping_rtt": "last ping answered after",
    "close_answer": "close answered after",
    "close_to_tcp_end": "last close to end of TCP",
    "fin_to_fin": "FIN to FIN",
    "end": "whole ending",
}
# What may be END_STREAM or RST_STREAM as well as the end of TCP.
STREAM_TIMINGS = {
    "close_to_tcp_end": "last close to end of the stream",
    "fin_to_fin": "end of one side to that of the other",
}


_UNIT = re.compile(r"(?<=\d) (?=(?:ms|s|min|h|d)\b)")


def explain(
    connection: Connection, captures: Sequence[CaptureRecord] = (), width: int | None = None
) -> list[Line]:
    """Return all that is known of a connection, for a person to read.

    Parameters
    ----------
    connection : Connection
        With its frames, or without.
    captures : sequence of CaptureRecord
        All that was read, in order: tells which packet numbers are whose.
    width : int or None
        Columns per line; None for whole lines.
    """
    lines = [*_head(connection, captures, width), Line("")]
    lines += _rungs(events(connection), width)
    lines += [Line(""), Line("Verdict", "bold")]
    lines += [Line(line) for text in _verdicts(connection) for line in wrap(f"  {text}", width)]
    timing = "; ".join(_timings(connection))
    tls = connection.ending.tls
    secured = [] if tls is None else ["; ".join(" ".join(words) for words in tls_words(tls))]
    for title, texts in (
        ("TLS", secured),
        ("Timing", [timing] if timing else []),
        ("What the capture cannot tell", map(printable, connection.ending.caveats)),
        ("Anomalies", _anomalies(connection)),
    ):
        wrapped = [Line(line) for text in texts for line in wrap(f"  {text}", width)]
        if wrapped:
            lines += [Line(""), Line(title, "bold"), *wrapped]
    return lines


def wrap(text: str, width: int | None) -> list[str]:
    """Break a text between words; what follows is indented like its beginning, and a bit more."""
    if width is None or columns(text) <= width:
        return [text]
    from textwrap import wrap as broken  # noqa: PLC0415 - only on a terminal that is too narrow

    indent = " " * (len(text) - len(text.lstrip()) + 2)
    # A number stays with its unit.
    held = _UNIT.sub("\xa0", text)
    lines = broken(held, max(width, 20), subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace("\xa0", " ") for line in lines]


def _head(one: Connection, captures: Sequence[CaptureRecord], width: int | None) -> Iterator[Line]:
    target = printable(one.handshake.target or "")
    yield Line(f"#{one.id}  {one.client} → {one.server}{target}", "bold")
    style = STYLES.get(one.ending.kind, "")
    yield from (Line(text, style) for text in wrap(one.ending.sentence, width))
    version = f", version {printable(one.version)}" if one.version else ""
    carried = f" on stream {one.h2_stream} of HTTP/2" if one.h2_stream is not None else ""
    about = f"{one.framing}{version}{carried}, seen from {one.seen_from}; {traffic_line(one)}"
    yield from (Line(text) for text in wrap(about, width))
    for hop in one.via:
        yield from (Line(text) for text in wrap(f"via {hop_line(hop)}", width))
    filter_ = stream_filter(one)
    yield Line(f"packets {one.first_packet} to {one.last_packet}; in Wireshark: {filter_}", "dim")
    for text in packet_places(captures, one.first_packet, one.last_packet):
        yield Line(text, "dim")


def hop_line(hop: Hop) -> str:
    """Return what stood in front of an upgrade, and how it was answered."""
    answers = [str(status) for status in (*hop.refusals, hop.status) if status is not None]
    told = f", answered {', then '.join(answers)}" if answers else ""
    where = f" in packet {hop.packet}" if hop.packet else ""
    return f"{printable(str(hop))}{where}{told}"


def stream_filter(one: Connection) -> str:
    """Return Wireshark's display filter for what carried a connection."""
    text = f"tcp.stream eq {one.tcp_stream}"
    return text if one.h2_stream is None else f"{text} and http2.streamid eq {one.h2_stream}"


def traffic_line(one: Connection) -> str:
    """Return what both sides sent, in a few words."""
    parts = []
    for side, sent in ((Side.CLIENT, one.client_sent), (Side.SERVER, one.server_sent)):
        frames = counted(sent.frames, "frame")
        parts.append(f"{side} sent {frames}, {counted(sent.bytes, 'byte')}")
    return "; ".join(parts)


def packet_places(captures: Sequence[CaptureRecord], first: int, last: int) -> list[str]:
    """Tell in which captures the packets `first` to `last` are, if there is more than one capture.

    Packet numbers run on from capture to capture, as mergecap would number them.
    """
    read = [capture for capture in captures if capture.packets]
    if len(read) < 2:
        return []
    if any((one.last_at or 0) > (other.first_at or 0) for one, other in pairwise(read)):
        return [f"packet numbers are those of the {len(read)} captures merged in order of time"]
    places = []
    begin = 1
    for capture in read:
        end = begin + capture.packets - 1
        if begin <= last and end >= first:
            minus = f", numbered from {begin}" if begin > 1 else ""
            places.append(f"packets {begin} to {end} are in {printable(capture.path)}{minus}")
        begin = end + 1
    return places


def _rungs(found: Sequence[Event], width: int | None) -> Iterator[Line]:
    since = [duration(b.at - a.at) if a.at and b.at else "" for a, b in pairwise(found)]
    after = ["", *since] if found else []
    widths = (
        max((len(text) for text in (*after, "after")), default=0),
        max((len(str(event.packet)) for event in found), default=0),
    )
    widths = (max(widths[0], 7), max(widths[1], 6))
    room = _arrow_room(width, 2 + 15 + 2 + widths[0] + 2 + widths[1] + 2)
    day = _day(found[0]) if found else ""
    sides = f"client{'server':>{room - 6}}"
    title = f"{day} UTC" if day else "time (UTC)"
    yield Line(f"  {title:<15}  {'after':>{widths[0]}}  {'packet':>{widths[1]}}  {sides}", "bold")
    for event, waited in zip(found, after, strict=True):
        if event.at and _day(event) != day:
            day = _day(event)
            yield Line(f"  {day}", "bold")
        when = (iso(event.at) or "")[11:26]
        packet = str(event.packet) if event.packet else ""
        start = f"  {when:<15}  {waited:>{widths[0]}}  {packet:>{widths[1]}}  "
        yield Line(start + _arrow(event, room, cut=width is not None))


def _day(event: Event) -> str:
    return (iso(event.at) or "")[:10]


def _arrow_room(width: int | None, before: int) -> int:
    if width is None:
        return ARROW
    return min(max(width - before, SHORTEST_ARROW), LONGEST_ARROW)


def _arrow(event: Event, room: int, *, cut: bool) -> str:
    around = 2 if event.side is None else 6
    what = fit(event.what, room - around) if cut else event.what
    if event.side is None:
        return f"· {what}"
    line = "─" * max(room - columns(what) - 5, 1)
    return f"├─ {what} {line}▶" if event.side is Side.CLIENT else f"◀{line} {what} ─┤"


def _verdicts(one: Connection) -> Iterator[str]:
    ending = one.ending
    first = "unknown" if ending.first is None else str(ending.first)
    answered = "" if ending.answered is None else f"; answered: {_yes(ending.answered)}"
    yield f"kind: {ending.kind}; first: {first}{answered}; clean: {_yes(ending.clean)}"
    has_codes = one.framing in {Framing.HYBI_06, Framing.RFC_6455}
    for side, view in ((Side.CLIENT, ending.client_view), (Side.SERVER, ending.server_view)):
        yield f"the API at the {side} reports: {_view(view, has_codes)}"


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


def _timings(one: Connection) -> Iterator[str]:
    names = TIMINGS if one.h2_stream is None else {**TIMINGS, **STREAM_TIMINGS}
    for step, name in names.items():
        value: int | None = getattr(one.timing, step)
        if value is not None:
            yield f"{name} {duration(value)}"


def _anomalies(one: Connection) -> Iterable[str]:
    for anomaly in one.anomalies:
        who = "" if anomaly.side is None else f" by the {anomaly.side}"
        where = f" in packet {anomaly.packet}" if anomaly.packet else ""
        detail = f": {printable(anomaly.detail)}" if anomaly.detail else ""
        yield f"{anomaly.name}{who}{where}{detail}"
