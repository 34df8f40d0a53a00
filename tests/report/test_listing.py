"""Connections as lines of a table."""

from __future__ import annotations

from analyzer.report.listing import list_line, listing
from told import closed, found_in, merged, refused, reset


def test_a_line_tells_what_a_row_of_the_table_does() -> None:
    (one,) = found_in(reset(40001))
    line = list_line(one)
    assert (line.id, line.client, line.path, line.open) == (0, "10.0.0.1:40001", "/chat", "2.0 s")
    assert (line.kind, line.first, line.abnormal) == ("rst", "client", True)
    assert line.sentence == one.ending.sentence


def test_what_was_never_open_has_no_length() -> None:
    (one,) = found_in(refused())
    assert list_line(one).open == ""


def test_the_most_telling_are_listed_and_no_more_than_asked_for() -> None:
    found = found_in(merged(closed(40000), closed(40001), reset(40002)))
    assert [line.id for line in listing(found, 2)] == [2, 0]
