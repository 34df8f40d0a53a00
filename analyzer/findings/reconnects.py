"""Clients that come back: how soon, in lockstep or not, in storms, and whether they back off."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from analyzer.attempt import Attempt
from analyzer.ending.rules import VANISHED_AFTER, EndingKind
from analyzer.findings.attempts import (
    Return,
    asked_at,
    clients,
    failed,
    returns,
)
from analyzer.findings.backoff import BackOff, back_off
from analyzer.findings.chance import middle
from analyzer.findings.ends import ended_badly, first_side, is_over
from analyzer.findings.finding import Finding, Given, Number, about, counted, packets, seconds
from analyzer.findings.outage import outage_of
from analyzer.record import Connection
from analyzer.side import Side

FEWEST = 5
FIXED = "clients that reconnect after a fixed delay, all at once when all were cut at once"
# So many addresses are named.
SHOWN = 3
# What a SYN is given before nothing has answered it (RFC 6298: it is repeated after a second).
PATIENCE_NS = 900_000_000
# Half of the gaps within this part of their median: no jitter to speak of.
LOCKSTEP = 0.1
STORM_NS = 1_000_000_000
# So many times the usual number in a second, and ten in all, are a storm.
STORM, STORM_FEWEST = 5.0, 10


def reconnects(given: Given) -> list[Finding]:
    """Tell how clients came back behind endings that they had not chosen.

    A connection, accepted or not, that the same client (address, path, origin and user agent) asked
    for within ten minutes behind such an ending, or behind an attempt that failed, is a return; so
    is a SYN of its address to that server that was answered with a RST, or by nothing for a second
    or more. It is a finding where there are five or more and one of these holds: they came in
    lockstep (half of the first gaps within 10 % of their median, which is 0.5 s or more); in a
    storm (ten or more within a second, five times as many as in the median second with any; where
    no more than two seconds have any, half of all that were lost); or attempts failed again and
    again without the gaps growing (no back-off: four gaps or more, of which the last two are
    less than 1.5 times the first two, in most such clients; or alike, in one client of ten).
    Reloads are left out.

    Clients behind one address are taken to come back in the order in which they ended, so gaps
    there are shorter than they may have been. Behind a SYN that nothing answered, the gap begins
    with the last SYN of that attempt: no packet tells till when the client waited. Where the other
    side vanished, it begins when that was heard last.
    """
    came = [one for one in _all_returns(given) if _was_lost(one)]
    if len(came) < FEWEST:
        return []
    first = [one.gap for one in came if not failed(one.old)]
    lost = sum(_may_come_back(one) for one in given.connections)
    height, usual = _storm(came, lost)
    lockstep = len(first) >= FEWEST and _is_lockstep(first)
    storm = height >= STORM_FEWEST and height >= STORM * usual
    tries = back_off(came)
    if not (lockstep or storm or tries.hasty):
        return []
    return [_finding(came, tries, lockstep=lockstep, storm=storm, height=height)]


def _all_returns(given: Given) -> list[Return]:
    """Return those of upgrades, and of SYNs that failed; one that was just sent has not."""
    ends = [capture.last_at for capture in given.captures if capture.last_at]
    end = max(ends, default=None)
    tries = [
        one
        for one in given.attempts
        if one.refused_at or end is None or max(one.over_at - one.at, end - one.at) >= PATIENCE_NS
    ]
    return list(returns(given.once(clients), tries)) if tries else given.once(returns, clients)


def _was_lost(one: Return) -> bool:
    """Whether the client had not ended the old one itself, or had not got it."""
    old = one.old
    if isinstance(old, Attempt) or old.ending.kind is EndingKind.VANISHED:
        return True
    if old.client_sent.unanswered_segments >= VANISHED_AFTER:
        return True  # it gave up on a server that was not heard any more
    if ended_badly(old) and outage_of(old, Side.SERVER) is not None:
        return True
    return first_side(old) is not Side.CLIENT


def _may_come_back(one: Connection) -> bool:
    return is_over(one) and first_side(one) is not Side.CLIENT


def _storm(came: Sequence[Return], lost: int) -> tuple[int, float]:
    """Return the most that came within a second, and how many do so usually.

    That is the median second with any. Where there is none, since the capture ends too soon or all
    came at once, it is a tenth of those that were lost, so that half of them make a storm.
    """
    times = sorted(asked_at(one.new) for one in came)
    height = max(bisect_right(times, at + STORM_NS) - place for place, at in enumerate(times))
    each = Counter(at // STORM_NS for at in times)
    if len(each) > 2:
        return height, middle(list(each.values()))
    return height, max(lost / (2 * STORM), 1.0)


def _is_lockstep(gaps: Sequence[int]) -> bool:
    center = middle(gaps)
    near = sum(abs(gap - center) <= LOCKSTEP * center for gap in gaps)
    return center >= 500_000_000 and 2 * near >= len(gaps)


def _finding(
    came: Sequence[Return], tries: BackOff, *, lockstep: bool, storm: bool, height: int
) -> Finding:
    gaps = [seconds(one.gap) for one in came]
    whose = {(one.new.client.ip, one.new.server) for one in came}
    signs = []
    if lockstep:
        signs.append("in lockstep, without jitter")
    if storm:
        signs.append(f"in a storm of up to {height:,} within a second")
    if tries.hasty and len(tries.addresses) == tries.clients:
        signs.append("again and again without backing off")
    backs_off = tries.backs_off
    numbers: dict[str, Number] = {
        "attempts": len(came),
        **_failures(came),
        "shortest_gap_s": min(gaps),
        "median_gap_s": round(middle(gaps), 6),
        "longest_gap_s": max(gaps),
        "most_in_a_second": height,
        "lockstep": str(lockstep).lower(),
        "storm": str(storm).lower(),
        "backs_off": None if backs_off is None else str(backs_off).lower(),
        "clients": len(whose),
        "clients_without_back_off": len(tries.addresses),
    }
    return Finding(
        "reconnects",
        f"{counted(len(came), 'attempt')} to come back{_how(signs, tries)}: {_told(came)};"
        f" gaps of {min(gaps):.1f} to {max(gaps):.1f} s, median {middle(gaps):.1f} s",
        about(new for one in came if isinstance(new := one.new, Connection)),
        min(asked_at(one.new) for one in came),
        max(asked_at(one.new) for one in came),
        numbers,
        packets(_packet(one.new) for one in came),
        (FIXED if lockstep or tries.hasty else "clients that reconnect as soon as they can",),
        ("a load test that opens connections at a fixed pace",),
        ("how these clients wait: longer each time they fail, and by chance (jitter), is better",),
    )


def _failures(came: Sequence[Return]) -> dict[str, Number]:
    """Return how many failed, and how many of these in TCP."""
    syns = [new for one in came if isinstance(new := one.new, Attempt)]
    refused = sum(one.refused_at is not None for one in syns)
    return {
        "failed_attempts": sum(failed(one.new) for one in came),
        "refused_tcp_connections": refused,
        "unanswered_tcp_connections": len(syns) - refused,
    }


def _told(came: Sequence[Return]) -> str:
    """Tell how many failed, and how."""
    failures = _failures(came)
    refused, unheard = failures["refused_tcp_connections"], failures["unanswered_tcp_connections"]
    ways = []
    if refused:
        ways.append(f"TCP was refused {refused:,} times")
    if unheard:
        ways.append(f"TCP got no answer {unheard:,} times")
    return f"{failures['failed_attempts']:,} failed" + (f" ({', '.join(ways)})" if ways else "")


def _how(signs: Sequence[str], tries: BackOff) -> str:
    """Tell how they came, and who does not back off where others do."""
    text = f" {' and '.join(signs)}" if signs else ""
    names = tries.addresses
    if not names or len(names) == tries.clients:
        return text
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    told = f"{len(names):,} of {counted(tries.clients, 'client')} that failed so often"
    listed = f"({told}: {', '.join(names[:SHOWN])}{more})"
    return f"{text}, some again and again without backing off {listed}"


def _packet(one: Connection | Attempt) -> int | None:
    return one.packet if isinstance(one, Attempt) else one.handshake.request_packet
