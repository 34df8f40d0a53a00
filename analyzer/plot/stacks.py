"""Counts per interval, kind of ending upon kind of ending."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from analyzer.plot.palette import in_order, look_of, swatch
from analyzer.plot.values import Floats, Words


def stack(ax: Axes, values: Floats, kinds: Words, edges: Floats) -> tuple[list[Artist], float]:
    """Draw how many values fall between each two edges, by kind.

    Returns
    -------
    list of Artist
        For the legend, the topmost kind first.
    float
        The greatest count of an interval.
    """
    floor = np.zeros(len(edges) - 1)
    handles: list[Artist] = []
    for kind in in_order(set(kinds)):
        counts = np.histogram(values[kinds == kind], edges)[0]
        top, look = floor + counts, look_of(kind)
        # Where there is nothing, there is no line either.
        ax.stairs(
            np.where(counts > 0, top, np.nan),
            edges,
            baseline=floor,
            fill=True,
            facecolor=look.colour,
            edgecolor=look.edge,
            hatch=look.hatch,
            linewidth=0.4,
            label=kind,
        )
        total = int(counts.sum())
        handles.insert(0, swatch(f"{kind} ({total:,})", look))
        floor = top
    return handles, float(floor.max(initial=0.0))
