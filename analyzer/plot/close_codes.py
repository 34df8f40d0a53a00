"""Close codes by side."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analyzer.events import counted
from analyzer.plot.canvas import drawing, entitle, figure_of, legend, nothing
from analyzer.plot.palette import DARK, SIDES, swatch
from analyzer.plot.values import numbers, times
from analyzer.websocket.registry import close_code_title

MOST = 20
FIGURES = 8  # points
# What stands for a close frame that carries no code, and for the rarest codes together.
NO_CODE, OTHERS = -1, -2

Counts = dict[str, Counter[int]]


def codes(df: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw which codes the close frames of each side carried.

    Parameters
    ----------
    df : pandas.DataFrame
        The table of connections. Only the first close frame of a side is in it.
    ax : Axes, optional
        Where to draw; without it, a figure of its own.

    Returns
    -------
    Axes
        Two bars for each code, one for each side; beside the number what the code means.

    Examples
    --------
    >>> from analyzer import read
    >>> ax = codes(read().to_pandas())
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['1001 Going Away']
    """
    counts = {side: _counts(df, side) for side in SIDES}
    labels = _labels(counts)
    silent = [f"{side} {len(df) - found.total():,}" for side, found in counts.items()]
    notes = [f"{counted(len(df), 'connection')}; sent no close frame: {', '.join(silent)}"]
    with drawing(ax, (8.0, 1.6 + 0.38 * max(len(labels), 3))) as axes:
        entitle(axes, "Codes in close frames, by who sent them", notes)
        if not labels:
            nothing(axes, "There are no close frames.")
            return axes
        longest = max(_bars(axes, counts[side], labels, side) for side in SIDES)
        axes.set_yticks(range(len(labels)), labels=list(labels.values()))
        more = max(3 - len(labels), 0) / 2
        axes.set(xlim=(0, longest * 1.15), ylim=(len(labels) - 0.5 + more, -0.5 - more))
        axes.set_xlabel("close frames")
        axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        handles = [swatch(f"{side} ({counts[side].total():,})", SIDES[side]) for side in SIDES]
        legend(axes, handles, "sent by", beside=ax is None)
    return axes


def _counts(df: pd.DataFrame, side: str) -> Counter[int]:
    """Return how often each code was sent."""
    sent = ~np.isnat(times(df, f"{side}_close_at"))
    found = np.nan_to_num(numbers(df, f"{side}_close_code"), nan=NO_CODE)
    return Counter(found[sent].astype(int).tolist())


def _labels(counts: Counts) -> dict[int, str]:
    """Return the codes to show, in order, with their names; `OTHERS` stands for the rarest."""
    both = counts["client"] + counts["server"]
    chosen = sorted(code for code, _ in both.most_common(MOST if len(both) <= MOST else MOST - 1))
    labels = {code: f"{code} {close_code_title(code)}".rstrip() for code in chosen if code >= 0}
    if len(chosen) < len(both):
        for code in both.keys() - set(chosen):
            for found in counts.values():
                found[OTHERS] += found.pop(code, 0)
        labels[OTHERS] = f"{len(both) - len(chosen)} other codes"
    if NO_CODE in chosen:
        labels[NO_CODE] = "no code"
    return labels


def _bars(ax: Axes, counts: Counter[int], labels: dict[int, str], side: str) -> int:
    look = SIDES[side]
    down = 0.19 if side == "server" else -0.19
    widths = [counts[code] for code in labels]
    bars = ax.barh(
        np.arange(len(labels)) + down,
        widths,
        height=0.36,
        color=look.colour,
        edgecolor=look.edge,
        hatch=look.hatch,
        linewidth=0.5,
        label=side,
    )
    room = ax.get_window_extent().height * 72 / figure_of(ax).dpi / len(labels)
    if room > 2 * FIGURES:
        words = [f"{width:,}" if width else "" for width in widths]
        ax.bar_label(bars, words, padding=3, fontsize=FIGURES, color=DARK)
    return max(widths)
