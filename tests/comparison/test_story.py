"""A comparison, as it is shown."""

from __future__ import annotations

import json

from analyzer.comparison.changes import Change, Comparison
from analyzer.comparison.story import line, story, to_dict

FIN = Change(
    "ending", "fin first server", 0.1, 0.5, 10, 50, 0.4, 0.28, 0.51, None, 1e-9, 1e-8, True
)
OPEN = Change("timing", "open", 60.0, 30.0, 90, 95, -29.5, -40.0, -20.0, 0.2, 0.03, 0.06)


def test_a_share_is_told_with_counts_difference_and_interval() -> None:
    assert line(FIN) == (
        "ending fin first server: 10.0% (10) → 50.0% (50), +40.0 points (95 %: +28.0 to +51.0);"
        " p <0.0001"
    )


def test_a_time_is_told_with_its_shift() -> None:
    assert line(OPEN) == (
        "timing open: median 60.0 s (90) → 30.0 s (95), shift -29.5 s (95 %: -40.0 s to -20.0 s),"
        " longer in 20% of pairs; p 0.0600"
    )


def test_what_changed_stands_apart_and_the_assumption_is_told() -> None:
    text = "\n".join(story(Comparison(100, 100, [FIN, OPEN])))
    assert "changed by more than chance (1 of 2 things compared)" in text
    assert text.index("fin first server") < text.index("not told from chance") < text.index("open:")
    assert "independent" in text


def test_small_sets_are_said_to_be_small_and_no_change_to_be_none() -> None:
    text = "\n".join(story(Comparison(3, 100, [])))
    assert "small sample: 3 before, 100 after" in text
    assert "too few connections to test anything" in text
    same = "\n".join(story(Comparison(100, 100, [OPEN])))
    assert "nothing changed by more than chance (1 thing compared)" in same


def test_the_document_is_json() -> None:
    found = json.loads(json.dumps(to_dict(Comparison(100, 100, [FIN]))))
    assert found["changes"][0]["changed"] is True
    assert found["before"] == {"connections": 100}
