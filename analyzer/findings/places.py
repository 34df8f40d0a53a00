"""A finding in, where to look at it out: connections, when, packets, in one short line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from analyzer.findings.finding import Finding
from analyzer.printable import iso

# Runs of numbers that are named; the whole list is in the JSON document.
RUNS = 4
PACKETS = 6


def places(finding: Finding) -> str:
    """Return where to look at a finding.

    Examples
    --------
    >>> places(Finding("loss", "", (0, 1, 2, 7), 1_700_000_000_000_000_000, None, {}, (5, 19)))
    '#0 to #2, #7; 2023-11-14 22:13:20; packets 5, 19'
    """
    numbers = finding.evidence
    listed = ", ".join(f"{number:d}" for number in numbers[:PACKETS])
    more = ", …" if len(numbers) > PACKETS else ""
    told = f"packet{'' if len(numbers) == 1 else 's'} {listed}{more}" if numbers else ""
    return "; ".join(part for part in (_runs(finding.connections), when(finding), told) if part)


def when(finding: Finding) -> str:
    """Return when it was seen first and last, UTC, to the second; empty where that is not known.

    Examples
    --------
    >>> when(Finding("loss", "", (), 1_700_000_000_000_000_000, 1_700_000_003_000_000_000))
    '2023-11-14 22:13:20 to 22:13:23'
    """
    first, last = ((iso(at) or "")[:19].replace("T", " ") for at in _times(finding))
    if not last or first == last:
        return first
    return f"{first} to {last[11:] if first[:10] == last[:10] else last}"


def _times(finding: Finding) -> tuple[int | None, int | None]:
    return finding.first_at, finding.last_at


def _runs(numbers: Sequence[int]) -> str:
    """Return numbers of connections, those that follow each other as a run."""
    ordered = sorted(numbers)
    apart = groupby(enumerate(ordered), key=lambda pair: pair[1] - pair[0])
    runs = [[number for _, number in run] for _, run in apart]
    shown = [f"#{run[0]}" if len(run) == 1 else f"#{run[0]} to #{run[-1]}" for run in runs[:RUNS]]
    more = ", …" if len(runs) > RUNS else ""
    return f"{', '.join(shown)}{more}" if shown else ""
