"""Columns that let go of their first rows."""

from __future__ import annotations

from array import array

import pytest

from analyzer.websocket.columns import LEAST_BLOCK, Columns


class Numbers(Columns):
    NAMES = ("side", "number")

    def __init__(self, last: int | None = None) -> None:
        super().__init__(last)
        self.number = array("q")
        self.longest = 0

    def append(self, number: int) -> None:
        self.side.append(number & 1)
        self.number.append(number)
        self.let_go()
        self.longest = max(self.longest, len(self))


def filled(last: int | None, rows: int) -> Numbers:
    columns = Numbers(last)
    for number in range(rows):
        columns.append(number)
    return columns


def test_without_a_limit_all_rows_are_kept() -> None:
    columns = filled(None, 5000)
    columns.trim()
    assert (len(columns), columns.dropped) == (5000, 0)


@pytest.mark.parametrize("last", [0, 1, 20, 1000])
@pytest.mark.parametrize("rows", [0, 1, 19, 20, 21, 5000])
def test_the_last_rows_are_kept_and_the_others_counted(last: int, rows: int) -> None:
    columns = filled(last, rows)
    assert columns.dropped + len(columns) == rows
    columns.trim()
    first = max(rows - last, 0)
    assert list(columns.number) == list(range(first, rows))
    assert list(columns.side) == [number & 1 for number in range(first, rows)]
    assert (columns.dropped, len(columns)) == (first, rows - first)
    columns.trim()
    assert columns.dropped == first


@pytest.mark.parametrize("last", [0, 20, 1000])
def test_rows_are_let_go_in_blocks(last: int) -> None:
    columns = filled(last, 100_000)
    assert columns.longest < last + max(last, LEAST_BLOCK)
    # So that a row is moved about once, however many come.
    assert columns.longest >= last + LEAST_BLOCK - 1
