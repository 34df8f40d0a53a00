"""Known defaults of timers, drawn as guides: what fits one is consistent with it, never a proof."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from analyzer.plot.palette import FAINT, INK
from analyzer.plot.values import Floats

Of = Literal["idle", "lifetime", "closing"]

MOST = 6
ROW = 0.075  # of the height of the axes, for one label
NOTE = "Dotted: known defaults of timers; what fits one is consistent with it, no proof"


class Guide(NamedTuple):
    """A default that is known.

    Attributes
    ----------
    seconds : float
        How long the timer runs.
    label : str
        The same for people, and whose timer it is.
    """

    seconds: float
    label: str


GUIDES: dict[Of, tuple[Guide, ...]] = {
    # Nothing was sent for so long.
    "idle": (
        Guide(20, "20 s: websockets (Python)"),
        Guide(30, "30 s: Deno"),
        Guide(55, "55 s: Heroku router"),
        Guide(60, "60 s: nginx, AWS ALB, Akka HTTP"),
        Guide(100, "100 s: Cloudflare"),
        Guide(300, "5 min: Envoy, Azure Front Door, Jetty"),
        Guide(350, "350 s: AWS NLB"),
        Guide(600, "10 min: AWS API Gateway, CloudFront"),
    ),
    # Open for so long, whatever was sent.
    "lifetime": (
        Guide(15, "15 s: Envoy route timeout"),
        Guide(7200, "2 h: AWS API Gateway"),
        Guide(14400, "4 h: Azure Front Door"),
    ),
    # Waited so long for an answer to the Close, or for the end of TCP.
    "closing": (
        Guide(1, "1 s: Firefox, for the end of TCP"),
        Guide(2, "2 s: Chromium, for the end of TCP; Zephyr"),
        Guide(3, "3 s: Play"),
        Guide(5, "5 s: WebKitGTK, for the answer"),
        Guide(10, "10 s: websockets (Python), Vert.x"),
        Guide(20, "20 s: Firefox, for the answer"),
        Guide(30, "30 s: ws (Node.js)"),
        Guide(60, "60 s: Chromium, for the answer"),
        Guide(240, "4 min: old WebKit and Blink"),
    ),
}
"""Vendors' documentation and source code, and for browsers what recordings show."""


def fits(values: Floats, guide: Guide) -> int:
    """Return how many values a timer may explain: they fire late rather than early.

    Examples
    --------
    >>> fits(np.array([1.9, 1.99, 2.0, 2.1, 2.2]), Guide(2, "2 s"))
    3
    """
    low, high = _window(guide)
    return int(((values >= low) & (values <= high)).sum())


def stands_out(values: Floats, guide: Guide) -> bool:
    """Whether more than three times as many values fit as the values around let expect.

    Examples
    --------
    >>> values = np.arange(1.0, 100.0)
    >>> stands_out(values, Guide(60, "")), stands_out(np.append(values, [60.1] * 9), Guide(60, ""))
    (False, True)
    """
    low, high = _window(guide)
    wide = ((values >= low / 1.3) & (values <= high * 1.3)).sum() - fits(values, guide)
    expected = wide * np.log(high / low) / (2 * np.log(1.3))
    return fits(values, guide) > 3 * float(expected)


def _window(guide: Guide) -> tuple[float, float]:
    return guide.seconds * 0.99, guide.seconds + max(0.02 * guide.seconds, 0.1)


def draw_guides(ax: Axes, values: Floats, of: Of, top: float, *, only_spikes: bool = False) -> bool:
    """Draw the guides that lie in the x axis, at most `MOST`, those of spikes first.

    Parameters
    ----------
    ax : Axes
        With its x axis in seconds, and its limits set; its y axis grows to have room for labels.
    values : array of float
        Seconds.
    of : str
        What was measured: which timers may be behind it.
    top : float
        The highest that is drawn.
    only_spikes : bool
        Leave out the guides where there is none.

    Returns
    -------
    bool
        Whether there are any.
    """
    low, high = ax.get_xlim()
    inside = [guide for guide in GUIDES[of] if low < guide.seconds < high]
    if only_spikes:
        inside = [guide for guide in inside if stands_out(values, guide)]
    inside.sort(key=lambda guide: (not stands_out(values, guide), -fits(values, guide)))
    chosen = inside[:MOST]
    # Each label has a row of its own, so that none covers another.
    ax.set_ylim(0, top / (1 - ROW * len(chosen) - (0.04 if chosen else 0.06)))
    for row, guide in enumerate(sorted(chosen)):
        _draw(ax, guide, values, 1 - ROW * (row + 0.5))
    return bool(chosen)


def _draw(ax: Axes, guide: Guide, values: Floats, height: float) -> None:
    low, high = np.log(ax.get_xlim())
    to_the_left = (np.log(guide.seconds) - low) / (high - low) > 0.5
    fitting, spike = fits(values, guide), stands_out(values, guide)
    colour = INK if spike else FAINT
    line: dict[str, Any] = {"linestyle": ":", "linewidth": 1.2 if spike else 0.8, "zorder": 1.5}
    ax.axvline(guide.seconds, ymax=height, color=colour, **line)
    ax.annotate(
        f"{guide.label} ({fitting:,} fit)" if fitting else guide.label,
        (guide.seconds, height),
        (-3 if to_the_left else 3, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right" if to_the_left else "left",
        va="center",
        fontsize=8,
        color=colour,
        fontweight="bold" if spike else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
    )
