"""One line of plain English, composed from the facts: the same wherever an ending is shown."""

from __future__ import annotations

from analyzer.ending.facts import Facts
from analyzer.ending.rules import (
    EndingKind,
    first_close,
    first_fin,
    first_tcp_event,
    vanished_side,
    was_answered,
)
from analyzer.ending.timing import Timing, end_begins_at
from analyzer.printable import duration, printable
from analyzer.side import Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Framing


def describe(facts: Facts, kind: EndingKind, timing: Timing) -> str:
    """Return the sentence of an ending."""
    if kind is EndingKind.REFUSED:
        text = f"upgrade refused with status {facts.status}"
        return text + (f" after {duration(timing.upgrade)}" if timing.upgrade is not None else "")
    if kind is EndingKind.UNANSWERED:
        return "upgrade never answered" + _tcp_end(facts, None)
    if kind in {EndingKind.HIXIE_CLOSE, EndingKind.HYBI_CLOSE}:
        return _closing(facts, kind, timing)
    if kind is EndingKind.UNDETERMINED:
        text = "the capture lacks bytes that may have held a close frame"
        return text + _tcp_end(facts, None)
    if kind in {EndingKind.RST, EndingKind.FIN}:
        return _bare(facts, timing)
    if kind is EndingKind.VANISHED:
        return _vanished(facts, timing)
    return f"still open when the capture ends{_after(timing)}"


def _closing(facts: Facts, kind: EndingKind, timing: Timing) -> str:
    first = first_close(facts)
    closes = {side: close for side in Side if (close := facts.of(side).close) is not None}
    if first == "both":
        sent = " and ".join(f"{side} sent {_named(facts, closes[side])}" for side in Side)
        text = f"{sent}, crossing on the way{_after(timing)}"
        return text + _tcp_end(facts, max(close.at for close in closes.values()))
    begun = first if isinstance(first, Side) else min(closes, key=lambda side: closes[side].at)
    text = f"{begun} sent {_named(facts, closes[begun])}{_after(timing)}"
    last = closes[begun].at
    answer = closes.get(begun.other)
    if answer is not None:
        other = "" if _same(closes[begun], answer) else f" with {_named(facts, answer)}"
        text += f"; {begun.other} answered{other} after {duration(answer.at - last)}"
        last = max(last, answer.at)
    elif was_answered(facts, kind) is False:
        text += f"; {begun.other} never answered"
    else:
        text += "; no answer in the capture"
    return text + _tcp_end(facts, last)


def _named(facts: Facts, close: CloseFrame) -> str:
    if facts.framing.is_hixie:
        return "0xFF 0x00"
    if facts.framing not in {Framing.HYBI_06, Framing.RFC_6455}:
        return "Close"
    return printable(str(close))


def _same(one: CloseFrame, other: CloseFrame) -> bool:
    return one.code == other.code and other.complete


def _after(timing: Timing) -> str:
    """Say how long the connection was open, and idle."""
    text = f" after {duration(timing.open)}" if timing.open is not None else ""
    if timing.idle_before_end is None:
        return f"{text}, no frames" if text else ""
    # An idle time of a moment explains nothing.
    if timing.idle_before_end < 100_000_000:
        return text
    return f"{text}, {duration(timing.idle_before_end)} idle"


def _bare(facts: Facts, timing: Timing) -> str:
    first = first_tcp_event(facts)
    event = end_begins_at(facts)
    if first == "both":
        return f"both sides closed TCP (FIN) at once without a close frame{_after(timing)}"
    who = str(first) if first is not None else "one side"
    side = facts.of(first) if isinstance(first, Side) else None
    how = "reset TCP (RST)"
    if side is None or (side.fin is not None and side.fin.at == event):
        how = "closed TCP (FIN)"
    text = f"{who} {how} without a close frame{_after(timing)}"
    if not isinstance(first, Side):
        return text
    return text + _reaction(facts, first, how, event)


def _reaction(facts: Facts, first: Side, how: str, event: int) -> str:
    other = facts.of(first.other)
    parts = []
    if how.endswith("(FIN)"):
        if other.fin is not None:
            parts.append(f"{first.other} closed {duration(other.fin.at - event)} later")
        rst = facts.of(first).rst
        if rst is not None:
            parts.append(f"{first} reset TCP {duration(rst.at - event)} later")
        if not other.fin and not rst and not other.rst:
            parts.append(f"{first.other} had not closed when the capture ends")
    if other.rst is not None:
        parts.append(f"{first.other} reset TCP {duration(other.rst.at - event)} later")
    return "".join(f"; {part}" for part in parts)


def _tcp_end(facts: Facts, since: int | None) -> str:
    """Say who took TCP down, and how long after `since`."""
    first = first_tcp_event(facts)
    moments = [
        (moment.at, side, how)
        for side in Side
        for moment, how in ((facts.of(side).fin, "closed"), (facts.of(side).rst, "reset"))
        if moment is not None
    ]
    if not moments:
        return "" if since is None else "; TCP still open when the capture ends"
    at, side, how = min(moments, key=lambda one: (one[0], one[1]))
    who = str(first) if isinstance(first, Side) else str(side)
    if first == "both" and how == "closed":
        who = "both sides"
    if since is None:
        return f"; {who} {how} TCP"
    if at < since:
        return f"; {who} had {how} TCP {duration(since - at)} before that"
    return f"; {who} {how} TCP {duration(at - since)} later"


def _vanished(facts: Facts, timing: Timing) -> str:
    if facts.reused_by is not None:
        return (
            f"no ending on the wire{_after(timing)}; then the {facts.reused_by} opened a new"
            " connection on the same ports"
        )
    gone = vanished_side(facts) or Side.CLIENT
    other = facts.of(gone.other)
    silent = facts.last_at - other.unanswered_since
    return (
        f"{gone} stopped answering{_after(timing)}; {gone.other} repeated itself"
        f" {other.unanswered} times over {duration(silent)} without an answer"
    )


def first_fin_name(facts: Facts) -> str | None:
    """Return ``tcp.first_fin`` of the record."""
    first = first_fin(facts)
    return None if first is None else str(first)
