"""One connection as a ladder: what went between client and server, and when."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from analyzer.errors import UsageError
from analyzer.events import Event, events
from analyzer.plot.canvas import drawing, entitle, lay_bare, nothing, plain
from analyzer.plot.palette import DARK, EVENTS, FAINT, INK
from analyzer.plot.scales import short
from analyzer.plot.values import Floats
from analyzer.printable import iso, printable
from analyzer.record import Connection
from analyzer.side import Side
from analyzer.text import fit, shorten

SCALES = ("even", "time")
LINE = 44  # characters of a label
TITLE = 76
LEAST_GAP = 0.055  # between labels in "time", of the height


def ladder(
    connection: Connection, ax: Axes | None = None, *, scale: Literal["even", "time"] = "even"
) -> Axes:
    """Draw what went between client and server: handshake, last frames, closes, FIN and RST.

    Parameters
    ----------
    connection : Connection
        With its frames, or without; of many frames only the last are shown.
    ax : Axes, optional
        Where to draw; without it, a figure of its own.
    scale : str
        ``even``: every step in a row of its own. ``time``: true to scale.

    Returns
    -------
    Axes
        Client and server as vertical lines, time downwards. Beside each step its time in UTC, the
        time since the step before, and the packet that proves it.

    Raises
    ------
    UsageError
        `scale` is none of the two.

    Examples
    --------
    >>> from analyzer import read
    >>> ax = ladder(read().connections[0])
    >>> [text.get_text() for text in ax.texts if text.get_text().startswith("Close")][0]
    'Close 1001 (Going Away)'
    """
    if scale not in SCALES:
        raise UsageError(f"a ladder's scale is one of {', '.join(SCALES)}, not {scale!r}")
    steps = events(connection)
    height = 1.9 + (0.46 * len(steps) if scale == "even" else max(0.36 * len(steps), 4.0))
    with drawing(ax, (8.5, height)) as axes:
        target = printable(connection.handshake.target or "")
        title = f"#{connection.id}  {connection.client} → {connection.server} {target}"
        entitle(axes, shorten(title, TITLE), [connection.ending.sentence])
        if not steps:
            nothing(axes, "The capture holds no step of this connection.")
        elif scale == "even":
            _even(axes, steps)
        else:
            _true_to_scale(axes, steps)
    return axes


def _even(ax: Axes, steps: Sequence[Event]) -> None:
    """Draw a row for each step, with time, arrow and packet."""
    _two_lines(ax, len(steps) - 0.4)
    ax.set(xlim=(-0.34, 1.2), ylim=(len(steps) - 0.4, -1.25))
    lay_bare(ax)
    day = f"{_day(steps[0].at)} UTC"
    heads = ((-0.06, day, "right"), (0, "client", "center"), (1, "server", "center"))
    for x, word, side in (*heads, (1.06, "packet", "left")):
        ax.text(x, -0.95, word, ha=side, va="center", fontweight="bold")
    before = 0
    for row, step in enumerate(steps):
        ax.text(-0.06, row, _clock(step.at, before), ha="right", va="center", fontsize=8.5)
        if before and step.at:
            waited = f"+{short((step.at - before) / 1e9)}"
            ax.text(-0.06, row - 0.5, waited, ha="right", va="center", fontsize=7.5, color=FAINT)
        if step.packet:
            ax.text(1.06, row, str(step.packet), ha="left", va="center", fontsize=8.5)
        _arrow(ax, step, row)
        _words(ax, step, row)
        before = step.at or before


def _words(ax: Axes, step: Event, row: float) -> None:
    """Write what went over the wire above its arrow; a note stands between the lines."""
    note = step.side is None
    ax.annotate(
        _broken(step.what),
        (0.5, row),
        (0, 0 if note else 2.5),
        textcoords="offset points",
        ha="center",
        va="center" if note else "bottom",
        fontsize=8.5,
        fontstyle="italic" if note else "normal",
        color=FAINT if note else INK,
        linespacing=1.0,
    )


def _true_to_scale(ax: Axes, steps: Sequence[Event]) -> None:
    """Draw arrows where their times are, and words beside them, apart from each other."""
    start = next((step.at for step in steps if step.at), 0)
    seconds = np.array([max(step.at - start, 0) / 1e9 for step in steps])
    span = float(seconds.max()) or 1e-6
    _two_lines(ax, span * 1.03, -0.03 * span)
    ax.set(xlim=(-0.14, 2.9), ylim=(span * 1.03, -0.1 * span), xticks=[])
    for x, word in ((0, "client"), (1, "server")):
        ax.text(x, -0.06 * span, word, ha="center", va="center", fontweight="bold")
    places = apart(seconds / span, min(LEAST_GAP, 1 / max(len(steps) - 1, 1))) * span
    for step, at, place in zip(steps, seconds, places, strict=True):
        _arrow(ax, step, at)
        edge = {"color": FAINT, "linewidth": 0.6}
        ax.plot([1, 1.05, 1.12, 1.14], [at, at, place, place], clip_on=False, **edge)  # type: ignore[arg-type]
        ax.text(1.16, place, _line(step), va="center", fontsize=8.5)
    ax.set_ylabel(f"seconds since {_clock(start, start)} UTC, {_day(start)}")
    ax.spines["bottom"].set_visible(False)
    ax.grid(visible=False)


def apart(wanted: Floats, gap: float) -> Floats:
    """Return places from 0 to 1 near the wanted ones, in their order, at least `gap` apart.

    Examples
    --------
    >>> apart(np.array([0.0, 0.9, 0.95, 1.0]), 0.25).tolist()
    [0.0, 0.5, 0.75, 1.0]
    """
    places = wanted.astype(float)
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    limit = 1.0
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], limit)
        limit = places[i] - gap
    return places


def _two_lines(ax: Axes, bottom: float, top: float = -0.6) -> None:
    for x in (0, 1):
        ax.plot([x, x], [top, bottom], color=DARK, linewidth=1.6, solid_capstyle="butt")


def _arrow(ax: Axes, step: Event, y: float) -> None:
    if step.side is None:
        return
    ends = (0, 1) if step.side is Side.CLIENT else (1, 0)
    style = {
        "arrowstyle": "-|>",
        "color": _colour(step.what),
        "shrinkA": 0,
        "shrinkB": 0,
        "lw": 1.5,
    }
    ax.annotate("", (ends[1], y), (ends[0], y), arrowprops=style)


def _colour(what: str) -> str:
    kind = "close" if what.startswith(("Close", "0xFF")) else what.partition(",")[0]
    return EVENTS.get("ping" if kind == "pong" else kind, EVENTS["other"])


def _line(step: Event) -> str:
    who = "" if step.side is None else f"{step.side}: "
    packet = f"  (packet {step.packet})" if step.packet else ""
    return f"{_clock(step.at, step.at)}  {plain(fit(who + step.what, LINE))}{packet}"


def _broken(what: str) -> str:
    """Return text in at most two lines or so; what is too long ends in an ellipsis."""
    lines = wrap(fit(what, 2 * LINE - 8), LINE, break_on_hyphens=False)
    return "\n".join(plain(line) for line in lines)


def _clock(at: int, before: int) -> str:
    """Return the time of day; with the date where it is another one than before."""
    clock = (iso(at) or "")[11:26]
    same = not before or _day(at) == _day(before)
    return clock if same else f"{_day(at)}\n{clock}"


def _day(at: int) -> str:
    return (iso(at) or "")[:10]
