"""Axes of time: moments in UTC, and durations from microseconds to days on a logarithmic scale."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import MINUTELY, SECONDLY, AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analyzer.plot.canvas import figure_of
from analyzer.plot.values import Floats, Times

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))

_SMALL = [10.0**power for power in range(-9, 2)]
_COARSE = [*_SMALL, MINUTE, 10 * MINUTE, HOUR, 10 * HOUR, *(DAY * 10**power for power in range(5))]
_FINE = sorted(
    {factor * one for one in _SMALL[:-1] for factor in (1, 2, 5)}
    | {10.0, 20.0, 30.0}
    | {factor * MINUTE for factor in (1, 2, 5, 10, 20, 30)}
    | {factor * HOUR for factor in (1, 2, 5, 12)}
    | {factor * DAY * 10**power for factor in (1, 2, 5) for power in range(5)}
)
_SIXTIETHS = [1, 2, 5, 10, 15, 30]
_DAY_NS = 86_400_000_000_000


def short(seconds: float) -> str:
    """Return a duration in three digits.

    Examples
    --------
    >>> short(0.0000243), short(0.0042), short(60.04), short(350), short(7200), short(0)
    ('24.3 µs', '4.2 ms', '60 s', '5.83 min', '2 h', '0 s')
    """
    if seconds <= 0:
        return "0 s"
    # 90 s is said as such, and 119.9 s, too; what would be rounded up to 1000 ms is 1 s.
    least = {"min": 2 * MINUTE, "h": 2 * HOUR, "d": 2 * DAY}
    for size, unit in _UNITS:
        if seconds >= 0.9995 * least.get(unit, size):
            break
    return f"{float(f'{seconds / size:.3g}'):,.15g} {unit}"


def tick(seconds: float) -> str:
    """Return the words at a tick of `duration_axis`.

    Examples
    --------
    >>> tick(1e-05), tick(60.0), tick(3600.0), tick(864000.0)
    ('10 µs', '1 min', '1 h', '10 d')
    """
    size, unit = next((one for one in _UNITS if seconds >= 0.9995 * one[0]), _UNITS[-1])
    return f"{seconds / size:,.3g} {unit}"


def duration_axis(ax: Axes, which: Literal["x", "y"], low: float, high: float) -> None:
    """Make an axis logarithmic from `low` to `high` seconds, with ticks that people count in."""
    if which == "x":
        ax.set(xscale="log", xlim=(low, high))
    else:
        ax.set(yscale="log", ylim=(low, high))
    axis = ax.xaxis if which == "x" else ax.yaxis
    room = ax.get_window_extent()
    inches = (room.width if which == "x" else room.height) / figure_of(ax).dpi
    apart = math.log(high / low) * (0.62 if which == "x" else 0.25) / inches
    axis.set_major_locator(FixedLocator(_ticks(low, high, apart)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axis.set_minor_locator(NullLocator())


def _ticks(low: float, high: float, apart: float) -> list[float]:
    """Return round durations whose logarithms are so far apart that their labels have room."""
    fine = [value for value in _FINE if low <= value <= high]
    if all(math.log(other / value) >= apart for value, other in pairwise(fine)):
        return fine
    found: list[float] = []
    for value in _COARSE:
        if low <= value <= high and (not found or math.log(value / found[-1]) >= apart):
            found.append(value)
    return found


def around(values: Floats, factor: float = 1.6) -> tuple[float, float]:
    """Return limits around positive values, never so close that there is no tick between them."""
    low, high = float(values.min()) / factor, float(values.max()) * factor
    if high / low < 10:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(10), middle * math.sqrt(10)
    return low, high


def date_numbers(moments: Times) -> Floats:
    """Return moments as matplotlib counts them: days since 1970."""
    whole = moments.astype("datetime64[ns]").astype(np.int64)
    return np.where(np.isnat(moments), np.nan, whole / _DAY_NS)


def utc_axis(ax: Axes) -> None:
    """Make the x axis one of moments in UTC, with as many ticks as it has room for."""
    ax.xaxis_date(tz="UTC")
    low, high = ax.get_xlim()
    inches = ax.get_window_extent().width / figure_of(ax).dpi
    label = 0.6
    if (high - low) * DAY * label / inches < MINUTE:
        label = 0.9  # there is room for it with its seconds
    locator = AutoDateLocator(tz="UTC", minticks=3, maxticks=max(int(inches / label), 3))  # type: ignore[no-untyped-call]
    locator.intervald |= {MINUTELY: _SIXTIETHS, SECONDLY: _SIXTIETHS}
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(
        ConciseDateFormatter(  # type: ignore[no-untyped-call]
            locator,
            tz="UTC",
            formats=["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%H:%M:%S.%f"],
            zero_formats=["", "%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M"],
            offset_formats=["", "", "%Y", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d"],
        )
    )
    ax.set_xlabel("time (UTC)")
