"""What Jupyter shows."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.printable import printable
from analyzer.read import read
from analyzer.record import Connection
from analyzer.report import analysis_html, connection_html, ending_html
from analyzer.report.template import text_of
from browser import browser
from capture_files import pcap
from hostile import REASONS, attacks
from told import HARMFUL, closed, found_in, merged, reset

# How JupyterLab's style sheet dresses tables, in its dark theme.
JUPYTER = """<!doctype html><body class="jp" style="background:#111;color:#e0e0e0;font:14px sans-serif">
<style>.jp table{border:none;font-size:12px;margin-left:auto;margin-right:auto}
.jp td,.jp th,.jp tr{text-align:right;vertical-align:middle;padding:.5em;white-space:normal}
.jp tbody tr:nth-child(odd){background:#222}.jp h4{margin:1em}</style>"""


def fragments(connections: list[Connection]) -> list[str]:
    return [
        analysis_html([], connections),
        *(connection_html(one) for one in connections),
        *(ending_html(one.ending) for one in connections),
    ]


def test_fragments_need_nothing_and_touch_nothing_else() -> None:
    for html in fragments(found_in(merged(closed(40000), reset(40001)), frames=True)):
        assert html.startswith('<div class="wsanalyze"><style>')
        assert html.rstrip().endswith("</div>")
        assert "<script" not in html
        assert " id=" not in html
        assert 'href="' not in html
    # Every rule of the style sheet begins with our class.
    rules = re.sub(r"/\*.*?\*/", "", text_of("parts.css"), flags=re.DOTALL)
    for selector in re.findall(r"([^{}]+)\{", rules):
        parts = re.sub(r"\([^)]*\)", "", selector).split(",")
        assert all(part.strip().startswith(".wsanalyze") for part in parts), selector


def test_an_analysis_is_told_and_listed() -> None:
    html = analysis_html([], found_in(merged(*(reset(40000 + n) for n in range(45)))))
    assert "45 connections were reset by the client (TCP RST) without a close frame" in html
    assert html.count('<tr class="abnormal">') == 40
    assert "… and 5 more" in html


def test_a_connection_is_explained() -> None:
    (one,) = found_in(closed(), frames=True)
    html = connection_html(one)
    assert 'class="rung from-server is-close"' in html
    assert "Close 1001 (Going Away) &#34;restart&#34;" in html
    assert "tcp.stream eq 0" in html


def test_an_ending_is_its_kind_and_sentence() -> None:
    (one,) = found_in(reset())
    html = ending_html(one.ending)
    assert 'class="kind k-rst"' in html
    assert one.ending.sentence in html


def test_what_strangers_wrote_is_text() -> None:
    analysis = read(io.BytesIO(pcap(attacks())), frames=True)
    for html in fragments(analysis.connections):
        assert not set(html) & set(HARMFUL)
        assert set(re.findall(r"<(\w+)", html)) <= {
            *("div", "style", "ul", "li", "bdi", "span", "table", "caption", "thead", "tbody"),
            *("tr", "th", "td", "p", "b", "h4", "section", "dl", "dt", "dd", "code"),
        }
    assert "&lt;script&gt;" in connection_html(analysis.connections[0])
    assert printable(REASONS[4]).partition('"')[0] in connection_html(analysis.connections[4])


def test_colours_of_kinds_are_those_of_the_charts() -> None:
    from analyzer.plot.palette import KINDS  # noqa: PLC0415 - loads matplotlib

    css = dict(re.findall(r"\.k-(\w+)::before \{ background: (#\w+)", text_of("parts.css")))
    assert css == {kind: look.colour.lower() for kind, look in KINDS.items()}


def test_jupyter_shows_the_same_by_the_objects_themselves() -> None:
    analysis = read(io.BytesIO(pcap(reset())))
    (one,) = analysis.connections
    assert one._repr_html_() == connection_html(one)
    assert one.ending._repr_html_() == ending_html(one.ending)
    shown = analysis_html(analysis.captures, [one], findings=analysis.findings)
    assert analysis._repr_html_() == shown
    assert "who-sent-rst" in shown


def test_a_connection_is_shown_without_pandas_and_matplotlib() -> None:
    program = (
        "import sys; from analyzer import read; read().connections[0]._repr_html_();"
        "print(*sys.modules.keys() & {'pandas', 'matplotlib', 'numpy', 'scapy'})"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_a_dark_notebook_stays_dark(tmp_path: Path) -> None:
    (one,) = found_in(closed(), frames=True)
    path = tmp_path / "notebook.html"
    path.write_text(JUPYTER + connection_html(one), encoding="utf-8")
    with browser() as chromium:
        chromium.open(path)
        script = """
            const rung = document.querySelector(".rung:nth-child(odd)");
            const cell = getComputedStyle(rung.querySelector(".time"));
            return [getComputedStyle(rung).backgroundColor, cell.color, cell.textAlign];
        """
        assert chromium.run(script) == ["rgba(0, 0, 0, 0)", "rgb(224, 224, 224)", "left"]
        assert chromium.console() == []


@pytest.mark.parametrize("length", [0, 1])
def test_few_connections_make_a_fragment_too(length: int) -> None:
    assert f"{length} WebSocket connection" in analysis_html([], found_in(reset())[:length])
