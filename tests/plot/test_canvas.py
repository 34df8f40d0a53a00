"""Where charts are drawn: style, titles, and text of strangers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import nbformat
import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient

from analyzer.plot.canvas import (
    apart_from_pyplot,
    drawing,
    entitle,
    legend,
    new_figure,
    nothing,
    plain,
    shows_figures,
    what_is_missing,
    wrapped,
)
from analyzer.plot.palette import KINDS, swatch
from charted import figure_of, legend_texts, note

ROOT = Path(__file__).resolve().parents[2]


def test_style_holds_for_the_drawing_only() -> None:
    before = dict(mpl.rcParams)
    with drawing(None) as ax:
        assert mpl.rcParams["axes.titleweight"] == "bold"
        assert mpl.rcParams["text.usetex"] is False
    assert dict(mpl.rcParams) == before
    assert ax.get_figure() is not None


def test_style_ends_with_an_error_in_the_drawing_too() -> None:
    before = dict(mpl.rcParams)
    with pytest.raises(ZeroDivisionError), drawing(None):
        1 / 0  # noqa: B018 - to fail
    assert dict(mpl.rcParams) == before


def test_axes_of_the_user_are_drawn_in() -> None:
    mine = Figure().subplots()
    with drawing(mine) as ax:
        assert ax is mine


def test_figure_of_a_program_is_none_of_pyplots() -> None:
    program = (
        "import sys\nfrom analyzer.plot.canvas import new_figure\nnew_figure((4, 3))\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_figure_of_a_session_that_shows_them_is_pyplots(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415 - only here

    assert not shows_figures()
    monkeypatch.setattr(plt, "get_backend", lambda: "QtAgg")
    assert shows_figures()
    figure = new_figure((4, 3))
    assert plt.get_fignums() == [figure.number]  # type: ignore[attr-defined]
    with apart_from_pyplot():
        new_figure((4, 3))
    assert len(plt.get_fignums()) == 1
    plt.close("all")


def test_notebook_shows_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    class Notebook:
        @staticmethod
        def get_ipython() -> object:
            return object()

    monkeypatch.setitem(sys.modules, "IPython", Notebook)  # type: ignore[arg-type]
    assert shows_figures()


@pytest.mark.filterwarnings("default")  # what Jupyter's own libraries warn of is not ours
def test_charts_appear_under_every_cell_of_a_notebook() -> None:
    notebook = nbformat.v4.new_notebook()
    draw = "wsa.plot.endings(df);"
    first = f"import analyzer as wsa\ndf = wsa.read().to_pandas()\n{draw}"
    notebook.cells = [nbformat.v4.new_code_cell(code) for code in (first, draw, draw)]
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    shown = [[list(one.get("data", [])) for one in cell.outputs] for cell in notebook.cells]
    assert shown == [[["text/plain", "image/png"]]] * 3


def test_title_and_notes_are_said() -> None:
    with drawing(None) as ax:
        entitle(ax, "Title", ["One thing", "", "another"])
    assert ax.get_title() == "Title"
    assert note(ax) == "One thing. another"


def test_long_notes_are_broken_and_stand_below_everything_else() -> None:
    with drawing(None, (4, 3)) as ax:
        ax.plot([0, 1], [0, 1])
        entitle(ax, "Title", ["a note that is longer than the axes are wide, " * 3])
        ax.set_xlabel("first line\nsecond line")
    figure = figure_of(ax)
    below = ax.texts[0].get_window_extent()
    assert ax.texts[0].get_text().count("\n") >= 2
    assert below.y1 <= ax.xaxis.label.get_window_extent().y0
    assert below.y0 >= 0
    assert below.x1 <= figure.bbox.x1


def test_title_is_the_one_that_a_user_replaces() -> None:
    with drawing(None) as ax:
        entitle(ax, "Title", ["a note"])
    ax.set_title("mine")
    assert [ax.get_title(loc=place) for place in ("left", "center", "right")] == ["", "mine", ""]  # type: ignore[arg-type]


def test_axes_in_a_part_of_a_figure_can_be_drawn_in() -> None:
    part, _ = Figure(figsize=(9, 4)).subfigures(1, 2)
    ax = part.subplots()
    with drawing(ax):
        entitle(ax, "Title", ["a note"])
    figure_of(ax)
    assert note(ax) == "a note"


def test_text_is_broken_where_the_axes_end() -> None:
    ax = Figure(figsize=(4, 3)).subplots()
    lines = wrapped(ax, "word " * 50, 10).splitlines()
    assert len(lines) > 4
    assert max(map(len, lines)) < 60


def test_empty_axes_say_why() -> None:
    ax = Figure().subplots()
    assert what_is_missing(ax) == ""
    nothing(ax, "There are no connections.")
    assert what_is_missing(ax) == "There are no connections."
    assert list(ax.get_xticks()) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("naïve → ✓", "naïve → ✓"),
        ("\x1b[31m\u202e", "\\x1b[31m\\u202e"),
        ("再见", "\\u518d\\u89c1"),
        ("🙂", "\\U0001f642"),
        ("costs $5 or $6", "costs \\$5 or \\$6"),
    ],
)
def test_text_of_strangers_can_be_drawn(text: str, shown: str) -> None:
    assert plain(text) == shown
    ax = Figure().subplots()
    drawn = ax.text(0, 0, plain(text))
    figure_of(ax)  # warns, so fails, of glyphs that the font has not
    # What matplotlib makes of it: no formula, and dollars as they were.
    assert drawn._preprocess_math(drawn.get_text()) == (shown.replace("\\$", "$"), False)  # type: ignore[attr-defined]


def test_legend_stands_beside_our_own_axes_and_in_those_of_the_user() -> None:
    handles = [swatch("rst (1)", KINDS["rst"])]
    for beside in (True, False):
        with drawing(None) as ax:
            ax.plot([0, 1], [0, 1])
            legend(ax, handles, "ended by", beside=beside)
        figure_of(ax)
        box = ax.get_legend().get_window_extent()
        assert bool(box.x0 >= ax.get_window_extent().x1) is beside
        assert legend_texts(ax) == ["rst (1)"]
