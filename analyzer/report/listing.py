"""Connections in, lines of a table out, for where no script draws it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzer.printable import duration
from analyzer.record import Connection
from analyzer.report.figures import first_of
from analyzer.report.order import is_abnormal, most_telling_first
from analyzer.report.pack import path


class ListLine(NamedTuple):
    """A connection in a table."""

    id: int
    at: int
    client: str
    server: str
    path: str
    open: str
    kind: str
    first: str
    sentence: str
    abnormal: bool


def listing(connections: Sequence[Connection], most: int) -> list[ListLine]:
    """Return a line for each connection, the most telling first, and no more than `most`."""
    return [list_line(one) for one in most_telling_first(connections)[:most]]


def list_line(one: Connection) -> ListLine:
    """Return a connection as a line."""
    return ListLine(
        one.id,
        one.first_at,
        str(one.client),
        str(one.server),
        path(one),
        duration(one.timing.open) if one.timing.open is not None else "",
        str(one.ending.kind),
        first_of(one),
        one.ending.sentence,
        is_abnormal(one),
    )
