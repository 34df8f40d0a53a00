"""Guides at known timers: which are drawn, and what they say."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.plot.guides import GUIDES, MOST, Guide, draw_guides, fits, stands_out
from charted import figure_of, overlapping, texts


def log_axes(low: float, high: float) -> Axes:
    ax = Figure(figsize=(8, 4.5), layout="constrained").subplots()
    ax.set(xscale="log", xlim=(low, high))
    return ax


@pytest.mark.parametrize(
    ("seconds", "fit"),
    [(59.3, 0), (59.4, 1), (60.0, 1), (61.2, 1), (61.3, 0)],
)
def test_timer_of_60_s_explains_from_1_percent_early_to_2_percent_late(
    seconds: float, fit: int
) -> None:
    assert fits(np.array([seconds]), Guide(60, "60 s")) == fit


def test_one_connection_stands_out_where_there_are_no_others() -> None:
    assert stands_out(np.array([60.02]), Guide(60, ""))
    assert not stands_out(np.array([50.0]), Guide(60, ""))


def test_many_of_all_durations_do_not_stand_out_anywhere() -> None:
    values = np.exp(np.linspace(np.log(1), np.log(1000), 10_000))
    assert not any(stands_out(values, guide) for guide in GUIDES["idle"])


def test_labels_say_seconds_and_how_many_fit() -> None:
    ax = log_axes(50, 200)
    assert draw_guides(ax, np.array([60.0, 60.1, 70.0]), "idle", 2)
    assert texts(ax) == [
        "55 s: Heroku router",
        "60 s: nginx, AWS ALB, Akka HTTP (2 fit)",
        "100 s: Cloudflare",
    ]
    assert [line.get_xdata()[0] for line in ax.lines] == [55, 60, 100]


def test_labels_do_not_cover_each_other_nor_leave_the_axes_nor_stand_in_the_bars() -> None:
    ax = log_axes(1, 2000)
    draw_guides(ax, np.array([60.0] * 9), "idle", 9)
    figure_of(ax)
    assert len(ax.texts) == MOST
    assert overlapping(ax.texts) == []
    frame = ax.get_window_extent()
    top_of_bars = ax.transData.transform((1, 9))[1]
    for text in ax.texts:
        box = text.get_window_extent()
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1
        assert top_of_bars <= box.y0
        assert box.y1 <= frame.y1 + 1


def test_spikes_are_chosen_first() -> None:
    ax = log_axes(1, 2000)
    draw_guides(ax, np.array([350.2] * 5 + [20.0]), "idle", 5)
    shown = {text.get_text(): text.get_fontweight() for text in ax.texts}
    assert shown["350 s: AWS NLB (5 fit)"] == "bold"
    assert shown["20 s: websockets (Python) (1 fit)"] == "bold"
    assert shown["30 s: Deno"] == "normal"


def test_only_spikes_if_asked() -> None:
    ax = log_axes(1, 100)
    assert not draw_guides(ax, np.array([8.0]), "closing", 1, only_spikes=True)
    assert draw_guides(ax, np.array([10.0]), "closing", 1, only_spikes=True)
    assert texts(ax) == ["10 s: websockets (Python), Vert.x (1 fit)"]


def test_outside_of_the_axis_there_are_none() -> None:
    ax = log_axes(0.001, 1)
    assert not draw_guides(ax, np.array([0.5]), "lifetime", 4)
    assert texts(ax) == []
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > 4


def test_guides_are_in_order_and_say_how_long() -> None:
    words = {60: "60 s", 240: "4 min", 300: "5 min", 350: "350 s", 600: "10 min"}
    words |= {7200: "2 h", 14400: "4 h"}
    for guides in GUIDES.values():
        seconds = [guide.seconds for guide in guides]
        assert seconds == sorted(seconds)
        for guide in guides:
            said = words.get(int(guide.seconds), f"{guide.seconds:g} s")
            assert guide.label.startswith(f"{said}: ")
