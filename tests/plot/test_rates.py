"""Endings over time: counts against values made by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from analyzer.errors import UsageError
from analyzer.plot.canvas import what_is_missing
from analyzer.plot.rates import MOST_INTERVALS, endings_over_time
from charted import NO_TIME, START, after, connections, figure_of, legend_texts, note


def bars(ax: Axes, kind: str) -> dict[float, float]:
    """Give the heights of a kind, by seconds after noon at which the interval begins."""
    (patch,) = [patch for patch in ax.patches if patch.get_label() == kind]
    values, edges, baseline = patch.get_data()  # type: ignore[attr-defined]
    begins = [round((edge - float(date2num(START))) * 86_400, 3) for edge in edges]
    heights = (values - baseline).tolist()
    return {begin: height for begin, height in zip(begins, heights, strict=False) if height > 0}


def ended(*seconds: float, kind: str = "hybi_close") -> list[dict[str, object]]:
    return [{"client_close_at": after(value), "kind": kind} for value in seconds]


def test_endings_are_counted_per_interval_kind_upon_kind() -> None:
    ax = endings_over_time(
        connections(*ended(0, 59, 60, 130), *ended(61, kind="rst")), every="1min"
    )
    assert bars(ax, "hybi_close") == {0: 2, 60: 1, 120: 1}
    assert bars(ax, "rst") == {60: 1}
    assert ax.get_ylabel() == "endings per 60 s"
    assert legend_texts(ax) == ["rst (1)", "hybi_close (4)"]
    assert note(ax) == "5 endings"


def test_intervals_are_whole_minutes_of_the_clock() -> None:
    ax = endings_over_time(connections(*ended(95, 145)), every=pd.Timedelta(minutes=1))
    assert bars(ax, "hybi_close") == {60: 1, 120: 1}


def test_connections_that_are_open_have_not_ended() -> None:
    ax = endings_over_time(connections(*ended(1), {"kind": "open"}, {"kind": "open"}))
    assert note(ax) == "1 ending. 2 connections still open: not in the chart"
    assert legend_texts(ax) == ["hybi_close (1)"]


@pytest.mark.parametrize(
    ("span", "unit"),
    [(0, "10 ms"), (1, "20 ms"), (100, "2 s"), (7200, "5 min"), (86_400 * 3, "2 h"), (4e7, "14 d")],
)
def test_interval_suits_what_there_is(span: float, unit: str) -> None:
    ax = endings_over_time(connections(*ended(0, span)))
    assert ax.get_ylabel() == f"endings per {unit}"
    (patch,) = ax.patches
    assert 12 <= len(patch.get_data().values) <= MOST_INTERVALS  # type: ignore[attr-defined]
    assert sum(bars(ax, "hybi_close").values()) == 2
    figure_of(ax)


def test_interval_that_is_none_is_refused() -> None:
    for every in ("soon", "0s", "-1min", "10us"):
        with pytest.raises(UsageError):
            endings_over_time(connections(*ended(0)), every=every)


def test_interval_that_nobody_could_see_is_refused() -> None:
    with pytest.raises(UsageError, match="86,401 intervals of 1s cannot be seen"):
        endings_over_time(connections(*ended(0, 86_400)), every="1s")


@pytest.mark.parametrize(
    "empty",
    [
        pd.DataFrame(),
        connections({"kind": "open"}),
        connections({"first_at": NO_TIME, "last_at": NO_TIME}),
    ],
)
def test_without_endings_it_says_so(empty: pd.DataFrame) -> None:
    assert what_is_missing(endings_over_time(empty)) == "No connection ended."


def test_who_vanished_is_said_to_stand_at_its_last_packet() -> None:
    ax = endings_over_time(connections(*ended(1), {"kind": "vanished", "last_at": after(3)}))
    assert note(ax) == "2 endings. 1 vanished: drawn at their last packets"
