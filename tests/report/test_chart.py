"""Charts, as they stand in the page."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from analyzer.report.chart import TITLES, Pictures, pictures, title_of
from told import closed, found_in, merged, opened, reset

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def added(inner: str) -> Pictures:
    found = Pictures()
    found.add("idle", f'{HEAD} width="9pt" viewBox="0 0 9 9">{inner}</svg>'.encode())
    return found


def test_styles_become_attributes_that_a_strict_policy_allows() -> None:
    found = added('<path style="fill: #ffffff; stroke-width: 0.8" d="M 1.23456 2 \nL 3 -4.5678"/>')
    assert found.pictures[0].svg == (
        '<svg viewBox="0 0 9 9" role="img" aria-label="How long nothing was sent before the end"'
        ' focusable="false"><path d="M 1.23 2 L 3 -4.57" fill="#ffffff" stroke-width="0.8" /></svg>'
    )


def test_definitions_are_shared_and_names_without_use_dropped() -> None:
    part = '<defs><path id="g1" d="M 0 0"/></defs><g id="unused"><use xlink:href="#g1"/></g>'
    found = added(part)
    found.add("pings", f"{HEAD}>{part}</svg>".encode())
    assert found.definitions == '<path id="g1" d="M 0 0" />'
    for picture in found.pictures:
        assert '<g><use href="#g1" /></g>' in picture.svg
        assert "defs" not in picture.svg


def test_what_is_not_drawn_is_left_out() -> None:
    found = added("<!-- </script> --><metadata>who</metadata><defs><style>*{}</style></defs>")
    assert "who" not in found.pictures[0].svg
    assert "style" not in found.pictures[0].svg
    assert "script" not in found.pictures[0].svg


def test_dots_of_hatches_are_drawn_as_arcs() -> None:
    # Eight curves around (5, 5), from the lower pole to the upper and back.
    curves = "C 1 1 1 1 1 1 " * 3 + "C 1 1 1 1 5 4 " + "C 1 1 1 1 1 1 " * 4
    svg = added(f'<path d="M 5 6 {curves}z"/>').pictures[0].svg
    assert 'd="M5 6a1 1 0 1 0 0 -2a1 1 0 1 0 0 2z"' in svg


def test_every_chart_is_there_or_says_why_not() -> None:
    found = pictures(found_in(merged(closed(40000), reset(40001)), frames=True))
    assert {one.name for one in found.pictures} == set(TITLES)
    (pings,) = [one for one in found.pictures if one.name == "pings"]
    assert pings.missing
    assert not pings.svg
    # What takes the whole width stands last.
    assert [one.name for one in found.pictures if one.is_wide] == [found.pictures[-1].name]
    for one in found.pictures:
        assert one.title == title_of(one.name)
        assert "style=" not in one.svg


def test_what_charts_refer_to_is_defined() -> None:
    found = pictures(found_in(merged(closed(40000), opened(40001).packets)))
    html = "".join([*(one.svg for one in found.pictures), found.definitions])
    names = set(re.findall(r'href="#([^"]+)|url\(#([^)]+)', html))
    defined = [one.get("id") for one in ET.fromstring(f"<a>{found.definitions}</a>")]
    assert {one or other for one, other in names} == set(defined)
    assert len(defined) == len(set(defined))


def test_the_same_connections_give_the_same_charts() -> None:
    connections = found_in(merged(closed(40000), reset(40001)))
    assert pictures(connections).pictures == pictures(connections).pictures


def test_a_chart_that_is_new_has_a_title() -> None:
    assert title_of("made_up") == "made up"
