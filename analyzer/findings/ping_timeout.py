"""Ping timeouts: the last ping unanswered, and why no pong may have come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzer.ending.rules import EndingKind
from analyzer.findings.chance import middle
from analyzer.findings.ends import (
    close_of,
    end_at,
    end_moment,
    ended_badly,
    first_side,
    is_closing,
    is_over,
    sent_by,
    tells_of_pings,
)
from analyzer.findings.finding import Finding, Given, Number, about, counted, packets, seconds
from analyzer.findings.loss import share
from analyzer.record import Connection
from analyzer.side import SIDES, Side
from analyzer.websocket.registry import CloseCode, Opcode

# A pong takes a round trip; in this much, even one across the world and a busy peer answer.
LEAST_WAIT_NS = 500_000_000
# So much longer than before, round trips were growing.
GROWTH = 3.0
FEWEST_ROUND_TRIPS = 4
# Who closes with these does so for other reasons; 1001 and private codes are used for timeouts.
_ORDERLY = frozenset({None, CloseCode.NORMAL_CLOSURE})


class Cause(NamedTuple):
    """Why a pong may not have come."""

    name: str
    what: str
    consistent_with: str
    also: str
    next: str


DEAD = Cause(
    "dead_peer",
    "its TCP was not answered any more, either",
    "a peer that is gone, or a way to it that is cut: not even TCP acknowledges",
    "a path that lost every packet for so long",
    "when the other side was heard last, and what happened to host, link or firewall then",
)
SLOW = Cause(
    "slow_reader",
    "the other side's receive window was closed (zero)",
    "a reader that does not keep up: the ping waits behind data that it has not read",
    "a process that was stopped, or blocked, with data in its socket",
    "what the application did with what it received; its event loop, and the size of its queue",
)
LOSS = Cause(
    "loss",
    "segments were repeated on the way",
    "packets that were lost: the ping or its pong waits behind what is sent again",
    "a peer that answers slowly, with a little loss besides",
    "the path: counters of drops and errors on it, and the finding loss",
)
STUCK = Cause(
    "application",
    "TCP acknowledged it, and the application did not answer",
    "an application that is stopped or blocked, or that never answers pings: its kernel still does",
    "a proxy that acknowledges, and does not pass pings on",
    "the process at that time: a blocked event loop, a debugger, a suspended machine",
)


class Wait(NamedTuple):
    """A connection that ended while a ping waited."""

    one: Connection
    pinger: Side
    waited: int
    cause: Cause


def ping_timeout(given: Given) -> list[Finding]:
    """Tell which connections ended while a ping waited for its pong, and what kept it.

    It counts where the side that pinged ended the connection, at least 0.5 s after a ping that was
    never answered, with nothing from the other side behind the ping: by FIN or RST, or by a Close
    that is not 1000; or whatever else it sent, by a Close whose reason names ping, keep-alive or
    heartbeat. And where the other side stopped answering TCP (vanished) with a ping outstanding.

    Why, by what the capture holds of the other side: it did not answer TCP either (dead peer);
    its receive window stayed closed (slow reader); segments were repeated, as many as the finding
    loss asks for; none of these,
    so that TCP lived and the application did not answer. Each cause is a finding of its own.

    Where frames were kept (reports and tables keep them), round trips that grew to three times
    their median before the end are counted.
    """
    waits = [wait for one in given.connections if (wait := _wait(one)) is not None]
    causes = (DEAD, SLOW, LOSS, STUCK)
    return [_finding(cause, some) for cause in causes if (some := _of(waits, cause))]


def _of(waits: Sequence[Wait], cause: Cause) -> list[Wait]:
    return [wait for wait in waits if wait.cause is cause]


def _wait(one: Connection) -> Wait | None:
    pings = one.client_sent.unanswered_ping_at, one.server_sent.unanswered_ping_at
    if pings == (None, None) or not is_over(one):
        return None
    for side in SIDES:
        asked_at = sent_by(one, side).unanswered_ping_at
        if asked_at is None:
            continue
        end = one.last_at if one.ending.kind is EndingKind.VANISHED else end_at(one)
        waited = end - asked_at
        if waited >= LEAST_WAIT_NS and _for_want_of_a_pong(one, side, waited):
            return Wait(one, side, waited, _cause(one, side))
    return None


def _for_want_of_a_pong(one: Connection, side: Side, waited: int) -> bool:
    if one.ending.kind is EndingKind.VANISHED:
        return first_side(one) is side.other
    close = close_of(one, side)
    if first_side(one) is not side:
        return False
    if is_closing(one) and close is not None and tells_of_pings(close):
        return True
    idle = one.timing.server_idle if side is Side.CLIENT else one.timing.client_idle
    silent = idle is None or idle >= waited
    how = ended_badly(one) or (close is not None and close.code not in _ORDERLY)
    return silent and how


def _cause(one: Connection, side: Side) -> Cause:
    own, other = sent_by(one, side), sent_by(one, side.other)
    if own.unanswered_segments:
        return DEAD
    if other.zero_window_at is not None:
        return SLOW
    if share(one) is not None:
        return LOSS
    return STUCK


def _finding(cause: Cause, waits: Sequence[Wait]) -> Finding:
    number = len(waits)
    times = [wait.waited for wait in waits]
    sides = sorted({str(wait.pinger) for wait in waits})
    low, high = seconds(min(times)), seconds(max(times))
    span = f"{low:.1f} s" if f"{low:.1f}" == f"{high:.1f}" else f"{low:.1f} to {high:.1f} s"
    grew = sum(_grew(wait.one, wait.pinger) for wait in waits)
    numbers: dict[str, Number] = {
        "cause": cause.name,
        "shortest_wait_s": low,
        "longest_wait_s": high,
        "pinged_by": ", ".join(sides),
    }
    rtts = [rtt for wait in waits if (rtt := wait.one.timing.last_ping_rtt) is not None]
    if rtts:
        numbers["median_last_round_trip_s"] = seconds(middle(rtts))
    if grew:
        numbers["growing_round_trips_connections"] = grew
    whose = f"a ping of the {sides[0]}" if len(sides) == 1 else "a ping"
    text = f"{counted(number, 'connection')} ended {span} after {whose} that got no pong"
    growth = f"; round trips grew before in {grew:,}" if grew else ""
    return Finding(
        "ping-timeout",
        f"{text}: {cause.what}{growth}",
        about(wait.one for wait in waits),
        min(end_at(wait.one) for wait in waits),
        max(end_at(wait.one) for wait in waits),
        numbers,
        packets(end_moment(wait.one).packet for wait in waits),
        (cause.consistent_with,),
        (cause.also,),
        (cause.next,),
    )


def _grew(one: Connection, pinger: Side) -> bool:
    """Whether the last round trip was much longer than most before it."""
    frames = one.frames
    if frames is None:
        return False
    rows = zip(frames.rtt, frames.side, frames.opcode, strict=True)
    rtts = [rtt for rtt, side, code in rows if code == Opcode.PONG and side != pinger and rtt >= 0]
    if len(rtts) < FEWEST_ROUND_TRIPS:
        return False
    return rtts[-1] >= GROWTH * middle(rtts[:-1])
