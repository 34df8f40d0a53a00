"""What became of the old connection when its client came back: a page reloaded, or left open."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from analyzer.ending.rules import EndingKind
from analyzer.findings.attempts import clients, returns, same_client
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
from analyzer.findings.finding import Finding, Given, about, counted, packets, seconds
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.websocket.registry import CloseCode

# A page that is reloaded asks again within this: the time to load it.
RELOAD_NS = 5_000_000_000
# One reload is told by the line of its connection.
FEWEST_RELOADS = 2
# Old and new at the same time for a moment are a matter of packets under way.
OVERLAP_NS = 1_000_000_000


class Reload(NamedTuple):
    """A connection of a page that was reloaded, the one that followed it, and the time between."""

    old: Connection
    new: Connection
    gap: int


def reload(given: Given) -> list[Finding]:
    """Tell which endings look like pages that were reloaded.

    The client ended the connection by a Close 1001, or without a code, or by FIN or RST, and within
    5 s the same address asked for the same path with the same origin and user agent. Told from two
    such connections on; one is told by its own line. No fault: it says why those ended.
    """
    came = [
        Reload(old, new, gap)
        for old, new, gap in given.once(returns, clients)
        if isinstance(old, Connection) and isinstance(new, Connection) and is_reload(old, gap)
    ]
    if len(came) < FEWEST_RELOADS:
        return []
    gaps = [seconds(one.gap) for one in came]
    bare = sum(ended_badly(one.old) for one in came)
    whose = len({same_client(one.old) for one in came})
    return [
        Finding(
            "reload",
            f"{counted(len(came), 'connection')} of {counted(whose, 'client')} ended as those of"
            f" reloaded pages do: the same path was asked for again {min(gaps):.1f} to"
            f" {max(gaps):.1f} s later",
            about(one.old for one in came),
            min(end_at(one.old) for one in came),
            max(began_at(one.new) for one in came),
            {
                "clients": whose,
                "without_close_frame": bare,
                "median_gap_s": round(middle(gaps), 6),
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
    was not the client that ended it in good order. A server that repeats itself holds the old one
    for as long again, at least: TCP waits twice as long each time (RFC 6298, section 5.5).
    """
    found = [
        (old, new)
        for ones in given.once(clients)
        for old, new in pairwise(ones)
        if _is_left_open(old, new)
    ]
    if not found:
        return []
    longest = max(0, *(old.last_at - began_at(new) for old, new in found))
    more = f", for up to {seconds(longest):.1f} s more" if longest else ""
    return [
        Finding(
            "old-still-open",
            f"{counted(len(found), 'client')} came back while the old connection was still open at"
            f" the server{more}",
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


def is_reload(old: Connection, gap: int) -> bool:
    """Whether a connection ended, and was followed, as one of a page that was reloaded."""
    if first_side(old) is not Side.CLIENT or gap > RELOAD_NS or not old.handshake.origin:
        return False
    if is_closing(old):
        close = first_close(old)
        return close is not None and close.code in {None, CloseCode.GOING_AWAY}
    return old.ending.kind in {EndingKind.FIN, EndingKind.RST}


def _is_left_open(old: Connection, new: Connection) -> bool:
    begin, heard = began_at(new), old.client_sent.last_at
    if old.ending.kind in NEVER_OPENED or heard is None or heard >= begin:
        return False
    end = _held_till(old) if old.ending.kind is EndingKind.VANISHED else end_at(old)
    left = is_closing(old) and first_side(old) is Side.CLIENT
    return end - begin > OVERLAP_NS and not left and old.ending.kind is not EndingKind.OPEN


def _held_till(old: Connection) -> int:
    """Return till when the side that was left held a connection, as far as that can be told."""
    since = old.server_sent.unanswered_at
    return old.last_at if since is None else old.last_at + (old.last_at - since)
