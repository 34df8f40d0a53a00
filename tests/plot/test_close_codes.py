"""Close codes by side: bars against counts made by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.plot.canvas import what_is_missing
from analyzer.plot.close_codes import MOST, codes
from charted import after, connections, figure_of, legend_texts, note, overlapping, texts


def closed(client: int | None, server: int | None) -> dict[str, object]:
    """Give a connection on which both sent a close frame, with a code or without."""
    return {
        "client_close_at": after(1),
        "server_close_at": after(1.1),
        "client_close_code": client,
        "server_close_code": server,
    }


def lengths(ax: Axes) -> dict[str, list[float]]:
    return {
        str(bars.get_label()): [bar.get_width() for bar in bars]  # type: ignore[attr-defined]
        for bars in ax.containers
    }


def names(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def test_bars_count_codes_of_each_side_and_names_stand_beside_numbers() -> None:
    ax = codes(connections(closed(1000, 1000), closed(1000, 1001), closed(None, 4321), {}))
    assert names(ax) == ["1000 Normal Closure", "1001 Going Away", "4321 private use", "no code"]
    assert lengths(ax) == {"client": [2, 0, 0, 1], "server": [1, 1, 1, 0]}
    assert legend_texts(ax) == ["client (3)", "server (3)"]
    assert note(ax) == "4 connections; sent no close frame: client 1, server 1"


def test_code_that_nobody_defined_stands_without_a_name() -> None:
    assert names(codes(connections(closed(999, 65535)))) == ["999", "65535"]


def test_bars_of_a_code_stand_beside_each_other_the_client_above() -> None:
    ax = codes(connections(closed(1000, 1000)))
    client, server = (bars[0] for bars in ax.containers)
    assert client.get_y() + client.get_height() <= server.get_y()
    low, high = ax.get_ylim()
    assert low > high, "downwards"


def test_bars_say_how_many() -> None:
    ax = codes(connections(*[closed(1000, 1001)] * 1500))
    assert [text for text in texts(ax)[1:] if text] == ["1,500", "1,500"]


def test_small_chart_leaves_the_numbers_out() -> None:
    axes = Figure(figsize=(3, 2)).subplots()
    codes(connections(*[closed(4000 + n, 4000 + n) for n in range(15)]), axes)
    assert len(texts(axes)) == 1


def test_rarest_of_many_codes_are_counted_together() -> None:
    rows = [closed(4000 + n, None) for n in range(40) for _ in range(40 - n)]
    ax = codes(connections(*rows))
    shown = names(ax)
    assert len(shown) == MOST
    assert shown[:2] == ["4000 private use", "4001 private use"]
    # 18 codes and "no code" are the most common 19; the 22 others were sent 22 + 21 + … + 1 times.
    assert shown[-2:] == ["22 other codes", "no code"]
    assert lengths(ax)["client"][-2:] == [253, 0]
    assert lengths(ax)["server"][-2:] == [0, 820]
    figure_of(ax)
    assert overlapping([*ax.texts, *ax.get_yticklabels()]) == []


@pytest.mark.parametrize("df", [pd.DataFrame(), connections({})])
def test_without_close_frames_it_says_so(df: pd.DataFrame) -> None:
    assert what_is_missing(codes(df)) == "There are no close frames."
