"""All charts at once, and as files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from matplotlib import pyplot as plt
from matplotlib.image import imread

from analyzer.errors import UsageError
from analyzer.plot import charts, save_charts
from analyzer.plot.files import LADDERS
from analyzer.read import read
from told import closed, found_in, merged, opened, reset
from wire import PING, PONG, frame

ROOT = Path(__file__).resolve().parents[2]
TABLE_CHARTS = ["endings", "codes", "timeline", "endings_over_time", "timings", "lifetimes", "idle"]


def test_every_chart_that_has_something_to_show_is_written(tmp_path: Path) -> None:
    paths = save_charts(tmp_path / "new" / "folder", read(frames=True).connections)
    names = [*TABLE_CHARTS, "ladder-1", "ladder-0"]
    assert [path.name for path in paths] == [
        f"{name}.{form}" for name in names for form in ("svg", "png")
    ]
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(
        path.name for path in paths
    )


def test_files_are_what_their_names_say(tmp_path: Path) -> None:
    svg, png, *_ = save_charts(tmp_path, read().connections[:1])
    assert ET.parse(svg).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    height, width, _ = imread(png).shape
    assert width == 8 * 160
    assert height > 300


def test_same_connections_give_the_same_bytes(tmp_path: Path) -> None:
    one = save_charts(tmp_path / "one", read().connections[:1], ["svg"])
    other = save_charts(tmp_path / "other", read().connections[:1], ["svg"])
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_what_has_nothing_to_show_says_why() -> None:
    missing = {chart.name: chart.missing for chart in charts(read(frames=True).connections)}
    assert missing["pings"] == "No ping was sent."
    assert missing["endings"] == ""


def test_without_connections_nothing_is_written(tmp_path: Path) -> None:
    assert save_charts(tmp_path, []) == []
    assert {chart.name for chart in charts([]) if chart.missing} == set(TABLE_CHARTS)


def test_pings_are_among_them_where_frames_were_kept() -> None:
    talk = opened()
    talk.server(frame(PING, b"x")).client(frame(PONG, b"x", mask=b"abcd"))
    names = [chart.name for chart in charts(found_in(talk.packets, frames=True))]
    assert "pings" in names
    assert "pings" not in [chart.name for chart in charts(found_in(talk.packets))]


def test_ladders_are_of_what_needs_a_look_first() -> None:
    talks = [closed(40000 + n) for n in range(LADDERS)] + [reset(50000)]
    found = found_in(merged(*talks))
    ladders = [chart.name for chart in charts(found) if chart.name.startswith("ladder")]
    broken = next(one.id for one in found if one.ending.kind.value == "rst")
    assert len(ladders) == LADDERS
    assert ladders[0] == f"ladder-{broken}"


def test_no_figure_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plt, "get_backend", lambda: "QtAgg")
    for chart in charts(read().connections):
        chart.figure.draw_without_rendering()
    assert plt.get_fignums() == []


def test_format_that_does_not_exist_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not as 'docx'"):
        save_charts(tmp_path / "new", read().connections, ["svg", "docx"])
    assert not (tmp_path / "new").exists()


def test_charts_as_pdf_need_no_window(tmp_path: Path) -> None:
    program = (
        "import sys, analyzer\nfrom analyzer.plot import save_charts\n"
        f"save_charts({str(tmp_path)!r}, analyzer.read().connections[:1], ['pdf'])\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
    assert (tmp_path / "endings.pdf").read_bytes().startswith(b"%PDF")
