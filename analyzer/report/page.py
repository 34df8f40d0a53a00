"""The report as one HTML file: nothing is loaded from anywhere, and the browser is told so."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from markupsafe import Markup

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.findings import Finding
from analyzer.record import Connection
from analyzer.report.chart import pictures
from analyzer.report.details import details
from analyzer.report.figures import WHO, cannot_tell, kind_rows, oddities, step_tables
from analyzer.report.listing import list_line
from analyzer.report.order import different, is_abnormal, most_telling_first
from analyzer.report.pack import pack
from analyzer.report.story import story
from analyzer.report.template import program, render, source

# Without a script, and on paper: lines, and connections that are explained.
LINES, EXPLAINED = 200, 6
CAPTURES = 100
AT_ONCE = Markup('document.documentElement.className = "js";')


def page(
    captures: Sequence[CaptureRecord],
    connections: Sequence[Connection],
    anomalies: Sequence[Anomaly] = (),
    *,
    made: str = "",
    findings: Sequence[Finding] = (),
) -> str:
    """Return the report.

    Parameters
    ----------
    captures, connections, anomalies
        As in `write_report`.
    made : str
        When and by whom; the same input gives the same page.
    findings : sequence of Finding
        What stands out: it is told first.

    Examples
    --------
    >>> from analyzer import read
    >>> analysis = read()
    >>> page(analysis.captures, analysis.connections[:1])[:15]
    '<!doctype html>'
    """
    ordered = most_telling_first(connections)
    script = source("report.js")
    style = source("parts.css") + source("page.css")
    drawn = pictures(connections, findings)
    return render(
        "report.html",
        captures=captures[:CAPTURES],
        captures_hidden=max(len(captures) - CAPTURES, 0),
        title=_title(captures),
        policy=policy([AT_ONCE, script], [style]),
        at_once=AT_ONCE,
        script=script,
        style=style,
        program=program(),
        made=made,
        findings=findings,
        statements=story(captures, connections, findings),
        kinds=kind_rows(connections),
        who=WHO,
        steps=step_tables(connections),
        pictures=drawn.pictures,
        definitions=drawn.definitions,
        data=pack(ordered, captures),
        total=len(connections),
        abnormal=sum(map(is_abnormal, connections)),
        lines=[list_line(one) for one in ordered[:LINES]],
        explained=[details(one, captures) for one in different(ordered, EXPLAINED)],
        oddities=oddities(connections, anomalies),
        unknown=cannot_tell(captures, connections),
    )


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """Return the page's Content-Security-Policy: our own script and style, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {' '.join(map(_hash, styles))}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _title(captures: Sequence[CaptureRecord]) -> str:
    if len(captures) == 1:
        return captures[0].path.replace("\\", "/").rpartition("/")[2]
    return f"{len(captures)} captures"
