"""The page that explains the columns."""

from __future__ import annotations

from pathlib import Path

import analyzer.tables
from analyzer.tables.page import page
from analyzer.tables.schema import TABLES

COMMITTED = Path(analyzer.tables.__file__).with_name("COLUMNS.md")


def test_page_is_the_one_that_its_command_makes() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == page()


def test_every_column_of_every_table_is_explained() -> None:
    text = page()
    for name, columns in TABLES.items():
        _, _, section = text.partition(f"\n## {name}\n")
        section = section.partition("\n## ")[0]
        assert section.count("\n| `") == len(columns)
