"""Connections that fell silent in, and out which of their clients came through anew meanwhile.

Old connections that are dead while new ones of the same clients to the same server pass: then host
and path are there, and what is gone is what something on the way knew of the old ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from analyzer.endpoint import Endpoint
from analyzer.findings.ends import NEVER_OPENED, began_at
from analyzer.record import Connection

FORGOT = (
    "state that was lost on the way: a firewall, NAT or load balancer that forgot the old"
    " connections, and passes new ones"
)


def came_through(silent: Sequence[Connection], connections: Iterable[Connection]) -> int:
    """Return how many clients got a new connection while the other side still repeated itself."""
    accepted: dict[tuple[str, Endpoint], list[int]] = defaultdict(list)
    for one in connections:
        if one.ending.kind not in NEVER_OPENED:
            accepted[one.client.ip, one.server].append(began_at(one))
    return sum(
        any(since < at < one.last_at for at in accepted[one.client.ip, one.server])
        for one in silent
        if (since := _silent_since(one)) is not None
    )


def _silent_since(one: Connection) -> int | None:
    return one.server_sent.unanswered_at or one.client_sent.unanswered_at
