"""What a person reads in a terminal: an overview of all connections.

Lines are plain text with a style beside them; the terminal's colours are added by who prints them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from unicodedata import combining, east_asian_width

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.ending.rules import EndingKind
from analyzer.findings import Finding
from analyzer.findings.places import places
from analyzer.printable import duration, iso, printable
from analyzer.record import Connection

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
_RANKS = {kind: rank for rank, kind in enumerate(URGENCY)}
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

CAPTURES_SHOWN = 3
PROBLEMS_SHOWN = 10
# Where nothing is cut, one long path must not push all other lines apart.
WIDEST_WHERE = 72
# On narrower terminals the sentence needs the room of the kind, which it tells anyway.
ROOM_FOR_KIND = 100


class Line(NamedTuple):
    """A line of text, and how to draw it on a terminal."""

    text: str
    style: str = ""


def overview(
    captures: Sequence[CaptureRecord],
    connections: Sequence[Connection],
    anomalies: Sequence[Anomaly] = (),
    *,
    limit: int | None = None,
    width: int | None = None,
    hint: str = "",
    findings: Sequence[Finding] = (),
) -> list[Line]:
    """Return what the captures are, endings by kind, and a line per connection.

    Parameters
    ----------
    captures : sequence of CaptureRecord
        What was read.
    connections : sequence of Connection
        What was found and chosen.
    anomalies : sequence of Anomaly
        Odd things that belong to no connection.
    limit : int or None
        Connections shown at most; None for all.
    width : int or None
        Columns per line at most; None for whole lines.
    hint : str
        Added where something was left out: how to see it.
    findings : sequence of Finding
        What stands out: it is told first.
    """
    lines = summary(captures, connections, anomalies, width=width, findings=findings)
    if not connections:
        return lines
    rows = connection_lines(connections, limit=limit, width=width)
    hidden = len(connections) - limit if limit is not None else 0
    was_cut = hidden > 0 or (width is not None and any(row.text.endswith("…") for row in rows))
    lines += [Line(""), *rows]
    if was_cut and (hidden > 0 or hint):
        more = [f"… and {hidden:,} more"] if hidden > 0 else []
        lines.append(Line("; ".join([*more, *([hint] if hint else [])]), "dim"))
    return lines


def summary(
    captures: Sequence[CaptureRecord],
    connections: Sequence[Connection],
    anomalies: Sequence[Anomaly] = (),
    *,
    width: int | None = None,
    findings: Sequence[Finding] = (),
) -> list[Line]:
    """Return the overview without its lines per connection."""
    plural = "" if len(connections) == 1 else "s"
    lines = [
        *finding_lines(findings, width=width),
        *capture_lines(captures, width=width),
        Line(""),
        Line(f"{len(connections):,} WebSocket connection{plural}", "bold"),
    ]
    if connections:
        lines += [Line(""), *kinds_table(connections)]
    if anomalies:
        lines += [Line(""), *(Line(fit(text, width)) for text in anomaly_lines(anomalies))]
    return lines


def finding_lines(findings: Sequence[Finding], *, width: int | None) -> list[Line]:
    """Return what stands out, where to look at it and what it may mean; nothing where nothing does.

    What else would look the same is told beside what it is consistent with: never one without the
    other.
    """
    if not findings:
        return []
    widest = max(len(one.name) for one in findings)
    lines = [Line("what stands out (--explain NAME tells how it was decided)", "bold")]
    for one in findings:
        lines.append(Line(fit(f"  {one.name:<{widest}}  {one.sentence}", width), "yellow"))
        below = [places(one), *_meanings(one)]
        lines += [Line(fit(f"  {'':<{widest}}  {text}", width), "dim") for text in below if text]
    return [*lines, Line("")]


def _meanings(one: Finding) -> Iterator[str]:
    for title, texts in (("consistent with", one.consistent_with), ("or with", one.also)):
        if texts:
            yield f"{title}: {'; or '.join(texts)}"


def capture_lines(captures: Sequence[CaptureRecord], *, width: int | None) -> list[Line]:
    """Return a line per capture; of many, one on all and one on each that is not whole."""
    if len(captures) <= CAPTURES_SHOWN:
        return [Line(capture_line(capture, width)) for capture in captures]
    packets = sum(capture.packets for capture in captures)
    text = f"{len(captures)} captures: {packets:,} packets"
    first = min((one.first_at for one in captures if one.first_at), default=None)
    last = max((one.last_at for one in captures if one.last_at), default=None)
    lines = [Line(fit(text + _span(first, last), width))]
    broken = [capture for capture in captures if not capture.complete]
    lines += [Line(capture_line(one, width), "yellow") for one in broken[:PROBLEMS_SHOWN]]
    if len(broken) > PROBLEMS_SHOWN:
        lines.append(Line(f"… and {len(broken) - PROBLEMS_SHOWN} more that are not complete"))
    return lines


def capture_line(capture: CaptureRecord, width: int | None = None) -> str:
    """Return one line about a capture."""
    plural = "" if capture.packets == 1 else "s"
    kind = f"{capture.format}, " if capture.format else ""
    about = f": {kind}{capture.packets:,} packet{plural}"
    about += _span(capture.first_at, capture.last_at)
    if not capture.complete:
        about += f"; not complete: {printable(capture.problem)}"
    path = printable(capture.path)
    if width is not None:
        path = shorten(path, max(width - columns(about), 24))
    return fit(path + about, width)


def _span(first_at: int | None, last_at: int | None) -> str:
    first, last = iso(first_at), iso(last_at)
    if first is None or last is None or first_at is None or last_at is None:
        return ""
    until = last[11:19] if last[:10] == first[:10] else f"{last[:10]} {last[11:19]}"
    length = duration(last_at - first_at)
    return f", {first[:10]} {first[11:19]} to {until} UTC ({length})"


def kinds_table(connections: Sequence[Connection]) -> list[Line]:
    """Return a table of endings by kind and by who was first."""
    counts: Counter[tuple[EndingKind, str]] = Counter()
    endings = [one.ending for one in connections]
    for (kind, first), count in Counter([(one.kind, one.first) for one in endings]).items():
        counts[kind, "unknown" if first is None else str(first)] += count
    header = f"{'ended by':<14}" + "".join(f"{who:>9}" for who in (*WHO, "all"))
    lines = [Line(f"  {header}", "bold")]
    for kind in EndingKind:
        row = [counts[kind, who] for who in WHO]
        if any(row):
            cells = "".join(f"{count or '·':>9}" for count in row)
            lines.append(Line(f"  {kind!s:<14}{cells}{sum(row):>9}", STYLES.get(kind, "")))
    return lines


def anomaly_lines(anomalies: Sequence[Anomaly]) -> list[str]:
    """Return a line per name of what is odd outside connections, with the first of each."""
    by_name: dict[str, list[Anomaly]] = {}
    for anomaly in anomalies:
        by_name.setdefault(anomaly.name, []).append(anomaly)
    lines = []
    for name, found in by_name.items():
        times = f" ({len(found):,} times)" if len(found) > 1 else ""
        where = f", packet {found[0].packet}" if found[0].packet else ""
        detail = f": {printable(found[0].detail)}" if found[0].detail else ""
        lines.append(f"{name}{times}{where}{detail}")
    return lines


def in_order_of_urgency(connections: Sequence[Connection]) -> list[Connection]:
    """Return the connections, the abnormal ones first."""
    return sorted(
        connections,
        key=lambda one: (one.ending.clean is True, _RANKS[one.ending.kind], one.id),
    )


def connection_lines(
    connections: Sequence[Connection], *, limit: int | None = None, width: int | None = None
) -> list[Line]:
    """Return a header, and a line per connection."""
    shown = in_order_of_urgency(connections)[:limit]
    widest = WIDEST_WHERE if width is None else max(width * 2 // 5, 24)
    rows = [_row(one, None if width is None else widest) for one in shown]
    spans = [columns(row[1]) for row in rows]
    where = max(len(COLUMNS[1]), max(spans, default=0))
    widths = _widths([COLUMNS, *rows], min(where, widest))
    if width is not None and width < ROOM_FOR_KIND:
        widths[3] = 0
    lines = [Line(fit(_aligned(COLUMNS, len(COLUMNS[1]), widths), width), "bold")]
    for one, row, span in zip(shown, rows, spans, strict=True):
        text = fit(_aligned(row, span, widths), width)
        lines.append(Line(text, STYLES.get(one.ending.kind, "")))
    return lines


def _widths(rows: Sequence[tuple[str, ...]], where: int) -> list[int]:
    """Return how many columns the cells of each row take at most, the last ones apart."""
    numbers, _, lengths, kinds, _ = zip(*rows, strict=True)
    # Only a place holds text of strangers: the others take a column per character.
    return [max(map(len, numbers)), where, max(map(len, lengths)), max(map(len, kinds))]


def connection_line(one: Connection) -> Line:
    """Return one connection on a line of its own."""
    return Line(str(one), STYLES.get(one.ending.kind, ""))


def _row(one: Connection, widest: int | None) -> tuple[str, ...]:
    target = one.handshake.target
    where = f"{one.client} → {one.server}{printable(target) if target else ''}"
    if widest is not None:
        where = shorten(where, widest)
    opened, ending = one.timing.open, one.ending
    length = duration(opened) if opened is not None else "-"
    return (str(one.id), where, length, str(ending.kind), ending.sentence)


def _aligned(cells: Sequence[str], span: int, widths: Sequence[int]) -> str:
    """Return the cells of a row, of which the place takes `span` columns, as wide as the others."""
    number, where, length, kind, sentence = cells
    gap = " " * (widths[1] - span)
    shown_kind = kind.ljust(widths[3]) + "  " if widths[3] else ""
    begin = f"  {number.rjust(widths[0])}  {where}{gap}  {length.rjust(widths[2])}  "
    return begin + shown_kind + sentence


def columns(text: str) -> int:
    """Return how many columns a text takes on a terminal.

    Examples
    --------
    >>> columns("→ bye"), columns("再见"), columns("e\u0301")
    (5, 4, 1)
    """
    if _is_plain(text):
        return len(text)
    return sum(_columns_of(char) for char in text)


def _is_plain(text: str) -> bool:
    """Whether every character takes one column: of ASCII, or an arrow or dots of ours."""
    return text.isascii() or text.replace("→", "").replace("…", "").isascii()


def _columns_of(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in {"W", "F"} else 1


def fit(text: str, width: int | None) -> str:
    """Cut a line to the width of the terminal.

    Examples
    --------
    >>> fit("server closed TCP", 10)
    'server cl…'
    """
    if width is None or columns(text) <= width:
        return text
    return _head(text, width - 1) + "…"


def shorten(text: str, width: int) -> str:
    """Cut a text in its middle: addresses and paths differ at both ends.

    Examples
    --------
    >>> shorten("10.0.0.1:40000 → 10.0.0.2:80/chat", 21)
    '10.0.0.1:4….2:80/chat'
    """
    if columns(text) <= width:
        return text
    tail = _head(text[::-1], (width - 1) // 2)[::-1]
    return f"{_head(text, width - 1 - columns(tail))}…{tail}"


def _head(text: str, width: int) -> str:
    """Return as many characters as fit."""
    if _is_plain(text):
        return text[: max(width, 0)]
    taken = 0
    for i, char in enumerate(text):
        taken += _columns_of(char)
        if taken > width:
            return text[:i]
    return text
