"""Idle timers and maximum ages: endings that cluster at one time, with the defaults that fit."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.findings.chance import middle
from analyzer.findings.defaults import IDLE, LIFETIME, WIDE, WIDE_S, known
from analyzer.findings.ends import end_at, end_moment, idle_of, sent_by
from analyzer.findings.finding import Finding, Given, Number, about, counted, packets, were
from analyzer.findings.timers import Timed, timed
from analyzer.record import Connection
from analyzer.side import SIDES

# A ping that comes this close to the timer is sometimes too late.
RACE = 0.1
SILENCE = {
    "both": "of silence of both sides",
    "server": "of the server's silence, whatever the client sent",
    "client": "of the client's silence, whatever the server sent",
}
DONE = {
    "FIN": "closed (FIN) without a close frame",
    "RST": "reset (RST) without a close frame",
    "END_STREAM": "ended (END_STREAM) without a close frame",
    "RST_STREAM": "reset (RST_STREAM) without a close frame",
    "GOAWAY": "ended (GOAWAY) without a close frame",
}


def idle_timer(given: Given) -> list[Finding]:
    """Tell which endings cluster at one time of silence.

    Connections are grouped by how they ended (FIN or RST, on HTTP/2 END_STREAM, RST_STREAM or
    GOAWAY, without a close frame, or a Close by its code) and by who was first. In each group, the
    most endings within a window of 2 % and 0.1 s are sought for three clocks: since the last frame
    of either side, of the server, of the client. The
    clock with the most separate moments counts; of equal ones "either side", which says less.

    What ended at the same moment counts once, so that a restart makes no timer. A cluster counts if
    a population that is smooth within a factor of two would have it in less than one of a thousand
    groups; or, of so few connections, if they ended at a known default of 15 s or more, and less
    than one in twenty such captures would show that by chance. Silence of less than a second
    (before a Close: of 15 s, since answers and think times cluster, too) is left alone, and so is
    what unanswered pings ended, and what was closed with 1000 and no word of time.

    The defaults that are known count the silence of both sides, and are named for that clock alone.
    Who closed is the side of the connection that the capture shows: behind a proxy, the proxy.
    """
    return [_idle(one) for one in given.once(timed) if one.clock != "age"]


def maximum_age(given: Given) -> list[Finding]:
    """Tell which endings cluster at one age, whatever was sent meanwhile.

    As the finding idle-timer, with the clock that runs from the answer to the upgrade to the first
    event of the ending; it counts only where more endings, at more moments, fit it than fit any
    time of silence. Defaults are named where they fit, but a cluster is needed all the same.
    """
    return [_age(one) for one in given.once(timed) if one.clock == "age"]


def keepalive_race(given: Given) -> list[Finding]:
    """Tell where pings come about as often as an idle timer fires.

    For the connections of each idle-timer finding: pings of a side, divided into the time from the
    upgrade to its last frame, give their interval. It counts where at least half of the connections
    saw two pings or more of one side, with a median interval within 10 % of the timer: whichever
    comes first then is a matter of milliseconds.
    """
    found = []
    for one in given.once(timed):
        intervals = [] if one.clock == "age" else _intervals(one.members)
        interval = middle(intervals)
        if 2 * len(intervals) < max(len(one.members), 1):
            continue
        if abs(interval - one.timer_s) <= RACE * one.timer_s:
            found.append(_race(one, interval, len(intervals)))
    return found


def _idle(one: Timed) -> Finding:
    # Those that are known count the silence of both.
    names = known(one.timer_s, IDLE) if one.clock == "both" else ()
    text = f"{_ended(one)} after {_time(one)} {SILENCE[one.clock]}"
    return _finding(
        "idle-timer",
        one,
        text,
        names,
        f"a timer set to about {_about(one.timer_s)} s; haproxy's timeout tunnel has no default",
        (
            *(("a maximum age: their ages agree, too",) if _same_age(one) else ()),
            "an application that closes after the same pause",
        ),
        (
            f"timeouts of {_about(one.timer_s)} s at the {one.group.first}, and on the way there",
            "whether a ping of either side at less than half that time keeps them open",
        ),
    )


def _age(one: Timed) -> Finding:
    return _finding(
        "maximum-age",
        one,
        f"{_ended(one)} at an age of {_time(one)}, whatever was sent",
        known(one.timer_s, LIFETIME),
        f"a maximum age of about {_about(one.timer_s)} s, or a token that expires",
        ("clients that leave after a fixed time",),
        (f"settings of {_about(one.timer_s)} s for a stream, a route, a session or a token",),
    )


def _race(one: Timed, interval: float, number: int) -> Finding:
    text = (
        f"pings every {interval:.4g} s race a timer of {one.timer_s:.4g} s in"
        f" {number:,} of {counted(len(one.members), 'connection')} that it ended"
    )
    return Finding(
        "keepalive-race",
        text,
        about(one.members),
        *_span(one.members),
        {"ping_interval_s": round(interval, 3), "timer_s": round(one.timer_s, 3)},
        packets(end_moment(member).packet for member in one.members),
        ("a keep-alive whose interval is the timeout that it is to prevent",),
        ("pings that stopped for another reason, just as long before",),
        ("set the interval to less than half of the timeout",),
    )


def _intervals(members: Sequence[Connection]) -> list[float]:
    found = []
    for one in members:
        for side in SIDES:
            pings, idle = sent_by(one, side).pings, idle_of(one, side)
            if pings >= 2 and idle is not None and one.timing.open is not None:
                found.append((one.timing.open - idle) / pings / 1e9)
                break
    return found


def _finding(
    name: str,
    one: Timed,
    text: str,
    names: tuple[str, ...],
    otherwise: str,
    also: tuple[str, ...],
    then: tuple[str, ...],
) -> Finding:
    # What two proxies have in common is for --explain; a line names one or two.
    hint = f"; consistent with {' or '.join(names[:2])}" if names else ""
    few = (
        f"; {counted(len(one.members), 'connection')} may be a coincidence"
        if one.moments < 4
        else ""
    )
    numbers: dict[str, Number] = {
        "timer_s": round(one.timer_s, 3),
        "shortest_s": round(one.low_s, 3),
        "longest_s": round(one.high_s, 3),
        "clock": one.clock,
        "connections": len(one.members),
        "moments": one.moments,
        "ended_alike": one.candidates,
        "chance": float(f"{one.chance:.2g}"),
    }
    return Finding(
        name,
        f"{text}{hint}{few}",
        about(one.members),
        *_span(one.members),
        numbers,
        packets(end_moment(member).packet for member in one.members),
        names or (otherwise,),
        also,
        then,
    )


def _ended(one: Timed) -> str:
    number = len(one.members)
    how = DONE.get(one.group.how, f"closed with {one.group.how}")
    return f"{counted(number, 'connection')} {were(number)} {how} by the {one.group.first}"


def _time(one: Timed) -> str:
    low, high = f"{one.low_s:.1f}", f"{one.high_s:.1f}"
    return f"{low} s" if low == high else f"{low} to {high} s"


def _about(timer_s: float) -> str:
    """Return about when a timer was set to fire, to a tenth of a second: it fires late."""
    return f"{round(timer_s, 1):g}"


def _same_age(one: Timed) -> bool:
    """Whether ages agree as well as silences, so that the two cannot be told apart."""
    ages = sorted(age / 1e9 for member in one.members if (age := member.timing.open) is not None)
    return bool(ages) and ages[-1] <= ages[0] * (1 + WIDE) + WIDE_S


def _span(members: Sequence[Connection]) -> tuple[int, int]:
    times = [end_at(one) for one in members]
    return min(times), max(times)
