"""Templates, and the words that they use."""

from __future__ import annotations

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from analyzer.report.template import (
    clock,
    day,
    environment,
    moment,
    program,
    render,
    source,
    text_of,
)


def test_values_are_escaped() -> None:
    template = environment().from_string('<b title="{{ text }}">{{ text }}</b>')
    assert template.render(text="<i>\"'&") == (
        '<b title="&lt;i&gt;&#34;&#39;&amp;">&lt;i&gt;&#34;&#39;&amp;</b>'
    )


def test_what_a_template_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("connection.html")
    with pytest.raises(TemplateNotFound):
        render("none.html")


def test_our_own_files_are_taken_as_they_are() -> None:
    assert str(source("report.js")) == text_of("report.js")
    # What would end the element that they stand in.
    assert "</" not in text_of("parts.css") + text_of("page.css")
    assert "</script" not in text_of("report.js").lower()


def test_times_are_utc() -> None:
    noon = 1_709_208_000_000_000_000 + 1_500_000_000  # 2024-02-29 12:00:01.5
    assert (day(noon), clock(noon), moment(noon)) == (
        "2024-02-29",
        "12:00:01.500000",
        "2024-02-29 12:00:01",
    )
    assert (day(0), clock(0), moment(None)) == ("", "", "")


def test_program_is_named() -> None:
    assert program().startswith("wsanalyze")
