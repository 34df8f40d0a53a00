"""The report as a file: HTML, or Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.findings import Finding
from analyzer.output import output_to
from analyzer.record import Connection
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
    write = markdown if Path(path).suffix.lower() in MARKDOWN else page
    with output_to(str(path), [one.path for one in captures], at_once=False) as out:
        out.write(write(captures, connections, anomalies, made=made, findings=findings))
