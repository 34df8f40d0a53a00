"""What happened on one connection, step by step: the rungs of its ladder, however it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from analyzer.ending.facts import Moment
from analyzer.ending.h2 import goaway_name
from analyzer.ending.secured import AlertSent, TlsEnd
from analyzer.http2.registry import error_name
from analyzer.printable import printable
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Opcode

LAST_FRAMES = 8
ENDS = ("FIN", "RST", "END_STREAM")


class Event(NamedTuple):
    """One rung of the ladder; without a side it is a note between the two."""

    at: int
    packet: int
    side: Side | None
    what: str


def events(connection: Connection) -> list[Event]:
    """Return the rungs of a connection's ladder, in order of time."""
    steps = [*_handshake_events(connection), *_frame_events(connection)]
    steps += [*_tls_events(connection), *_tcp_events(connection), *_http2_events(connection)]
    # What one packet brought stays in the order of its bytes: answer, frames, FIN.
    steps.sort(key=lambda event: (event.at, event.packet))
    ended = any(event.what.startswith(ENDS) for event in steps)
    if not ended and (not steps or connection.last_at > steps[-1].at):
        what = "last packet of this TCP stream"
        steps.append(Event(connection.last_at, connection.last_packet, None, what))
    return steps


def _handshake_events(one: Connection) -> Iterator[Event]:
    shake = one.handshake
    if one.seen_from == "syn" and one.timing.tcp_connect is not None:
        yield Event(one.first_at, one.first_packet, Side.CLIENT, "SYN")
    if shake.requested_at:
        what = f"upgrade {printable(shake.target or '')}".rstrip()
        yield Event(shake.requested_at, shake.request_packet or 0, Side.CLIENT, what)
    if shake.answered_at:
        what = f"HTTP {shake.status}"
        yield Event(shake.answered_at, shake.response_packet or 0, Side.SERVER, what)


def _frame_events(one: Connection) -> list[Event]:
    """Return the last frames, and the first close frame of each side with what it says."""
    closes = {
        (side, close.packet): close
        for side, close in (
            (Side.CLIENT, one.ending.client_close),
            (Side.SERVER, one.ending.server_close),
        )
        if close is not None
    }
    end = len(one.frames) if one.frames is not None else 0
    begin = max(end - LAST_FRAMES - len(closes), 0)
    found = [_frame_event(one, row, closes) for row in range(begin, end)]
    before = begin + (one.frames.dropped if one.frames is not None else 0)
    if before and found:
        what = f"{counted(before, 'frame')} before that"
        found.insert(0, Event(found[0].at, 0, None, what))
    # Those that no row stands for: frames were not kept, or many came behind the close.
    for (side, packet), close in closes.items():
        found.append(Event(close.at, packet, side, _close_text(one, close)))
    return found


def _frame_event(one: Connection, row: int, closes: dict[tuple[Side, int], CloseFrame]) -> Event:
    frames = one.frames
    assert frames is not None  # noqa: S101 - for mypy; the caller looked
    side, packet, opcode = Side(frames.side[row]), frames.packet[row], frames.opcode[row]
    close = closes.pop((side, packet), None) if opcode == Opcode.CLOSE else None
    if close is not None:
        return Event(close.at, packet, side, _close_text(one, close))
    what = f"{opcode_name(opcode)}, {counted(frames.payload_length[row], 'byte')}"
    return Event(frames.at[row], packet, side, what)


def _close_text(one: Connection, close: CloseFrame) -> str:
    return "0xFF 0x00" if one.framing.is_hixie else printable(str(close))


def counted(number: int, noun: str) -> str:
    """Return a number with what it counts.

    Examples
    --------
    >>> counted(1, "frame"), counted(1500, "frame")
    ('1 frame', '1,500 frames')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


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


def _tls_events(one: Connection) -> Iterator[Event]:
    tls = one.ending.tls
    if tls is None:
        return
    for side, moment in (
        (Side.CLIENT, tls.client_close_notify),
        (Side.SERVER, tls.server_close_notify),
    ):
        if moment is not None:
            yield Event(moment.at, moment.packet, side, "TLS close_notify")
    for alert in tls.alerts:
        yield Event(alert.at, alert.packet, alert.side, alert_text(alert))


def alert_text(alert: AlertSent) -> str:
    """Return an alert of TLS in a few words.

    Examples
    --------
    >>> alert_text(AlertSent("bad_certificate", "fatal", Side.CLIENT, 0, 7))
    'TLS alert bad_certificate (fatal)'
    """
    level = f" ({alert.level})" if alert.level else ""
    return f"TLS alert {alert.name}{level}"


def tls_words(tls: TlsEnd) -> Iterator[tuple[str, str]]:
    """Yield what is known of a TLS connection, label by label; its text was made to print."""
    for label, text in (
        ("version", tls.version),
        ("cipher suite", tls.cipher_suite),
        ("server name", tls.server_name),
        ("application protocol", tls.alpn),
        ("session resumed", None if tls.resumed is None else "yes" if tls.resumed else "no"),
        ("client's close_notify", _close_notify(tls.client_close_notify, tls.client_truncated)),
        ("server's close_notify", _close_notify(tls.server_close_notify, tls.server_truncated)),
    ):
        if text:
            yield label, printable(text)


def _close_notify(sent: Moment | None, truncated: bool | None) -> str:
    if sent is not None:
        return f"packet {sent.packet}"
    if truncated:
        return "none before TCP ended: a possible truncation, though many stacks leave it out"
    return "none seen; whether there was one cannot be told"


def _tcp_events(one: Connection) -> Iterator[Event]:
    tcp = one.ending.tcp
    for side, moment, what in (
        (Side.CLIENT, tcp.client_fin, "FIN"),
        (Side.SERVER, tcp.server_fin, "FIN"),
        (Side.CLIENT, tcp.client_rst, "RST"),
        (Side.SERVER, tcp.server_rst, "RST"),
    ):
        if moment is not None:
            yield Event(moment.at, moment.packet, side, what)


def _http2_events(one: Connection) -> Iterator[Event]:
    end = one.ending.h2
    for side, last, reset, goaway in (
        (Side.CLIENT, end.client_end_stream, end.client_reset, end.client_goaway),
        (Side.SERVER, end.server_end_stream, end.server_reset, end.server_goaway),
    ):
        if last is not None:
            yield Event(last.at, last.packet, side, "END_STREAM")
        if reset is not None:
            what = f"RST_STREAM, {error_name(reset.code)}"
            yield Event(reset.at, reset.packet, side, what)
        if goaway is not None:
            yield Event(goaway.at, goaway.packet, side, goaway_name(goaway))
