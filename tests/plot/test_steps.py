"""How long steps took: curves and percentiles against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.ending.timing import STEPS
from analyzer.errors import UsageError
from analyzer.findings import Finding
from analyzer.plot.canvas import what_is_missing
from analyzer.plot.steps import MOST_POINTS, timing, timings
from charted import connections, figure_of, note, texts


def curve(ax: Axes) -> tuple[list[float], list[float]]:
    (line,) = [line for line in ax.lines if line.get_label() == "share"]
    x, y = line.get_data()
    return np.asarray(x).tolist(), np.asarray(y).tolist()


def percentiles(ax: Axes) -> list[str]:
    return [text for text in texts(ax) if text.startswith("p")]


def took(*seconds: float | None, step: str = "close_answer") -> pd.DataFrame:
    return connections(*({f"{step}_s": value} for value in seconds))


def test_curve_rises_by_each_connections_share() -> None:
    ax = timing(took(0.3, 0.1, None, 0.2, 0.4))
    x, y = curve(ax)
    low, high = ax.get_xlim()
    assert x == pytest.approx([low, 0.1, 0.2, 0.3, 0.4, high])
    assert y == [0, 0.25, 0.5, 0.75, 1, 1]
    assert ax.get_xscale() == "log"
    assert note(ax) == "Known of 4 of 5 connections"


def test_percentiles_are_interpolated_as_in_the_tables() -> None:
    # Of 1, 2, …, 101 s, the median is 51 s, p90 91 s and p99 100 s.
    ax = timing(took(*range(1, 102)))
    assert percentiles(ax) == ["p50 51 s", "p90 91 s", "p99 100 s"]
    marked = [tuple(line.get_data()) for line in ax.lines if line.get_marker() == "D"]
    assert [(x[0], y[0]) for x, y in marked] == [(51, 0.5), (91, 0.9), (100, 0.99)]


def test_axis_is_labelled_in_the_units_that_people_use() -> None:
    ax = timing(took(0.001, 0.1))
    figure_of(ax)
    shown = [label.get_text() for label in ax.get_xticklabels()]
    assert {"1 ms", "10 ms", "100 ms"} <= set(shown)
    assert ax.get_ylabel() == "share of connections"
    assert ax.get_title() == "Close answered after"


def test_steps_of_no_time_count_and_are_told() -> None:
    ax = timing(took(0, 0, 1, 2), step="close_answer_s")
    assert curve(ax)[1][0] == 0.5
    assert "2 took 0 s" in note(ax)


def test_only_one_connection_can_be_drawn() -> None:
    ax = timing(took(0.0042))
    assert percentiles(ax) == ["p50 4.2 ms", "p90 4.2 ms", "p99 4.2 ms"]
    figure_of(ax)


def test_of_very_many_some_are_drawn_and_it_says_so() -> None:
    ax = timing(took(*np.linspace(1, 2, 10_000)))
    x, _ = curve(ax)
    assert len(x) == MOST_POINTS + 2
    assert (x[1], x[-2]) == (1, 2)
    assert note(ax).endswith("Drawn through 2,000 of them")


def test_what_a_finding_says_has_a_guide_and_the_defaults_that_fit_it_are_no_proof() -> None:
    waits = {"shortest_wait_s": 10.0, "longest_wait_s": 10.01}
    findings = [Finding("close-unanswered", "", (5, 6), numbers=waits)]
    df = took(*[0.01] * 5, 10.0, 10.01)
    ax = timing(df, findings=findings)
    assert "10 s: finding close-unanswered (2)" in texts(ax)
    assert "10 s: websockets (Python), Vert.x (2 fit)" in texts(ax)
    assert "consistent with it, no proof" in note(ax)
    for other in (
        timing(df),
        timing(df, findings=findings, guides=False),
        timing(took(10.0, step="upgrade"), step="upgrade", findings=findings),
    ):
        assert not any(text.startswith("10 s:") for text in texts(other))


def test_step_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no step 'made_up'; there are tcp_connect, "):
        timing(connections({}), step="made_up")


@pytest.mark.parametrize("empty", [pd.DataFrame(), took(None, None), took(0)])
def test_without_durations_it_says_so(empty: pd.DataFrame) -> None:
    reason = what_is_missing(timing(empty))
    assert reason == "It is not known of any connection how long that took."


def test_all_known_steps_stand_in_one_figure() -> None:
    axes = timings(connections({"upgrade_s": 1, "end_s": 2, "open_s": None}))
    assert [ax.get_title() for ax in axes] == ["Upgrade", "Whole ending"]
    assert len({id(ax.get_figure()) for ax in axes}) == 1


def test_every_step_can_be_drawn() -> None:
    axes = timings(connections({f"{step}_s": 1 for step in STEPS}))
    assert len(axes) == len(STEPS)
    figure_of(axes[0])


def test_without_any_step_there_is_one_chart_that_says_so() -> None:
    (ax,) = timings(pd.DataFrame())
    assert what_is_missing(ax)


def test_axes_of_the_user_are_returned() -> None:
    mine = Figure().subplots()
    assert timing(took(1), mine) is mine


def test_what_has_not_ended_has_no_silence_before_its_end_but_an_upgrade() -> None:
    df = connections(
        {"idle_before_end_s": 2.0, "upgrade_s": 0.1, "kind": "fin"},
        {"idle_before_end_s": 1.0, "upgrade_s": 0.2, "kind": "open"},
    )
    assert "Known of 1 of 2 connections" in note(timing(df, step="idle_before_end"))
    assert "Known of 2 of 2 connections" in note(timing(df, step="upgrade"))
    shown = [ax.get_title() for ax in timings(df[df["kind"] == "open"]) if ax.get_title()]
    assert shown == ["Upgrade"]
