"""Charts as drawn by matplotlib in, SVG out that stands in a page: light, dark, and small.

Style attributes become presentation attributes: the page's policy forbids the first, and its style
sheet can give the second another colour at night. What charts have in common is defined once.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

from markupsafe import Markup

from analyzer.findings import Finding
from analyzer.record import Connection

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
NUMBER = re.compile(r"-?\d+\.\d+")
REFERENCE = re.compile(r"url\(#([^)]+)\)")
# Left out: they say nothing that the elements in them do not.
EMPTY = ("metadata", "style")
TITLES = {
    "endings": "How connections ended, and who was first",
    "codes": "Codes in close frames, by who sent them",
    "timeline": "Connections over time",
    "endings_over_time": "Endings over time",
    "timings": "How long each step took",
    "lifetimes": "How long connections were open",
    "idle": "How long nothing was sent before the end",
    "pings": "Round trips of pings until the end",
}
# A chart of more panels takes the whole width.
PANELS = 4
# How matplotlib draws the dots of a hatch, hundreds in each: eight curves, from a pole on.
CIRCLE = re.compile(r"M (\S+) (\S+)((?: C(?: \S+){6}){8}) z")
UNSAID = {"id", "width", "height", "version"}


class Picture(NamedTuple):
    """A chart for the page; `missing` says why there is none."""

    name: str
    title: str
    svg: Markup
    missing: str
    is_wide: bool = False


class Pictures:
    """All charts of a page.

    Attributes
    ----------
    pictures : list of Picture
        In the order in which they were drawn.
    """

    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self._definitions: dict[str, str] = {}

    def add(self, name: str, svg: bytes, *, is_wide: bool = False) -> None:
        """Take a chart, as matplotlib wrote it."""
        root = ET.fromstring(svg)  # noqa: S314 - made by matplotlib a moment ago
        _strip(root)
        for element in root.iter():
            _restyle(element)
        self._take_definitions(root)
        title = title_of(name)
        root.set("role", "img")
        root.set("aria-label", title)
        root.set("focusable", "false")
        self.pictures.append(Picture(name, title, _text(root), "", is_wide))

    def miss(self, name: str, why: str) -> None:
        """Take note of a chart that has nothing to show."""
        self.pictures.append(Picture(name, title_of(name), Markup(), why))

    @property
    def definitions(self) -> Markup:
        """What the charts refer to."""
        return Markup("").join(Markup(text) for text in self._definitions.values())  # noqa: S704

    def _take_definitions(self, root: ET.Element) -> None:
        for parent in list(root.iter()):
            for defs in [child for child in parent if child.tag == f"{SVG}defs"]:
                for element in defs:
                    self._definitions.setdefault(element.get("id", ""), _text(element))
                parent.remove(defs)


def title_of(name: str) -> str:
    """Return what a chart shows, in a few words."""
    return TITLES.get(name, name.replace("_", " "))


def pictures(connections: Sequence[Connection], findings: Sequence[Finding] = ()) -> Pictures:
    """Draw every chart but the ladders, which the page draws itself."""
    from analyzer.plot import charts, save_figure  # noqa: PLC0415 - loads matplotlib

    found = Pictures()
    for chart in charts(connections, ladders=0, findings=findings):
        if chart.missing:
            found.miss(chart.name, chart.missing)
            continue
        file = io.BytesIO()
        save_figure(chart.figure, file, "svg")
        is_wide = len(chart.figure.axes) > PANELS
        found.add(chart.name, file.getvalue(), is_wide=is_wide)
    found.pictures.sort(key=lambda one: one.is_wide)
    return found


def _strip(root: ET.Element) -> None:
    """Take out what is not drawn, and names that nothing refers to."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.removeprefix(SVG) in EMPTY:
                parent.remove(child)
    names = set(_references(root))
    for element in root.iter():
        if element.get("id") not in names:
            element.attrib.pop("id", None)
    for name in UNSAID - {"id"}:
        root.attrib.pop(name, None)


def _references(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        for name, value in element.attrib.items():
            if name.endswith("href") and value.startswith("#"):
                yield value[1:]
            yield from REFERENCE.findall(value)


def _restyle(element: ET.Element) -> None:
    for part in element.attrib.pop("style", "").split(";"):
        name, _, value = part.partition(":")
        if value:
            element.set(name.strip(), value.strip())
    reference = element.attrib.pop(f"{XLINK}href", None)
    if reference is not None:
        element.set("href", reference)
    for name in ("d", "points"):
        if name in element.attrib:
            element.set(name, _shorter(element.attrib[name]))
    element.tail = None
    if not (element.text or "").strip():
        element.text = None


def _shorter(numbers: str) -> str:
    """Return coordinates to a hundredth of a point, which nobody can see, and circles as such."""
    short = " ".join(NUMBER.sub(lambda found: f"{float(found[0]):.2f}", numbers).split())
    return CIRCLE.sub(_arcs, short)


def _arcs(circle: re.Match[str]) -> str:
    """Return a circle as two arcs, from the pole where it begins to the other and back."""
    x, y = float(circle[1]), float(circle[2])
    far_x, far_y = (float(number) for number in circle[3].split()[26:28])
    if far_x != x:
        return circle[0]
    across = far_y - y
    radius = f"{abs(across) / 2:.3g}"
    half = f"a{radius} {radius} 0 1 0 0"
    return f"M{x:g} {y:g}{half} {across:.3g}{half} {-across:.3g}z"


def _text(element: ET.Element) -> Markup:
    text = ET.tostring(element, encoding="unicode", xml_declaration=False)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"|(?<=[< /])ns\d+:', "", text)
    return Markup(text)  # noqa: S704 - ElementTree has escaped what is in it
