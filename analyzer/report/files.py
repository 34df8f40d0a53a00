"""The report as a file: HTML, or Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.comparison import Comparison
from analyzer.findings import Finding
from analyzer.legs import Joined
from analyzer.output import output_to
from analyzer.record import Connection
from analyzer.report.compared import compared_markdown, compared_page
from analyzer.report.joined import joined_markdown, joined_page
from analyzer.report.markdown import markdown
from analyzer.report.page import page

MARKDOWN = frozenset({".md", ".markdown"})


def write_report(
    path: str | Path,
    captures: Sequence[CaptureRecord],
    connections: Sequence[Connection],
    anomalies: Sequence[Anomaly] = (),
    *,
    made: str = "",
    findings: Sequence[Finding] = (),
) -> None:
    """Write one file for the postmortem; it appears when it is whole.

    Parameters
    ----------
    path : str or path
        Markdown where it ends in ``.md``; else HTML that loads nothing from anywhere.
    captures : sequence of CaptureRecord
        What was read; none of them is written over.
    connections : sequence of Connection
        What was found and chosen, with frames or without.
    anomalies : sequence of Anomaly
        Odd things that belong to no connection.
    made : str
        When and by whom, for the foot of the report; without it the same captures give the same
        bytes.
    findings : sequence of Finding
        What stands out.

    Raises
    ------
    UsageError
        The file cannot be written, or is one of the captures.
    """
    write = markdown if is_markdown(path) else page
    with output_to(str(path), [one.path for one in captures], at_once=False) as out:
        out.write(write(captures, connections, anomalies, made=made, findings=findings))


def is_markdown(path: str | Path) -> bool:
    """Whether a report of this name is written as Markdown."""
    return Path(path).suffix.lower() in MARKDOWN


def write_joined(
    path: str | Path,
    joined: Joined,
    captures: Sequence[Sequence[CaptureRecord]],
    findings: Sequence[Sequence[Finding]] = (),
    *,
    made: str = "",
) -> None:
    """Write the report on captures from several points of one path; see `write_report`."""
    write = joined_markdown if is_markdown(path) else joined_page
    with output_to(str(path), _paths(captures), at_once=False) as out:
        out.write(write(joined, captures, findings, made=made))


def write_compared(
    path: str | Path,
    comparison: Comparison,
    captures: Sequence[Sequence[CaptureRecord]],
    findings: Sequence[Sequence[Finding]],
    *,
    made: str = "",
) -> None:
    """Write the report on before and after; see `write_report`."""
    write = compared_markdown if is_markdown(path) else compared_page
    with output_to(str(path), _paths(captures), at_once=False) as out:
        out.write(write(comparison, captures, findings, made=made))


def _paths(captures: Sequence[Sequence[CaptureRecord]]) -> list[str]:
    return [one.path for some in captures for one in some]
