"""The one list of columns that tables, empty tables and their page are made of."""

from __future__ import annotations

import re

import pytest

from analyzer.tables.schema import TABLES
from analyzer.tables.typed import CATEGORIES

PLAIN = {"time", "seconds", "integer", "boolean", "text", "bytes"}
# The tables that the command's --table and the documentation promise.
PROMISED = [
    "connections",
    "endings",
    "timings",
    "tcp",
    "frames",
    "messages",
    "anomalies",
    "encrypted",
    "findings",
]


def test_tables_are_those_that_were_promised() -> None:
    assert list(TABLES) == PROMISED


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
