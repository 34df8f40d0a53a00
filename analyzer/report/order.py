"""Which connections a person has to look at, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.ending.rules import EndingKind
from analyzer.record import Connection
from analyzer.report.details import CLOSING
from analyzer.text import in_order_of_urgency
from analyzer.websocket.registry import Framing


def is_abnormal(one: Connection) -> bool:
    """Whether a person has to look at how a connection ended.

    Not where it ended in good order as far as the capture tells, or had not ended, or where its
    version has no better way to end.
    """
    ending = one.ending
    if ending.kind is EndingKind.OPEN or ending.clean is True:
        return False
    if ending.kind is EndingKind.FIN and one.framing is Framing.HIXIE_75:
        return False
    return not (ending.kind in CLOSING and ending.answered and ending.clean is None)


def most_telling_first(connections: Sequence[Connection]) -> list[Connection]:
    """Return the connections: the abnormal ones, then the others, each by urgency."""
    return sorted(in_order_of_urgency(connections), key=lambda one: not is_abnormal(one))


def different(ordered: Sequence[Connection], most: int) -> list[Connection]:
    """Return a few connections that differ in kind and in who was first, then any others."""
    found: dict[tuple[str, str], Connection] = {}
    for one in ordered:
        found.setdefault((str(one.ending.kind), str(one.ending.first)), one)
    chosen = list(found.values())[:most]
    ids = {one.id for one in chosen}
    rest = (one for one in ordered[: 2 * most] if one.id not in ids)
    return [*chosen, *rest][:most]
