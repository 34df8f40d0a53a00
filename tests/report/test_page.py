"""The report as a file: what it is made of. How it works is tested in a browser."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html.parser import HTMLParser

import pytest

from analyzer.read import read
from analyzer.report.page import page, policy
from analyzer.report.template import program
from capture_files import pcap
from hostile import attacks
from told import HARMFUL, closed, found_in, merged, reset


@pytest.fixture(scope="module")
def html() -> str:
    analysis = read(io.BytesIO(pcap(merged(closed(40000), reset(40001)))), frames=True)
    return page(analysis.captures, analysis.connections, analysis.anomalies)


def test_nothing_in_it_names_a_place_to_load_from(html: str) -> None:
    assert re.findall(r"(?:src|srcset|action|poster)=|@import|url\((?!#)", html) == []
    assert {one for one in re.findall(r'href="([^"]*)', html) if not one.startswith("#")} == {
        "data:,"
    }


def test_policy_allows_what_is_inside_by_its_hash(html: str) -> None:
    allowed = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert allowed is not None
    rules = allowed[1].replace("&#39;", "'")
    assert rules.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in rules
    for tag in ("script", "style"):
        for text in re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in rules
    assert len(re.findall("<script>", html)) == 2
    assert " style=" not in html
    assert re.findall(r"\son\w+=", html) == []


def test_policy_lists_every_hash() -> None:
    # SHA-256 of nothing, and of "abc" (FIPS 180-4 examples), in Base64.
    nothing = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    abc = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
    rules = policy(["", "abc"], [""]).split("; ")
    assert rules[1:3] == [
        f"script-src 'sha256-{nothing}' 'sha256-{abc}'",
        f"style-src 'sha256-{nothing}'",
    ]


def test_the_same_input_gives_the_same_page() -> None:
    connections = found_in(merged(closed(40000), reset(40001)), frames=True)
    assert page([], connections) == page([], connections)


def test_it_says_what_made_it_and_when_only_if_told(html: str) -> None:
    assert f"<footer><p>{program()}. Times are UTC" in html
    assert "<footer><p>wsanalyze" in page([], [], made="2026-11-23 by <me>")
    assert "2026-11-23 by &lt;me&gt;" in page([], [], made="2026-11-23 by <me>")


def test_no_connections_make_a_page_too() -> None:
    html = page([], [])
    assert "No WebSocket connection was found." in html
    assert "The captures tell no times." in html
    assert "No connection ended abnormally; 0 in all." in html


class Elements(HTMLParser):
    """Checks that every element that is opened is closed, in order."""

    VOID = frozenset({"meta", "link", "input", "br", "img"})

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


def test_elements_are_those_of_the_templates_whatever_strangers_send(html: str) -> None:
    analysis = read(io.BytesIO(pcap(attacks())), frames=True)
    hostile = page(analysis.captures, analysis.connections, analysis.anomalies)
    assert not set(hostile) & set(HARMFUL)
    for one in (html, hostile):
        elements = Elements()
        elements.feed(one)
        assert elements.open == []
        assert not elements.seen & {"img", "iframe", "object", "embed", "form", "base"}
