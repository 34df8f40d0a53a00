"""Slow readers: a receive window that closed, and stayed so until the end."""

from __future__ import annotations

from analyzer.findings.ends import NEVER_OPENED, ended_badly
from analyzer.findings.finding import Finding, Given, about, packets, seconds
from analyzer.findings.shared_tcp import counted_on_tcp
from analyzer.record import Connection
from analyzer.side import SIDES, Side

# A reader that is busy for a moment opens its window again before this.
LONG_NS = 1_000_000_000


def slow_reader(given: Given) -> list[Finding]:
    """Tell where a side took no more bytes (receive window zero) until the end.

    RFC 9293, section 3.8.6: a window of zero tells the other side to send nothing more. It counts
    where a side's window was zero in the last packet that it sent before the connection, or the
    capture, ended, and had been so for a second or more. Its TCP lives and its application does not
    read: what waits behind the data, pings and close frames with it, never arrives. A window that
    opened again is not told.
    """
    found = []
    stuck = [
        one
        for one in given.connections
        if one.client_sent.zero_window_at is not None or one.server_sent.zero_window_at is not None
    ]
    for side in SIDES:
        rows = [(one, length) for one in stuck if (length := _closed_for(one, side))]
        if rows:
            found.append(_finding(side, rows))
    return found


def _closed_for(one: Connection, side: Side) -> int | None:
    sent = one.server_sent if side else one.client_sent
    if sent.zero_window_at is None or one.ending.kind in NEVER_OPENED:
        return None
    length = one.last_at - sent.zero_window_at
    return length if length >= LONG_NS else None


def _finding(side: Side, rows: list[tuple[Connection, int]]) -> Finding:
    ones = [one for one, _ in rows]
    lengths = [length for _, length in rows]
    since = [one.last_at - length for one, length in rows]
    bad = sum(ended_badly(one) for one in ones)
    longest = "up to " if len(rows) > 1 else ""
    return Finding(
        "slow-reader",
        f"the {side} of {counted_on_tcp(ones)} took no more bytes (receive window zero)"
        f" for {longest}{seconds(max(lengths)):.1f} s until the end",
        about(ones),
        min(since),
        max(one.last_at for one in ones),
        {
            "reader": str(side),
            "longest_s": seconds(max(lengths)),
            "shortest_s": seconds(min(lengths)),
            "without_close_frame": bad,
        },
        packets(one.last_packet for one in ones),
        (f"an application at the {side} that does not read: busy, blocked, stopped or suspended",),
        ("a box on the way that holds its own window closed, since what stands behind it is slow",),
        (
            f"what the {side}'s process did since then",
            f"how much the {side.other} queues for those who do not read, and whether it gives up",
        ),
    )
