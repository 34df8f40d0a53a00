"""Lifetimes and idle times: counts against values made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from analyzer.errors import UsageError
from analyzer.plot.canvas import what_is_missing
from analyzer.plot.spikes import idle, intervals, lifetimes
from charted import connections, figure_of, legend_texts, note, texts


def bars(ax: Axes, kind: str) -> list[tuple[float, float, float]]:
    """Give the intervals of a kind that hold something: begin, end, height."""
    (patch,) = [patch for patch in ax.patches if patch.get_label() == kind]
    values, edges, baseline = patch.get_data()  # type: ignore[attr-defined]
    heights = values - baseline
    return [(edges[at], edges[at + 1], heights[at]) for at in range(len(values)) if heights[at] > 0]


def idled(*seconds: float, kind: str = "fin") -> list[dict[str, object]]:
    return [{"idle_before_end_s": value, "kind": kind} for value in seconds]


def test_timer_shows_as_one_bar() -> None:
    ax = idle(connections(*idled(60.0, 60.01, 60.2, 3), *idled(60.1, kind="rst")))
    (low, *_), (begin, end, count) = bars(ax, "fin")
    assert low < 3
    assert begin < 60
    assert end > 60.2
    assert count == 3
    assert [height for *_, height in bars(ax, "rst")] == [1]
    assert legend_texts(ax) == ["rst (1)", "fin (4)"]


def test_silence_of_what_has_not_ended_is_none_before_an_end() -> None:
    df = connections(*idled(60.0, 60.1), *idled(3.0, kind="open"))
    ax = idle(df)
    assert legend_texts(ax) == ["fin (2)"]
    assert "1 connection still open: not in the chart" in note(ax)
    # How long it was open so far is a part of its life.
    ax = lifetimes(connections({"open_s": 5, "kind": "open"}, {"open_s": 60, "kind": "fin"}))
    assert legend_texts(ax) == ["open (1)", "fin (1)"]


@pytest.mark.parametrize("seconds", [1, 2, 5, 10, 20, 30, 55, 60, 100, 240, 300, 350, 600, 7200])
def test_timers_that_are_known_do_not_fall_into_two_bars(seconds: float) -> None:
    edges = intervals(np.array([0.001, 1e5]))
    early, late = np.searchsorted(edges, [seconds * 0.9995, seconds * 1.0035])
    assert early == late


def test_known_default_is_drawn_as_a_guide_that_is_no_proof() -> None:
    ax = idle(connections(*idled(60.0, 60.1, 61, 30)))
    assert "60 s: nginx, AWS ALB, Akka HTTP (3 fit)" in texts(ax)
    assert 60 in [line.get_xdata()[0] for line in ax.lines]
    assert "what fits one is consistent with it, no proof" in note(ax)


def test_guide_of_a_lifetime_is_none_of_idle_times() -> None:
    ax = lifetimes(connections({"open_s": 7200.5}, {"open_s": 60}))
    assert "2 h: AWS API Gateway (1 fit)" in texts(ax)
    assert not any("nginx" in text for text in texts(ax))


def test_durations_that_nobody_sets_a_timer_to_stand_together() -> None:
    ax = idle(connections(*idled(0, 0.0000001, 0.0005, 2)))
    (begin, end, count), _ = bars(ax, "fin")
    assert begin < 0.001 < end
    assert count == 3
    assert "3 below 1 ms stand at 1 ms" in note(ax)


def test_idle_time_may_be_that_of_one_side() -> None:
    df = connections({"client_idle_s": 5, "server_idle_s": 50, "idle_before_end_s": 0.5})
    for of, seconds in (("both", 0.5), ("client", 5), ("server", 50)):
        ((begin, end, _),) = bars(idle(df, of=of), "hybi_close")  # type: ignore[arg-type]
        assert begin < seconds < end
    assert idle(df, of="server").get_title() == (
        "How long the server had sent nothing before the end"
    )


def test_side_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="one of both, client, server"):
        idle(connections({}), of="proxy")  # type: ignore[arg-type]


def test_few_connections_have_a_tick_each() -> None:
    ax = lifetimes(connections({"open_s": 2.0}, {"open_s": 3.0}))
    (ticks,) = [line for line in ax.lines if line.get_marker() == "|"]
    assert ticks.get_xdata().tolist() == [2, 3]  # type: ignore[union-attr]
    many = lifetimes(connections(*[{"open_s": 2.0}] * 300))
    assert [line for line in many.lines if line.get_marker() == "|"] == []


def test_hundred_thousand_are_binned() -> None:
    values = np.exp(np.random.default_rng(1).normal(0, 2, 100_000))
    ax = lifetimes(pd.DataFrame({"open_s": values, "kind": "rst"}))
    found = bars(ax, "rst")
    assert sum(height for *_, height in found) == 100_000
    assert len(found) < 300
    figure_of(ax)


def test_unknown_durations_are_told() -> None:
    ax = lifetimes(connections({"open_s": 1}, {}))
    assert note(ax) == "Known of 1 of 2 connections"


@pytest.mark.parametrize("draw", [idle, lifetimes])
@pytest.mark.parametrize("empty", [pd.DataFrame(), connections({})])
def test_without_durations_it_says_so(draw: type[Axes], empty: pd.DataFrame) -> None:
    assert what_is_missing(draw(empty)) == "It is not known of any connection."  # type: ignore[arg-type]
