"""The report as Markdown, judged by a parser of Markdown."""

from __future__ import annotations

import io
import re

import pytest
from markdown_it import MarkdownIt

from analyzer.read import read
from analyzer.report.markdown import code_block, escaped, markdown
from capture_files import pcap
from hostile import REASONS, attacks
from told import HARMFUL, closed, found_in, merged, reset

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def shown(text: str) -> str:
    """Return what a reader sees."""
    html = re.sub(r"<[^>]+>", "", PARSER.render(text))
    for name, char in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("amp", "&")):
        html = html.replace(f"&{name};", char)
    return html.replace("\u200b", "").strip()


@pytest.mark.parametrize(
    "text",
    [
        "a|b",
        "<b>bold</b> &amp; &lt;",
        "`code` ``more``",
        "*a* _b_ __c__ ~~d~~ $e$",
        "[text](http://x.example) ![x](y)",
        "back\\slash \\* \\",
        "- no list",
        "1. no list",
        "# no heading",
        "===",
        "> no quote",
        "decoding_resumed by 10.0.0.1",
    ],
)
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    assert shown(escaped(text)) == text
    assert PARSER.render(escaped(text)).count("<") == 2  # one paragraph, and nothing in it
    assert shown(f"| a |\n| --- |\n| {escaped(text)} |").endswith(text)


def test_nothing_is_mentioned_and_nothing_linked() -> None:
    text = shown(escaped("@everyone #12 https://x.example www.x.example me@x.example"))
    rendered = PARSER.render(escaped("@everyone #12 https://x.example WWW.x.example me@x.example"))
    assert text.startswith("@everyone #12")
    assert re.findall(r"@\w|#\d|://|www\.", rendered, re.IGNORECASE) == []


def test_code_cannot_leave_its_block() -> None:
    block = code_block(["a", "```", "# heading", "`````` more"])
    html = PARSER.render(block)
    assert html.count("<pre>") == 1
    assert "<h1>" not in html
    assert html.rstrip().endswith("</code></pre>")


def test_report_has_its_parts_and_a_ladder_of_each_kind() -> None:
    analysis = read(io.BytesIO(pcap(merged(closed(40000), reset(40001)))), frames=True)
    text = markdown(analysis.captures, analysis.connections, analysis.anomalies)
    assert re.findall(r"^#+ .*", text, re.MULTILINE)[:8] == [
        "# WebSocket endings",
        "## What happened",
        "## Endings",
        "## Timing",
        "## Connections",
        f"### `#1` 10.0.0.1:40001 → {analysis.connections[1].server}/chat",
        f"### `#0` 10.0.0.1:40000 → {analysis.connections[0].server}/chat",
        "## Anomalies",
    ]
    assert "| `rst` | 1 | · | · | · | 1 |" in text
    assert "├─ RST ─" in text
    assert PARSER.render(text).count("<table>") == 4


def test_what_strangers_wrote_is_text() -> None:
    analysis = read(io.BytesIO(pcap(attacks())), frames=True)
    text = markdown(analysis.captures, analysis.connections, analysis.anomalies)
    assert not set(text) & set(HARMFUL)
    html = PARSER.render(text)
    assert set(re.findall(r"<(\w+)", html)) <= {
        *("h1", "h2", "h3", "ul", "li", "p", "table", "thead", "tbody", "tr", "th", "td"),
        *("code", "pre"),
    }
    # Four ladders and four tables; in one of them a line for each, and its header.
    assert (html.count("<pre>"), html.count("<table>")) == (4, 4)
    listed = html.partition("<h2>Connections</h2>")[2].partition("</table>")[0]
    assert listed.count("<tr>") == len(REASONS) + 1


def test_a_long_report_is_cut_to_what_an_issue_takes() -> None:
    talks = [closed(40000 + n, reason="r" * 100, path="/" + "p" * 100) for n in range(120)]
    analysis = read(io.BytesIO(pcap(merged(*talks))), frames=True)
    text = markdown(analysis.captures, analysis.connections, analysis.anomalies)
    assert "The 50 that need a look first, of 120." in text
    assert len(text) < 65_536


def test_nothing_makes_a_report_too_and_the_same_gives_the_same() -> None:
    assert "None was found." in markdown([], [])
    connections = found_in(closed())
    assert markdown([], connections) == markdown([], connections)
    assert markdown([], [], made="today @home").rstrip().endswith("today @&#8203;home")
