"""Things in, HTML out that stands by itself: what Jupyter shows, light or dark."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.findings import Finding
from analyzer.record import Connection, Ending
from analyzer.report.details import details
from analyzer.report.figures import WHO, cannot_tell, kind_rows, oddities
from analyzer.report.listing import listing
from analyzer.report.story import story
from analyzer.report.template import render

SHOWN = 40


def analysis_html(
    captures: Sequence[CaptureRecord],
    connections: Sequence[Connection],
    anomalies: Sequence[Anomaly] = (),
    findings: Sequence[Finding] = (),
) -> str:
    """Return what happened, endings by kind, and a line per connection, as a piece of HTML.

    Parameters
    ----------
    captures : sequence of CaptureRecord
        What was read.
    connections : sequence of Connection
        What was found.
    anomalies : sequence of Anomaly
        Odd things that belong to no connection.
    findings : sequence of Finding
        What stands out: it is told first.

    Returns
    -------
    str
        With a style sheet that touches nothing else, and without scripts.

    Examples
    --------
    >>> from analyzer import read
    >>> analysis = read()
    >>> "client sent Close 1001" in analysis_html(analysis.captures, analysis.connections)
    True
    """
    return render(
        "analysis.html",
        findings=findings,
        statements=story(captures, connections, findings),
        kinds=kind_rows(connections),
        who=WHO,
        lines=listing(connections, SHOWN),
        hidden=max(len(connections) - SHOWN, 0),
        oddities=oddities((), anomalies),
        unknown=cannot_tell(captures, ()),
    )


def connection_html(connection: Connection, captures: Sequence[CaptureRecord] = ()) -> str:
    """Return a connection explained, as a piece of HTML.

    Parameters
    ----------
    connection : Connection
        With its frames, or without.
    captures : sequence of CaptureRecord
        All that was read, in order: tells which packet numbers are whose.
    """
    return render("connection.html", one=details(connection, captures))


def ending_html(ending: Ending) -> str:
    """Return an ending as a piece of HTML: its kind, the sentence, and what is not known."""
    return render("ending.html", ending=ending)
