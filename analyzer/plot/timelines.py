"""One line per connection over time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analyzer.events import counted
from analyzer.plot.canvas import drawing, entitle, legend, nothing, plain
from analyzer.plot.palette import INK, in_order, look_of
from analyzer.plot.scales import date_numbers, utc_axis
from analyzer.plot.values import Floats, Words, spread, times, words
from analyzer.text import shorten

MOST_LINES = 1000  # more than a figure has lines of pixels
MOST_NAMED = 50
MOST_MARKED = 120
WIDEST_NAME = 38
SHORTEST = 0.005  # of the width; what is shorter is drawn so
# A second sign beside colour: lines are dashed differently.
DASHES: dict[str, object] = {
    "hybi_close": "solid",
    "hixie_close": (0, (6, 1)),
    "fin": (0, (3, 1)),
    "rst": (0, (1.2, 0.8)),
    "vanished": (0, (6, 1, 1, 1)),
    "undetermined": (0, (3, 1, 1, 1, 1, 1)),
    "refused": (0, (1.2, 2)),
    "unanswered": (0, (4, 3)),
    "open": (0, (10, 1)),
}


class Mark(NamedTuple):
    """A sign for what ended a connection."""

    column: str
    label: str
    marker: str
    size: float
    filled: bool


MARKS = (
    Mark("{}_close_at", "close frame", "D", 5.0, filled=False),
    Mark("tcp_{}_fin_at", "FIN", "|", 8.0, filled=True),
    Mark("tcp_{}_rst_at", "RST", "x", 6.0, filled=True),
)


def timeline(df: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw one line per connection over time, coloured by how it ended.

    Up to `MOST_MARKED` connections have close frames, FIN and RST marked, those of the client above
    the line, those of the server below. Of more than `MOST_LINES`, so many are picked evenly.

    Parameters
    ----------
    df : pandas.DataFrame
        The table of connections.
    ax : Axes, optional
        Where to draw; without it, a figure of its own.

    Returns
    -------
    Axes
        Time in UTC; one row per connection, the earliest at the top.

    Examples
    --------
    >>> from analyzer import read
    >>> ax = timeline(read().to_pandas())
    >>> ax.get_yticklabels()[0].get_text()
    '#0 127.0.0.1:58818 /reload-reconnect'
    """
    begin = times(df, "first_at")
    order = np.argsort(begin, kind="stable")
    order = order[~np.isnat(begin[order])]
    shown = df.iloc[order[spread(len(order), MOST_LINES)]]
    height = 1.2 + 0.18 * max(len(shown), 4) if len(shown) <= MOST_NAMED else 7.5
    with drawing(ax, (9.0, height)) as axes:
        entitle(axes, "Connections over time", _notes(len(df), len(shown)))
        if len(shown) == 0:
            nothing(axes, "There are no connections.")
            return axes
        kinds = words(shown, "kind")
        _lines(axes, shown, kinds)
        handles = [_handle(kind, int((kinds == kind).sum())) for kind in in_order(set(kinds))]
        if len(shown) <= MOST_MARKED:
            handles += _marks(axes, shown)
        _rows(axes, shown)
        utc_axis(axes)
        legend(axes, handles, "ended by", beside=ax is None)
    return axes


def _notes(total: int, shown: int) -> list[str]:
    picked = f"{shown:,} of {counted(total, 'connection')}, evenly picked in order of their start"
    notes = [picked if shown < total else counted(total, "connection")]
    if shown > MOST_MARKED:
        notes.append("Too many for marks at close frames, FIN and RST")
    return notes


def _lines(ax: Axes, df: pd.DataFrame, kinds: Words) -> None:
    begin, end = date_numbers(times(df, "first_at")), date_numbers(times(df, "last_at"))
    rows = np.arange(len(df), dtype=float)
    # What is shorter than a pixel would not be drawn at all.
    end = np.fmax(end, begin + SHORTEST * (np.nanmax(np.fmax(begin, end)) - np.nanmin(begin)))
    per_row = 180 if len(df) <= MOST_MARKED else 400  # points; less where marks need room
    width = 3.2 if len(df) <= MOST_NAMED else max(per_row / len(df), 0.8)
    for kind in in_order(set(kinds)):
        chosen = kinds == kind
        lines = _segments(begin[chosen], end[chosen], rows[chosen])
        drawn = LineCollection(
            list(lines),
            colors=look_of(kind).colour,
            linewidths=width,
            linestyles=DASHES.get(kind, "solid") if len(df) <= MOST_NAMED else "solid",
            capstyle="butt",
            label=kind,
            zorder=2.5,  # above the marks, which would hide short lines
            rasterized=len(df) > MOST_MARKED,
        )
        ax.add_collection(drawn)
    _limits(ax, begin, end)


def _segments(begin: Floats, end: Floats, rows: Floats) -> NDArray[np.float64]:
    return np.stack([np.stack([begin, rows], 1), np.stack([end, rows], 1)], 1)


def _limits(ax: Axes, begin: Floats, end: Floats) -> None:
    low, high = float(np.nanmin(begin)), float(np.nanmax(np.fmax(begin, end)))
    margin = (high - low) * 0.02 or 1e-6
    ax.set_xlim(low - margin, high + margin)


def _marks(ax: Axes, df: pd.DataFrame) -> list[Line2D]:
    """Mark what ended connections; return what stands in the legend."""
    rows = np.arange(len(df), dtype=float)
    scale = 1.0 if len(df) <= MOST_NAMED else 0.5
    handles = []
    for mark in MARKS:
        style = {"marker": mark.marker, "linestyle": "none", "color": INK, "markeredgewidth": 1.1}
        style["markerfacecolor"] = INK if mark.filled else "white"
        style["markersize"] = mark.size * scale
        seen = False
        for side, shift in (("client", -0.22), ("server", 0.22)):
            at = date_numbers(times(df, mark.column.format(side)))
            known = ~np.isnan(at)
            seen = seen or bool(known.any())
            ax.plot(at[known], rows[known] + shift, label=f"{side} {mark.label}", **style)  # type: ignore[arg-type]
        if seen:
            handles.append(Line2D([], [], label=mark.label, **(style | {"markersize": mark.size})))  # type: ignore[arg-type]
    if handles:
        words = "of the client above the line,\nof the server below it"
        handles.append(Line2D([], [], linestyle="none", label=words))
    return handles


def _rows(ax: Axes, df: pd.DataFrame) -> None:
    more = max(3 - len(df), 0) / 2
    ax.set_ylim(len(df) - 0.5 + more, -0.5 - more)
    if len(df) > MOST_NAMED:
        ax.set(ylabel="connections, in order of their start", yticks=[])
        return
    ports = zip(words(df, "client_ip"), words(df, "client_port"), strict=True)
    whose = [f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" for ip, port in ports]
    names = [
        plain(shorten(f"#{number} {one} {target}".rstrip(), WIDEST_NAME))
        for number, one, target in zip(words(df, "id"), whose, words(df, "target"), strict=True)
    ]
    ax.set_yticks(range(len(df)), labels=names)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")


def _handle(kind: str, count: int) -> Line2D:
    dashes = DASHES.get(kind, "solid")
    return Line2D(
        [],
        [],
        color=look_of(kind).colour,
        linewidth=3.2,
        linestyle=dashes,  # type: ignore[arg-type]
        label=f"{kind} ({count:,})",
    )
