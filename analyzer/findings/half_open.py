"""Half-open connections: one side is gone, and the other writes into nothing."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.ending.rules import VANISHED_AFTER, EndingKind
from analyzer.findings.ends import first_side, sent_by
from analyzer.findings.finding import Finding, Given, about, packets, seconds
from analyzer.findings.shared_tcp import counted_on_tcp, each_tcp
from analyzer.record import Connection
from analyzer.side import SIDES, Side


class Gone(NamedTuple):
    """A side that was not heard any more, and how long the other went on."""

    one: Connection
    side: Side
    since: int
    went_on: int


def half_open(given: Given) -> list[Finding]:
    """Tell where one side was gone while the other went on: since when, and how long.

    A side is gone where the other repeated segments, or probed, at least twice without hearing
    anything from it, whatever the ending is called: a Close, FIN or RST may have been among what
    was written into nothing. It is gone since its last packet; the other went on until its own
    last. Where the capture ends first, it may have gone on longer. And where the ports were used
    again by a new connection before the old one had ended, one side had forgotten the old one.
    """
    found = []
    for side in SIDES:
        gone = [one for connection in given.connections if (one := _gone(connection, side))]
        if gone:
            found.append(_finding(side, gone))
    forgotten = [one for one in given.connections if _is_forgotten(one)]
    return [*found, *([_forgotten(forgotten)] if forgotten else [])]


def _gone(one: Connection, side: Side) -> Gone | None:
    other = one.client_sent if side else one.server_sent
    if other.unanswered_segments < VANISHED_AFTER:
        return None
    away = sent_by(one, side)
    if away.last_at is None or not other.last_at:
        return None
    return Gone(one, side, away.last_at, max(other.last_at - away.last_at, 0))


def _is_forgotten(one: Connection) -> bool:
    if one.ending.kind is not EndingKind.VANISHED:
        return False
    side = first_side(one)
    return side is None or _gone(one, side) is None


def _finding(side: Side, gone: list[Gone]) -> Finding:
    number = len(gone)
    longest = max(one.went_on for one in gone)
    each = each_tcp([one.one for one in gone])
    repeats = sum(sent_by(one, side.other).unanswered_segments for one in each)
    closed = sum(one.one.ending.kind is not EndingKind.VANISHED for one in gone)
    text = (
        f"the {side} of {counted_on_tcp([one.one for one in gone])} was not heard any more, and the"
        f" {side.other} wrote into nothing for {'up to ' if number > 1 else ''}"
        f"{seconds(longest):.1f} s"
    )
    return Finding(
        "half-open",
        text,
        about(one.one for one in gone),
        min(one.since for one in gone),
        max(one.since + one.went_on for one in gone),
        {
            "gone": str(side),
            "longest_s": seconds(longest),
            "shortest_s": seconds(min(one.went_on for one in gone)),
            "unanswered_segments": repeats,
            "ended_otherwise_connections": closed,
        },
        packets(one.one.last_packet for one in gone),
        (
            "a host, link or NAT entry that is gone without a packet: power, radio, sleep, timeout",
            "a firewall that drops silently",
        ),
        ("a capture that stopped seeing the packets of one direction",),
        (
            f"what happened to the {side} at that time",
            f"keep-alive or pings at the {side.other}, so that it notices sooner",
        ),
    )


def _forgotten(ones: list[Connection]) -> Finding:
    return Finding(
        "half-open",
        f"{counted_on_tcp(ones)} had not ended when the same ports were used again:"
        " one side had forgotten it",
        about(ones),
        min(one.last_at for one in ones),
        max(one.last_at for one in ones),
        {"reused_connections": len(ones)},
        packets(one.last_packet for one in ones),
        ("an end that lost its state, as at a restart of the host, without a FIN or RST",),
        ("packets of the ending that the capture lacks",),
        ("what became of the old connection at the side that did not ask for the new one",),
    )
