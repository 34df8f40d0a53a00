"""One of several endpoints at which connections end worse: a server, a path, or clients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from analyzer.ending.rules import EndingKind
from analyzer.findings.bursts import APART_NS
from analyzer.findings.chance import LEVEL, at_least, moments
from analyzer.findings.ends import (
    NEVER_OPENED,
    end_moment,
    ended_badly,
    first_close,
    is_closing,
)
from analyzer.findings.finding import Finding, Given, about, counted, packets
from analyzer.findings.mass_end import client_network
from analyzer.printable import iso, printable
from analyzer.record import Connection

FEWEST = 5
# Less of a difference is nothing that a person would call one.
TIMES = 2.0
ERROR_CODES = frozenset({1002, 1003, 1007, 1008, 1009, 1010, 1011, 1014})
LONGEST_PATH = 60


class Ended(NamedTuple):
    """How one connection went, and when that was known."""

    one: Connection
    bad: bool
    at: int


class Worse(NamedTuple):
    """An endpoint, those that ended there, how the others fared, and how likely that is."""

    what: str
    name: str
    there: list[Ended]
    moments: int
    bad_elsewhere: int
    elsewhere: int
    chance: float


def endpoint_differs(given: Given) -> list[Finding]:
    """Tell at which endpoint connections ended worse than at all others, and since when.

    An ending is bad without a close frame, with a Close that tells an error (1002, 1003, 1007 to
    1011, 1014), or where the upgrade failed. For servers (address and port), paths (without their
    queries) and networks of clients (/24, /48), the share of bad endings at each is compared with
    that of all others. Bad endings within a second of the one before count once, so that one
    restart is one event, not as many as it hit. It is a finding where five such events or more are
    so many that, at the others' share, chance would bring that about in less than one of a thousand
    captures, all endpoints together, and where the share is at least twice as high. The one that is
    least likely is told; a server, a path and a network may be three names for the same
    connections. The first bad ending is told with how many had ended well there before it.
    """
    ended = [one for connection in given.connections if (one := _ended(connection)) is not None]
    if sum(one.bad for one in ended) < FEWEST:
        return []
    found = [one for what in KEYS for one in _of(what, ended)]
    groups = len(found)
    # Adjusted for all endpoints that are looked at.
    sure = [one for one in found if one.chance * groups <= LEVEL and _is_worse(one)]
    if not sure:
        return []
    worst = min(sure, key=lambda one: one.chance)
    return [_finding(worst, groups, [one for one in sure if one is not worst])]


def _ended(one: Connection) -> Ended | None:
    kind = one.ending.kind
    if kind in {EndingKind.OPEN, EndingKind.UNDETERMINED}:
        return None
    close = first_close(one) if is_closing(one) else None
    error = close is not None and close.code in ERROR_CODES
    return Ended(one, kind in NEVER_OPENED or ended_badly(one) or error, end_moment(one).at)


def _server(one: Connection) -> str:
    return str(one.server)


def _path(one: Connection) -> str:
    return (one.handshake.target or "").partition("?")[0]


KEYS: dict[str, Callable[[Connection], str]] = {
    "server": _server,
    "path": _path,
    "clients in": client_network,
}


def _of(what: str, ended: Sequence[Ended]) -> Iterable[Worse]:
    """Yield each endpoint of a kind, compared with the others; none where there is but one."""
    key = KEYS[what]
    groups: dict[str, list[Ended]] = defaultdict(list)
    for one in ended:
        groups[key(one.one)].append(one)
    groups.pop("", None)  # not in the capture
    whole, bad = len(ended), sum(one.bad for one in ended)
    for name, there in groups.items():
        if FEWEST <= len(there) <= whole - FEWEST:
            yield _compared(what, name, there, whole, bad)


def _compared(what: str, name: str, there: list[Ended], whole: int, bad: int) -> Worse:
    mine = [one.at for one in there if one.bad]
    # What ended badly together counts once: one cause, not as many as it hit.
    events = moments(mine, APART_NS)
    bad_elsewhere, elsewhere = bad - len(mine), whole - len(there)
    # One more than was seen: that none ended badly among a few does not make the share zero.
    rate = (bad_elsewhere + 1) / (elsewhere + 1)
    chance = at_least(events, events + len(there) - len(mine), rate) if events >= FEWEST else 1.0
    return Worse(what, name, there, events, bad_elsewhere, elsewhere, chance)


def _is_worse(one: Worse) -> bool:
    bad = sum(each.bad for each in one.there)
    return bad * one.elsewhere >= TIMES * one.bad_elsewhere * len(one.there)


def _finding(worst: Worse, groups: int, others: Sequence[Worse]) -> Finding:
    ordered = sorted(worst.there, key=lambda one: one.at)
    bad = [one for one in ordered if one.bad]
    before = sum(not one.bad and one.at < bad[0].at for one in ordered)
    name = f"{worst.what} {printable(worst.name)[:LONGEST_PATH]}"
    share, other = len(bad) / len(ordered), worst.bad_elsewhere / worst.elsewhere
    text = (
        f"{len(bad):,} of {counted(len(ordered), 'connection')} ({share:.0%}) of {name} ended"
        f" badly, and {worst.bad_elsewhere:,} of {worst.elsewhere:,} ({other:.0%}) of all others;"
        f" the first {_clock(bad[0].at)}, after {before:,} that had ended well"
    )
    same = tuple(
        f"{one.what} {printable(one.name)[:LONGEST_PATH]}, which stands out, too"
        for one in others[:2]
    )
    return Finding(
        "endpoint-differs",
        text,
        about(one.one for one in bad),
        bad[0].at,
        bad[-1].at,
        {
            "endpoint": name,
            "bad_share": round(share, 4),
            "bad_share_elsewhere": round(other, 4),
            "events": worst.moments,
            "ended_well_before_first": before,
            "chance": float(f"{min(worst.chance * groups, 1.0):.2g}"),
        },
        packets(end_moment(one.one).packet for one in bad),
        (f"something that only {name} has: a host, a release, a route, a box in front of it",),
        (*same, "clients of another kind there, that leave without a close frame"),
        ("what differs there: version, machine, load, network; and what changed at that time",),
    )


def _clock(at: int) -> str:
    text = iso(at)
    return f"at {text[11:19]} UTC" if text else "at a time that is not known"
