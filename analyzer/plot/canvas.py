"""Where charts are drawn: axes of our own or the user's, in our style, with a title and notes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import Any, cast

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import findfont, get_font
from matplotlib.legend import Legend
from matplotlib.style import context

from analyzer.plot.palette import FAINT
from analyzer.printable import printable

STYLE = Path(__file__).with_name("wsanalyze.mplstyle")
# Labels of texts, by which they are found again.
NOTE, WHY_EMPTY = "note", "why there is nothing"
_FILES_ONLY = frozenset({"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"})
_apart = ContextVar("_apart", default=False)


@contextmanager
def drawing(ax: Axes | None, size: tuple[float, float] = (8.0, 4.5)) -> Iterator[Axes]:
    """Give axes to draw in, in our style for as long as that takes.

    Parameters
    ----------
    ax : Axes or None
        The user's; None for a figure of our own.
    size : (float, float)
        Of our own, inches.
    """
    # Outside of the context: what a notebook sets up with its first figure must stay.
    figure = new_figure(size) if ax is None else None
    with context(STYLE):
        yield figure.subplots() if figure is not None else cast(Axes, ax)


def new_figure(size: tuple[float, float]) -> Figure:
    """Return a figure; only a session that shows the figures of pyplot gets one of those.

    In a notebook the figure appears under its cell. Elsewhere pyplot would keep every figure of a
    program that draws thousands, so it is left alone.
    """
    if shows_figures() and not _apart.get():
        from matplotlib import pyplot as plt  # noqa: PLC0415 - not loaded where nobody uses it

        return plt.figure(figsize=size, layout="constrained", facecolor="white")
    return Figure(figsize=size, layout="constrained", facecolor="white")


@contextmanager
def apart_from_pyplot() -> Iterator[None]:
    """Make figures that no session shows, for as long as they are drawn."""
    token = _apart.set(True)
    try:
        yield
    finally:
        _apart.reset(token)


def shows_figures() -> bool:
    """Whether this session shows the figures of pyplot: a notebook, or a window system."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        return True
    pyplot = sys.modules.get("matplotlib.pyplot")
    return pyplot is not None and pyplot.get_backend().lower() not in _FILES_ONLY


def figure_of(ax: Axes) -> Figure:
    """Return the whole figure that axes are in, be it in a part of it."""
    figure: object = ax.figure
    while isinstance(figure, SubFigure):
        figure = figure.figure
    assert isinstance(figure, Figure)  # noqa: S101 - only axes that were taken out have none
    return figure


def entitle(ax: Axes, title: str, notes: Iterable[str] = ()) -> None:
    """Put a title above the axes, and small below them what else must be said of the chart.

    The title is the one that ``ax.set_title`` replaces.
    """
    ax.set_title(wrapped(ax, plain(title), 12.0))
    below = wrapped(ax, plain(". ".join(note for note in notes if note)), 8.5)
    if below:
        ax.annotate(
            below,
            (0, 0),
            (0, -6),
            xycoords=("axes fraction", ax.xaxis.label),  # wherever that is
            textcoords="offset points",
            fontsize=8.5,
            color=FAINT,
            va="top",
            annotation_clip=False,
            label=NOTE,
        )


def wrapped(ax: Axes, text: str, size: float) -> str:
    """Break a text of `size` points into lines that are no longer than the axes are wide."""
    points = ax.get_window_extent().width * 72 / figure_of(ax).dpi
    return fill(text, max(int(points / (size * 0.54)), 24), break_on_hyphens=False)


def nothing(ax: Axes, sentence: str) -> None:
    """Say in empty axes why they are empty."""
    lay_bare(ax)
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": FAINT, "size": 11}
    words = wrapped(ax, sentence, 11)
    ax.text(0.5, 0.5, words, transform=ax.transAxes, label=WHY_EMPTY, **style)


def lay_bare(ax: Axes) -> None:
    """Take ticks, grid and frame away; what stands below the axes stays."""
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def what_is_missing(ax: Axes) -> str:
    """Return why there is nothing in the axes; empty where there is something."""
    reasons = [text.get_text() for text in ax.texts if text.get_label() == WHY_EMPTY]
    return "".join(reasons).replace("\n", " ")


def legend(ax: Axes, handles: Sequence[Artist], title: str, *, beside: bool) -> Legend:
    """Put a legend beside the axes, where the figure is ours to make room; else into them."""
    where: dict[str, Any] = {"loc": "best"}
    if beside:
        where = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.02)}
    size: dict[str, Any] = {"handleheight": 1.2, "handlelength": 2.0, "alignment": "left"}
    return ax.legend(handles=list(handles), title=title, **where, **size)


def plain(text: str) -> str:
    r"""Return text of strangers that can be drawn: nothing unprintable, no formula, known glyphs.

    Examples
    --------
    >>> print(plain("$x^2$ \x1b[31m"))
    \$x^2\$ \x1b[31m
    """
    known = _glyphs()
    shown = printable(text)
    if not shown.isascii():
        shown = "".join(char if ord(char) in known else _escaped(char) for char in shown)
    return shown.replace("$", r"\$")


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


@cache
def _glyphs() -> frozenset[int]:
    """Return the characters of the font that the style names; it comes with matplotlib."""
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())
