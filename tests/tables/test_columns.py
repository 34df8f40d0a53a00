"""The one list of columns that tables, empty tables and their page are made of."""

from __future__ import annotations

import re

import pytest

from analyzer.document import flat
from analyzer.ending.timing import STEPS
from analyzer.read import read
from analyzer.tables.columns import TABLES, TIMINGS
from analyzer.tables.typed import CATEGORIES

PLAIN = {"time", "seconds", "integer", "boolean", "text", "bytes"}


def test_connections_have_the_columns_of_the_record() -> None:
    record = flat(read().connections[0].to_dict())
    assert [column.name for column in TABLES["connections"]] == list(record)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_says_what_it_means(name: str) -> None:
    columns = TABLES[name]
    assert len({column.name for column in columns}) == len(columns)
    for column in columns:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
        assert column.dtype in PLAIN | set(CATEGORIES)
        assert column.meaning
        assert "|" not in column.meaning
        # The unit is in the name, and nothing else is in seconds.
        assert (column.dtype == "seconds") == (column.unit == "s")
        assert column.name == "seconds" or column.name.endswith("_s") == (column.unit == "s")


def test_every_step_is_a_column() -> None:
    assert [column.name for column in TIMINGS] == [f"{step}_s" for step in STEPS]
