"""No two endings look alike, with colours or without."""

from __future__ import annotations

from itertools import combinations

from analyzer.ending.rules import EndingKind
from analyzer.plot.palette import KINDS, NO_KIND, SIDES, WHO, in_order, look_of, swatch

# Okabe and Ito, "Color Universal Design" (2008), and shades of grey.
OKABE_ITO = {"#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}


def test_every_kind_of_ending_has_a_look() -> None:
    assert KINDS.keys() == {str(kind) for kind in EndingKind}


def test_colours_are_those_of_okabe_and_ito_or_greys() -> None:
    for look in KINDS.values():
        red, green, blue = look.colour[1:3], look.colour[3:5], look.colour[5:7]
        assert look.colour in OKABE_ITO or red == green == blue


def test_no_two_kinds_share_a_colour() -> None:
    assert len({look.colour for look in KINDS.values()}) == len(KINDS)


def luminance(colour: str) -> float:
    """WCAG 2.2: relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_kinds_of_like_brightness_differ_in_their_hatches() -> None:
    for one, other in combinations(KINDS.values(), 2):
        brighter, darker = sorted([luminance(one.colour), luminance(other.colour)], reverse=True)
        alike = (brighter + 0.05) / (darker + 0.05) < 1.5
        assert not alike or one.hatch != other.hatch, (one, other)


def test_sides_and_who_was_first_differ_in_their_hatches() -> None:
    assert len({look.hatch for look in SIDES.values()}) == 2
    assert len(set(WHO.values())) == len(WHO)


def test_kinds_stand_in_one_order_and_unknown_ones_behind() -> None:
    assert in_order({"rst", "made_up", "hybi_close"}) == ["hybi_close", "rst", "made_up"]
    assert look_of("made_up") == NO_KIND


def test_swatch_has_the_look_of_what_it_stands_for() -> None:
    patch = swatch("rst (3)", KINDS["rst"])
    assert patch.get_label() == "rst (3)"
    assert patch.get_hatch() == KINDS["rst"].hatch
