"""All charts at once, and as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from matplotlib.style import context

from analyzer.errors import UsageError
from analyzer.findings import Finding
from analyzer.plot.canvas import STYLE, apart_from_pyplot, figure_of, what_is_missing
from analyzer.plot.close_codes import codes
from analyzer.plot.kinds import endings
from analyzer.plot.ladders import ladder
from analyzer.plot.rates import endings_over_time
from analyzer.plot.round_trips import pings
from analyzer.plot.spikes import idle, lifetimes
from analyzer.plot.steps import timings
from analyzer.plot.timelines import timeline
from analyzer.record import Connection
from analyzer.tables import table
from analyzer.text import in_order_of_urgency

T = TypeVar("T")

LADDERS = 12
FORMATS = ("svg", "png")
# Without the date, the same connections give the same bytes.
_METADATA = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


class Chart(NamedTuple):
    """A chart that has been drawn.

    Attributes
    ----------
    name : str
        Names its file.
    figure : matplotlib.figure.Figure
        Not one of pyplot's.
    missing : str
        Why there is nothing in it; empty where there is something.
    """

    name: str
    figure: Figure
    missing: str


def charts(
    connections: Sequence[Connection],
    *,
    ladders: int = LADDERS,
    findings: Sequence[Finding] = (),
) -> Iterator[Chart]:
    """Draw every chart, one after another.

    Parameters
    ----------
    connections : sequence of Connection
        With their frames, if pings shall be among the charts.
    ladders : int
        For how many connections to draw a ladder: those that need a look first.
    findings : sequence of Finding
        Of these connections: the times that they have decided on are marked.

    Yields
    ------
    Chart
        Those without anything to show, too; they say why.

    Examples
    --------
    >>> from analyzer import read
    >>> [chart.name for chart in charts(read().connections, ladders=1) if not chart.missing][:3]
    ['endings', 'codes', 'timeline']
    """
    df = table("connections", connections)
    for name, draw in _ONE_EACH.items():
        yield _chart(name, draw, df)
    for name, mark in _MARKED.items():
        yield _chart(name, partial(mark, findings=findings), df)
    if any(one.frames is not None for one in connections):
        yield _chart("pings", pings, table("frames", connections))
    for one in in_order_of_urgency(connections)[:ladders]:
        yield _chart(f"ladder-{one.id}", ladder, one)


def save_charts(
    folder: str | Path,
    connections: Sequence[Connection],
    formats: Sequence[str] = FORMATS,
    findings: Sequence[Finding] = (),
) -> list[Path]:
    """Draw every chart that has something to show, into a folder.

    Parameters
    ----------
    folder : str or path
        Made where it does not exist.
    connections : sequence of Connection
        With their frames, if pings shall be among the charts.
    formats : sequence of str
        Endings of the files, of those that matplotlib can write.
    findings : sequence of Finding
        As in `charts`.

    Returns
    -------
    list of Path
        The files, in the order of `charts`. What has nothing to show is not among them.

    Raises
    ------
    UsageError
        There is no such format.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from analyzer import read
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in save_charts(folder, read().connections[:1], ["svg"])][-1]
    'ladder-0.svg'
    """
    known = FigureCanvasBase.get_supported_filetypes()
    if unknown := [form for form in formats if form not in known]:
        raise UsageError(f"charts are written as {', '.join(sorted(known))}, not as {unknown[0]!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for chart in charts(connections, findings=findings):
        for form in () if chart.missing else formats:
            paths.append(folder / f"{chart.name}.{form}")
            save_figure(chart.figure, paths[-1], form)
    return paths


def save_figure(figure: Figure, file: str | Path | BinaryIO, form: str) -> None:
    """Write a figure into a file; the same figure gives the same bytes."""
    with context(STYLE):
        figure.savefig(file, format=form, metadata=_METADATA.get(form))


def _chart(name: str, draw: Callable[[T], Axes | list[Axes]], of: T) -> Chart:
    with apart_from_pyplot():
        drawn = draw(of)
    axes = drawn if isinstance(drawn, list) else [drawn]
    missing = [what_is_missing(ax) for ax in axes]
    return Chart(name, figure_of(axes[0]), missing[0] if all(missing) else "")


_ONE_EACH: dict[str, Callable[[pd.DataFrame], Axes | list[Axes]]] = {
    "endings": endings,
    "codes": codes,
    "timeline": timeline,
    "endings_over_time": endings_over_time,
    "timings": timings,
}
_MARKED: dict[str, Callable[..., Axes]] = {"lifetimes": lifetimes, "idle": idle}
