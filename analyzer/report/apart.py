"""What the reports on captures that are kept apart have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from analyzer.capture.record import CaptureRecord
from analyzer.report.markdown import code_block, escaped
from analyzer.report.page import policy
from analyzer.report.template import program, render, source


def apart_page(template: str, *, over: str, title: str, made: str, **values: Any) -> str:
    """Return a page without scripts, that loads nothing from anywhere."""
    style = source("parts.css") + source("page.css")
    return render(
        template,
        over=over,
        title=title,
        made=made,
        style=style,
        policy=policy([], [style]),
        program=program(),
        **values,
    )


def in_a_fence(
    over: str, title: str, lines: Iterable[str], made: str, more: Iterable[str] = ()
) -> str:
    """Return Markdown that shows lines as they are, and more of it below."""
    foot = escaped(f"{program()}{', ' if made else ''}{made}")
    return "\n\n".join([f"# {over}", escaped(title), code_block(lines), *more, foot]) + "\n"


def names_of(captures: Sequence[CaptureRecord]) -> str:
    """Return what a set of captures is called.

    Examples
    --------
    >>> names_of([])
    'nothing'
    """
    if not captures:
        return "nothing"
    name = captures[0].path.replace("\\", "/").rpartition("/")[2]
    return name if len(captures) == 1 else f"{name} and {len(captures) - 1} more"
