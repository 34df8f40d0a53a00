"""One line of plain English, composed from the facts: the same wherever an ending is shown."""

from __future__ import annotations

from analyzer.ending.facts import Facts, Goaway, Moment, SideFacts, is_strange
from analyzer.ending.h2 import closed_by, ends_with_connection, goaway_name, reset_by
from analyzer.ending.rules import (
    CLOSE_KINDS,
    EndingKind,
    first_close,
    first_tcp_event,
    first_to_leave,
    vanished_side,
    was_answered,
)
from analyzer.ending.timing import Timing, end_begins_at
from analyzer.printable import duration, printable
from analyzer.side import SIDES, Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Framing

BOTH = "both sides"
WORDS = tuple(str(side) for side in SIDES)
# Longer than every reason that fits into a legal frame (RFC 6455, section 5.5).
LONGEST_NAME = 240


def describe(facts: Facts, kind: EndingKind, timing: Timing) -> str:
    """Return the sentence of an ending."""
    text = _told(facts, kind, timing)
    return text if facts.client.h2 is None else text + _around(facts, text)


def _around(facts: Facts, told: str) -> str:
    """Say what else HTTP/2 did to the stream, and what happened to its connection as a whole."""
    text = ""
    for side in SIDES:
        own = facts.of(side)
        reset = own.h2.reset if own.h2 is not None else None
        if reset is not None and "RST_STREAM" not in told:
            text += f"; {side} {_reset_words(own)} {_later(reset.at - end_begins_at(facts))}"
        goaway = own.h2.goaway if own.h2 is not None else None
        if goaway is not None and own.rst is not goaway:
            text += f"; {side} {_besides(facts, goaway)}"
    if facts.shared and ends_with_connection(facts):
        others = "another WebSocket" if facts.shared == 1 else f"{facts.shared} other WebSockets"
        text += f"; {others} on the same TCP connection ended with it"
    return text


def _besides(facts: Facts, goaway: Goaway) -> str:
    """Tell of a GOAWAY that did not end the stream, behind what was told of the end."""
    since = goaway.at - end_begins_at(facts)
    closed = any(own.close is not None for own in facts.sides)
    last = 0 if closed else _last_told(facts)
    if since >= 0 and goaway.at < last:
        return f"had sent {goaway_name(goaway)} {duration(last - goaway.at)} before that"
    return f"sent {goaway_name(goaway)} {_later(since)}"


def _last_told(facts: Facts) -> int:
    """Return when the last happened that is told of an end without a close frame."""
    end = _tcp_moment(facts)
    told = [_at(own.rst) for own in facts.sides]
    if end is None or not end.reset:
        told += [_at(own.fin) for own in facts.sides]
    return max((at for at in told if at is not None), default=0)


def _told(  # noqa: PLR0911 - a way to tell for each kind
    facts: Facts, kind: EndingKind, timing: Timing
) -> str:
    if kind is EndingKind.REFUSED:
        if facts.status is None:
            return "upgrade refused, as the client shows: it asked for something else behind it"
        text = f"upgrade refused with status {facts.status}"
        return text + (f" after {duration(timing.upgrade)}" if timing.upgrade is not None else "")
    if kind is EndingKind.UNANSWERED:
        how = "not answered when the capture ends" if facts.cut_off else "never answered"
        return f"upgrade {how}{_tcp_end(facts, None)}"
    if kind in CLOSE_KINDS:
        return _closing(facts, kind, timing)
    if kind is EndingKind.UNDETERMINED:
        text = "the capture lacks bytes that may have held a close frame"
        return text + _tcp_end(facts, None)
    if kind is EndingKind.RST or kind is EndingKind.FIN:
        return _bare(facts, timing)
    if kind is EndingKind.VANISHED:
        return _vanished(facts, timing)
    return f"still open when the capture ends{_after(facts, timing)}"


def _closing(facts: Facts, kind: EndingKind, timing: Timing) -> str:
    first = first_close(facts)
    one, other = facts.client.close, facts.server.close
    if first == "both" and one is not None and other is not None:
        sent = f"client sent {_named(facts, one)} and server sent {_named(facts, other)}"
        text = f"{sent}, crossing on the way{_after(facts, timing)}"
        return text + _tcp_end(facts, max(one.at, other.at))
    if first is Side.SERVER or (
        first is not Side.CLIENT and other is not None and (one is None or other.at < one.at)
    ):
        return _closed_by(facts, kind, timing, 1, first is not None)
    return _closed_by(facts, kind, timing, 0, first is not None)


def _closed_by(facts: Facts, kind: EndingKind, timing: Timing, side: int, certain: bool) -> str:
    """Tell of a closing handshake that a side began; `certain`: the capture tells which one did."""
    begun, other = WORDS[side], WORDS[1 - side]
    close, answer = facts.of(side).close, facts.of(1 - side).close
    if close is None:  # never: whoever begins has sent one
        return ""
    text = f"{begun} sent {_named(facts, close)}{_after(facts, timing)}"
    last = close.at
    if answer is not None and not certain:
        # Whether it knew of the first, the capture does not tell.
        text += f"; {other} sent {_named(facts, answer)} {_later(answer.at - last)}"
        last = max(last, answer.at)
    elif answer is not None:
        code = "" if _same(close, answer) else f" with {_named(facts, answer)}"
        text += f"; {other} answered{code} after {duration(answer.at - last)}"
        last = max(last, answer.at)
    elif was_answered(facts, kind) is False:
        text += f"; {other} never answered"
    else:
        text += "; no answer in the capture"
    return text + _tcp_end(facts, last)


def _named(facts: Facts, close: CloseFrame) -> str:
    if facts.framing.is_hixie:
        return "0xFF 0x00"
    if facts.framing not in {Framing.HYBI_06, Framing.RFC_6455}:
        return "Close"
    text = printable(str(close))
    return text if len(text) <= LONGEST_NAME else f'{text[:LONGEST_NAME]}…"'


def _same(one: CloseFrame, other: CloseFrame) -> bool:
    return one.code == other.code and other.complete


def _after(facts: Facts, timing: Timing) -> str:
    """Say how long the connection was open, and idle."""
    text = f" after {duration(timing.open)}" if timing.open is not None else ""
    if timing.idle_before_end is None:
        silent = not [one for one in facts.sides if not one.captured or one.last_frame_at]
        return f"{text}, no frames" if text and silent and not facts.close_hidden else text
    # An idle time of a moment explains nothing.
    if timing.idle_before_end < 100_000_000:
        return text
    return f"{text}, {duration(timing.idle_before_end)} idle"


def _bare(facts: Facts, timing: Timing) -> str:
    end = _tcp_moment(facts)
    left = first_to_leave(facts)
    if end is not None and not end.reset and left != first_tcp_event(facts):
        return _left_tls(facts, timing, str(left), end)
    if end is None or end.who == BOTH:
        deed, name = closed_by(facts.client)
        text = f"both sides {deed} ({name}) at once without a close frame{_after(facts, timing)}"
        return text + (_resets(facts, end.at, SIDES) if end is not None else "")
    deed, name = (reset_by if end.reset else closed_by)(facts.of(end.side))
    if end.reset and is_strange(facts.of(end.side).rst):
        name = f"{name}, perhaps not its own"
    text = f"{end.who} {deed} ({name}) without a close frame{_after(facts, timing)}"
    return text + _reaction(facts, end)


def _left_tls(facts: Facts, timing: Timing, who: str, end: _TcpMoment) -> str:
    """Tell of who ended TLS before anybody closed TCP."""
    sent = [one.notified.at for one in facts.sides if one.notified is not None]
    whose = BOTH if who == "both" else who
    text = f"{whose} ended TLS (close_notify) without a close frame{_after(facts, timing)}"
    text += f"; {end.who} closed TCP (FIN) {_later(end.at - min(sent, default=end.at))}"
    return text if end.who == BOTH else text + _reaction(facts, end)


def _reaction(facts: Facts, end: _TcpMoment) -> str:
    """Say what both sides did to TCP behind the first of it."""
    other = end.side.other
    fin = facts.of(other).fin
    text = ""
    if not end.reset and fin is not None:
        text = f"; {other} {_reacted(facts, end.side)} {_later(fin.at - end.at)}"
    elif not end.reset and not facts.has_rst and facts.of(other).captured:
        deed = "ended it" if facts.client.h2 is not None else "closed"
        text = f"; {other} had not {deed} when the capture ends"
    return text + _resets(facts, end.at, (other,) if end.reset else (end.side, other))


def _reacted(facts: Facts, side: Side) -> str:
    """Say how the other side followed the FIN of `side`."""
    deed, _ = closed_by(facts.of(side.other))
    if deed == closed_by(facts.of(side))[0]:
        return "closed" if facts.client.h2 is None else "did so"
    return deed


def _resets(facts: Facts, since: int, sides: tuple[Side, ...]) -> str:
    if not facts.has_rst:
        return ""
    resets = [(side, rst) for side in sides if (rst := facts.of(side).rst) is not None]
    return "".join(
        f"; {side} {_reset_words(facts.of(side))} {_later(rst.at - since)}" for side, rst in resets
    )


def _reset_words(side: SideFacts) -> str:
    deed, name = reset_by(side)
    return deed if name == "RST" else f"{deed} ({name})"


def _later(nanoseconds: int) -> str:
    return f"{duration(nanoseconds)} {'later' if nanoseconds >= 0 else 'before that'}"


class _TcpMoment:
    """What took TCP down first: whose, who is named for it, when, and whether it was a RST."""

    def __init__(self, side: Side, who: str, at: int, reset: bool) -> None:
        self.side = side
        self.who = who
        self.at = at
        self.reset = reset


def _tcp_moment(facts: Facts) -> _TcpMoment | None:
    if not facts.has_fin and not facts.has_rst:
        return None
    first = first_tcp_event(facts)
    one, other = facts.client.fin_counts_at, facts.server.fin_counts_at
    at = _sooner(one, other)
    reset = False
    if facts.has_rst:
        rst, other_rst = _at(facts.client.rst), _at(facts.server.rst)
        soonest = _sooner(rst, other_rst)
        reset = at is None or (soonest is not None and soonest < at)
        if reset:
            one, other, at = rst, other_rst, soonest
    # Acknowledgments may tell another order than the clock, which is that of the tap.
    side = Side.CLIENT if one == at else Side.SERVER
    if first is Side.CLIENT and one is not None:
        side, at = Side.CLIENT, one
    elif first is Side.SERVER and other is not None:
        side, at = Side.SERVER, other
    if at is None:  # never: one of the two was seen
        return None
    return _TcpMoment(side, BOTH if first == "both" else WORDS[side], at, reset)


def _at(moment: Moment | None) -> int | None:
    return None if moment is None else moment.at


def _sooner(one: int | None, other: int | None) -> int | None:
    if one is None or (other is not None and other < one):
        return other
    return one


def _tcp_end(facts: Facts, since: int | None) -> str:
    """Say who took TCP down, and how long after `since`."""
    end = _tcp_moment(facts)
    if end is None:
        what = "TCP" if facts.client.h2 is None else "the stream"
        return "" if since is None else f"; {what} still open when the capture ends"
    side = facts.of(end.side)
    how = _reset_words(side) if end.reset else closed_by(side)[0]
    if since is None:
        return f"; {end.who} {how}"
    if end.at < since:
        return f"; {end.who} had {how} {duration(since - end.at)} before that"
    return f"; {end.who} {how} {duration(end.at - since)} later"


def _vanished(facts: Facts, timing: Timing) -> str:
    if facts.reused_by is not None:
        return (
            f"no ending on the wire{_after(facts, timing)}; then the {facts.reused_by} opened a new"
            " connection on the same ports"
        )
    gone = vanished_side(facts) or Side.CLIENT
    other = facts.of(gone.other)
    since, begin = other.unanswered_since, facts.answered_at
    # How long it was open, and idle, is told to the last packet: one of those that repeat.
    when = f" after {duration(since - begin)} at the latest" if begin else ""
    return (
        f"{gone} stopped answering{when}; {gone.other} repeated itself"
        f" {other.unanswered} times over {duration(facts.last_at - since)} without an answer"
    )
