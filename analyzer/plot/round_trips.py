"""Pings: how long their answers took, until the end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analyzer.events import counted
from analyzer.plot.canvas import drawing, entitle, legend, nothing
from analyzer.plot.palette import BLUE, FAINT, LINE_MARKERS, LINES, VERMILLION
from analyzer.plot.scales import around, duration_axis
from analyzer.plot.values import Floats, Times, Words, numbers, spread, times, words

MOST_NAMED = 8
MOST_JOINED = 50
MOST_POINTS = 20_000
FASTEST = 1e-6


class _Trips(NamedTuple):
    """Pings and pongs, in order of the table."""

    connection: Words
    pinged_by: Words
    before_end: Floats  # seconds from the pong, or from the ping without one, to the last frame
    rtt: Floats  # NaN for a ping without an answer


def pings(frames: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how long pings took to be answered, until the last frame of their connection.

    Up to `MOST_NAMED` connections and sides have names, up to `MOST_JOINED` a line each. Of more
    than `MOST_POINTS` pings, so many are picked evenly.

    Parameters
    ----------
    frames : pandas.DataFrame
        The table of frames.
    ax : Axes, optional
        Where to draw; without it, a figure of its own.

    Returns
    -------
    Axes
        Seconds before the end from left to right; round trips on a logarithmic axis. Pings that
        were not answered are marked along the top: a pong may answer only the newest of several
        pings (RFC 6455, section 5.5.3).

    Examples
    --------
    >>> from analyzer import read
    >>> ax = pings(read(frames=True).to_pandas("frames"))
    >>> ax.texts[-1].get_text()
    'No ping was sent.'
    """
    trips = _trips(frames)
    answered = ~np.isnan(trips.rtt)
    with drawing(ax) as axes:
        lost = int((~answered).sum())
        notes = [f"{counted(len(trips.rtt), 'ping')}, {lost:,} without an answer"]
        if len(trips.rtt) > MOST_POINTS:
            notes.append(f"{MOST_POINTS:,} of them shown, evenly picked")
        entitle(axes, "Round trips of pings until the end", notes)
        if len(trips.rtt) == 0:
            nothing(axes, "No ping was sent.")
            return axes
        known = np.fmax(trips.rtt[answered], FASTEST)
        duration_axis(axes, "y", *around(known if len(known) else np.array([1e-3])))
        handles = _draw(axes, trips)
        axes.set(xlabel="seconds before the last frame", ylabel="ping to pong")
        first = float(trips.before_end.max()) or 1.0
        axes.set_xlim(1.03 * first, -0.02 * first)
        legend(axes, handles, "pings", beside=ax is None)
    return axes


def _trips(frames: pd.DataFrame) -> _Trips:
    at = times(frames, "at")
    connection, side = words(frames, "connection"), words(frames, "side")
    opcode, rtt = words(frames, "opcode"), numbers(frames, "ping_rtt_s")
    last = pd.Series(at).groupby(connection).transform("max").to_numpy() if len(at) else at
    before_end = (last - at) / np.timedelta64(1, "s")
    pongs = (opcode == "pong") & ~np.isnan(rtt)
    other = np.where(side == "client", "server", "client")
    unanswered = _unanswered(connection, side, other, opcode == "ping", pongs, at, rtt)
    chosen = np.flatnonzero(pongs | unanswered)
    by = np.where(pongs, other, side).astype(object)
    return _Trips(connection[chosen], by[chosen], before_end[chosen], rtt[chosen])


def _unanswered(
    connection: Words, side: Words, other: Words, pings: Words, pongs: Words, at: Times, rtt: Floats
) -> Words:
    """Return which pings have no pong: none that was sent so long after them as its `rtt` says."""
    sent = at.astype(np.int64)
    trip = np.nan_to_num(rtt * 1e9).round().astype(np.int64)
    answered = set(zip(connection[pongs], other[pongs], (sent - trip)[pongs], strict=True))
    found = pings.copy()
    for row in np.flatnonzero(pings):
        found[row] = (connection[row], side[row], sent[row]) not in answered
    return found


def _draw(ax: Axes, trips: _Trips) -> list[Line2D]:
    answered = ~np.isnan(trips.rtt)
    whose = list(zip(trips.connection, trips.pinged_by, strict=True))
    groups = list(dict.fromkeys(whose))
    handles = []
    if len(groups) <= MOST_JOINED:
        place = {group: number for number, group in enumerate(groups)}
        numbered = np.array([place[one] for one in whose])
        for number, (connection, by) in enumerate(groups):
            label = f"#{connection}, of the {by}"
            line = _line(ax, trips, (numbered == number) & answered, number, len(groups), label)
            handles += [line] if len(groups) <= MOST_NAMED else []
    if len(groups) > MOST_JOINED:
        _cloud(ax, trips, answered)
    if not handles:
        style = {"marker": "o", "color": BLUE, "linestyle": "none", "markersize": 4}
        handles.append(Line2D([], [], label="answered", **style))  # type: ignore[arg-type]
    if (~answered).any():
        lost = np.flatnonzero(~answered)
        x = trips.before_end[lost[spread(len(lost), MOST_POINTS)]]
        style = {"marker": "x", "color": VERMILLION, "linestyle": "none", "markersize": 6}
        top = np.full(len(x), 0.97)
        ax.plot(x, top, transform=ax.get_xaxis_transform(), label="not answered", **style)  # type: ignore[arg-type]
        handles.append(Line2D([], [], label="not answered (at the top)", **style))  # type: ignore[arg-type]
    return handles


def _line(ax: Axes, trips: _Trips, rows: Words, number: int, groups: int, label: str) -> Line2D:
    shown = np.flatnonzero(rows)
    shown = shown[spread(len(shown), max(MOST_POINTS // groups, 2))]
    few = groups <= MOST_NAMED
    (line,) = ax.plot(
        trips.before_end[shown],
        np.fmax(trips.rtt[shown], FASTEST),
        color=LINES[number % len(LINES)] if few else BLUE,
        marker=LINE_MARKERS[number % len(LINE_MARKERS)] if few else ".",
        markersize=4 if few else 2,
        linewidth=1.0 if few else 0.5,
        alpha=1.0 if few else 0.6,
        label=label,
        rasterized=len(shown) > 2000,
    )
    return line


def _cloud(ax: Axes, trips: _Trips, answered: Words) -> None:
    shown = np.flatnonzero(answered)
    shown = shown[spread(len(shown), MOST_POINTS)]
    y = np.fmax(trips.rtt[shown], FASTEST)
    ax.plot(trips.before_end[shown], y, ".", color=BLUE, ms=2, alpha=0.3, rasterized=True)
    ax.axvline(0, color=FAINT, linewidth=0.8)
