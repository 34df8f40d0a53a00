"""One connection in, all that is known of it out, in words: whoever draws it only arranges them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.ending.rules import EndingKind
from analyzer.ending.views import View
from analyzer.endpoint import Endpoint
from analyzer.events import Event, alert_text, events, tls_words
from analyzer.ladder import TIMINGS, hop_line, packet_places
from analyzer.printable import duration, printable
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.traffic import Traffic
from analyzer.websocket.close import FRAMINGS_WITH_CODE, CloseFrame
from analyzer.websocket.registry import close_code_title

CLOSING = (EndingKind.HYBI_CLOSE, EndingKind.HIXIE_CLOSE)
NOTE = "note"  # a rung of no side
SIDES = ("client", "server", NOTE)
HTTP2_LOOKS = {"end_stream": "fin", "rst_stream": "rst"}
LOOKS = ("", "close", "fin", "rst", "ping")
SENT = {
    "frames": "frames",
    "messages": "messages",
    "bytes": "bytes",
    "payload_bytes": "bytes of payload",
    "pings": "pings",
    "pongs": "pongs",
    "after_close_bytes": "bytes after its close",
    "retransmitted_segments": "TCP segments sent again",
    "missing_bytes": "bytes not in the capture",
}


class Fact(NamedTuple):
    """A label, and what is to be said under it; `is_code` for what is pasted somewhere."""

    label: str
    text: str
    is_code: bool = False


class Rung(NamedTuple):
    """A step of the ladder: when, in which packet, by whom, what, and the name of its look."""

    at: int
    packet: int
    side: str
    what: str
    look: str


class Group(NamedTuple):
    """Facts under one title."""

    title: str
    facts: tuple[Fact, ...]


class Details(NamedTuple):
    """A connection in words, ready to be shown to a person.

    Attributes
    ----------
    id : int
        Its number.
    where : str
        From whom to whom, and the path.
    kind, sentence : str
        How it ended.
    rungs : tuple of Rung
        Of its ladder.
    groups : tuple of Group
        Verdict, closes, timing, TLS, traffic, handshake and evidence.
    anomalies, caveats : tuple of str
        A sentence for each.
    """

    id: int
    where: str
    kind: str
    sentence: str
    rungs: tuple[Rung, ...]
    groups: tuple[Group, ...]
    anomalies: tuple[str, ...]
    caveats: tuple[str, ...]


def details(
    one: Connection, captures: Sequence[CaptureRecord] = (), *, only_steps: bool = False
) -> Details:
    """Return what is known of a connection.

    Parameters
    ----------
    one : Connection
        With its frames, or without.
    captures : sequence of CaptureRecord
        All that was read, in order: tells which packet numbers are whose.
    only_steps : bool
        Without groups.
    """
    rungs = tuple(map(_rung, events(one)))
    groups = () if only_steps else _groups(one, rungs, captures)
    return Details(
        one.id,
        where(one),
        str(one.ending.kind),
        one.ending.sentence,
        rungs,
        groups,
        tuple(anomaly_text(anomaly) for anomaly in one.anomalies),
        tuple(printable(caveat) for caveat in one.ending.caveats),
    )


def _groups(
    one: Connection, rungs: Sequence[Rung], captures: Sequence[CaptureRecord]
) -> tuple[Group, ...]:
    groups = (
        Group("Verdict", tuple(_verdict(one))),
        Group("Timing", tuple(_timing(one))),
        Group("TLS", tuple(_tls(one))),
        Group("Evidence", tuple(_evidence(one, rungs, captures))),
        Group("Opening handshake", tuple(_handshake(one))),
        Group("Sent", tuple(_traffic(one.client_sent, one.server_sent))),
    )
    return tuple(group for group in groups if group.facts)


def _rung(event: Event) -> Rung:
    side = NOTE if event.side is None else str(event.side)
    return Rung(event.at, event.packet, side, event.what, look(event.what))


def look(what: str) -> str:
    """Return what a rung of a ladder is about: the name of its look.

    Examples
    --------
    >>> look("Close 1001 (Going Away)"), look("RST"), look("text, 24 bytes")
    ('close', 'rst', '')
    """
    if what.startswith(("Close", "0xFF")):
        return "close"
    word = what.partition(",")[0].lower()
    word = HTTP2_LOOKS.get(word, word)
    return "ping" if word == "pong" else word if word in LOOKS else ""


def where(one: Connection) -> str:
    """Return from whom to whom, and the path that was asked for."""
    return f"{one.client} → {one.server}{printable(one.handshake.target or '')}"


def anomaly_text(anomaly: Anomaly) -> str:
    """Return an anomaly in one line.

    Examples
    --------
    >>> anomaly_text(Anomaly("unmasked_frame", Side.CLIENT, 0, 7, "text"))
    'unmasked_frame by the client in packet 7: text'
    """
    who = "" if anomaly.side is None else f" by the {anomaly.side}"
    at = f" in packet {anomaly.packet}" if anomaly.packet else ""
    detail = f": {printable(anomaly.detail)}" if anomaly.detail else ""
    return f"{anomaly.name}{who}{at}{detail}"


def yes(value: bool | None) -> str:
    """Return a word for what is true, false or unknown."""
    return "cannot be told" if value is None else "yes" if value else "no"


def _verdict(one: Connection) -> Iterator[Fact]:
    ending = one.ending
    yield Fact("kind", str(ending.kind))
    yield Fact("first", "cannot be told" if ending.first is None else str(ending.first))
    if ending.kind in CLOSING:
        yield Fact("answered", yes(ending.answered))
    yield Fact("clean", yes(ending.clean))
    has_codes = one.framing in FRAMINGS_WITH_CODE
    for side, close, view in (
        (Side.CLIENT, ending.client_close, ending.client_view),
        (Side.SERVER, ending.server_close, ending.server_view),
    ):
        if close is not None and has_codes:
            yield Fact(f"{side}'s close frame", _close(close))
        yield Fact(f"API at the {side}", view_text(view, has_codes=has_codes))


def _close(close: CloseFrame) -> str:
    body = close.body[:16].hex(" ")
    more = " …" if len(close.body) > 16 else ""
    sent = f"; body {body}{more}" if body else ""
    return f"{printable(str(close))}, packet {close.packet}{sent}"


def view_text(view: View, *, has_codes: bool) -> str:
    """Return what an API would report, in a few words."""
    if view.certainty == "unknown" and view.code is None:
        return "cannot be told"
    code = "no code" if has_codes else "no code, the version has none"
    if view.code is not None:
        title = close_code_title(view.code)
        code = f"{view.code} ({title})" if title else str(view.code)
    reason = f' "{printable(view.reason)}"' if view.reason else ""
    return f"{code}{reason}, clean: {yes(view.was_clean)} ({view.certainty})"


def _timing(one: Connection) -> Iterator[Fact]:
    for step, name in TIMINGS.items():
        value: int | None = getattr(one.timing, step)
        if value is not None:
            yield Fact(name, duration(value))


def _tls(one: Connection) -> Iterator[Fact]:
    if one.ending.tls is not None:
        yield from (Fact(label, text) for label, text in tls_words(one.ending.tls))
        for alert in one.ending.tls.alerts:
            yield Fact(f"{alert.side}'s alert", f"{alert_text(alert)}, packet {alert.packet}")


def _evidence(
    one: Connection, rungs: Sequence[Rung], captures: Sequence[CaptureRecord]
) -> Iterator[Fact]:
    yield Fact("packets", f"{one.first_packet} to {one.last_packet}")
    for place in packet_places(captures, one.first_packet, one.last_packet):
        yield Fact("where", place)
    yield Fact("all its packets, in Wireshark", f"tcp.stream eq {one.tcp_stream}", is_code=True)
    packets = sorted({rung.packet for rung in rungs if rung.packet})
    if packets:
        numbers = ", ".join(map(str, packets))
        yield Fact("those of the ladder", f"frame.number in {{{numbers}}}", is_code=True)
    yield Fact("its two ends", _ends(one.client, one.server), is_code=True)
    yield Fact("Community ID", one.community_id, is_code=True)


def _ends(client: Endpoint, server: Endpoint) -> str:
    parts = []
    for end in (client, server):
        family = "ipv6" if ":" in end.ip else "ip"
        parts.append(f"{family}.addr == {end.ip} && tcp.port == {end.port}")
    return " && ".join(parts)


def _handshake(one: Connection) -> Iterator[Fact]:
    shake = one.handshake
    version = f", version {printable(one.version)}" if one.version else ""
    yield Fact("framing", f"{one.framing}{version}")
    yield Fact("seen from", one.seen_from)
    for hop in one.via:
        yield Fact("via", hop_line(hop))
    texts = {
        "path": shake.target,
        "host": shake.host,
        "origin": shake.origin,
        "user agent": shake.user_agent,
        "offered subprotocols": ", ".join(shake.offered_subprotocols),
        "subprotocol": shake.subprotocol,
        "extensions": "; ".join(shake.extensions),
    }
    for label, text in texts.items():
        if text:
            yield Fact(label, printable(text))
    if shake.status is not None:
        yield Fact("answer", f"HTTP {shake.status}")
    if shake.location:
        yield Fact("sent on to", printable(shake.location))
    if shake.accept_valid is not None:
        yield Fact("accept key fits", yes(shake.accept_valid))


def _traffic(client: Traffic, server: Traffic) -> Iterator[Fact]:
    for name, label in SENT.items():
        sent = getattr(client, name), getattr(server, name)
        if any(sent):
            yield Fact(label, f"client {sent[0]:,}, server {sent[1]:,}")
