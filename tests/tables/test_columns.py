"""The columns of the table of connections, and what is said of each."""

from __future__ import annotations

from analyzer.document import flat
from analyzer.ending.timing import STEPS
from analyzer.read import read
from analyzer.tables.columns import CONNECTIONS, TIMINGS


def test_connections_have_the_columns_of_the_record() -> None:
    record = flat(read().connections[0].to_dict())
    assert [column.name for column in CONNECTIONS] == list(record)


def test_every_step_is_a_column() -> None:
    assert [column.name for column in TIMINGS] == [f"{step}_s" for step in STEPS]
