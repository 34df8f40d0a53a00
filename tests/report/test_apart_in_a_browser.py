"""The reports on captures that are kept apart, as their reader meets them, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import analyzer
from browser import Browser, browser

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
LEGS = [CAPTURES / "legs" / f"legs-cut-{point}.pcap" for point in ("client", "proxy", "server")]
INCIDENTS = CAPTURES / "incidents"
PAGES = ("joined", "compared")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("apart")
    paths = {name: folder / f"{name}.html" for name in PAGES}
    analyzer.join(*LEGS).report(paths["joined"])
    before, after = (INCIDENTS / f"nginx-{what}-crowd.pcap" for what in ("idle", "restarted"))
    analyzer.compare(before, after).report(paths["compared"])
    return paths


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_asked_for_and_nothing_complained_about(
    chromium: Browser, pages: dict[str, Path], name: str
) -> None:
    chromium.open(pages[name])
    assert chromium.console() == []
    asked = [url for url in chromium.requests() if not url.startswith("data:")]
    assert asked == [pages[name].as_uri()]


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_one_place(
    chromium: Browser, pages: dict[str, Path], name: str
) -> None:
    chromium.open(pages[name])
    ids = chromium.run("return [...document.querySelectorAll('[id]')].map((one) => one.id)")
    links = chromium.run("return [...document.links].map((one) => one.hash.slice(1))")
    assert sorted({one for one in ids if ids.count(one) > 1}) == []
    assert links
    assert set(links) <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_nothing_is_cut_off_nor_asks_to_be_pushed_aside(
    chromium: Browser, pages: dict[str, Path], name: str
) -> None:
    wider = """
        return [...document.querySelectorAll(".scroll")]
          .filter((one) => one.scrollWidth > one.clientWidth + 1).length;
    """
    with chromium.on_a_phone():
        chromium.open(pages[name])
        assert chromium.run("return document.documentElement.scrollWidth") == 390
        assert chromium.run(wider) == 0
        # Each cell says which column it is of.
        text = chromium.run("""
            const cell = document.querySelector("td[data-label]");
            return getComputedStyle(cell, "::before").content;
        """)
        assert re.match(r'"[^"]+: "', text)


@pytest.mark.parametrize("name", PAGES)
def test_names_are_not_torn_apart_where_there_is_room(
    chromium: Browser, pages: dict[str, Path], name: str
) -> None:
    # A cell may take several lines; a word of it may not: its box would have two.
    torn = """
        const found = [];
        for (const cell of document.querySelectorAll("table th, table td")) {
          const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) {
            for (const word of walk.currentNode.data.matchAll(/[\\w.]+/g)) {
              const range = document.createRange();
              range.setStart(walk.currentNode, word.index);
              range.setEnd(walk.currentNode, word.index + word[0].length);
              if (range.getClientRects().length > 1) found.push(word[0]);
            }
          }
        }
        return found;
    """
    chromium.open(pages[name])
    assert chromium.run(torn) == []


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_all_of_it_is_there(chromium: Browser, pages: dict[str, Path], name: str) -> None:
    chromium.open(pages[name])
    rows = "return document.querySelectorAll('tbody tr').length"
    shown = """
        return [...document.querySelectorAll("tbody tr")]
          .filter((row) => row.getBoundingClientRect().height).length;
    """
    with chromium.media(type="print"):
        assert chromium.run(rows) == chromium.run(shown) > 3
    assert chromium.paper().startswith(b"%PDF")
