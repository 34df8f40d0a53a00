"""A finding in, what is told below its sentence out."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Finding
from analyzer.findings.places import when
from analyzer.printable import printable

SHOWN = 12


def reasons(finding: Finding) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield a title, and texts: what a finding may mean, what to do next, and what it rests on."""
    for title, texts in (
        ("consistent with", finding.consistent_with),
        ("would look the same", finding.also),
        ("check next", finding.next),
    ):
        if texts:
            yield title, texts
    at = when(finding)
    if at:
        yield "when (UTC)", (at,)
    if finding.evidence:
        more = ", …" if len(finding.evidence) > SHOWN else ""
        shown = ", ".join(map(str, finding.evidence[:SHOWN]))
        yield "packets", (f"{shown}{more}",)
    if finding.numbers:
        told = (f"{name} = {_value(value)}" for name, value in finding.numbers.items())
        yield "numbers", (", ".join(told),)


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e-3 else f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return f"{value:,}"
    return "not known" if value is None else printable(str(value))
