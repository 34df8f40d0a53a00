"""What the report counts: endings, timing, anomalies, and what the captures cannot tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.ending.rules import RULES, EndingKind
from analyzer.ending.timing import UNTIL_THE_END
from analyzer.events import counted
from analyzer.ladder import TIMINGS
from analyzer.printable import duration, printable
from analyzer.record import Connection

if TYPE_CHECKING:
    from pandas import DataFrame

WHO = ("client", "server", "both", "unknown")
EXAMPLES = 3
NAMES_SHOWN = 60
# Not those in names, such as hybi-04.
NUMBER = re.compile(r"(?<![\w-])\d[\d.,]*")

ALWAYS = (
    "Why: it shows who sent what and when. A timer, a crash and a deploy can look alike.",
    "What is encrypted: wss without its secrets (--keylog) is not listed.",
    "What an application was told: what APIs report is worked out, and says how certain it is.",
)


class KindRow(NamedTuple):
    """How many ended in one way, by who was first."""

    kind: str
    meaning: str
    counts: tuple[int, ...]
    total: int


class StepRow(NamedTuple):
    """How long one step took."""

    step: str
    number: int
    figures: tuple[str, ...]


class StepTable(NamedTuple):
    """How long the steps took, of some connections."""

    title: str
    rows: tuple[StepRow, ...]


class Oddity(NamedTuple):
    """Something that was seen several times, and connections where."""

    text: str
    number: int
    examples: tuple[int, ...]


def kind_rows(connections: Sequence[Connection]) -> list[KindRow]:
    """Return endings by kind and by who was first; kinds that did not occur are left out."""
    counts = Counter((one.ending.kind, first_of(one)) for one in connections)
    meanings = {rule.kind: rule.when.replace("`", "") for rule in RULES}
    rows = []
    for kind in EndingKind:
        row = tuple(counts[kind, who] for who in WHO)
        if any(row):
            rows.append(KindRow(str(kind), meanings[kind], row, sum(row)))
    return rows


def first_of(one: Connection) -> str:
    """Return who was first, as a word."""
    return "unknown" if one.ending.first is None else str(one.ending.first)


def step_tables(connections: Sequence[Connection]) -> list[StepTable]:
    """Return how long each step took: of all, then by kind of ending."""
    if not connections:
        return []
    from analyzer.tables import table, timing_summary  # noqa: PLC0415 - loads pandas

    df = table("connections", connections)
    found = [_of_all(df)]
    by_kind = timing_summary(df, by=["kind"])
    for kind, group in by_kind.groupby("kind", observed=True):
        found.append(StepTable(str(kind), _step_rows(group.itertuples())))
    found = [one for one in found if one.rows]
    # What is the same as all needs no table of its own.
    return found[:1] if len(found) == 2 else found


def _of_all(df: DataFrame) -> StepTable:
    """Return the steps of all; of those still open only what they have behind them."""
    from analyzer.tables import timing_summary  # noqa: PLC0415 - loads pandas

    left = df["kind"] == "open"
    title = "All connections"
    if left.any():
        if not left.all():
            title += "; how long they were open, and idle, of those that ended"
        df = df.copy()
        df.loc[left, [f"{step}_s" for step in UNTIL_THE_END]] = float("nan")
    return StepTable(title, _step_rows(timing_summary(df).itertuples()))


def _step_rows(rows: Iterable[object]) -> tuple[StepRow, ...]:
    return tuple(_step_row(row) for row in rows)


def _step_row(row: object) -> StepRow:
    values = (getattr(row, name) for name in ("p50", "p90", "p99", "max"))
    texts = tuple(duration(round(value * 1e9)) for value in values)
    step = str(getattr(row, "step", ""))
    return StepRow(TIMINGS.get(step, step), int(getattr(row, "n", 0)), texts)


def oddities(connections: Iterable[Connection], anomalies: Iterable[Anomaly]) -> list[Oddity]:
    """Return the anomalies by name: those of connections, and those of none."""
    found: dict[str, list[int]] = {}
    examples: dict[str, list[int]] = {}
    details: dict[str, str] = {}
    for number, anomaly in _all(connections, anomalies):
        who = "" if anomaly.side is None else f" by the {anomaly.side}"
        name = f"{anomaly.name}{who}"
        found.setdefault(name, []).append(1)
        details.setdefault(name, _first(anomaly))
        known = examples.setdefault(name, [])
        if number is not None and len(known) < EXAMPLES and number not in known:
            known.append(number)
    listed = [
        Oddity(f"{name}{details[name]}", len(times), tuple(examples[name]))
        for name, times in found.items()
    ]
    return sorted(listed, key=lambda one: (-one.number, one.text))[:NAMES_SHOWN]


def _all(
    connections: Iterable[Connection], anomalies: Iterable[Anomaly]
) -> Iterator[tuple[int | None, Anomaly]]:
    for anomaly in anomalies:
        yield None, anomaly
    for one in connections:
        for anomaly in one.anomalies:
            yield one.id, anomaly


def _first(anomaly: Anomaly) -> str:
    packet = f"packet {anomaly.packet}" if anomaly.packet else ""
    about = ": ".join(part for part in (packet, printable(anomaly.detail)) if part)
    return f" (first: {about})" if about else ""


def cannot_tell(
    captures: Sequence[CaptureRecord], connections: Iterable[Connection]
) -> list[Oddity]:
    """Return what the captures do not say: what is not whole, the caveats, then what none says."""
    found = [
        Oddity(f"What is missing from {printable(one.path)}: {printable(one.problem)}", 1, ())
        for one in captures
        if not one.complete
    ][:NAMES_SHOWN]
    caveats: dict[str, list[tuple[int, str]]] = {}
    for one in connections:
        for caveat in one.ending.caveats:
            caveats.setdefault(NUMBER.sub("…", caveat), []).append((one.id, caveat))
    known = sorted(caveats.items(), key=lambda item: (-len(item[1]), item[0]))
    for text, where in known[:NAMES_SHOWN]:
        told = printable(where[0][1] if len(where) == 1 else text)
        examples = tuple(number for number, _ in where[:EXAMPLES])
        of = f"Of {counted(len(where), 'connection')}: {told}"
        found.append(Oddity(of, len(where), examples))
    return found + [Oddity(text, 0, ()) for text in ALWAYS]
