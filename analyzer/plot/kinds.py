"""Endings by kind and by who was first."""

from __future__ import annotations

from collections import Counter

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from analyzer.events import counted
from analyzer.plot.canvas import drawing, entitle, legend, nothing
from analyzer.plot.palette import DARK, UNKNOWN, WHO, Look, in_order, look_of, swatch
from analyzer.plot.values import words


def endings(df: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how many connections ended in which way, and who was first.

    Parameters
    ----------
    df : pandas.DataFrame
        The table of connections.
    ax : Axes, optional
        Where to draw; without it, a figure of its own.

    Returns
    -------
    Axes
        One bar for each kind of ending, in parts by who was first.

    Examples
    --------
    >>> from analyzer import read
    >>> ax = endings(read().to_pandas())
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['hybi_close', 'open']
    """
    kinds, first = words(df, "kind"), words(df, "first", UNKNOWN)
    shown = in_order(set(kinds))
    with drawing(ax, (8.0, 1.6 + 0.42 * max(len(shown), 3))) as axes:
        entitle(axes, "How connections ended, and who was first", [counted(len(df), "connection")])
        if len(df) == 0:
            nothing(axes, "There are no connections.")
            return axes
        counts = Counter(zip(kinds, first, strict=True))
        who = [one for one in WHO if any(counts[kind, one] for kind in shown)]
        left = dict.fromkeys(shown, 0)
        for one in who:
            for kind in shown:
                _bar(axes, kind, one, left[kind], counts[kind, one])
                left[kind] += counts[kind, one]
        for kind, total in left.items():
            _label(axes, kind, total, f"{total:,}{_share(total, len(df))}")
        _finish(axes, max(left.values()))
        handles = [swatch(one, Look("#8A8A8A", "white", WHO[one])) for one in who]
        legend(axes, handles, "first", beside=ax is None)
    return axes


def _bar(ax: Axes, kind: str, who: str, left: int, count: int) -> None:
    if count:
        look = look_of(kind)
        bar = {"color": look.colour, "edgecolor": look.edge, "hatch": WHO[who], "linewidth": 0.6}
        ax.barh([kind], [count], left=[left], height=0.72, label=who, **bar)  # type: ignore[arg-type]


def _label(ax: Axes, kind: str, total: int, share: str) -> None:
    offset = {"xytext": (4, 0), "textcoords": "offset points"}
    ax.annotate(share, (total, kind), va="center", color=DARK, fontsize=8.5, **offset)  # type: ignore[arg-type]


def _share(part: int, whole: int) -> str:
    if part == whole:
        return ""
    percent = 100 * part / whole
    return f" ({percent:.1f} %)" if percent >= 0.1 else " (<0.1 %)"


def _finish(ax: Axes, longest: int) -> None:
    # Charts beside each other may share their rows, and none may cut those of another.
    beside = ax.get_shared_y_axes().get_siblings(ax)
    bars = [bar for one in beside for bar in one.patches if isinstance(bar, Rectangle)]
    rows = 1 + round(max(bar.get_y() + bar.get_height() / 2 for bar in bars))
    # One bar alone is not as high as the whole chart.
    more = max(3 - rows, 0) / 2
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set(xlim=(0, longest * 1.3), ylim=(rows - 0.5 + more, -0.5 - more), xlabel="connections")
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    ax.xaxis.set_major_formatter("{x:,.0f}")
