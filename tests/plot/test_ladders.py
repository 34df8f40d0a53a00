"""One connection's ladder: arrows against the conversation that was written."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from analyzer.errors import UsageError
from analyzer.plot.canvas import what_is_missing
from analyzer.plot.ladders import apart, ladder
from analyzer.plot.palette import EVENTS
from analyzer.read import read
from charted import figure_of, note, overlapping, texts
from told import HARMFUL, HOSTILE, closed, found_in, opened
from wire import PING, PONG, frame

# The server closes with 1001, "restart"; RFC 6455's layering: TCP, HTTP, frames, TCP.
RIGHT, LEFT = (0, 1), (1, 0)
STEPS = [
    ("SYN", RIGHT, "other"),
    ("upgrade /chat", RIGHT, "other"),
    ("HTTP 101", LEFT, "other"),
    ("text, 5 bytes", RIGHT, "other"),
    ('Close 1001 (Going Away) "restart"', LEFT, "close"),
    ("Close 1001 (Going Away)", RIGHT, "close"),
    ("FIN", LEFT, "FIN"),
    ("FIN", RIGHT, "FIN"),
]


def arrows(ax: Axes) -> list[tuple[float, tuple[float, float], str]]:
    """Give row, from where to where, and colour."""
    return [
        (text.xyann[1], (text.xyann[0], text.xy[0]), text.arrowprops["color"])
        for text in ax.texts
        if isinstance(text, Annotation) and text.arrowprops
    ]


def test_arrows_go_from_who_sent_to_who_received_in_their_order() -> None:
    (one,) = found_in(closed(), frames=True)
    ax = ladder(one)
    expected = [(row, ends, EVENTS[kind]) for row, (_, ends, kind) in enumerate(STEPS)]
    assert arrows(ax) == expected
    said = [text for text in texts(ax) if text in {what for what, *_ in STEPS}]
    assert said == [what for what, *_ in STEPS]


def test_times_waits_and_packets_stand_beside_the_arrows() -> None:
    (one,) = found_in(closed(), frames=True)
    said = texts(ladder(one))
    clocks = [text for text in said if re.fullmatch(r"\d\d:\d\d:\d\d\.\d{6}", text)]
    assert len(clocks) == len(STEPS)
    assert "2023-11-14 UTC" in said
    # The conversation waits for two seconds before the Close.
    assert "+2 s" in said
    assert {"1", "4", "5", "6"} <= set(said)


def test_title_names_the_connection_and_the_sentence_stands_below() -> None:
    (one,) = found_in(closed(), frames=True)
    ax = ladder(one)
    assert ax.get_title() == "#0  10.0.0.1:40000 → 10.0.0.2:80 /chat"
    assert note(ax) == one.ending.sentence.replace("  ", " ")


def test_true_to_scale_arrows_stand_where_their_times_are() -> None:
    (one,) = found_in(closed(), frames=True)
    places = [place for place, *_ in arrows(ladder(one, scale="time"))]
    close = one.ending.server_close
    assert close is not None
    assert places[0] == 0
    assert places[4] == pytest.approx((close.at - one.first_at) / 1e9)
    assert places == sorted(places)


@pytest.mark.parametrize("scale", ["even", "time"])
def test_no_text_covers_another(scale: str) -> None:
    talk = opened(path="/a/long/path" * 8)
    for _ in range(5):
        talk.server(frame(PING, b"x")).client(frame(PONG, b"x", mask=b"abcd"))
    talk.wait(30).close_tcp("server")
    (one,) = found_in(talk.packets, frames=True)
    ax = ladder(one, scale=scale)  # type: ignore[arg-type]
    figure = figure_of(ax)
    assert overlapping([text for text in ax.texts if text.get_text()]) == []
    for text in ax.texts:
        box = text.get_window_extent()
        inside = box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0
        assert inside or not text.get_text(), text


@pytest.mark.parametrize("scale", ["even", "time"])
def test_text_of_strangers_is_harmless_and_no_formula(scale: str) -> None:
    talk = closed(reason="$x$ " + HOSTILE, path="/$x^2$/" + "p" * 300, host="example.com")
    (one,) = found_in(talk, frames=True)
    ax = ladder(one, scale=scale)  # type: ignore[arg-type]
    figure_of(ax)
    said = "".join([*texts(ax), ax.get_title()])
    assert not set(said) & set(HARMFUL)
    assert not re.search(r"(?<!\\)\$", said)
    assert max(len(line) for text in texts(ax) for line in text.splitlines()) < 130


def test_pings_have_their_colour() -> None:
    talk = opened()
    talk.server(frame(PING, b"x")).client(frame(PONG, b"x", mask=b"abcd"))
    (one,) = found_in(talk.packets, frames=True)
    colours = [colour for *_, colour in arrows(ladder(one))]
    assert colours.count(EVENTS["ping"]) == 2


def test_date_is_said_again_on_another_day() -> None:
    (one,) = found_in(opened().wait(86_400).close_tcp("server").packets, frames=True)
    assert any(text.startswith("2023-11-15\n") for text in texts(ladder(one)))


def test_connection_without_frames_has_a_ladder_too() -> None:
    assert len(arrows(ladder(found_in(closed())[0]))) == len(STEPS) - 1


def test_connection_without_anything_says_so() -> None:
    one = read().connections[0]
    bare = replace(
        one,
        seen_from="midstream",
        last_at=0,
        handshake=type(one.handshake)(),
        ending=replace(
            one.ending, client_close=None, server_close=None, tcp=type(one.ending.tcp)()
        ),
    )
    ax = ladder(bare)
    figure_of(ax)
    assert len(arrows(ax)) == 0
    assert what_is_missing(ax) in {"", "The capture holds no step of this connection."}


def test_axes_of_the_user_are_returned() -> None:
    mine = Figure().subplots()
    assert ladder(found_in(closed())[0], mine) is mine


def test_scale_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="one of even, time"):
        ladder(found_in(closed())[0], scale="log")  # type: ignore[arg-type]


@pytest.mark.parametrize("wanted", [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.5, 0.5], [0.2]])
def test_places_are_apart_and_inside(wanted: list[float]) -> None:
    places = apart(np.array(wanted), 0.3)
    assert (np.diff(places) >= 0.3 - 1e-9).all()
    assert places.min() >= 0
    assert places.max() <= 1
