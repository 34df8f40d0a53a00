"""Axes of time: what stands at their ticks."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.plot.scales import around, date_numbers, duration_axis, short, tick, utc_axis
from charted import figure_of, overlapping


def new_axes(width: float = 8) -> Axes:
    return Figure(figsize=(width, 4)).subplots()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (1e-7, "0.1 µs"),
        (0.000039, "39 µs"),
        (0.00099996, "1 ms"),
        (0.0123456, "12.3 ms"),
        (0.99996, "1 s"),
        (59.96, "60 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199.9, "2 h"),
        (200_000, "2.31 d"),
        (1e9, "11,600 d"),
    ],
)
def test_duration_has_three_digits_and_a_unit(seconds: float, words: str) -> None:
    assert short(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2e-6, "2 µs"),
        (0.5, "500 ms"),
        (30, "30 s"),
        (60, "1 min"),
        (43_200, "12 h"),
        (1e-9, "0.001 µs"),
    ],
)
def test_ticks_are_whole_in_their_unit(seconds: float, words: str) -> None:
    assert tick(seconds) == words


@pytest.mark.parametrize("which", ["x", "y"])
@pytest.mark.parametrize(
    ("low", "high"), [(1e-6, 1e6), (0.5, 5), (1e-3, 1e-2), (30, 300), (3600, 1e6), (1e-9, 1e10)]
)
def test_duration_axis_has_some_ticks_and_none_covers_another(
    which: Literal["x", "y"], low: float, high: float
) -> None:
    ax = new_axes()
    duration_axis(ax, which, low, high)
    figure_of(ax)
    axis = ax.xaxis if which == "x" else ax.yaxis
    places = [place for place in axis.get_majorticklocs() if low <= place <= high]
    assert 2 <= len(places) <= 20
    assert overlapping(axis.get_ticklabels()) == []
    assert axis.get_view_interval() == pytest.approx([low, high])


def test_duration_axis_of_a_small_chart_has_fewer_ticks() -> None:
    few, many = new_axes(3), new_axes(8)
    for ax in (few, many):
        duration_axis(ax, "x", 1e-3, 0.1)
    assert len(few.get_xticks()) < len(many.get_xticks())
    figure_of(few)
    assert overlapping(few.get_xticklabels()) == []


def test_limits_leave_room_and_at_least_a_decade() -> None:
    low, high = around(np.array([2.0]))
    assert low < 2 < high
    assert high / low == pytest.approx(10)
    assert around(np.array([1.0, 100.0]), 2) == (0.5, 200)


def test_moments_are_days_since_1970() -> None:
    moments = np.array(["1970-01-02T12:00", "NaT"], dtype="datetime64[ns]")
    found = date_numbers(moments)
    assert found[0] == 1.5
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("until", "labels"),
    [
        ("2026-03-01T12:00:10", {"12:00:02", "12:00:04"}),
        ("2026-03-01T12:10:00", {"12:02", "12:04"}),
        ("2026-03-04T12:00:00", {"03-02", "03-03"}),
    ],
)
@pytest.mark.parametrize("width", [4, 9])
def test_moments_are_said_in_utc_and_none_covers_another(
    until: str, labels: set[str], width: float
) -> None:
    ax = new_axes(width)
    ax.set_xlim(*date_numbers(np.array(["2026-03-01T12:00", until], dtype="datetime64[ns]")))
    utc_axis(ax)
    figure_of(ax)
    shown = {label.get_text() for label in ax.get_xticklabels()}
    assert width < 9 or shown >= labels
    assert overlapping(ax.get_xticklabels()) == []
    assert ax.get_xlabel() == "time (UTC)"
