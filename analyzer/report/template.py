"""Templates in, HTML out; whatever is put into one is escaped."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analyzer.printable import duration, iso, printable
from analyzer.report.causes import reasons

DAY = 10  # characters of the date in a time as ISO 8601


@cache
def environment() -> Environment:
    """Return what knows the templates."""
    made = Environment(
        loader=PackageLoader("analyzer.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"duration": duration, "printable": printable, "number": "{:,}".format}
    made.filters |= {
        "clock": clock,
        "day": day,
        "moment": moment,
        "source": source,
        "reasons": reasons,
    }
    return made


def render(name: str, **values: Any) -> str:
    """Return a template, filled in."""
    return environment().get_template(name).render(**values)


def source(name: str) -> Markup:
    """Return one of our own files, as it is."""
    return Markup(text_of(name))  # noqa: S704 - the file is ours, and nothing is put into it


@cache
def text_of(name: str) -> str:
    """Return the text of one of our own files."""
    return (files("analyzer.report") / "templates" / name).read_text(encoding="utf-8")


def clock(time_ns: int) -> str:
    """Return the time of day in UTC, to the microsecond.

    Examples
    --------
    >>> clock(1_700_000_000_123_456_789)
    '22:13:20.123456'
    """
    return (iso(time_ns) or "")[DAY + 1 : 26]


def day(time_ns: int) -> str:
    """Return the date in UTC."""
    return (iso(time_ns) or "")[:DAY]


def moment(time_ns: int | None) -> str:
    """Return date and time in UTC, to the second.

    Examples
    --------
    >>> moment(1_700_000_000_123_456_789), moment(None)
    ('2023-11-14 22:13:20', '')
    """
    return (iso(time_ns) or "")[:19].replace("T", " ")


def program() -> str:
    """Return the name of this program, with its version."""
    try:
        return f"wsanalyze {version('wsanalyze')}"
    except PackageNotFoundError:
        return "wsanalyze"  # a checkout that is not installed
