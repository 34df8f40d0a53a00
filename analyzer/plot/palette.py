"""How things look: a colour and a second sign for each, so that colour is never the only one.

Colours are those of Okabe and Ito, which people who see colours differently can tell apart.
"""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.patches import Patch

from analyzer.ending.rules import EndingKind
from analyzer.side import Side

BLUE, SKY, GREEN, YELLOW = "#0072B2", "#56B4E9", "#009E73", "#F0E442"
ORANGE, VERMILLION, PURPLE = "#E69F00", "#D55E00", "#CC79A7"
DARK, GREY, LIGHT = "#333333", "#999999", "#C4CAD0"
INK, FAINT = "#222222", "#666666"


class Look(NamedTuple):
    """Colour of an area, of its outline and hatches, and the hatches."""

    colour: str
    edge: str
    hatch: str


KINDS: dict[str, Look] = {
    str(EndingKind.HYBI_CLOSE): Look(BLUE, "white", ""),
    str(EndingKind.HIXIE_CLOSE): Look(SKY, "white", "///"),
    str(EndingKind.FIN): Look(ORANGE, DARK, "\\\\\\"),
    str(EndingKind.RST): Look(VERMILLION, "white", "xxx"),
    str(EndingKind.VANISHED): Look(PURPLE, DARK, "..."),
    str(EndingKind.UNDETERMINED): Look(GREY, "white", "++"),
    str(EndingKind.REFUSED): Look(DARK, "white", "---"),
    str(EndingKind.UNANSWERED): Look(YELLOW, DARK, "---"),
    str(EndingKind.OPEN): Look(GREEN, "white", "|||"),
}
"""By the word in the tables; from what ended in good order to what had not ended."""

NO_KIND = Look(LIGHT, DARK, "")

UNKNOWN = "unknown"
WHO: dict[str, str] = {
    str(Side.CLIENT): "",
    str(Side.SERVER): "////",
    "both": "xxxx",
    UNKNOWN: "....",
}
"""Hatches for who was first."""

SIDES: dict[str, Look] = {
    str(Side.CLIENT): Look("#44546A", "white", ""),
    str(Side.SERVER): Look("#A9B7C6", "#44546A", WHO["server"]),
}

EVENTS = {
    "close": BLUE,
    "FIN": ORANGE,
    "END_STREAM": ORANGE,
    "RST": VERMILLION,
    "RST_STREAM": VERMILLION,
    "ping": GREEN,
    "other": "#555555",
}
"""Colours of what passes between the two."""

LINES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, DARK, GREY)
LINE_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def look_of(kind: str) -> Look:
    """Return how an ending looks; kinds that are not known have a look, too."""
    return KINDS.get(kind, NO_KIND)


def in_order(kinds: set[str]) -> list[str]:
    """Return those kinds in the order of `KINDS`, and what else there is behind them."""
    return [kind for kind in KINDS if kind in kinds] + sorted(kinds.difference(KINDS))


def swatch(label: str, look: Look) -> Patch:
    """Return what stands in a legend for an area."""
    return Patch(facecolor=look.colour, edgecolor=look.edge, hatch=look.hatch, lw=0.5, label=label)
