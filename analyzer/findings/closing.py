"""Faults of the closing handshake: not answered, not waited for, TCP kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from analyzer.ending.facts import Moment
from analyzer.findings.defaults import CLOSE_ANSWER, TCP_CLOSE, Default, known
from analyzer.findings.ends import (
    End,
    close_of,
    down_moment,
    ends_by,
    fin_of,
    first_side,
    is_closing,
    rst_of,
    sent_by,
    was_reset,
)
from analyzer.findings.finding import Finding, Given, about, counted, packets, seconds, ways
from analyzer.findings.shared_tcp import counted_on_tcp
from analyzer.record import Connection
from analyzer.side import SIDES, Side

# Less is the time that a program takes to act, not a timer.
TIMER_NS = 900_000_000
# Between a FIN and what stands for "at once" behind a Close.
AT_ONCE_NS = 900_000_000
# Programs that read to the end close before this.
LEFT_NS = 10_000_000_000
# What abandons a connection; where there are several, the first of these.
RESETS = ("RST_STREAM", "GOAWAY", "RST")
# What ends a stream of HTTP/2, and not TCP.
OF_STREAMS = ("END_STREAM", "RST_STREAM", "GOAWAY")
RFC_TCP = "RFC 6455, section 7.1.1: the server closes TCP first, and the client waits for that"


class Fault(NamedTuple):
    """A closing handshake that went wrong: which way, how long somebody waited, what ended it."""

    one: Connection
    kind: str
    closer: Side
    waited: int
    way: str


def close_unanswered(given: Given) -> list[Finding]:
    """Tell which close frames were never answered, and who waited how long.

    It counts where one side sent a close frame, the other's is not in the capture, none of the
    other's bytes are missing, and one side at least closed or reset TCP. Three cases are told apart
    by who took TCP down first: the side that had sent the close frame, after 0.9 s or more (it gave
    up: the time is compared with known constants) or at once (it did not wait); or the other side,
    which closed or reset TCP instead of answering. A close frame whose own sender reset TCP behind
    it is the finding close-overtaken, not this one. On HTTP/2, END_STREAM of the other side,
    RST_STREAM, and GOAWAY with an error count as TCP does: END_STREAM of the side that had sent the
    close frame leaves the other free to answer.
    """
    faults = [fault for one in given.connections if (fault := _unanswered(one)) is not None]
    return [
        *_each(faults, "gave up", _gave_up),
        *_each(faults, "instead", _instead),
        *_each(faults, "at once", _not_waited),
    ]


def close_overtaken(given: Given) -> list[Finding]:
    """Tell which close frames were followed by a RST of their own sender before the answer came.

    It counts where the first close frame's sender reset TCP behind it, and no close frame of the
    other side had passed by then. What is in the receiver's socket when a RST arrives may be thrown
    away, so that its API reports 1006 instead of the code; if it read in time, it has the code.
    """
    ones = [one for one in given.connections if _reset_behind(one) is not None]
    return [
        _finding(
            "close-overtaken",
            some,
            f"the {side} of {counted_on_tcp(some)} reset TCP (RST) behind its own close"
            " frame, before it was answered: the other side may have lost it, and report 1006",
            {"longest_gap_s": seconds(max(_reset_behind(one) or 0 for one in some))},
            ("a socket closed with data unread, or with SO_LINGER 0, right behind a Close",),
            ("a kernel that aborts because the process died behind its Close",),
            (f"whether the {side} waits for the answer before it closes its socket",),
        )
        for side in SIDES
        if (some := [one for one in ones if first_side(one) is side])
    ]


def tcp_kept(given: Given) -> list[Finding]:
    """Tell where both sides had sent a close frame, and the server did not close TCP.

    RFC 6455, section 7.1.1: the server closes TCP first, so that TIME_WAIT is on its side, and the
    client waits for that. It counts where the client's FIN, or RST, came first, 0.9 s or more
    behind the last close frame: the client waited, and gave up. The time is compared with known
    constants. Not on HTTP/2, where TCP is kept for other streams.
    """
    ones = [one for one in given.connections if _server_kept(one)]
    if not ones:
        return []
    times = [seconds(one.timing.close_to_tcp_end or 0) for one in ones]
    text = (
        f"the server of {counted_on_tcp(ones)} did not close TCP behind the closing"
        f" handshake; the client did after {_span(times)}{_hint(times, TCP_CLOSE)}"
    )
    return [
        _finding(
            "tcp-not-closed",
            ones,
            text,
            {"shortest_s": min(times), "longest_s": max(times)},
            ("a server that keeps its socket open: TIME_WAIT is then on the client's side",),
            ("a server whose FIN was lost, or held back by a proxy",),
            (f"what the server does behind its Close; {RFC_TCP}",),
        )
    ]


def half_closed(given: Given) -> list[Finding]:
    """Tell where one side closed TCP and the other never did, though the capture went on.

    It counts where the capture has a FIN of one side, none of the other and no RST, and went on for
    10 s or more behind it, with none of the other side's bytes missing. The socket of the side that
    was told stays in CLOSE_WAIT until its program closes it: where that happens again and again, it
    runs out of them.
    """
    ends = [capture.last_at for capture in given.captures if capture.last_at]
    if not ends:
        return []
    found = []
    halves = [one for one in given.connections if _has_one_fin(one)]
    for side in SIDES:
        ones = [one for one in halves if _left_waiting(one, side, max(ends))]
        if ones:
            found.append(_half_closed(side, ones, max(ends)))
    return found


def _has_one_fin(one: Connection) -> bool:
    tcp = one.ending.tcp
    return (tcp.client_fin is None) is not (tcp.server_fin is None)


def _left_waiting(one: Connection, side: Side, end: int) -> bool:
    """Whether a side was told that the other closes, and it alone, for long."""
    fin = fin_of(one, side.other)
    if fin is None or was_reset(one):
        return False
    sent = sent_by(one, side)
    lacks = sent.missing_bytes or not sent.segments or sent_by(one, side.other).unanswered_segments
    return not lacks and end - fin.at >= LEFT_NS


def _half_closed(side: Side, ones: Sequence[Connection], end: int) -> Finding:
    fins = [fin for one in ones if (fin := fin_of(one, side.other)) is not None]
    longest = seconds(end - min(fin.at for fin in fins))
    return Finding(
        "half-closed",
        f"the {side} of {counted_on_tcp(ones)} never closed TCP behind the"
        f" {side.other}'s FIN, for up to {longest:.1f} s till the capture ends",
        about(ones),
        min(fin.at for fin in fins),
        max(fin.at for fin in fins),
        {"longest_s": longest},
        packets(fin.packet for fin in fins),
        (f"a program at the {side} that leaks sockets (CLOSE_WAIT), or does not read to the end",),
        (f"a FIN of the {side} that the capture does not hold",),
        (f"sockets in CLOSE_WAIT at the {side}, and which program has them",),
    )


def _unanswered(one: Connection) -> Fault | None:
    if one.ending.answered or not is_closing(one):
        return None
    closer = first_side(one)
    if closer is None:
        return None
    close, other = close_of(one, closer), sent_by(one, closer.other)
    if close is None or other.missing_bytes or not other.segments or _reset_behind(one) is not None:
        return None
    # Who ends its half of a stream of HTTP/2 with its Close still waits for the answer.
    own = [end for end in ends_by(one, closer) if end.name != "END_STREAM"]
    others = ends_by(one, closer.other)
    down = min((end.moment for end in (*own, *others)), key=_place, default=None)
    if down is None:
        return None
    waited = max(down.at - close.at, 0)
    if others and others[0].moment == down:
        return Fault(one, "instead", closer, waited, _way(others))
    kind = "gave up" if waited >= TIMER_NS else "at once"
    return Fault(one, kind, closer, waited, _way(own))


def _place(moment: Moment) -> tuple[int, int]:
    return moment.at, moment.packet


def _way(ends: Sequence[End]) -> str:
    """Return the name of what a side did to end a connection: that which says most of it."""
    names = [end.name for end in ends]
    return next((name for name in RESETS if name in names), names[0])


def _reset_behind(one: Connection) -> int | None:
    """Return how long behind its own first close frame a side reset TCP, unanswered till then."""
    if not was_reset(one) or not is_closing(one):
        return None
    closer = first_side(one)
    if closer is None:
        return None
    close, answer, rst = close_of(one, closer), close_of(one, closer.other), rst_of(one, closer)
    if close is None or rst is None or (answer is not None and answer.at <= rst.at):
        return None
    fin = fin_of(one, closer.other)
    if fin is not None and fin.at <= rst.at:
        return None  # the other side had closed TCP instead of answering
    gap = rst.at - close.at
    return gap if 0 <= gap < AT_ONCE_NS else None


def _server_kept(one: Connection) -> bool:
    waited = one.timing.close_to_tcp_end
    if one.h2_stream is not None:
        return False
    if waited is None or waited < TIMER_NS or one.ending.answered is not True:
        return False
    down = down_moment(one)
    if down is None:
        return False
    return down in {fin_of(one, Side.CLIENT), rst_of(one, Side.CLIENT)}


def _each(
    faults: Iterable[Fault], kind: str, tell: Callable[[Side, list[Fault]], Finding]
) -> list[Finding]:
    mine = [fault for fault in faults if fault.kind == kind]
    by_side = ((side, [one for one in mine if one.closer is side]) for side in SIDES)
    return [tell(side, some) for side, some in by_side if some]


def _gave_up(side: Side, faults: list[Fault]) -> Finding:
    times = [seconds(fault.waited) for fault in faults]
    text = (
        f"the {side}'s close frame was never answered in {counted(len(faults), 'connection')};"
        f" it gave up after {_span(times)}{_hint(times, CLOSE_ANSWER)}"
    )
    return _finding(
        "close-unanswered",
        [fault.one for fault in faults],
        text,
        {"case": "gave up", "shortest_wait_s": min(times), "longest_wait_s": max(times)},
        (f"a {side.other} that is stopped or blocked, or that never reads what comes last",),
        (f"a {side.other} whose answer was lost behind the place of the capture",),
        (f"what the {side.other} did at that time; whether its library handles close frames",),
    )


def _instead(side: Side, faults: list[Fault]) -> Finding:
    numbers = Counter(fault.way for fault in faults)
    deed, what = _deed(faults)
    by = {way: numbers[way] for way in OF_STREAMS if numbers[way]}
    text = (
        f"the {side}'s close frame was not answered in {_so_many(faults)}: the {side.other} {deed}"
        f" {what} instead"
        f" ({ways({'by FIN': numbers['FIN'], 'by RST': numbers['RST'], **_named(by)})})"
    )
    return _finding(
        "close-unanswered",
        [fault.one for fault in faults],
        text,
        {
            "case": f"{'stream' if what == 'the stream' else 'tcp'} closed instead",
            "fin_connections": numbers["FIN"],
            "rst_connections": numbers["RST"],
            **{f"{way.lower()}_connections": number for way, number in by.items()},
        },
        (f"a {side.other} that hangs up without a close frame of its own",),
        (f"a {side.other} that was closing {what} already, and had not read the close frame",),
        (f"the {side.other}'s handling of close frames (RFC 6455, section 5.5.1)",),
    )


def _deed(faults: list[Fault]) -> tuple[str, str]:
    """Say in two words what ended connections: what was done, and to what."""
    of_streams = {fault.way in OF_STREAMS for fault in faults}
    if len(of_streams) > 1:
        return "ended", "the connection"
    return ("ended", "the stream") if True in of_streams else ("closed", "TCP")


def _so_many(faults: list[Fault]) -> str:
    """Count connections, and TCP connections where these ended."""
    ones = [fault.one for fault in faults]
    ended = all(fault.way in OF_STREAMS for fault in faults)
    return counted(len(ones), "connection") if ended else counted_on_tcp(ones)


def _named(numbers: dict[str, int]) -> dict[str, int]:
    return {f"by {way}": number for way, number in numbers.items()}


def _not_waited(side: Side, faults: list[Fault]) -> Finding:
    deed, what = _deed(faults)
    by = Counter(fault.way for fault in faults if fault.way in OF_STREAMS)
    text = (
        f"the {side} of {_so_many(faults)} {deed} {what}"
        f"{f' ({ways(_named(by))})' if by else ''} right behind its own close frame, and no answer"
        " came"
    )
    hasty = f"a {side} that does not wait for the answer"
    return _finding(
        "close-unanswered",
        [fault.one for fault in faults],
        text,
        {"case": "not waited", "longest_wait_s": max(seconds(one.waited) for one in faults)},
        (f"{hasty}, and a {side.other} that finds {what} closed",),
        ("a process that exits right behind its Close",),
        (f"whether the {side} waits (RFC 6455, section 7.1.1)",),
    )


def _finding(
    name: str,
    ones: Sequence[Connection],
    text: str,
    numbers: dict[str, int | float | str | None],
    consistent_with: tuple[str, ...],
    also: tuple[str, ...],
    then: tuple[str, ...],
) -> Finding:
    closes = [close for one in ones for side in SIDES if (close := close_of(one, side)) is not None]
    times = [close.at for close in closes]
    return Finding(
        name,
        text,
        about(ones),
        min(times, default=None),
        max(times, default=None),
        numbers,
        packets(close.packet for close in closes),
        consistent_with,
        also,
        then,
    )


def _span(times: Sequence[float]) -> str:
    low, high = f"{min(times):.1f}", f"{max(times):.1f}"
    return f"{low} s" if low == high else f"{low} to {high} s"


def _hint(times: Sequence[float], defaults: Sequence[Default]) -> str:
    """Name the constants that all of these times fit."""
    each = [known(time, defaults) for time in times]
    fitting = [name for name in each[0] if all(name in names for names in each)]
    return f", consistent with {' or '.join(fitting)}" if fitting else ""
