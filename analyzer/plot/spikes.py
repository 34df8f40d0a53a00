"""Lifetimes, and how long connections were idle before the end: a timer shows as a spike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analyzer.errors import UsageError
from analyzer.events import counted
from analyzer.findings import Finding
from analyzer.plot.canvas import drawing, entitle, legend, nothing
from analyzer.plot.guides import Guide, Of, draw_guides, guides_found
from analyzer.plot.palette import look_of
from analyzer.plot.scales import around, duration_axis
from analyzer.plot.stacks import stack
from analyzer.plot.values import Floats, Words, left_out, numbers, still_open, words

PER_DECADE = 30  # intervals; 8 % wide each
SHORTEST = 1e-3  # seconds; below, no timer counts
MOST_TICKED = 200

IDLE_COLUMNS = {"both": "idle_before_end_s", "client": "client_idle_s", "server": "server_idle_s"}


def lifetimes(
    df: pd.DataFrame, ax: Axes | None = None, *, findings: Sequence[Finding] = ()
) -> Axes:
    """Draw how long connections were open, by how they ended.

    Parameters
    ----------
    df : pandas.DataFrame
        The table of connections.
    ax : Axes, optional
        Where to draw; without it, a figure of its own.
    findings : sequence of Finding
        Of the same connections: the times that they have decided on stand out.

    Returns
    -------
    Axes
        Connections per interval of a logarithmic axis. A limit on how long a connection may last
        shows as a spike; known defaults are drawn as guides.

    Examples
    --------
    >>> from analyzer import read
    >>> lifetimes(read().to_pandas()).get_xlabel()
    'open for (logarithmic)'
    """
    found = guides_found(findings, "lifetime")
    title = "How long connections were open"
    return _spikes(df, ax, "open_s", "lifetime", found, title, "open for")


def idle(
    df: pd.DataFrame,
    ax: Axes | None = None,
    *,
    of: Literal["both", "client", "server"] = "both",
    findings: Sequence[Finding] = (),
) -> Axes:
    """Draw how long nothing was sent before the end, by how connections ended.

    Parameters
    ----------
    df : pandas.DataFrame
        The table of connections.
    ax : Axes, optional
        Where to draw; without it, a figure of its own.
    of : str
        Who sent nothing: ``client``, ``server``, or neither of ``both`` sent anything. Some timers
        count only what one side sends.
    findings : sequence of Finding
        Of the same connections: the times that they have decided on stand out.

    Returns
    -------
    Axes
        Connections per interval of a logarithmic axis. An idle timer shows as a spike; known
        defaults are drawn as guides.

    Raises
    ------
    UsageError
        `of` is none of the three.

    Examples
    --------
    >>> from analyzer import read
    >>> idle(read().to_pandas()).get_xlabel()
    'idle for (logarithmic)'
    """
    if of not in IDLE_COLUMNS:
        raise UsageError(f"idle of {of!r}? It is one of {', '.join(IDLE_COLUMNS)}")
    who = "nothing was sent" if of == "both" else f"the {of} had sent nothing"
    title = f"How long {who} before the end"
    found = guides_found(findings, "idle", of)
    return _spikes(df, ax, IDLE_COLUMNS[of], "idle", found, title, "idle for")


def _spikes(
    df: pd.DataFrame,
    ax: Axes | None,
    name: str,
    of: Of,
    found: Sequence[Guide],
    title: str,
    xlabel: str,
) -> Axes:
    column = numbers(df, name)
    # How long one was open so far is a part of how long it will be; silence so far is none of an
    # ending.
    left = still_open(df) if of == "idle" else np.zeros(len(df), np.bool_)
    known = ~np.isnan(column) & ~left
    kinds, values = words(df, "kind")[known], column[known]
    with drawing(ax) as axes:
        notes = [f"Known of {len(values):,} of {counted(len(df), 'connection')}", *left_out(left)]
        if len(values) == 0:
            entitle(axes, title, notes)
            nothing(axes, "It is not known of any connection.")
            return axes
        drawn = np.fmax(values, SHORTEST)
        edges = intervals(drawn)
        handles, top = stack(axes, drawn, kinds, edges)
        duration_axis(axes, "x", edges[0], edges[-1])
        guided = draw_guides(axes, values, of, top, found=found)
        if len(values) <= MOST_TICKED:
            _ticks(axes, drawn, kinds)
        notes += _below(values) + guided
        entitle(axes, title, notes)
        axes.set(xlabel=f"{xlabel} (logarithmic)", ylabel="connections per 8 % of duration")
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter("{x:,.0f}")
        legend(axes, handles, "ended by", beside=ax is None)
    return axes


def intervals(values: Floats) -> Floats:
    """Return the edges of intervals that hold all values, even on a logarithmic axis.

    Whole powers of ten lie in the middle of theirs, so that timers of 10 s and 100 s do not fall
    apart into two.

    Examples
    --------
    >>> edges = intervals(np.array([10.0]))
    >>> bool(np.isclose(edges[1:] * edges[:-1], 100).any())
    True
    """
    low, high = around(values)
    first = int(np.floor(np.log10(low) * PER_DECADE - 0.5))
    last = int(np.ceil(np.log10(high) * PER_DECADE - 0.5))
    return np.asarray(10 ** ((np.arange(first, last + 1) + 0.5) / PER_DECADE))


def _below(values: Floats) -> list[str]:
    below = int((values < SHORTEST).sum())
    return [f"{below:,} below 1 ms stand at 1 ms"] if below else []


def _ticks(ax: Axes, values: Floats, kinds: Words) -> None:
    """Draw a tick for each connection, as a narrow bar is easily missed."""
    for kind in set(kinds):
        x = values[kinds == kind]
        style = {"color": look_of(kind).colour, "markersize": 9, "linestyle": "none"}
        ax.plot(x, np.zeros(len(x)), marker="|", clip_on=False, zorder=3, **style)  # type: ignore[arg-type]
