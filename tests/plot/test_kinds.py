"""Endings by kind and by who was first: bars against counts made by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from analyzer.plot.canvas import what_is_missing
from analyzer.plot.kinds import endings
from analyzer.plot.palette import KINDS, WHO
from charted import connections, figure_of, legend_texts, note, overlapping, texts

ROWS = [
    {"kind": "hybi_close", "first": "client"},
    {"kind": "hybi_close", "first": "server"},
    {"kind": "hybi_close", "first": "server"},
    {"kind": "rst", "first": "client"},
    {"kind": "open", "first": None},
]


@pytest.mark.parametrize("categorical", [False, True])
def test_bars_are_as_long_as_there_are_connections(categorical: bool) -> None:
    ax = endings(connections(*ROWS, categorical=categorical))
    bars = [
        (bars.get_label(), patch.get_x(), patch.get_width(), patch.get_facecolor())
        for bars in ax.containers
        for patch in bars
    ]
    widths = [bar[:3] for bar in bars]
    assert widths == [
        ("client", 0, 1),
        ("client", 0, 1),
        ("server", 1, 2),
        ("unknown", 0, 1),
    ]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["hybi_close", "rst", "open"]


def test_parts_differ_in_hatches_by_who_was_first() -> None:
    ax = endings(connections(*ROWS))
    hatches = {str(bars.get_label()): bars[0].get_hatch() for bars in ax.containers}
    assert hatches == {who: WHO[who] for who in ("client", "server", "unknown")}
    assert legend_texts(ax) == ["client", "server", "unknown"]


def test_bars_have_the_colours_of_their_kinds() -> None:
    ax = endings(connections({"kind": "rst", "first": "client"}))
    (bar,) = ax.patches
    colour = KINDS["rst"].colour
    assert tuple(round(part * 255) for part in bar.get_facecolor()[:3]) == tuple(
        int(colour[at : at + 2], 16) for at in (1, 3, 5)
    )


def test_bars_say_how_many_and_which_share() -> None:
    ax = endings(connections(*ROWS))
    assert texts(ax)[1:] == ["3 (60.0 %)", "1 (20.0 %)", "1 (20.0 %)"]
    assert note(ax) == "5 connections"


def test_all_of_one_kind_need_no_share() -> None:
    ax = endings(connections({"kind": "fin", "first": "server"}))
    assert texts(ax) == ["1 connection", "1"]


def test_rare_kind_is_no_share_of_nothing() -> None:
    rows = [{"kind": "rst", "first": "client"}] + [{"first": "client"}] * 2000
    assert texts(endings(connections(*rows)))[1:] == ["2,000 (100.0 %)", "1 (<0.1 %)"]


def test_numbers_stand_free_beside_their_bars_and_inside_the_axes() -> None:
    rows = [{"kind": kind, "first": "client"} for kind in KINDS for _ in range(7)]
    ax = endings(connections(*rows))
    figure_of(ax)
    assert overlapping([*ax.texts, *ax.get_yticklabels()]) == []
    right = ax.get_window_extent().x1
    assert all(text.get_window_extent().x1 <= right for text in ax.texts)


def test_two_charts_may_share_an_axis_of_kinds() -> None:
    axes = Figure().subplots(1, 2, sharey=True)
    endings(connections({"kind": "fin", "first": "client"}), axes[0])
    endings(connections({"kind": "rst", "first": "client"}), axes[1])
    figure_of(axes[0])
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["fin", "rst"]
    assert axes[1].patches[0].get_y() > axes[0].patches[0].get_y()
    low, high = axes[0].get_ylim()
    assert low >= 1.5
    assert high <= -0.5


def test_chart_of_few_kinds_does_not_cut_those_of_the_chart_beside_it() -> None:
    axes = Figure().subplots(1, 2, sharey=True)
    endings(connections(*({"kind": kind, "first": "client"} for kind in KINDS)), axes[0])
    endings(connections({"kind": "fin", "first": "client"}), axes[1])
    assert axes[0].get_ylim()[0] >= len(KINDS) - 0.5


def test_axes_of_the_user_are_returned() -> None:
    mine = Figure().subplots()
    assert endings(connections(*ROWS), mine) is mine
    assert plt.get_fignums() == []


@pytest.mark.parametrize("empty", [pd.DataFrame(), connections({}).head(0)])
def test_without_connections_it_says_so(empty: pd.DataFrame) -> None:
    assert what_is_missing(endings(empty)) == "There are no connections."
