"""What happened, in plain sentences: how a postmortem begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from statistics import median
from typing import NamedTuple

from analyzer.capture.record import CaptureRecord
from analyzer.ending.facts import is_strange
from analyzer.ending.rules import EndingKind
from analyzer.events import counted
from analyzer.findings import Finding
from analyzer.printable import duration
from analyzer.record import Connection
from analyzer.report.details import CLOSING, where
from analyzer.report.order import is_abnormal
from analyzer.report.template import clock, day
from analyzer.side import Side
from analyzer.text import in_order_of_urgency
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import close_code_title

# So few are told one by one.
TOLD_ALONE = 4
EXAMPLES = 3
GROUPS = 12
NAMED = 4
NO_CODE = "no code"
# Idle for less explains nothing.
IDLE_NS = 1_000_000_000
# A finding that is about fewer of those that are alike is not named with them.
NAMING = 0.25
WORDS = {
    EndingKind.REFUSED: "{were} refused: the upgrade was not answered with {accepted}",
    EndingKind.UNANSWERED: "never began: the upgrade was not answered",
    EndingKind.UNDETERMINED: (
        "ended in bytes that the capture lacks; a close frame may have been among them"
    ),
    EndingKind.RST: "{were} reset by {who} ({reset}) without a close frame",
    EndingKind.FIN: "{were} closed by {who} ({closed}) without a close frame",
    EndingKind.VANISHED: "ended without a sign on the wire: {who} stopped answering",
    EndingKind.OPEN: "{were} still open when the capture ends",
}
REUSED = "ended without a sign on the wire: the ports were used again"
# APIs report it where there was no close frame.
NO_CLOSE_FRAME = 1006


class Statement(NamedTuple):
    """A sentence, and connections that show what it says."""

    text: str
    examples: tuple[int, ...] = ()
    bad: bool = False


def story(
    captures: Sequence[CaptureRecord],
    connections: Sequence[Connection],
    findings: Sequence[Finding] = (),
) -> list[Statement]:
    """Return what happened, the abnormal first.

    Parameters
    ----------
    captures : sequence of CaptureRecord
        What was read.
    connections : sequence of Connection
        What was found.
    findings : sequence of Finding
        What stands out in them: named where it is about many of those that are alike.
    """
    told = [Statement(_scope(captures, connections))]
    if 0 < len(connections) <= TOLD_ALONE:
        told += [_alone(one) for one in in_order_of_urgency(connections)]
    elif connections:
        told += [*_overview(connections), *_groups(connections, findings)]
        told += _apis(connections)
    return [*told, *_broken(captures)]


def _scope(captures: Sequence[CaptureRecord], connections: Sequence[Connection]) -> str:
    packets = sum(capture.packets for capture in captures)
    inputs = "the capture" if len(captures) == 1 else counted(len(captures), "capture")
    text = f"{counted(len(connections), 'WebSocket connection')} in {inputs} of"
    text += f" {counted(packets, 'packet')}"
    first = min((one.first_at for one in captures if one.first_at), default=None)
    last = max((one.last_at for one in captures if one.last_at), default=None)
    if first is None or last is None or not day(first) or not day(last):
        return f"{text}."
    until = clock(last)[:8] if day(last) == day(first) else f"{day(last)} {clock(last)[:8]}"
    return f"{text}, {day(first)} {clock(first)[:8]} to {until} UTC ({duration(last - first)})."


def _alone(one: Connection) -> Statement:
    return Statement(f"{where(one)}: {one.ending.sentence}.", (one.id,), is_abnormal(one))


def _overview(connections: Sequence[Connection]) -> Iterator[Statement]:
    number = len(connections)
    clean = sum(one.ending.clean is True for one in connections)
    if clean == number:
        yield Statement(
            f"All {number:,} ended in good order: both sides sent a close frame, then"
            f" {_all_below(connections)} was closed."
        )
    elif clean:
        yield Statement(
            f"{clean:,} ({_share(clean, number)}) ended in good order: both sides sent"
            f" a close frame, then {_all_below(connections)} was closed."
        )
    else:
        yield Statement(
            "None is known to have ended in good order, with a close frame from both"
            f" sides and {_all_below(connections)} closed behind them.",
            (),
            bad=True,
        )


def _below(one: Connection) -> str:
    """Return what is closed behind the close frames (RFC 6455, 7.1.1; RFC 8441, section 5)."""
    return "TCP" if one.h2_stream is None else "the stream of HTTP/2"


def _all_below(ones: Sequence[Connection]) -> str:
    found = {_below(one) for one in ones}
    return "TCP, or the stream of HTTP/2," if len(found) > 1 else found.pop()


def _share(part: int, whole: int) -> str:
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "<0.1 %"
    return ">99.9 %" if 99.9 < percent < 100 else f"{percent:.3g} %"


def _groups(connections: Sequence[Connection], findings: Sequence[Finding]) -> Iterator[Statement]:
    """Tell of those that are alike, most urgent first."""
    rest = [one for one in in_order_of_urgency(connections) if one.ending.clean is not True]
    groups = [list(found) for _, found in groupby(sorted(rest, key=_order), key=_alike)]
    places = {one.id: place for place, one in enumerate(rest)}
    groups.sort(key=lambda group: (not is_abnormal(group[0]), places[group[0].id]))
    about: dict[str, set[int]] = {}
    for one in findings:
        about.setdefault(one.name, set()).update(one.connections)
    for group in groups[:GROUPS]:
        examples = tuple(one.id for one in group[:EXAMPLES])
        text = f"{_sentence(group)}{_named(group, about)}."
        yield Statement(text, examples, is_abnormal(group[0]))
    left = sum(map(len, groups[GROUPS:]))
    if left:
        yield Statement(f"{left:,} more ended in other ways.")


def _alike(one: Connection) -> tuple[str, ...]:
    """Return what connections of one group have in common."""
    ending = one.ending
    clean = str(ending.clean) if ending.kind in CLOSING else ""
    ways = {EndingKind.RST: _reset_with(one), EndingKind.FIN: ending.h2.closed_with}
    way = _accepted(one) if ending.kind is EndingKind.REFUSED else ways.get(ending.kind, "")
    if ending.clean is False:
        way = way or _below(one)
    return (str(ending.kind), str(ending.first), str(ending.answered), clean, way)


def _order(one: Connection) -> tuple[tuple[str, ...], int]:
    return _alike(one), one.id


def _sentence(group: Sequence[Connection]) -> str:
    one = group[0]
    number = len(group)
    had = "connection" if number == 1 else "connections"
    text = f"{number:,} {had} {_what(one, plural=number > 1)}"
    if one.ending.kind in CLOSING:
        text += _codes(group)
    elif one.ending.kind is EndingKind.REFUSED:
        text += f" ({_listed(Counter(map(_status, group)))})"
    return f"{text}{_idle(group)}"


def _status(one: Connection) -> str:
    status = one.handshake.status
    return "an answer that is not in the capture" if status is None else f"status {status}"


def _what(one: Connection, *, plural: bool) -> str:
    kind, first = one.ending.kind, one.ending.first
    were = "were" if plural else "was"
    who = {"None": "one side", "both": "both sides at once"}.get(str(first), f"the {first}")
    if kind in CLOSING:
        return _closed(one, who, were)
    if kind is EndingKind.VANISHED and first is None:
        return REUSED
    closed = one.ending.h2.closed_with
    ways = {"reset": _reset_with(one), "closed": closed, "accepted": _accepted(one)}
    return WORDS[kind].format(were=were, who=who, **ways)


def _reset_with(one: Connection) -> str:
    tcp = one.ending.tcp
    rst = tcp.server_rst if one.ending.first is Side.SERVER else tcp.client_rst
    name = one.ending.h2.reset_with
    return f"{name}, perhaps not its own" if is_strange(rst) else name


def _accepted(one: Connection) -> str:
    """Return the status that accepts (RFC 8441, section 5)."""
    return "101" if one.h2_stream is None else "2xx"


def _closed(one: Connection, who: str, were: str) -> str:
    text = f"{were} closed by a close frame of {who}"
    if one.ending.answered is False:
        return f"{text} that the other never answered"
    if one.ending.answered is None:
        return f"{text}, and the capture has no answer"
    if one.ending.clean is False:
        return f"{text}; both were sent, but one was lost when {_below(one)} was cut"
    return f"{text} and answered, but the capture does not show that all of it arrived"


def _codes(group: Sequence[Connection]) -> str:
    """Name the codes of those who were first."""
    closes = (_first_close(one) for one in group)
    counts = Counter(_code(close.code) for close in closes if close is not None)
    return f" ({_listed(counts)})" if set(counts) - {NO_CODE} else ""


def _first_close(one: Connection) -> CloseFrame | None:
    ending = one.ending
    if ending.first is Side.SERVER:
        return ending.server_close
    return ending.client_close or ending.server_close


def _code(code: int | None) -> str:
    if code is None:
        return NO_CODE
    title = close_code_title(code)
    return f"{code} {title}" if title else str(code)


def _listed(counts: Counter[str]) -> str:
    if len(counts) == 1:
        return next(iter(counts))
    more = ", and others" if len(counts) > NAMED else ""
    return ", ".join(f"{name}: {number:,}" for name, number in counts.most_common(NAMED)) + more


def _idle(group: Sequence[Connection]) -> str:
    times = [ns for one in group if (ns := one.timing.idle_before_end) is not None]
    if not times or median(times) < IDLE_NS:
        return ""
    middle = duration(int(median(times)))
    if len(times) == 1:
        return f", {middle} idle"
    low, high = duration(min(times)), duration(max(times))
    between = f" (from {low} to {high})" if low != high else ""
    return f", idle for {middle}{' in the median' if between else ''}{between} before that"


def _named(group: Sequence[Connection], findings: Mapping[str, set[int]]) -> str:
    """Name the findings that many of a group are in: what they mean is told there."""
    ids = {one.id for one in group}
    counts = {name: len(ids & about) for name, about in findings.items()}
    named = [
        f"{name} ({number:,} of them)" if number < len(group) else name
        for name, number in counts.items()
        if number and number >= NAMING * len(group)
    ]
    return f"; stands out as {', '.join(named)}" if named else ""


def _apis(connections: Sequence[Connection]) -> Iterator[Statement]:
    counts = [
        (
            side,
            sum(getattr(one.ending, f"{side}_view").code == NO_CLOSE_FRAME for one in connections),
        )
        for side in ("client", "server")
    ]
    parts = [f"at the {side} of {number:,}" for side, number in counts if number]
    if parts:
        yield Statement(
            f"The API would report 1006, which is never on the wire, "
            f"{' and '.join(parts)} connections."
        )


def _broken(captures: Sequence[CaptureRecord]) -> Iterator[Statement]:
    broken = sum(not capture.complete for capture in captures)
    if broken and len(captures) == 1:
        yield Statement("The capture could not be read to its end; see below.", (), bad=True)
    elif broken:
        yield Statement(
            f"{broken:,} of {len(captures):,} captures could not be read to their end; see below.",
            (),
            bad=True,
        )
