"""The report on captures from several points. What must stand there was worked out by hand."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from analyzer.capture.record import CaptureRecord
from analyzer.findings import Finding
from analyzer.legs import Joined, join_captures
from analyzer.report.joined import (
    IN_MARKDOWN,
    ROWS,
    SHOWN,
    joined_markdown,
    joined_page,
    most_telling_first,
    row_of,
    talk_of,
    telling,
)
from conversation import START_NS
from legs_paths import CLIENT, INNER, MS, SERVER, closed, connections, key_of, leg, seen
from told import HARMFUL, HOSTILE
from wire import CLOSE, close_body, frame

FILES = [[CaptureRecord("there/client.pcap")], [CaptureRecord("there/server.pcap")]]


def crossed(number: int = 1, *, cut: bool = False) -> tuple[list[object], list[object]]:
    """Give both legs of a talk that the server closes; a proxy passes that on, or cuts TCP."""
    at = START_NS + 60_000 * MS * number
    key = key_of(number)
    inner = closed(leg((INNER[0], INNER[1] + number), SERVER, key=key, start_ns=at + 2 * MS))
    outer = leg((CLIENT[0], CLIENT[1] + number), key=key, start_ns=at)
    late = outer.close_tcp("server") if cut else closed(outer)
    return seen(late.packets, CLIENT, back=-4 * MS), inner.packets  # type: ignore[return-value]


def joined(*talks: tuple[list[object], list[object]]) -> Joined:
    near = [packet for talk in talks for packet in talk[0]]
    far = [packet for talk in talks for packet in talk[1]]
    return join_captures([connections(near), connections(far)])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def two() -> Joined:
    return joined(crossed(1), crossed(2, cut=True))


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL).split())


def test_every_conversation_is_a_row_those_that_changed_first(two: Joined) -> None:
    rows = [row_of(one, is_shown=True) for one in most_telling_first(two.conversations)]
    assert [row.id for row in rows] == [1, 0]
    assert [row.kinds for row in rows] == [["fin", "hybi_close"], ["hybi_close", "hybi_close"]]
    assert rows[0].sentence.startswith('server was first: Close 1001 "restart"; proxy made it FIN')
    # Two clocks, compared by what passed them: what the proxy held has an error, and says so.
    assert re.fullmatch(r"proxy: \S+ ms ± \S+ ms", rows[0].held[0])
    text = text_of(joined_page(two, FILES))
    assert "client.pcap + server.pcap" in text
    assert "2 conversations" in text
    assert "1 × Close 1001 became FIN" in text  # noqa: RUF001 - as it is shown


def test_the_offset_of_each_clock_is_stated(two: Joined) -> None:
    text = text_of(joined_page(two, FILES))
    assert "capture 0: there/client.pcap" in text
    assert re.search(r"capture 1: there/server.pcap; clock \S+ m?s ± \S+ m?s (ahead|behind)", text)
    assert "by the clock of capture 0" in text


def test_a_conversation_is_told_leg_by_leg_and_step_by_step(two: Joined) -> None:
    talk = talk_of(two.conversations[1])
    assert [(one.name, one.seen) for one in talk.legs] == [
        ("client to proxy", "capture 0 as #1"),
        ("proxy to server", "capture 1 as #1"),
    ]
    assert [(one.way, one.what, one.changed) for one in talk.steps] == [
        ("server → proxy", 'Close 1001 "restart"', ""),
        ("proxy → client", "FIN", "Close 1001 became FIN"),
    ]
    assert talk.notes == ["certain: both legs carry the same Sec-WebSocket-Key"]
    assert all(re.fullmatch(r"[01], \d+", one.place) for one in talk.steps)


def test_each_way_to_end_is_among_those_that_are_told_step_by_step() -> None:
    found = joined(*(crossed(number, cut=number == SHOWN + 2) for number in range(SHOWN + 3)))
    by_time = found.conversations
    shown = telling(by_time, SHOWN)
    assert len(shown) == SHOWN
    assert SHOWN + 2 in {one.id for one in shown}
    html = joined_page(found, FILES)
    assert html.count("<article") == SHOWN
    assert f"{SHOWN} of {SHOWN + 3}: one of each way" in text_of(html)
    # A row each, whether told below or not.
    assert html.count('data-label="how the ending travelled"') == SHOWN + 3
    ids = set(re.findall(r'id="(v\d+)"', html))
    assert set(re.findall(r'href="#(v\d+)"', html)) == ids
    assert f"{IN_MARKDOWN} of {SHOWN + 3} conversations are shown" in joined_markdown(found, FILES)


def test_more_rows_than_anybody_reads_are_left_to_the_tables(
    two: Joined, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ROWS >= 100
    monkeypatch.setattr("analyzer.report.joined.ROWS", 1)
    assert "The first 1 of 2: those whose ending changed" in text_of(joined_page(two, FILES))


def test_markdown_tells_the_same(two: Joined) -> None:
    text = joined_markdown(two, FILES, made="2026-11-23")
    assert text.startswith("# WebSocket endings over all hops\n\nclient.pcap + server.pcap\n\n```")
    assert "proxy made it FIN" in text
    assert "capture 1: there/server.pcap; clock" in text
    assert text.endswith("2026-11-23\n")


def test_nothing_makes_a_page_too() -> None:
    html = joined_page(join_captures([[], []]), [[], []])
    assert "No WebSocket connection was found." in html
    assert "nothing + nothing" in html


class Elements(HTMLParser):
    """Collects what a page holds, and checks that what is opened is closed."""

    VOID = frozenset({"meta", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.seen.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_what_strangers_send_is_text_and_nothing_is_loaded() -> None:
    at, key = START_NS, key_of(1)
    reason = "<img src=//x.example/>" + HOSTILE
    talks = []
    for ends in (((CLIENT), ("10.0.0.5", 443)), (INNER, SERVER)):
        talk = leg(*ends, key=key, start_ns=at, path="/<script>alert(1)</script>")
        talk.server(frame(CLOSE, close_body(1001, reason))).close_tcp("server")
        talks.append(talk.packets)
        at += 2 * MS
    found = join_captures([connections(one) for one in talks])
    files = [[CaptureRecord("<b>\x1b[31m.pcap")], [CaptureRecord("b.pcap")]]
    html = joined_page(found, files)
    assert not set(html) & set(HARMFUL)
    elements = Elements()
    elements.feed(html)
    assert elements.open == []
    assert not elements.seen & {"img", "script", "b", "iframe", "form", "base"}
    assert "&lt;img src=//x.example/&gt;" in html
    assert (
        re.findall(r"""<[^>]*\s(?:src|srcset|action|style|on\w+)=|@import|url\((?!#)""", html) == []
    )
    assert "default-src &#39;none&#39;" in html
    assert not set(joined_markdown(found, files)) & set(HARMFUL)


def test_what_stands_out_in_each_capture_is_told_with_its_number(two: Joined) -> None:
    found = Finding("idle-timer", "2 connections were closed", (0, 1))
    text = text_of(joined_page(two, FILES, [[], [found]]))
    assert "Capture 1: server.pcap idle-timer 2 connections were closed #0 #1" in text
    assert "Capture 0:" not in text
    assert "What stands out" not in text_of(joined_page(two, FILES, [[], []]))
    told = joined_markdown(two, FILES, [[], [found]])
    assert "## What stands out in capture 1\n\n**idle-timer**: 2 connections were closed" in told
