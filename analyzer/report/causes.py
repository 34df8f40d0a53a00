"""A finding in, what is told below its sentence out."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Finding
from analyzer.printable import iso, printable

SHOWN = 12


def reasons(finding: Finding) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield a title, and texts: what a finding rests on, what it may mean, what to do next."""
    when = _when(finding)
    if when:
        yield "when (UTC)", (when,)
    if finding.numbers:
        told = (f"{name} = {_value(value)}" for name, value in finding.numbers.items())
        yield "numbers", (", ".join(told),)
    if finding.evidence:
        more = ", …" if len(finding.evidence) > SHOWN else ""
        shown = ", ".join(map(str, finding.evidence[:SHOWN]))
        yield "packets", (f"{shown}{more}",)
    for title, texts in (
        ("consistent with", finding.consistent_with),
        ("would look the same", finding.also),
        ("check next", finding.next),
    ):
        if texts:
            yield title, texts


def _when(finding: Finding) -> str:
    first, last = ((iso(at) or "")[:19] for at in (finding.first_at, finding.last_at))
    text = first if first == last or not last else f"{first} to {last}"
    return text.replace("T", " ")


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e-3 else f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return f"{value:,}"
    return "not known" if value is None else printable(str(value))
