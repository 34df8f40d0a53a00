"""Connections in; one file for the postmortem out, and the HTML that Jupyter shows.

Everything that came from the wire is shown as text: what does not print as an escape, markup as
the characters that it is made of.
"""

from analyzer.report.files import write_compared, write_joined, write_report
from analyzer.report.fragments import analysis_html, connection_html, ending_html
from analyzer.report.markdown import markdown
from analyzer.report.page import page

__all__ = [
    "analysis_html",
    "connection_html",
    "ending_html",
    "markdown",
    "page",
    "write_compared",
    "write_joined",
    "write_report",
]
