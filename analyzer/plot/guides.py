"""Known defaults of timers, drawn as guides: what fits one is consistent with it, never a proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from analyzer.findings import Finding
from analyzer.findings.defaults import CLOSE_ANSWER, IDLE, LIFETIME, TCP_CLOSE, Default, window
from analyzer.plot.palette import FAINT, INK
from analyzer.plot.values import Floats

Of = Literal["idle", "lifetime", "closing"]

MOST = 6
ROW = 0.075  # of the height of the axes, for one label
NOTE = "Dotted: known defaults of timers; what fits one is consistent with it, no proof"
FOUND = "Dotted, in bold: what a finding has decided on"
KNOWN: dict[Of, tuple[Default, ...]] = {
    "idle": IDLE,
    "lifetime": LIFETIME,
    # Waited so long for an answer to the Close, or for the end of TCP.
    "closing": (*TCP_CLOSE, *CLOSE_ANSWER),
}


class Guide(NamedTuple):
    """A time that is marked.

    Attributes
    ----------
    seconds : float
        How long the timer runs.
    label : str
        The same for people, and whose timer it is.
    found : bool
        A finding says so: it stands out from what is around it.
    """

    seconds: float
    label: str
    found: bool = False


def guides_of(of: Of) -> tuple[Guide, ...]:
    """Return the known defaults, one guide for each time.

    Examples
    --------
    >>> guides_of("lifetime")[1].label
    '2 h: AWS API Gateway'
    """
    names: dict[float, list[str]] = {}
    for one in sorted(KNOWN[of], key=lambda one: one.seconds):
        known = names.setdefault(one.seconds, [])
        if (one.short or one.who) not in known:
            known.append(one.short or one.who)
    return tuple(
        Guide(seconds, f"{_words(seconds)}: {', '.join(known)}") for seconds, known in names.items()
    )


def _words(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds > size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def guides_found(findings: Iterable[Finding], of: Of, clock: str = "both") -> tuple[Guide, ...]:
    """Return the times that findings have decided on: the one rule for what stands out.

    Parameters
    ----------
    findings : iterable of Finding
        Those of the connections that are drawn.
    of : str
        What was measured.
    clock : str
        Of idle times: whose silence it was, as in the numbers of the finding.
    """
    return tuple(
        Guide(
            seconds, f"{seconds:.4g} s: finding {one.name} ({len(one.connections):,})", found=True
        )
        for one in findings
        if (seconds := _decided(one, of, clock)) is not None
    )


def _decided(one: Finding, of: Of, clock: str) -> float | None:
    numbers = one.numbers
    if one.name == "idle-timer" and (of, numbers.get("clock")) == ("idle", clock):
        return _number(numbers.get("timer_s"))
    if one.name == "maximum-age" and of == "lifetime":
        return _number(numbers.get("timer_s"))
    waits = {"close-unanswered": "shortest_wait_s", "tcp-not-closed": "shortest_s"}
    if of == "closing" and one.name in waits:
        least = _number(numbers.get(waits[one.name]))
        most = _number(numbers.get(waits[one.name].replace("shortest", "longest")))
        if least and most and most <= window(least)[1]:
            return least
    return None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def fits(values: Floats, guide: Guide) -> int:
    """Return how many values a timer may explain: they fire late rather than early.

    Examples
    --------
    >>> fits(np.array([1.9, 1.99, 2.0, 2.1, 2.2]), Guide(2, "2 s"))
    3
    """
    low, high = window(guide.seconds)
    return int(((values >= low) & (values <= high)).sum())


def draw_guides(
    ax: Axes,
    values: Floats,
    of: Of,
    top: float,
    *,
    found: Sequence[Guide] = (),
    only_found: bool = False,
) -> list[str]:
    """Draw the guides that lie in the x axis, at most `MOST`: of findings, then what fits most.

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
    found : sequence of Guide
        What findings have decided on, as `guides_found` returns it.
    only_found : bool
        Leave out the defaults that fit no time of a finding.

    Returns
    -------
    list of str
        Notes that say what is drawn; empty where nothing is.
    """
    low, high = ax.get_xlim()
    inside = [guide for guide in (*found, *guides_of(of)) if low < guide.seconds < high]
    if only_found:
        times = np.array([guide.seconds for guide in found])
        inside = [guide for guide in inside if guide.found or fits(times, guide)]
    inside.sort(key=lambda guide: (not guide.found, -fits(values, guide)))
    chosen = inside[:MOST]
    # Each label has a row of its own, so that none covers another.
    ax.set_ylim(0, top / (1 - ROW * len(chosen) - (0.04 if chosen else 0.06)))
    for row, guide in enumerate(sorted(chosen)):
        _draw(ax, guide, values, 1 - ROW * (row + 0.5))
    notes = (NOTE, not all(one.found for one in chosen)), (FOUND, any(one.found for one in chosen))
    return [note for note, holds in notes if holds]


def _draw(ax: Axes, guide: Guide, values: Floats, height: float) -> None:
    low, high = np.log(ax.get_xlim())
    to_the_left = (np.log(guide.seconds) - low) / (high - low) > 0.5
    fitting = 0 if guide.found else fits(values, guide)
    colour = INK if guide.found else FAINT
    line: dict[str, Any] = {"linestyle": ":", "linewidth": 1.2 if guide.found else 0.8}
    line["zorder"] = 1.5
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
        fontweight="bold" if guide.found else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
    )
