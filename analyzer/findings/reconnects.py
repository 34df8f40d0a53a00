"""Clients that come back: how soon, in lockstep or not, in storms; reloads; old ones left open."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from analyzer.ending.rules import EndingKind
from analyzer.findings.attempts import Return, clients, returns, same_client
from analyzer.findings.chance import middle
from analyzer.findings.ends import (
    NEVER_OPENED,
    began_at,
    end_at,
    end_moment,
    ended_badly,
    first_close,
    first_side,
    is_closing,
)
from analyzer.findings.finding import Finding, Given, Number, about, counted, packets, seconds
from analyzer.printable import duration
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.websocket.registry import CloseCode

FEWEST = 5
# A page that is reloaded asks again within this: the time to load it.
RELOAD_NS = 5_000_000_000
# One reload is told by the line of its connection.
FEWEST_RELOADS = 2
# Half of the gaps within this part of their median: no jitter to speak of.
LOCKSTEP = 0.1
# A gap that is at least so much longer than the one before it: backing off.
GREW = 1.5
STORM_NS = 1_000_000_000
# So many times the usual number in a second, and ten in all, are a storm.
STORM, STORM_FEWEST = 5.0, 10
# Old and new at the same time for a moment are a matter of packets under way.
OVERLAP_NS = 1_000_000_000


def reconnects(given: Given) -> list[Finding]:
    """Tell how clients came back behind endings that they had not chosen.

    A connection, accepted or not, that the same client (address, path, origin and user agent) asked
    for within ten minutes behind such an ending, or behind an attempt that failed, is a return. It
    is a finding where there are five or more and one of these holds: they came in lockstep (half of
    the first gaps within 10 % of their median, which is 0.5 s or more); in a storm (ten or more
    within a second, five times as many as in the median second with any); or attempts failed again
    and again without the gaps growing (no back-off). Reloads are left out.

    Clients behind one address are taken to come back in the order in which they ended, so gaps
    there are shorter than they may have been.
    """
    came = [one for one in given.once(returns, clients) if not _is_reload(one) and _was_lost(one)]
    if len(came) < FEWEST:
        return []
    first = [one.gap for one in came if one.old.ending.kind not in NEVER_OPENED]
    again = [one for one in came if one.old.ending.kind in NEVER_OPENED]
    height, usual = _storm(came)
    lockstep = len(first) >= FEWEST and _is_lockstep(first)
    storm = height >= STORM_FEWEST and height >= STORM * usual
    steady = len(again) >= FEWEST and not _backs_off(came)
    if not (lockstep or storm or steady):
        return []
    whose = {(one.new.client.ip, one.new.server) for one in came}
    low, high = min(end_at(one.old) for one in came), max(began_at(one.new) for one in came)
    refused = sum(
        (one.client.ip, one.server) in whose and low <= one.at <= high for one in given.attempts
    )
    return [
        _finding(
            came, lockstep=lockstep, storm=storm, steady=steady, height=height, refused=refused
        )
    ]


def reload(given: Given) -> list[Finding]:
    """Tell which endings look like pages that were reloaded.

    The client ended the connection by a Close 1001, or without a code, or by FIN or RST, and within
    5 s the same address asked for the same path with the same origin and user agent. Told from two
    such connections on; one is told by its own line. No fault: it says why those ended.
    """
    came = [one for one in given.once(returns, clients) if _is_reload(one)]
    if len(came) < FEWEST_RELOADS:
        return []
    gaps = sorted(one.gap for one in came)
    bare = sum(ended_badly(one.old) for one in came)
    whose = len({same_client(one.old) for one in came})
    return [
        Finding(
            "reload",
            f"{counted(len(came), 'connection')} of {counted(whose, 'client')} ended as those of"
            f" reloaded pages do: the same path was asked for again {duration(gaps[0])} to"
            f" {duration(gaps[-1])} later",
            about(one.old for one in came),
            min(end_at(one.old) for one in came),
            max(began_at(one.new) for one in came),
            {
                "clients": whose,
                "without_close_frame": bare,
                "median_gap_s": seconds(middle(gaps)),
            },
            packets(end_moment(one.old).packet for one in came),
            ("a page that was reloaded, or left for one that opens the same WebSocket",),
            ("an application that closes with 1001 and reconnects on its own",),
            ("whether the origin is a web page, and what its users did",),
        )
    ]


def old_still_open(given: Given) -> list[Finding]:
    """Tell where a client came back while the server still thought that the old one was open.

    The same client (address, path, origin and user agent) asked again more than a second before
    its old connection ended; on the old one nothing came from the client any more by then, and it
    was not the client that ended it in good order.
    """
    found = [
        (old, new)
        for ones in given.once(clients)
        for old, new in pairwise(ones)
        if _is_left_open(old, new)
    ]
    if not found:
        return []
    longest = max(old.last_at - began_at(new) for old, new in found)
    return [
        Finding(
            "old-still-open",
            f"{counted(len(found), 'client')} came back while the old connection was still open at"
            f" the server, for up to {seconds(longest):.1f} s more",
            about(old for old, _ in found),
            min(began_at(new) for _, new in found),
            max(old.last_at for old, _ in found),
            {"longest_s": seconds(longest)},
            packets(new.handshake.request_packet for _, new in found),
            ("a client that lost its network or was killed: the server has not noticed",),
            ("two windows or programs at the same address, one of which fell silent",),
            ("how the server tells that a client is gone: pings, keep-alive, sessions per user",),
        )
    ]


def _is_reload(one: Return) -> bool:
    old = one.old
    if first_side(old) is not Side.CLIENT or one.gap > RELOAD_NS or not old.handshake.origin:
        return False
    if is_closing(old):
        close = first_close(old)
        return close is not None and close.code in {None, CloseCode.GOING_AWAY}
    return old.ending.kind in {EndingKind.FIN, EndingKind.RST}


def _was_lost(one: Return) -> bool:
    """Whether the client had not ended the old one itself, or had not got it."""
    vanished = one.old.ending.kind is EndingKind.VANISHED
    return vanished or first_side(one.old) is not Side.CLIENT


def _is_left_open(old: Connection, new: Connection) -> bool:
    begin, heard = began_at(new), old.client_sent.last_at
    if old.ending.kind in NEVER_OPENED or heard is None or heard >= begin:
        return False
    end = old.last_at if old.ending.kind is EndingKind.VANISHED else end_at(old)
    left = is_closing(old) and first_side(old) is Side.CLIENT
    return end - begin > OVERLAP_NS and not left and old.ending.kind is not EndingKind.OPEN


def _storm(came: Sequence[Return]) -> tuple[int, float]:
    """Return the most that came within a second, and how many do in the median second with any."""
    times = sorted(began_at(one.new) for one in came)
    height = max(bisect_right(times, at + STORM_NS) - place for place, at in enumerate(times))
    each = Counter(at // STORM_NS for at in times)
    return height, middle(list(each.values())) if len(each) > 2 else 1.0


def _is_lockstep(gaps: Sequence[int]) -> bool:
    center = middle(gaps)
    near = sum(abs(gap - center) <= LOCKSTEP * center for gap in gaps)
    return center >= 500_000_000 and 2 * near >= len(gaps)


def _backs_off(came: Sequence[Return]) -> bool:
    """Whether most gaps between attempts of one client are longer than the one before."""
    gap_before = {one.new.id: one.gap for one in came}
    grew = [
        one.gap >= GREW * gap_before[one.old.id]
        for one in came
        if one.old.id in gap_before and one.old.ending.kind in NEVER_OPENED
    ]
    return bool(grew) and 2 * sum(grew) > len(grew)


def _finding(
    came: Sequence[Return], *, lockstep: bool, storm: bool, steady: bool, height: int, refused: int
) -> Finding:
    gaps = [seconds(one.gap) for one in came]
    failed = sum(one.new.ending.kind in NEVER_OPENED for one in came)
    tcp = f", and TCP was refused {refused:,} times before" if refused else ""
    signs = []
    if lockstep:
        signs.append("in lockstep, without jitter")
    if storm:
        signs.append(f"in a storm of up to {height:,} within a second")
    if steady:
        signs.append("again and again without backing off")
    numbers: dict[str, Number] = {
        "attempts": len(came),
        "failed_attempts": failed,
        "refused_tcp_connections": refused,
        "shortest_gap_s": min(gaps),
        "median_gap_s": round(middle(gaps), 6),
        "longest_gap_s": max(gaps),
        "most_in_a_second": height,
        "lockstep": str(lockstep).lower(),
        "storm": str(storm).lower(),
        "backs_off": str(_backs_off(came)).lower() if failed else None,
    }
    return Finding(
        "reconnects",
        f"{counted(len(came), 'attempt')} to come back {' and '.join(signs)}:"
        f" {failed:,} failed{tcp}; gaps of {min(gaps):.1f} to {max(gaps):.1f} s,"
        f" median {middle(gaps):.1f} s",
        about(one.new for one in came),
        min(began_at(one.new) for one in came),
        max(began_at(one.new) for one in came),
        numbers,
        packets(one.new.handshake.request_packet for one in came),
        ("clients that reconnect after a fixed delay, all at once when all were cut at once",)
        if lockstep
        else ("clients that reconnect as soon as they can",),
        ("a load test that opens connections at a fixed pace",),
        ("whether clients back off: wait longer each time, and by chance (jitter)",),
    )
