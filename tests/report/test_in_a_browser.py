"""The report as its reader meets it, in Chromium: found, sorted, opened, printed; and harmless."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from analyzer.capture.record import CaptureRecord
from analyzer.printable import duration
from analyzer.read import read
from analyzer.record import Connection
from analyzer.report import write_report
from analyzer.report.details import details
from browser import Browser, browser
from capture_files import pcap
from hostile import REASONS, attacks
from told import HARMFUL, SECOND, START_NS, closed, finished, merged, refused, reset

ROOT = Path(__file__).resolve().parents[2]
# 120 connections: 60 closed in good order (numbers 0, 2, 4 ...), 30 finished, 20 reset, 10 refused.
ENDS = [finished] * 30 + [reset] * 20 + [refused] * 10


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def report(folder: Path) -> Path:
    talks = []
    for number in range(120):
        start = START_NS + number * SECOND // 10
        end = ENDS[number // 2] if number % 2 else closed
        talks.append(end(40000 + number, start_ns=start))
    analysis = read(io.BytesIO(pcap(merged(*talks))), frames=True)
    path = folder / "many.html"
    write_report(path, analysis.captures, analysis.connections, analysis.anomalies)
    return path


@pytest.fixture(scope="module")
def recorded() -> tuple[list[CaptureRecord], list[Connection]]:
    analysis = read(str(ROOT / "captures" / "**" / "*.pcap"), frames=True)
    return analysis.captures, analysis.connections


@pytest.fixture(scope="module")
def of_recordings(folder: Path, recorded: tuple[list[CaptureRecord], list[Connection]]) -> Path:
    path = folder / "recordings.html"
    write_report(path, *recorded)
    return path


def ids(chromium: Browser) -> list[int]:
    """Return the numbers of the connections in the table, from top to bottom."""
    script = "return [...document.querySelectorAll('#live .row')].map((row) => +row.dataset.id)"
    return chromium.run(script)  # type: ignore[no-any-return]


def status(chromium: Browser) -> str:
    return str(chromium.run("return document.querySelector('#live .status').textContent"))


def choose(chromium: Browser, label: str, value: str) -> None:
    """Choose from the box with this label."""
    script = """
        const box = [...document.querySelectorAll("#live label")]
          .find((one) => one.textContent.startsWith(arguments[0])).lastChild;
        box.value = arguments[1];
        box.dispatchEvent(new Event("change"));
    """
    chromium.run(script, label, value)


def search(chromium: Browser, words: str) -> None:
    """Type into the search box, and wait for what it finds."""
    box = chromium.driver.find_element("css selector", "#live input[type=search]")
    box.clear()
    box.send_keys(words)
    time.sleep(0.3)  # it waits until nobody types any more


def click(chromium: Browser, selector: str) -> None:
    chromium.run("document.querySelector(arguments[0]).click()", selector)


def press(chromium: Browser, words: str) -> None:
    """Press the button with these words on it."""
    script = """
        [...document.querySelectorAll("#live button")]
          .find((one) => one.textContent === arguments[0]).click();
    """
    chromium.run(script, words)


def wait_for(chromium: Browser, number: int | None) -> None:
    """Wait until a connection is open, or none."""
    script = "return document.querySelector('#live .row.opened')?.dataset.id ?? null"
    until(chromium, script, None if number is None else str(number))


def until(chromium: Browser, script: str, expected: object) -> None:
    """Wait until a script gives what is expected."""
    for _ in range(100):
        if chromium.run(script) == expected:
            return
        time.sleep(0.02)
    assert chromium.run(script) == expected


def test_nothing_is_asked_for_and_nothing_complained_about(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    click(chromium, "#live .opener")
    assert chromium.console() == []
    asked = [url for url in chromium.requests() if not url.startswith("data:")]
    assert [url.partition("#")[0] for url in asked] == [report.as_uri()]


def test_the_policy_stops_a_script_and_a_picture_that_are_not_ours(
    chromium: Browser, report: Path, folder: Path
) -> None:
    inside = "<script>document.title='owned'</script><img src='http://192.0.2.1/x.png'>"
    path = folder / "changed.html"
    path.write_text(report.read_text("utf-8").replace("</main>", f"{inside}</main>"), "utf-8")
    chromium.open(path)
    assert chromium.driver.title != "owned"
    assert len([line for line in chromium.console() if "Content Security Policy" in line]) == 2


def test_abnormal_connections_come_first(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    shown = ids(chromium)
    assert len(shown) == 50
    # The connections that were reset: the most urgent kind in this capture.
    assert shown[:20] == list(range(61, 101, 2))
    assert status(chromium) == "1 to 50 of 120 connections"


def test_columns_sort_both_ways_and_say_so(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    head = "#live th:nth-child(1)"
    click(chromium, f"{head} button")
    assert ids(chromium) == list(range(50))
    assert chromium.run(f"return document.querySelector('{head}').ariaSort") == "ascending"
    click(chromium, f"{head} button")
    assert ids(chromium) == list(range(119, 69, -1))
    assert chromium.run(f"return document.querySelector('{head}').ariaSort") == "descending"
    assert chromium.run("return document.querySelectorAll('th[aria-sort]').length") == 1


def test_durations_sort_by_length_and_the_unknown_stand_last(
    chromium: Browser, report: Path
) -> None:
    chromium.open(report)
    click(chromium, "#live th:nth-child(4) button")
    click(chromium, "#live th:nth-child(4) button")
    choose(chromium, "Per page", "500")
    refused_ones = list(range(101, 121, 2))
    assert ids(chromium)[-10:] == refused_ones
    click(chromium, "#live th:nth-child(4) button")
    assert ids(chromium)[-10:] == refused_ones


def test_boxes_filter_by_kind_and_by_who_was_first(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    choose(chromium, "Ended by", "rst")
    assert ids(chromium) == list(range(61, 101, 2))
    assert status(chromium) == "1 to 20 of 20 of 120 connections"
    choose(chromium, "First", "server")
    assert ids(chromium) == []
    assert "No connection is like that." in chromium.run("return document.body.innerText")
    press(chromium, "Show all")
    assert status(chromium) == "1 to 50 of 120 connections"
    choose(chromium, "Ended by", "abnormal")
    assert status(chromium) == "1 to 50 of 60 of 120 connections"


def test_words_are_searched_for_in_everything_that_a_row_says(
    chromium: Browser, report: Path
) -> None:
    chromium.open(report)
    search(chromium, "going RESTART")
    assert status(chromium) == "1 to 50 of 60 of 120 connections"
    search(chromium, "10.0.0.1:40017")
    assert ids(chromium) == [17]
    search(chromium, "no such words")
    assert ids(chromium) == []


def test_pages_turn(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    press(chromium, "Next")
    press(chromium, "Next")
    assert status(chromium) == "101 to 120 of 120 connections"
    disabled = "return [...document.querySelectorAll('.pager button')].map((one) => one.disabled)"
    assert chromium.run(disabled) == [False, True]
    press(chromium, "Previous")
    assert status(chromium) == "51 to 100 of 120 connections"


def test_a_count_in_the_table_of_endings_shows_its_connections(
    chromium: Browser, report: Path
) -> None:
    chromium.open(report)
    click(chromium, "td[data-kind=fin][data-first=server] button")
    assert ids(chromium) == list(range(1, 61, 2))


def test_a_link_opens_its_connection_wherever_that_stands(chromium: Browser, report: Path) -> None:
    chromium.open(report, "#c118")
    wait_for(chromium, 118)
    assert "Close 1001 (Going Away)" in chromium.run("return detail.innerText")
    until(chromium, "return document.activeElement.dataset.id", "118")
    seen = "const at = detail.getBoundingClientRect(); return at.top > 0 && at.top < innerHeight"
    until(chromium, seen, True)


def test_a_link_opens_a_connection_that_the_filter_hides(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    choose(chromium, "Ended by", "rst")
    chromium.run("location.hash = '#c2'")
    wait_for(chromium, 2)
    assert status(chromium).endswith(" of 120 connections")


def test_back_and_forward_go_through_what_was_opened(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    for number in (61, 63):
        click(chromium, f"#live .opener[data-id='{number}']")
        wait_for(chromium, number)
    chromium.driver.back()
    wait_for(chromium, 61)
    chromium.driver.back()
    wait_for(chromium, None)
    chromium.driver.forward()
    wait_for(chromium, 61)
    click(chromium, "#live .opener[data-id='61']")
    wait_for(chromium, None)
    assert "#" not in chromium.driver.current_url


def test_a_link_to_no_connection_opens_none(chromium: Browser, report: Path) -> None:
    for fragment in ("#c120", "#c", "#c-1", "#c99999999999999999999", "#%3Cscript%3E"):
        chromium.open(report, fragment)
        wait_for(chromium, None)
        assert chromium.console() == []


def test_the_keyboard_is_enough(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    body = chromium.driver.find_element("tag name", "body")
    body.send_keys(Keys.TAB)
    assert chromium.run("return document.activeElement.className") == "skip"
    chromium.driver.switch_to.active_element.send_keys(Keys.ENTER)
    chromium.run("document.querySelector('#live .opener').focus()")
    chromium.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    wait_for(chromium, 63)
    expanded = "return document.activeElement.getAttribute('aria-expanded')"
    assert chromium.run(expanded) == "true"
    chromium.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_for(chromium, None)
    assert chromium.run(expanded) == "false"
    assert chromium.run("return document.activeElement.dataset.id") == "63"


def test_everything_that_can_be_used_has_a_name(chromium: Browser, report: Path) -> None:
    chromium.open(report, "#c61")
    wait_for(chromium, 61)
    nodes = chromium.command("Accessibility.getFullAXTree")["nodes"]
    usable = {"button", "searchbox", "combobox", "link", "image"}
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in usable
    ]
    assert {role for role, _ in found} == usable
    assert [role for role, name in found if not name.strip()] == []


def test_no_two_elements_have_the_same_name(chromium: Browser, of_recordings: Path) -> None:
    chromium.open(of_recordings, "#c3")
    wait_for(chromium, 3)
    script = "return [...document.querySelectorAll('[id]')].map((one) => one.id)"
    found = chromium.run(script)
    assert sorted({one for one in found if found.count(one) > 1}) == []


def test_every_chart_finds_what_it_refers_to(chromium: Browser, of_recordings: Path) -> None:
    html = of_recordings.read_text("utf-8")
    names = set(re.findall(r'(?:href="#|url\(#)([^")]+)', html))
    assert names - set(re.findall(r' id="([^"]+)"', html)) - {f"c{n}" for n in range(1000)} == set()
    chromium.open(of_recordings)
    drawn = "return [...document.querySelectorAll('.chart svg')].map((s) => s.getBBox().width > 99)"
    assert set(chromium.run(drawn)) == {True}


TEXT = """
    const clean = (element) => element.textContent.replace(/\\s+/g, " ").trim();
    const found = {};
    for (const one of arguments[0]) {
      location.hash = `c${one}`;
      dispatchEvent(new Event("hashchange"));
      const steps = [...detail.querySelectorAll(".ladder tbody tr")].map((row) =>
        [row.className, ...[...row.cells].map(clean)]);
      const facts = [...detail.querySelectorAll("dl > div")].map((row) =>
        [clean(row.querySelector("dt")), clean(row.querySelector("dd").firstChild)]);
      const lists = [...detail.querySelectorAll("li")].map(clean);
      found[one] = [steps, facts, lists];
    }
    return found;
"""


def as_told(one: Connection, captures: list[CaptureRecord]) -> list[Any]:
    """Return what the page must show of a connection, from the words that it was made of."""
    told = details(one, captures)
    clean = " ".join
    facts = [
        [fact.label, clean(fact.text.split())] for group in told.groups for fact in group.facts
    ]
    return [facts, [clean(text.split()) for text in (*told.anomalies, *told.caveats)]]


def test_the_script_shows_every_recorded_connection_as_it_was_told(
    chromium: Browser,
    of_recordings: Path,
    recorded: tuple[list[CaptureRecord], list[Connection]],
) -> None:
    captures, connections = recorded
    chromium.open(of_recordings)
    choose(chromium, "Per page", "25")
    found = chromium.run(TEXT, [one.id for one in connections])
    for one in connections:
        steps, facts, lists = found[str(one.id)]
        assert [facts, lists] == as_told(one, captures)
        rungs = details(one).rungs
        shown = [step for step in steps if step[0] != "day"]
        told = [" ".join(rung.what.split()) for rung in rungs]
        said = [f"{rung.side}: " if rung.side != "note" else "" for rung in rungs]
        assert [step[4] for step in shown] == [a + b for a, b in zip(said, told, strict=True)]
        assert [step[3] for step in shown] == [str(rung.packet or "") for rung in rungs]


def test_the_script_and_the_page_without_it_show_the_same_ladders(
    chromium: Browser, of_recordings: Path
) -> None:
    chromium.open(of_recordings)
    script = """
        const clean = (element) => element.textContent.replace(/\\s+/g, " ").trim();
        return [...document.querySelectorAll(".explained")].map((one) =>
          [one.id.slice(1), [...one.querySelectorAll(".ladder tbody tr")].map((row) =>
            [row.className, ...[...row.cells].map(clean)])]);
    """
    without = chromium.run(script)
    found = chromium.run(TEXT, [int(number) for number, _ in without])
    assert len(without) == 6
    for number, steps in without:
        assert found[number][0] == steps


def test_durations_read_the_same_in_the_script_and_elsewhere(
    chromium: Browser, folder: Path
) -> None:
    # Ends of every unit, and halves, which go to the even digit.
    lengths = [0, 49_999, 50_000, 250_000, 750_000, 1_250_000, 1_350_000, 999_949_999, 999_950_000]
    lengths += [1_250_000_000, 119_949_999_999, 119_950_000_000, 120_500_000_000, 121_500_000_000]
    lengths += [7_199_400_000_000, 7_200_000_000_000, 172_799_000_000_000, 172_800_000_000_000]
    talks = [finished(40000 + number) for number in range(len(lengths))]
    connections = read(io.BytesIO(pcap(merged(*talks)))).connections
    changed = [
        replace(one, timing=replace(one.timing, open=length))
        for one, length in zip(connections, lengths, strict=True)
    ]
    write_report(folder / "lengths.html", [], changed)
    chromium.open(folder / "lengths.html")
    click(chromium, "#live th:nth-child(1) button")
    script = "return [...document.querySelectorAll('.row td:nth-child(4)')].map((t) => t.innerText)"
    assert chromium.run(script) == [duration(length) for length in lengths]


def test_what_strangers_wrote_is_text_wherever_it_is_shown(chromium: Browser, folder: Path) -> None:
    analysis = read(io.BytesIO(pcap(attacks())), frames=True)
    path = folder / "hostile.html"
    analysis.captures[0].path = "<script>document.documentElement.dataset.owned=1</script>.pcap"
    write_report(path, analysis.captures, analysis.connections, analysis.anomalies)
    html = path.read_text("utf-8")
    assert not set(html) & set(HARMFUL)
    assert len(re.findall("(?i)</script", html)) == len(re.findall("(?i)<script", html))
    for fragment in ["", *(f"#c{number}" for number in range(len(REASONS)))]:
        chromium.open(path, fragment)
        assert chromium.console() == []
        assert chromium.run("return document.documentElement.dataset.owned ?? null") is None
        assert chromium.run("return document.querySelectorAll('main img, main iframe').length") == 0
        assert [url for url in chromium.requests() if not url.startswith(("file:", "data:"))] == []
    text = chromium.run("return document.body.textContent")
    assert "<script>document.documentElement.dataset.owned=1</script>" in text
    assert "{{ 7 * 7 }} ${7*7}" in text


def test_nothing_is_wider_than_a_phone(chromium: Browser, of_recordings: Path) -> None:
    with chromium.on_a_phone():
        chromium.open(of_recordings, "#c3")
        wait_for(chromium, 3)
        assert chromium.run("return document.documentElement.scrollWidth") == 390
        width = "return document.querySelector('.ladder').getBoundingClientRect().width"
        assert 300 < chromium.run(width) < 390


def luminance(colour: str) -> float:
    """Return the relative luminance of ``rgb(…)`` (WCAG 2.2)."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_by_day_and_by_night(chromium: Browser, report: Path, scheme: str) -> None:
    with chromium.media(prefers_color_scheme=scheme):
        chromium.open(report, "#c61")
        wait_for(chromium, 61)
        script = """
            const body = getComputedStyle(document.body);
            return [body.backgroundColor, ...["h1", "a", ".over", ".told", ".what", "dt", "option"]
              .map((one) => getComputedStyle(document.querySelector(`${one}`)).color)];
        """
        paper, *inks = chromium.run(script)
    assert (luminance(paper) > 0.5) == (scheme == "light")
    for ink in inks:
        low, high = sorted((luminance(paper), luminance(ink)))
        assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


def test_paper_shows_the_abnormal_ones_and_says_how_many(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    with chromium.media(type="print"):
        text = chromium.run("return document.body.innerText")
        assert "Printed: 60 of the 60 connections that ended abnormally, of 120 in all." in text
        rows = """
            return [...document.querySelectorAll(".static .lines tbody tr")]
              .filter((row) => row.getBoundingClientRect().height).length;
        """
        assert chromium.run(rows) == 60
        assert chromium.run("return document.querySelector('#live').offsetHeight") == 0
    assert chromium.paper().startswith(b"%PDF")


def test_without_scripts_the_page_is_still_readable(chromium: Browser, report: Path) -> None:
    with chromium.without_scripts():
        chromium.open(report)
    text = chromium.command("Runtime.evaluate", expression="document.body.innerText")
    shown = text["result"]["value"]
    assert "Without JavaScript they can neither be sorted nor searched." in shown
    assert shown.count("client reset TCP (RST) without a close frame after") >= 20
    assert "Step by step, 2023-11-14 (UTC)" in shown
