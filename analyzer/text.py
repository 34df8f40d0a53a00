"""What a person reads in a terminal: an overview of all connections, and one explained.

Lines are plain text with a style beside them; the terminal's colours are added by who prints them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from analyzer.capture.record import CaptureRecord
from analyzer.ending.rules import EndingKind
from analyzer.printable import duration, printable
from analyzer.record import Connection, iso

# From what needs a look first to what is as it should be.
URGENCY = (
    EndingKind.VANISHED,
    EndingKind.RST,
    EndingKind.FIN,
    EndingKind.UNANSWERED,
    EndingKind.REFUSED,
    EndingKind.UNDETERMINED,
    EndingKind.HYBI_CLOSE,
    EndingKind.HIXIE_CLOSE,
    EndingKind.OPEN,
)
STYLES = {
    EndingKind.VANISHED: "red",
    EndingKind.RST: "red",
    EndingKind.FIN: "yellow",
    EndingKind.UNANSWERED: "yellow",
    EndingKind.REFUSED: "yellow",
    EndingKind.UNDETERMINED: "magenta",
}
COLUMNS = ("#", "client → server", "open", "kind", "how it ended")
WHO = ("client", "server", "both", "unknown")


class Line(NamedTuple):
    """A line of text, and how to draw it on a terminal."""

    text: str
    style: str = ""


def overview(
    captures: Sequence[CaptureRecord],
    connections: Sequence[Connection],
    *,
    limit: int | None = 40,
    width: int | None = None,
    hint: str = "",
) -> list[Line]:
    """Return what the captures are, endings by kind, and a line per connection.

    Parameters
    ----------
    captures : sequence of CaptureRecord
        What was read.
    connections : sequence of Connection
        What was found and chosen.
    limit : int or None
        Connections shown at most.
    width : int or None
        Characters per line at most.
    hint : str
        How to see all of them.
    """
    lines = [Line(capture_line(capture)) for capture in captures[:10]]
    if len(captures) > 10:
        lines.append(Line(f"… and {len(captures) - 10} more captures"))
    plural = "" if len(connections) == 1 else "s"
    lines += [Line(""), Line(f"{len(connections)} WebSocket connection{plural}", "bold")]
    if not connections:
        return lines
    lines += [Line(""), *kinds_table(connections), Line("")]
    lines += connection_lines(connections, limit=limit)
    if limit is not None and len(connections) > limit:
        lines.append(Line(f"… and {len(connections) - limit} more{hint}", "dim"))
    return [Line(fit(line.text, width), line.style) for line in lines]


def capture_line(capture: CaptureRecord) -> str:
    """Return one line about a capture."""
    plural = "" if capture.packets == 1 else "s"
    text = f"{printable(capture.path)}: {capture.format}, {capture.packets:,} packet{plural}"
    first, last = iso(capture.first_at), iso(capture.last_at)
    if first and last and capture.first_at and capture.last_at:
        length = duration(capture.last_at - capture.first_at)
        text += f", {first[:19]}Z to {last[:19]}Z ({length})"
    if not capture.complete:
        text += f"; not complete: {capture.problem}"
    return text


def kinds_table(connections: Sequence[Connection]) -> list[Line]:
    """Return a table of endings by kind and by who was first."""
    counts = Counter((one.ending.kind, _who(one)) for one in connections)
    header = f"{'ended by':<14}" + "".join(f"{who:>9}" for who in (*WHO, "all"))
    lines = [Line(f"  {header}", "bold")]
    for kind in EndingKind:
        row = [counts[kind, who] for who in WHO]
        if any(row):
            cells = "".join(f"{count or '·':>9}" for count in row)
            lines.append(Line(f"  {kind!s:<14}{cells}{sum(row):>9}", STYLES.get(kind, "")))
    return lines


def _who(connection: Connection) -> str:
    first = connection.ending.first
    return "unknown" if first is None else str(first)


def in_order_of_urgency(connections: Sequence[Connection]) -> list[Connection]:
    """Return the connections, the abnormal ones first."""
    return sorted(
        connections,
        key=lambda one: (one.ending.clean is True, URGENCY.index(one.ending.kind), one.id),
    )


def connection_lines(connections: Sequence[Connection], *, limit: int | None) -> list[Line]:
    """Return a header, and a line per connection."""
    shown = in_order_of_urgency(connections)[:limit]
    rows = [_row(one) for one in shown]
    widths = [max(len(row[i]) for row in (COLUMNS, *rows)) for i in range(len(COLUMNS) - 1)]
    lines = [Line(_aligned(COLUMNS, widths), "bold")]
    for one, row in zip(shown, rows, strict=True):
        lines.append(Line(_aligned(row, widths), STYLES.get(one.ending.kind, "")))
    return lines


def connection_line(one: Connection) -> Line:
    """Return one connection on a line of its own."""
    return Line(str(one), STYLES.get(one.ending.kind, ""))


def _row(one: Connection) -> tuple[str, ...]:
    target = printable(one.handshake.target or "")
    if len(target) > 40:
        target = target[:39] + "…"
    length = duration(one.timing.open) if one.timing.open is not None else "–"
    where = f"{one.client} → {one.server}{target}"
    return (str(one.id), where, length, str(one.ending.kind), one.ending.sentence)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    number, where, length, kind, sentence = cells
    return (
        f"  {number:>{widths[0]}}  {where:<{widths[1]}}  {length:>{widths[2]}}"
        f"  {kind:<{widths[3]}}  {sentence}"
    )


def fit(text: str, width: int | None) -> str:
    """Cut a line to the width of the terminal."""
    return text if width is None or len(text) <= width else text[: max(width - 1, 0)] + "…"
