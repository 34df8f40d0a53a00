"""Endings over time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analyzer.errors import UsageError
from analyzer.events import counted
from analyzer.plot.canvas import drawing, entitle, legend, nothing
from analyzer.plot.scales import date_numbers, short, utc_axis
from analyzer.plot.stacks import stack
from analyzer.plot.values import Times, ended_at, left_out, still_open, words

MOST_INTERVALS = 60
LEAST_INTERVALS = 12
MOST_ASKED_FOR = 20_000
LEAST_WIDTH_NS = 1_000_000  # what matplotlib tells apart within centuries is not much less
_SECOND = 1_000_000_000
_STEPS_NS: list[int] = [
    *(factor * 10**power for power in (7, 8) for factor in (1, 2, 5)),
    *(seconds * _SECOND for seconds in (1, 2, 5, 10, 15, 30)),
    *(minutes * 60 * _SECOND for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * 3600 * _SECOND for hours in (1, 2, 3, 6, 12)),
    *(days * 86_400 * _SECOND for days in (1, 2, 7, 14, 28, 91, 365, 3650)),
]


def endings_over_time(
    df: pd.DataFrame, ax: Axes | None = None, *, every: str | pd.Timedelta | None = None
) -> Axes:
    """Draw how many connections ended in each interval of time, kind upon kind.

    Parameters
    ----------
    df : pandas.DataFrame
        The table of connections. Those that were open when the capture ended have no ending.
    ax : Axes, optional
        Where to draw; without it, a figure of its own.
    every : str or pandas.Timedelta, optional
        The interval, such as ``"1min"``; without it, one that gives at most `MOST_INTERVALS`.

    Returns
    -------
    Axes
        Time in UTC; a connection ends with its first close frame, FIN or RST, and without any of
        them with its last packet.

    Raises
    ------
    UsageError
        `every` is no interval, or so short that nobody could see it.

    Examples
    --------
    >>> from analyzer import read
    >>> endings_over_time(read().to_pandas(), every="1s").get_ylabel()
    'endings per 1 s'
    """
    kinds = words(df, "kind")
    moments = ended_at(df)
    left = still_open(df)
    chosen = ~left & ~np.isnat(moments)
    with drawing(ax, (9.0, 4.0)) as axes:
        notes = [counted(int(chosen.sum()), "ending"), *left_out(left)]
        silent = int((kinds[chosen] == "vanished").sum())
        if silent:
            notes.append(f"{silent:,} vanished: drawn at their last packets")
        entitle(axes, "Endings over time", notes)
        if not chosen.any():
            nothing(axes, "No connection ended.")
            return axes
        edges, width = _edges(moments[chosen], every)
        x = date_numbers(edges)
        handles, top = stack(axes, date_numbers(moments[chosen]), kinds[chosen], x)
        axes.set(xlim=(x[0], x[-1]), ylim=(0, top * 1.06))
        utc_axis(axes)
        axes.set_ylabel(f"endings per {short(width / _SECOND)}")
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter("{x:,.0f}")
        legend(axes, handles, "ended by", beside=ax is None)
    return axes


def _edges(moments: Times, every: str | pd.Timedelta | None) -> tuple[Times, int]:
    """Return the edges of the intervals, whole multiples of their width, and the width in ns."""
    whole = moments.astype(np.int64)
    low, high = int(whole.min()), int(whole.max())
    width = _nice(high - low) if every is None else _width(every)
    first, last = low // width, high // width + 1
    # One bar alone is not as wide as the whole chart.
    more = max(LEAST_INTERVALS - (last - first) + 1, 0) // 2
    first, last = first - more, last + more
    if last - first > MOST_ASKED_FOR:
        count = f"{last - first:,} intervals of {every}"
        raise UsageError(f"{count} cannot be seen; at most {MOST_ASKED_FOR:,} are drawn")
    edges = np.arange(first, last + 1, dtype=np.int64) * width
    return edges.astype("datetime64[ns]"), width


def _nice(span: int) -> int:
    fitting = (step for step in _STEPS_NS if span < step * (MOST_INTERVALS - 1))
    return next(fitting, _STEPS_NS[-1])


def _width(every: str | pd.Timedelta) -> int:
    try:
        width = int(pd.Timedelta(every).as_unit("ns").value)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{every!r} is no interval: '1min' is one") from error
    if width < LEAST_WIDTH_NS:
        raise UsageError(f"{every!r} is too short: an interval lasts a millisecond at least")
    return width
