"""Upgrades that failed: refused, redirected, never answered, or answered wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analyzer.ending.rules import EndingKind
from analyzer.findings.ends import first_side, is_over
from analyzer.findings.finding import Finding, Given, Number, about, counted, packets, seconds
from analyzer.printable import printable
from analyzer.record import Connection
from analyzer.side import Side

SHOWN = 4
LONGEST_PATH = 60
LONGEST_LOCATION = 120  # a login page with the way back behind it
REASONS: dict[str, tuple[str, str]] = {
    "redirect": (
        "a redirect: to https, to a login, or to another path",
        "which browsers do not follow",
    ),
    "auth": ("missing or wrong credentials, or an origin that is not allowed", "a firewall's page"),
    "path": ("a path that this server does not serve", "a proxy that routes elsewhere"),
    "stripped": (
        "a proxy that strips Upgrade and Connection (nginx without proxy_set_header Upgrade)",
        "a request that is wrong in itself, or of a version that the server does not know",
    ),
    "limit": ("a limit of requests or connections that was reached", "a load balancer's own limit"),
    "server": ("a server behind a proxy that is down, overloaded or restarting", "an error in it"),
    "other": ("a server that took it for an ordinary request", "a proxy that answers by itself"),
}


def upgrade_refused(given: Given) -> list[Finding]:
    """Tell which upgrades were answered, but not with 101: by status, and what each means.

    On HTTP/2 any 2xx accepts (RFC 8441, section 5), and all else is told here.

    One finding for each group of statuses: redirects (3xx), credentials and origins (401, 403,
    407), paths (404, 410), what servers say to a request that lost its Upgrade header (200, 400,
    405, 426, 501), limits (429), servers that are not there (500, 502, 503, 504), and the others.
    Of redirects it tells where to, as the Location of the answers says, up to 120 characters each.
    A script at the client sees 1006 in every case. Where the answer itself is not in the capture
    nothing is told here.
    """
    groups: dict[str, list[Connection]] = {}
    for one in given.connections:
        if one.ending.kind is EndingKind.REFUSED and one.handshake.status is not None:
            groups.setdefault(_group(one.handshake.status), []).append(one)
    return [_refused(name, ones) for name, ones in sorted(groups.items())]


def upgrade_unanswered(given: Given) -> list[Finding]:
    """Tell which upgrades were asked and never answered, and who gave up, after how long.

    Where neither side closed TCP the capture just ended first; that is not counted unless the
    client had waited for 5 s by then.
    """
    ones = [one for one in given.connections if _is_unanswered(one)]
    if not ones:
        return []
    waits = [seconds(one.last_at - (one.handshake.requested_at or one.last_at)) for one in ones]
    return [
        Finding(
            "upgrade-unanswered",
            f"{counted(len(ones), 'upgrade')} {'was' if len(ones) == 1 else 'were'} never answered,"
            f" for {_span(waits)}",
            about(ones),
            min(one.first_at for one in ones),
            max(one.last_at for one in ones),
            {"shortest_wait_s": min(waits), "longest_wait_s": max(waits), "paths": _paths(ones)},
            packets(one.handshake.request_packet for one in ones),
            ("a server that is stuck, overloaded, or waits for more of the request",),
            ("a client that left before an answer could come: a page that was closed or reloaded",),
            ("whether the request reached the application, and where it waits",),
        )
    ]


def wrong_accept(given: Given) -> list[Finding]:
    """Tell where 101 came with a Sec-WebSocket-Accept that does not fit the key.

    RFC 6455, section 4.1: the client must then fail the connection; hixie-76 has its own proof.
    A proof that cannot be checked, since the capture lacks a part, is none that is wrong.
    """
    ones = [
        one
        for one in given.connections
        if one.handshake.accept_valid is False and one.handshake.status == 101
    ]
    if not ones:
        return []
    left = sum(first_side(one) is Side.CLIENT and is_over(one) for one in ones)
    return [
        Finding(
            "wrong-accept",
            f"the proof in the server's 101 does not fit the client's key in"
            f" {counted(len(ones), 'connection')}; the client ended {left:,} of them",
            about(ones),
            min(one.first_at for one in ones),
            max(one.last_at for one in ones),
            {"ended_by_client": left, "paths": _paths(ones)},
            packets(one.handshake.response_packet for one in ones),
            ("a server, or a proxy, that works out the proof wrongly",),
            ("a cache that gave the answer to another request",),
            ("which of the boxes on the way wrote that answer",),
        )
    ]


def _group(status: int) -> str:
    if 300 <= status < 400:
        return "redirect"
    groups = {
        "auth": {401, 403, 407},
        "path": {404, 410},
        "stripped": {200, 400, 405, 426, 501},
        "limit": {429},
        "server": {500, 502, 503, 504},
    }
    return next((name for name, found in groups.items() if status in found), "other")


def _refused(name: str, ones: Sequence[Connection]) -> Finding:
    statuses = Counter(one.handshake.status for one in ones)
    listed = ", ".join(
        f"{status} ({number:,})" if len(statuses) > 1 else str(status)
        for status, number in statuses.most_common(SHOWN)
    )
    consistent_with, also = REASONS[name]
    numbers: dict[str, Number] = {f"status_{status}": number for status, number in statuses.items()}
    numbers |= {"group": name, "paths": _paths(ones)}
    to = _locations(ones) if name == "redirect" else ""
    if to:
        numbers["locations"] = to
    return Finding(
        "upgrade-refused",
        f"{counted(len(ones), 'upgrade')} {'was' if len(ones) == 1 else 'were'} refused with"
        f" {listed}: {_paths(ones)}{f', sent on to {to}' if to else ''}",
        about(ones),
        min(one.first_at for one in ones),
        max(one.last_at for one in ones),
        numbers,
        packets(one.handshake.response_packet for one in ones),
        (consistent_with,),
        (also,),
        ("the log of who answered, by time and path; its answer: --connection N",),
    )


# A client that waits longer than this for 101 has found a server that does not answer.
LONG_NS = 5_000_000_000


def _is_unanswered(one: Connection) -> bool:
    if one.ending.kind is not EndingKind.UNANSWERED:
        return False
    tcp = one.ending.tcp
    down = (tcp.client_fin, tcp.client_rst, tcp.server_fin, tcp.server_rst)
    asked = one.handshake.requested_at
    waited = asked is not None and one.last_at - asked >= LONG_NS
    return waited or any(down)


def _paths(ones: Sequence[Connection]) -> str:
    """Return the paths, most frequent first, safe to show."""
    paths = Counter((one.handshake.target or "").partition("?")[0] or "?" for one in ones)
    shown = [printable(path)[:LONGEST_PATH] for path, _ in paths.most_common(SHOWN)]
    return ", ".join(shown) + (", …" if len(paths) > SHOWN else "")


def _locations(ones: Sequence[Connection]) -> str:
    """Return where answers send clients, most frequent first, safe to show; empty for nowhere."""
    found = Counter(one.handshake.location for one in ones if one.handshake.location)
    shown = [_shortened(printable(to), LONGEST_LOCATION) for to, _ in found.most_common(SHOWN)]
    return ", ".join(shown) + (", …" if len(found) > SHOWN else "")


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _span(waits: Sequence[float]) -> str:
    low, high = f"{min(waits):.1f}", f"{max(waits):.1f}"
    return f"{low} s" if low == high else f"{low} to {high} s"
