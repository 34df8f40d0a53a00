"""Guides at known timers: which are drawn, and what they say."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.findings import Finding
from analyzer.findings.defaults import CLOSE_ANSWER, known
from analyzer.plot.guides import (
    FOUND,
    KNOWN,
    MOST,
    NOTE,
    Guide,
    draw_guides,
    fits,
    guides_found,
    guides_of,
)
from charted import figure_of, overlapping, texts


def log_axes(low: float, high: float) -> Axes:
    ax = Figure(figsize=(8, 4.5), layout="constrained").subplots()
    ax.set(xscale="log", xlim=(low, high))
    return ax


@pytest.mark.parametrize(
    ("seconds", "fit"),
    [(59.3, 0), (59.4, 1), (60.0, 1), (61.2, 1), (61.3, 1), (61.4, 0)],
)
def test_timer_of_60_s_explains_from_1_percent_early_to_2_percent_and_100_ms_late(
    seconds: float, fit: int
) -> None:
    assert fits(np.array([seconds]), Guide(60, "60 s")) == fit


def finding(name: str, **numbers: float | str) -> Finding:
    return Finding(name, "", tuple(range(8)), numbers=numbers)


def test_findings_decide_what_stands_out_each_in_the_chart_of_its_clock() -> None:
    found = [
        finding("idle-timer", timer_s=2.004, clock="both"),
        finding("idle-timer", timer_s=30.0, clock="server"),
        finding("maximum-age", timer_s=7200.0, clock="age"),
        finding("close-unanswered", shortest_wait_s=10.0, longest_wait_s=10.1),
        finding("close-unanswered", shortest_wait_s=1.0, longest_wait_s=50.0),
        finding("close-unanswered", case="not waited", longest_wait_s=0.1),
        finding("tcp-not-closed", shortest_s=2.0, longest_s=2.0),
        finding("mass-end", within_s=2.0),
    ]
    assert guides_found(found, "idle") == (Guide(2.004, "2.004 s: finding idle-timer (8)", True),)
    assert [one.seconds for one in guides_found(found, "idle", "server")] == [30]
    assert [one.seconds for one in guides_found(found, "lifetime")] == [7200]
    # Waits from 1 s to 50 s are no timer's.
    assert [one.seconds for one in guides_found(found, "closing")] == [10, 2]


def test_labels_say_seconds_and_how_many_fit() -> None:
    ax = log_axes(50, 200)
    assert draw_guides(ax, np.array([60.0, 60.1, 70.0]), "idle", 2) == [NOTE]
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


def test_what_findings_say_is_chosen_first_and_then_what_fits_most() -> None:
    ax = log_axes(1, 2000)
    found = [Guide(2, "2 s: finding idle-timer (8)", found=True)]
    drawn = draw_guides(ax, np.array([350.2] * 5 + [20.0]), "idle", 5, found=found)
    assert drawn == [NOTE, FOUND]
    shown = {text.get_text(): text.get_fontweight() for text in ax.texts}
    assert shown["2 s: finding idle-timer (8)"] == "bold"
    assert shown["350 s: AWS NLB (5 fit)"] == "normal"
    assert shown["20 s: websockets (Python) (1 fit)"] == "normal"
    assert len(shown) == MOST


def test_only_what_findings_say_if_asked() -> None:
    ax = log_axes(1, 100)
    values = np.array([5.0, 10.0])
    assert not draw_guides(ax, values, "closing", 1, only_found=True)
    found = [Guide(10.0, "10 s: finding close-unanswered (1)", found=True)]
    assert draw_guides(ax, values, "closing", 1, found=found, only_found=True)
    assert sorted(texts(ax)) == [
        "10 s: finding close-unanswered (1)",
        "10 s: websockets (Python), Vert.x (1 fit)",
    ]


def test_outside_of_the_axis_there_are_none() -> None:
    ax = log_axes(0.001, 1)
    assert not draw_guides(ax, np.array([0.5]), "lifetime", 4)
    assert texts(ax) == []
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > 4


def test_guides_are_in_order_and_say_how_long() -> None:
    words = {60: "60 s", 240: "4 min", 300: "5 min", 350: "350 s", 600: "10 min"}
    words |= {7200: "2 h", 14400: "4 h"}
    for of in KNOWN:
        guides = guides_of(of)
        seconds = [guide.seconds for guide in guides]
        assert seconds == sorted(seconds)
        for guide in guides:
            said = words.get(int(guide.seconds), f"{guide.seconds:g} s")
            assert guide.label.startswith(f"{said}: ")


def test_where_only_a_finding_is_drawn_no_default_is_spoken_of() -> None:
    ax = log_axes(1, 5)
    found = [Guide(2.0, "2 s: finding idle-timer (8)", found=True)]
    assert draw_guides(ax, np.array([2.0] * 8), "idle", 8, found=found) == [FOUND]


def test_charts_and_findings_have_one_rule_for_what_fits_a_timer() -> None:
    for seconds in np.linspace(55, 65, 201):
        found = "Chromium, 60 s" in known(float(seconds), CLOSE_ANSWER)
        assert fits(np.array([seconds]), Guide(60.0, "60 s")) == found
