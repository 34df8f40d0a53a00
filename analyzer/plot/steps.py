"""How long each step took: which share of the connections took no longer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from analyzer.ending.timing import STEPS, UNTIL_THE_END
from analyzer.errors import UsageError
from analyzer.events import counted
from analyzer.findings import Finding
from analyzer.ladder import TIMINGS
from analyzer.plot.canvas import drawing, entitle, figure_of, nothing
from analyzer.plot.guides import Of, draw_guides, guides_found
from analyzer.plot.palette import BLUE, DARK, VERMILLION
from analyzer.plot.scales import around, duration_axis, short
from analyzer.plot.values import Floats, numbers, spread, still_open

PERCENTILES = (50, 90, 99)
MOST_POINTS = 2000
COLUMNS = 3
# Steps in which an endpoint waits, with a timer.
GUIDED: dict[str, Of] = {
    "idle_before_end": "idle",
    "client_idle": "idle",
    "server_idle": "idle",
    "close_answer": "closing",
    "close_to_tcp_end": "closing",
    "end": "closing",
    "open": "lifetime",
}


def timing(
    df: pd.DataFrame,
    ax: Axes | None = None,
    *,
    step: str = "close_answer",
    guides: bool = True,
    findings: Sequence[Finding] = (),
) -> Axes:
    """Draw how long a step took: the share of connections that took no longer.

    Parameters
    ----------
    df : pandas.DataFrame
        The table of connections.
    ax : Axes, optional
        Where to draw; without it, a figure of its own.
    step : str
        As in the columns of the table, with or without the ``_s`` of seconds.
    guides : bool
        Draw the times that findings have decided on, and the known defaults that fit these.
    findings : sequence of Finding
        Of the same connections.

    Returns
    -------
    Axes
        Durations on a logarithmic axis; the median, p90 and p99 are marked, interpolated as in the
        tables. Durations of 0, between two events of one packet, count, but have no place there.

    Raises
    ------
    UsageError
        There is no such step.

    Examples
    --------
    >>> from analyzer import read
    >>> ax = timing(read().to_pandas(), step="close_answer")
    >>> [note.get_text() for note in ax.texts if note.get_text().startswith("p50")]
    ['p50 4.2 ms']
    """
    step = step.removesuffix("_s")
    if step not in STEPS:
        raise UsageError(f"there is no step {step!r}; there are {', '.join(STEPS)}")
    values = _known(df, step)
    notes = _notes(values, len(df))
    with drawing(ax) as axes:
        if not (values > 0).any():
            entitle(axes, _title(step), notes)
            nothing(axes, "It is not known of any connection how long that took.")
            return axes
        duration_axis(axes, "x", *around(values[values > 0]))
        axes.set_ylim(0, 1.13)
        guided = _guide(axes, values, step, findings) if guides else []
        _curve(axes, values)
        _percentiles(axes, values)
        entitle(axes, _title(step), [*notes, *guided])
        axes.set(yticks=np.linspace(0, 1, 6), xlabel="duration", ylabel="share of connections")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    return axes


def _guide(ax: Axes, values: Floats, step: str, findings: Sequence[Finding]) -> list[str]:
    if step not in GUIDED:
        return []
    clock = {"client_idle": "client", "server_idle": "server"}.get(step, "both")
    found = guides_found(findings, GUIDED[step], clock)
    return draw_guides(ax, values, GUIDED[step], 1.06, found=found, only_found=True)


def timings(df: pd.DataFrame, steps: Sequence[str] | None = None) -> list[Axes]:
    """Draw `timing` of several steps, side by side in one figure.

    Parameters
    ----------
    df : pandas.DataFrame
        The table of connections.
    steps : sequence of str, optional
        Which; without it, all that are known of some connection.

    Returns
    -------
    list of Axes
        One for each step; one empty one if there is none.

    Examples
    --------
    >>> from analyzer import read
    >>> [ax.get_xlabel() for ax in timings(read().to_pandas(), ["upgrade", "end"])]
    ['duration', 'duration']
    """
    if steps is None:
        known = [step for step in STEPS if (_known(df, step) > 0).any()]
        steps = known or ["close_answer"]
    columns = min(COLUMNS, len(steps))
    rows = -(-len(steps) // columns)
    with drawing(None, (5.2 * columns, 3.4 * rows)) as first:
        figure = figure_of(first)
        figure.clear()
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[len(steps) :]:
        ax.set_axis_off()
    return [timing(df, ax, step=step, guides=False) for ax, step in zip(axes, steps, strict=False)]


def _known(df: pd.DataFrame, step: str) -> Floats:
    """Return how long it took, in order, of those that have it behind them."""
    found = numbers(df, f"{step}_s")
    left = still_open(df) if step in UNTIL_THE_END else np.zeros(len(df), np.bool_)
    return np.sort(found[~np.isnan(found) & ~left])


def _title(step: str) -> str:
    words = TIMINGS[step]
    return f"{words[0].upper()}{words[1:]}"


def _notes(values: Floats, total: int) -> list[str]:
    zeros = int((values <= 0).sum())
    notes = [f"Known of {len(values):,} of {counted(total, 'connection')}"]
    if zeros:
        notes.append(f"{zeros:,} took 0 s and begin left of the axis")
    if len(values) > MOST_POINTS:
        notes.append(f"Drawn through {MOST_POINTS:,} of them")
    return notes


def _curve(ax: Axes, values: Floats) -> None:
    share = np.arange(1, len(values) + 1) / len(values)
    shown = spread(len(values), MOST_POINTS)
    low, high = ax.get_xlim()
    # From the left edge, where nothing or those of 0 s lie, to the right edge, where all do.
    x = np.concatenate([[low], np.fmax(values[shown], low), [high]])
    y = np.concatenate([[float((values <= 0).mean())], share[shown], [1.0]])
    ax.step(x, y, where="post", color=BLUE, label="share", zorder=2.5)
    if len(values) <= 30:
        ax.plot(values[values > 0], share[values > 0], "o", color=BLUE, markersize=3, zorder=2.6)


def _percentiles(ax: Axes, values: Floats) -> None:
    """Mark the percentiles; their labels stand where a curve that only rises cannot be."""
    low, high = ax.get_xlim()
    for percent in PERCENTILES:
        value, share = float(np.percentile(values, percent)), percent / 100
        at = max(value, low)
        right = np.log(at / low) / np.log(high / low) < 0.72
        ax.plot([at, at], [0, share], color=VERMILLION, linewidth=0.9, linestyle="--", zorder=2)
        ax.plot([at], [share], "D", color=VERMILLION, markersize=4.5, zorder=3)
        ax.annotate(
            f"p{percent} {short(value)}",
            (at, share),
            (5, -9) if right else (-5, 7),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=8.5,
            color=DARK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8},
            zorder=4,
        )
