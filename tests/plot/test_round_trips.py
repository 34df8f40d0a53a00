"""Round trips of pings until the end: points against values made by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from matplotlib.axes import Axes

from analyzer.plot.canvas import what_is_missing
from analyzer.plot.round_trips import MOST_POINTS, pings
from charted import after, figure_of, legend_texts, note


def frames(*rows: tuple[int, str, str, float, float | None], dtype: Any = "string") -> pd.DataFrame:
    """Give a table of frames: connection, side, opcode, seconds after noon, round trip."""
    df = pd.DataFrame(rows, columns=["connection", "side", "opcode", "at", "ping_rtt_s"])
    df["at"] = pd.to_datetime([after(one) for one in df["at"]], utc=True)
    df["ping_rtt_s"] = df["ping_rtt_s"].astype("float64")
    return df.astype({"side": dtype, "opcode": dtype})


def points(ax: Axes, label: str) -> list[tuple[float, float]]:
    (line,) = [line for line in ax.lines if line.get_label() == label]
    return [(float(x), float(y)) for x, y in zip(*line.get_data(), strict=True)]


TALK = (
    (0, "server", "ping", 0.0, None),
    (0, "client", "pong", 0.25, 0.25),
    (0, "client", "text", 3.0, None),
    (0, "server", "ping", 5.0, None),
    (0, "client", "pong", 5.5, 0.5),
    (0, "server", "ping", 9.0, None),
    (0, "server", "close", 10.0, None),
)


@pytest.mark.parametrize("dtype", ["string", "object", "category"])
def test_pongs_stand_at_their_time_before_the_end(dtype: str) -> None:
    ax = pings(frames(*TALK, dtype=dtype))
    assert points(ax, "#0, of the server") == [(9.75, 0.25), (4.5, 0.5)]
    low, high = ax.get_xlim()
    assert low > high, "the end is at the right"
    assert ax.get_yscale() == "log"


def test_ping_without_a_pong_is_marked_at_its_own_time() -> None:
    ax = pings(frames(*TALK))
    assert [x for x, _ in points(ax, "not answered")] == [1.0]
    assert note(ax) == "3 pings, 1 without an answer"
    assert legend_texts(ax) == ["#0, of the server", "not answered (at the top)"]


def test_pong_that_answers_nothing_is_no_round_trip() -> None:
    ax = pings(frames((0, "client", "pong", 1.0, None)))
    assert what_is_missing(ax) == "No ping was sent."


def test_pong_of_one_connection_answers_no_ping_of_another() -> None:
    rows = [
        (0, "server", "ping", 0.0, None),
        (1, "server", "ping", 0.0, None),
        (1, "client", "pong", 1.0, 1.0),
    ]
    assert note(pings(frames(*rows))) == "2 pings, 1 without an answer"


def test_pings_of_both_sides_are_told_apart() -> None:
    rows = [
        (0, "server", "ping", 0.0, None),
        (0, "client", "ping", 0.0, None),
        (0, "client", "pong", 1.0, 1.0),
        (0, "server", "pong", 2.0, 2.0),
    ]
    ax = pings(frames(*rows))
    assert points(ax, "#0, of the server") == [(1.0, 1.0)]
    assert points(ax, "#0, of the client") == [(0.0, 2.0)]
    markers = {line.get_marker() for line in ax.lines}
    assert len(markers) == 2


def test_many_connections_are_one_cloud() -> None:
    rows = [
        row
        for number in range(100)
        for row in (
            (number, "server", "ping", 0.0, None),
            (number, "client", "pong", 1.0, 1.0),
        )
    ]
    ax = pings(frames(*rows))
    assert legend_texts(ax) == ["answered"]
    cloud = ax.lines[0]
    assert cloud.get_rasterized()
    assert len(cloud.get_xdata()) == 100  # type: ignore[arg-type]


def test_of_very_many_some_are_picked_and_it_says_so() -> None:
    count = MOST_POINTS + 10
    df = pd.DataFrame(
        {
            "connection": range(count),
            "side": "client",
            "opcode": "pong",
            "at": after(1),
            "ping_rtt_s": 0.5,
        }
    )
    ax = pings(df)
    assert len(ax.lines[0].get_xdata()) == MOST_POINTS  # type: ignore[arg-type]
    assert note(ax) == "20,010 pings, 0 without an answer. 20,000 of them shown, evenly picked"


def test_pings_that_were_never_answered_can_be_drawn_alone() -> None:
    ax = pings(frames((0, "server", "ping", 1.0, None)))
    figure_of(ax)
    assert [x for x, _ in points(ax, "not answered")] == [0.0]


def test_without_pings_it_says_so() -> None:
    for df in (pd.DataFrame(), frames((0, "client", "text", 1.0, None))):
        assert what_is_missing(pings(df)) == "No ping was sent."
