"""Tables to draw, written by hand, and what charts show of them, read from the artists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from analyzer.plot.canvas import NOTE

START = pd.Timestamp("2026-03-01T12:00:00Z")
NO_TIME = pd.NaT

_TIMES = [
    "first_at",
    "last_at",
    "client_close_at",
    "server_close_at",
    "tcp_client_fin_at",
    "tcp_client_rst_at",
    "tcp_server_fin_at",
    "tcp_server_rst_at",
]
_TEXTS = {
    "kind": "hybi_close",
    "first": None,
    "client_ip": "10.0.0.1",
    "client_port": 40000,
    "target": "/chat",
}
_NUMBERS = [
    "client_close_code",
    "server_close_code",
    "tcp_connect_s",
    "upgrade_s",
    "open_s",
    "idle_before_end_s",
    "client_idle_s",
    "server_idle_s",
    "last_ping_rtt_s",
    "close_answer_s",
    "close_to_tcp_end_s",
    "fin_to_fin_s",
    "end_s",
]


def after(seconds: float) -> pd.Timestamp:
    """Give a moment after noon."""
    return START + pd.Timedelta(seconds=seconds)


def connections(*rows: dict[str, Any], categorical: bool = False) -> pd.DataFrame:
    """Give a table of connections that say nothing but what `rows` say."""
    nothing = dict.fromkeys(_NUMBERS) | dict.fromkeys(_TIMES, NO_TIME) | _TEXTS
    nothing |= {"first_at": START, "last_at": after(1)}
    df = pd.DataFrame([nothing | {"id": number} | row for number, row in enumerate(rows)])
    for name in _TIMES:
        df[name] = pd.to_datetime(df[name], utc=True).dt.as_unit("ns")
    for name in _NUMBERS:
        df[name] = df[name].astype("Int64" if name.endswith("_code") else "float64")
    if categorical:
        kinds = ["refused", "hybi_close", "rst", "fin", "open"]
        df["kind"] = pd.Categorical(df["kind"], categories=kinds, ordered=True)
        df["first"] = pd.Categorical(df["first"], categories=["client", "server", "both"])
    return df


def figure_of(ax: Axes) -> Figure:
    """Give the figure that axes are in, drawn, so that places are known."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    FigureCanvasAgg(figure).draw()
    return figure


def texts(ax: Axes) -> list[str]:
    """Give what is written in and above the axes, beside ticks and labels."""
    return [text.get_text() for text in ax.texts]


def note(ax: Axes) -> str:
    """Give what stands below the title, in one line."""
    notes = [text.get_text() for text in ax.texts if text.get_label() == NOTE]
    return "".join(notes).replace("\n", " ")


def legend_texts(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def overlapping(labels: Iterable[Text]) -> list[tuple[str, str]]:
    """Give the pairs of texts that cover each other."""
    boxes = [(one.get_text(), one.get_window_extent()) for one in labels if one.get_text().strip()]
    return [
        (text, other)
        for place, (text, box) in enumerate(boxes)
        for other, other_box in boxes[place + 1 :]
        if box.x0 < other_box.x1
        and other_box.x0 < box.x1
        and box.y0 < other_box.y1
        and other_box.y0 < box.y1
    ]
