"""One line per connection over time: places against times made by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.dates import date2num

from analyzer.plot.canvas import what_is_missing
from analyzer.plot.palette import KINDS
from analyzer.plot.timelines import DASHES, MOST_LINES, MOST_MARKED, MOST_NAMED, timeline
from charted import NO_TIME, START, after, connections, figure_of, legend_texts, note, overlapping


def lines(ax: Axes) -> dict[str, list[tuple[float, float, float]]]:
    """Give by kind: begin and end in seconds after noon, and row."""
    found = {}
    for drawn in ax.collections:
        assert isinstance(drawn, LineCollection)
        found[str(drawn.get_label())] = [
            (seconds(begin[0]), seconds(end[0]), begin[1]) for begin, end in drawn.get_segments()
        ]
    return found


def seconds(days: float) -> float:
    return round((days - float(date2num(START))) * 86_400, 4)


def marks(ax: Axes, label: str) -> list[tuple[float, float]]:
    (line,) = [line for line in ax.lines if line.get_label() == label]
    return [(seconds(x), float(y)) for x, y in zip(*line.get_data(), strict=True)]


ROWS = [
    {"first_at": after(5), "last_at": after(9), "kind": "rst", "tcp_client_rst_at": after(8)},
    {
        "first_at": after(0),
        "last_at": after(10),
        "client_close_at": after(7),
        "server_close_at": after(7.5),
        "tcp_server_fin_at": after(8),
    },
]


def test_connections_stand_in_order_of_their_start() -> None:
    ax = timeline(connections(*ROWS))
    assert lines(ax) == {"hybi_close": [(0, 10, 0)], "rst": [(5, 9, 1)]}
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["#1 10.0.0.1:40000 /chat", "#0 10.0.0.1:40000 /chat"]
    low, high = ax.get_ylim()
    assert low > high, "downwards"


def test_close_frames_fin_and_rst_are_marked_the_clients_above_the_line() -> None:
    ax = timeline(connections(*ROWS))
    assert marks(ax, "client close frame") == [(7, -0.22)]
    assert marks(ax, "server close frame") == [(7.5, 0.22)]
    assert marks(ax, "server FIN") == [(8, 0.22)]
    assert marks(ax, "client RST") == [(8, 0.78)]
    assert marks(ax, "client FIN") == []
    assert legend_texts(ax)[:5] == ["hybi_close (1)", "rst (1)", "close frame", "FIN", "RST"]


def test_lines_have_the_colour_of_their_ending_and_dashes_of_their_own() -> None:
    assert DASHES.keys() == KINDS.keys()
    assert len({str(dashes) for dashes in DASHES.values()}) == len(DASHES)


def test_shortest_connection_is_drawn_long_enough_to_be_seen() -> None:
    ax = timeline(
        connections({"last_at": after(1000)}, {"first_at": after(5), "last_at": after(5)})
    )
    assert lines(ax) == {"hybi_close": [(0, 1000, 0), (5, 10, 1)]}


def test_names_from_the_wire_are_harmless_and_cut() -> None:
    target = "/$a$/\x1b[31m" + "x" * 200
    ax = timeline(connections({"target": target, "client_ip": "::1", "first": "client"}))
    (label,) = ax.get_yticklabels()
    assert label.get_text().startswith("#0 [::1]:40000 /")
    assert len(label.get_text()) <= 40
    assert "\x1b" not in label.get_text()
    figure_of(ax)


def test_fifty_names_do_not_cover_each_other() -> None:
    rows = [{"first_at": after(n), "last_at": after(n + 3)} for n in range(MOST_NAMED)]
    ax = timeline(connections(*rows))
    figure_of(ax)
    assert len(ax.get_yticklabels()) == MOST_NAMED
    assert overlapping(ax.get_yticklabels()) == []


def test_more_than_fifty_have_no_names() -> None:
    ax = timeline(connections(*[{} for _ in range(MOST_NAMED + 1)]))
    assert list(ax.get_yticks()) == []
    assert ax.get_ylabel() == "connections, in order of their start"


def test_more_than_can_be_marked_are_drawn_as_pixels_and_it_says_so() -> None:
    ax = timeline(connections(*[{"client_close_at": after(1)} for _ in range(MOST_MARKED + 1)]))
    assert ax.lines[:] == []
    assert all(drawn.get_rasterized() for drawn in ax.collections)
    assert note(ax) == "121 connections. Too many for marks at close frames, FIN and RST"


def test_of_very_many_some_are_picked_and_it_says_so() -> None:
    ax = timeline(connections(*[{"first_at": after(n), "last_at": after(n)} for n in range(3000)]))
    (drawn,) = lines(ax).values()
    assert len(drawn) == MOST_LINES
    assert (drawn[0][0], drawn[-1][0]) == (0, 2999)
    assert note(ax).startswith("1,000 of 3,000 connections, evenly picked in order of their start")


def test_connection_without_a_time_has_no_place() -> None:
    ax = timeline(connections({}, {"first_at": NO_TIME}))
    assert lines(ax) == {"hybi_close": [(0, 1, 0)]}


def test_connection_of_one_moment_is_drawn() -> None:
    ax = timeline(connections({"last_at": START}))
    low, high = ax.get_xlim()
    assert low < float(date2num(START)) < high
    figure_of(ax)


@pytest.mark.parametrize("empty", [pd.DataFrame(), connections({"first_at": NO_TIME})])
def test_without_connections_it_says_so(empty: pd.DataFrame) -> None:
    assert what_is_missing(timeline(empty)) == "There are no connections."
