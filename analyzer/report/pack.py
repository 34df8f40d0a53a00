"""Connections in, compact JSON out: what the report's script draws its table and ladders from.

A hundred thousand sentences say much the same with other numbers. So a text is stored as what it
shares with others, once, and its numbers; the script puts them together where they are looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from markupsafe import Markup

from analyzer.capture.record import CaptureRecord
from analyzer.printable import iso, printable
from analyzer.record import Connection
from analyzer.report.details import LOOKS, SIDES, Details, Rung, details
from analyzer.report.figures import first_of
from analyzer.report.order import is_abnormal

# Numbers, and Community IDs.
VARIES = re.compile(r"\b[A-Za-z0-9+/]{27}=|\d[\d.,]*\d|\d")
# None of them can be in a text: it is printable.
HOLE, NEXT, FACT, FIELD = "\0", "\t", "\x1e", "\x1f"

# Every connection has its steps. Of so many also everything else is kept, and their last frames.
DETAILED, WITH_FRAMES = 20_000, 5_000
PER_CHUNK = 250
LONGEST_PATH = 160
LONGEST_TEXT, LONGEST_STEP = 1_000, 400
DAY_NS = 86_400_000_000_000


class Texts:
    """What texts have in common, each once."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def pack(self, text: str) -> tuple[int, str]:
        """Return the place of what a text shares, and what it does not.

        Examples
        --------
        >>> texts = Texts()
        >>> [texts.pack(text) for text in ("after 1.2 s", "after 17 s", "bye")]
        [(0, '1.2'), (0, '17'), (1, '')]
        """
        shared = VARIES.sub(HOLE, text)
        place = self._places.setdefault(shared, len(self._places))
        return place, NEXT.join(VARIES.findall(text))

    def shared(self) -> list[str]:
        """Return what the texts share, by place."""
        return list(self._places)


class Packed(NamedTuple):
    """What the script reads.

    Attributes
    ----------
    table : Markup
        JSON: a list for each column, connections in the order given.
    texts : Markup
        JSON: what texts share.
    chunks : list of Markup
        JSON: details of `PER_CHUNK` connections each, in the same order.
    """

    table: Markup
    texts: Markup
    chunks: list[Markup]


def pack(connections: Sequence[Connection], captures: Sequence[CaptureRecord] = ()) -> Packed:
    """Return the data of the report's script.

    Parameters
    ----------
    connections : sequence of Connection
        In the order in which they are shown; of the first ones more is kept.
    captures : sequence of CaptureRecord
        All that was read, in order.
    """
    texts = Texts()
    known = len(connections)
    table = _table(connections, texts) | {
        "perChunk": PER_CHUNK,
        "detailed": min(known, DETAILED),
        "withFrames": min(known, WITH_FRAMES),
    }
    chunks = []
    for begin in range(0, known, PER_CHUNK):
        chosen = enumerate(connections[begin : begin + PER_CHUNK], begin)
        chunks.append(embedded([_packed(_details(*one, captures), texts) for one in chosen]))
    return Packed(embedded(table), embedded(texts.shared()), chunks)


def _details(place: int, one: Connection, captures: Sequence[CaptureRecord]) -> Details:
    """Return what is kept of a connection: less of those that are further behind."""
    if place >= WITH_FRAMES and one.frames is not None:
        one = replace(one, frames=None)
    return details(one, captures, only_steps=place >= DETAILED)


def embedded(value: Any) -> Markup:
    r"""Return JSON that can stand in a ``<script>``.

    Examples
    --------
    >>> print(embedded(["</script>"]))
    ["\u003c/script>"]
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Only "</script" and "<!--" end or change what a script element holds.
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - the reason stands above


def _table(connections: Sequence[Connection], texts: Texts) -> dict[str, Any]:
    times = [one.first_at for one in connections]
    start = min((at for at in times if iso(at)), default=0)
    return {
        "start": start // 1_000,
        "id": [one.id for one in connections],
        "began": [(at - start) // 1_000 if iso(at) else None for at in times],
        "open": [one.timing.open for one in connections],
        "kind": _words(str(one.ending.kind) for one in connections),
        "first": _words(first_of(one) for one in connections),
        "bad": [int(is_abnormal(one)) for one in connections],
        "client": _column((str(one.client) for one in connections), texts),
        "server": _column((str(one.server) for one in connections), texts),
        "path": _column((path(one) for one in connections), texts),
        "sentence": _column((one.ending.sentence for one in connections), texts),
        "sides": SIDES,
        "looks": LOOKS,
        "stream": [one.tcp_stream for one in connections],
    }


def path(one: Connection) -> str:
    """Return the path that was asked for, as long as a line may hold."""
    return shortened(printable(one.handshake.target or ""), LONGEST_PATH)


def shortened(text: str, longest: int) -> str:
    """Return a text that is not too long.

    Examples
    --------
    >>> shortened("/chat/room", 6)
    '/chat…'
    """
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _words(words: Iterable[str]) -> dict[str, Any]:
    """Return a column of few words."""
    places: dict[str, int] = {}
    column = [places.setdefault(word, len(places)) for word in words]
    return {"words": list(places), "column": column}


def _column(column: Iterable[str], texts: Texts) -> list[list[Any]]:
    """Return a column of texts: their places, and what they do not share."""
    packed = [texts.pack(text) for text in column]
    return [[place for place, _ in packed], [values for _, values in packed]]


def _packed(one: Details, texts: Texts) -> list[Any]:
    groups = [
        item
        for group in one.groups
        for item in texts.pack(FACT.join([group.title, *(_fact(*fact) for fact in group.facts)]))
    ]
    more = [
        item
        for told in (one.anomalies, one.caveats)
        for item in texts.pack(FACT.join(shortened(text, LONGEST_TEXT) for text in told))
    ]
    start = next((rung.at for rung in one.rungs if iso(rung.at)), 0)
    return [*divmod(start, DAY_NS), list(_rungs(one.rungs, start, texts)), groups, more]


def _fact(label: str, text: str, is_code: bool) -> str:
    return FIELD.join((label, shortened(text, LONGEST_TEXT), "c" if is_code else ""))


def _rungs(rungs: Iterable[Rung], start: int, texts: Texts) -> Iterator[Any]:
    """Yield five values for each rung; time and packet as what is added to the rung before."""
    at, packet = start, 0
    for rung in rungs:
        known = iso(rung.at) is not None
        yield rung.at - at if known else None
        yield rung.packet - packet if rung.packet else None
        yield SIDES.index(rung.side) + len(SIDES) * LOOKS.index(rung.look)
        yield from texts.pack(shortened(rung.what, LONGEST_STEP))
        at = rung.at if known else at
        packet = rung.packet or packet
