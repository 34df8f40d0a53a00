"""The report on before and after. What must stand there was worked out by hand."""

from __future__ import annotations

import re
from dataclasses import replace

from analyzer.capture.record import CaptureRecord
from analyzer.comparison import Change, Comparison
from analyzer.findings import Finding
from analyzer.report.compared import compared_markdown, compared_page, parts_of, row_of
from told import HARMFUL, HOSTILE

FIN = Change(
    "ending", "fin first server", 0.1, 0.5, 10, 50, 0.4, 0.28, 0.51, None, 1e-9, 1e-8, True
)
OPEN = Change("timing", "open", 60.0, 30.0, 90, 95, -29.5, -40.0, -20.0, 0.2, 0.03, 0.06)
RARE = Change(
    "code", "server sent 4000", 0.0, 0.02, 0, 2, note="too rare to test: 0 before, 2 after"
)
RESTART = Change(
    "ending", "rst first server", 0.0, 0.4, 0, 40, note="which is 1 event",
    before_events=0, after_events=1, as_events=True,
)  # fmt: skip
FILES = [[CaptureRecord("there/monday.pcap")], [CaptureRecord("there/tuesday.pcap")]]
NOTHING: list[list[Finding]] = [[], []]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL).split())


def test_a_share_is_told_with_its_count_difference_and_interval() -> None:
    assert row_of(FIN) == (
        "ending fin first server",
        "10.0% (10)",
        "50.0% (50)",
        "+40.0 points",
        "+28.0 points to +51.0 points",
        "<0.0001",
        "",
    )


def test_a_time_is_told_as_median_with_its_shift_and_as_what_it_is() -> None:
    row = row_of(OPEN)
    assert row[1:6] == ("60.0 s (90)", "30.0 s (95)", "-29.5 s", "-40.0 s to -20.0 s", "0.0600")
    assert row.note == "longer in 20% of pairs"


def test_what_is_not_known_is_empty_and_never_0() -> None:
    row = row_of(replace(RARE, before=None, before_count=0))
    assert (row.before, row.difference, row.interval, row.p) == ("", "", "", "")
    assert row.note == "too rare to test: 0 before, 2 after"


def test_that_only_large_changes_would_show_is_not_told_again_in_each_row() -> None:
    note = "small sample: 12 before, 100 after; only large changes would show"
    assert row_of(replace(FIN, note=note)).note == "small sample: 12 before, 100 after"


def test_parts_stand_in_order_of_how_sure_they_are() -> None:
    found = parts_of(Comparison(100, 100, [FIN, OPEN, RESTART, RARE]))
    assert [(part.title, len(part.rows)) for part in found] == [
        ("Changed by more than chance", 1),
        ("Differs, but by so few events that it may be one incident", 1),
        ("Not told from chance", 1),
        ("Not tested", 1),
    ]


def test_the_page_tells_sizes_the_test_and_what_it_rests_on() -> None:
    text = text_of(compared_page(Comparison(12, 100, [FIN, OPEN]), FILES, NOTHING, made="today"))
    assert "tuesday.pcap, compared with monday.pcap" in text
    assert "12 connections before, 100 after" in text
    assert "small sample: 12 before, 100 after" in text
    assert "changed by more than chance (1 of 2 things compared)" in text
    assert "p is adjusted for all 2 comparisons (Holm)" in text
    assert "before: there/monday.pcap" in text


def test_where_nothing_could_be_tested_no_test_is_claimed() -> None:
    text = text_of(compared_page(Comparison(1, 1, [RARE]), FILES, NOTHING))
    assert "too few connections to test anything" in text
    assert "Holm" not in text


def test_what_stands_out_on_either_side_is_told_in_both_forms() -> None:
    found = Finding("mass-end", "10 connections ended at once", (1, 2))
    html = text_of(compared_page(Comparison(9, 9, []), FILES, [[], [found]]))
    after, _, before = html.partition("What stood out before Nothing.")
    assert "mass-end 10 connections ended at once" in after
    assert "Captures before:" in before
    text = compared_markdown(Comparison(9, 9, []), FILES, [[found], []])
    assert "## What stood out before\n\n**mass-end**: 10 connections ended at once" in text
    assert "What stands out after" not in text


def test_markdown_tells_what_the_command_prints() -> None:
    text = compared_markdown(Comparison(100, 100, [FIN]), FILES, NOTHING, made="today")
    assert text.startswith(
        "# What changed between captures\n\ntuesday.pcap, compared with monday.pcap\n\n```text\n"
    )
    assert "ending fin first server: 10.0% (10) → 50.0% (50), +40.0 points" in text


def test_hostile_names_are_text_and_nothing_is_loaded() -> None:
    files = [[CaptureRecord(f"<img src=x>{HOSTILE}.pcap")], FILES[1]]
    found = Finding("mass-end", f"<script>{HOSTILE}", (1,))
    for html in (compared_page(Comparison(1, 1, [FIN]), files, [[found], []]),):
        assert not set(html) & set(HARMFUL)
        assert not re.findall(r"<(?:img|script|iframe|form)\b", html)
        assert not re.findall(r"<[^>]*\s(?:src|action|style|on\w+)=|@import|url\((?!#)", html)
        assert "default-src &#39;none&#39;" in html
    assert not set(compared_markdown(Comparison(1, 1, [FIN]), files, NOTHING)) & set(HARMFUL)
