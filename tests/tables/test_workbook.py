"""Tables in an Excel workbook, as another program reads them."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest

from analyzer.read import read
from analyzer.tables import TABLES, table
from analyzer.tables.workbook import CELL_UNITS, harmless, write_workbook
from told import HARMFUL, HOSTILE, closed, found_in

# The last one would be markup to the library that writes.
TEXTS = [HOSTILE, "=1+1", "{=1+1}", "@SUM(1)", "http://a.example", "12", "_x0041_", "<r>&<t>", ""]
AT = pd.Timestamp("2026-11-22T19:20:00.123456789Z")


def book_of(tmp_path: Path, **tables: pd.DataFrame) -> Any:
    path = tmp_path / "book.xlsx"
    write_workbook(path, tables)
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            ET.fromstring(parts.read(name))
    return openpyxl.load_workbook(path)


def column_of(sheet: Any) -> list[Any]:
    return [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_texts_stay_texts_and_do_no_harm(tmp_path: Path) -> None:
    df = pd.DataFrame({"=name": TEXTS}, dtype="string")
    sheet = book_of(tmp_path, texts=df)["texts"]
    found = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in found if cell.value is not None} == {"s"}
    assert not any(set(HARMFUL) & set(str(cell.value)) for cell in found)
    assert [cell.hyperlink for cell in found] == [None] * len(found)
    assert column_of(sheet)[1:6] == TEXTS[1:6]


def test_what_would_be_markup_is_shown_as_it_is(tmp_path: Path) -> None:
    df = pd.DataFrame({"reason": ["<r><t>owned</t></r>", "<r></t></is></c><f>1+1</f></r>"]})
    assert column_of(book_of(tmp_path, texts=df)["texts"]) == [f"'{one}" for one in df["reason"]]


@pytest.mark.parametrize("char", ["x", "\U0001f600"])
def test_a_long_text_is_cut_to_what_a_cell_holds(tmp_path: Path, char: str) -> None:
    df = pd.DataFrame({"text": [char * 40_000]})
    (found,) = column_of(book_of(tmp_path, texts=df)["texts"])
    # Excel counts in UTF-16, in which an emoji has two units; half of one is none.
    assert len(found.encode("utf-16-le")) // 2 in {CELL_UNITS, CELL_UNITS - 1}
    assert found == char * len(found)
    assert harmless(found) == found


def test_times_are_times_without_a_zone_and_in_utc(tmp_path: Path) -> None:
    df = pd.DataFrame({"at": pd.Series([AT, pd.NaT])})
    sheet = book_of(tmp_path, times=df)["times"]
    assert sheet["A2"].is_date
    # openpyxl rounds to milliseconds, as Excel shows them.
    assert sheet["A2"].value == datetime(2026, 11, 22, 19, 20, 0, 123_000)  # noqa: DTZ001
    assert sheet["A3"].value is None


def test_times_before_excels_calendar_are_texts(tmp_path: Path) -> None:
    # Nanosecond -1 is the last of 1969; 1899 is before the first day that Excel has.
    df = pd.DataFrame({"at": pd.to_datetime(["1899-12-31T00:00:00Z", "1969-12-31T23:59:59Z"])})
    assert column_of(book_of(tmp_path, times=df)["times"]) == [
        "1899-12-31T00:00:00.000000000Z",
        "1969-12-31T23:59:59.000000000Z",
    ]


def test_numbers_and_truths_are_what_they_are_and_missing_ones_empty(tmp_path: Path) -> None:
    df = pd.DataFrame(
        {
            "code": pd.array([1001, None], dtype="Int64"),
            "clean": pd.array([True, None], dtype="boolean"),
            "end_s": [0.25, None],
        }
    )
    rows = list(book_of(tmp_path, some=df)["some"].iter_rows(min_row=2, values_only=True))
    assert rows[0] == (1001, True, 0.25)
    assert all(value is None for row in rows[1:] for value in row)


def test_a_long_table_goes_on_in_another_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analyzer.tables.workbook.SHEET_ROWS", 6)
    df = table("timings", read().connections)
    book = book_of(tmp_path, timings=df)
    sheets = [book[name] for name in book.sheetnames if name.startswith("timings")]
    assert all(sheet.max_row <= 6 for sheet in sheets)
    assert {sheet["A1"].value for sheet in sheets} == {"connection"}
    steps = [row[1] for one in sheets for row in one.iter_rows(min_row=2, values_only=True)]
    assert steps == df["step"].astype(str).tolist()


def test_the_last_sheet_explains_the_columns(tmp_path: Path) -> None:
    tables = {name: table(name, found_in(closed())) for name in ("endings", "tcp")}
    rows = list(book_of(tmp_path, **tables)["columns"].iter_rows(values_only=True))
    assert rows[0] == ("table", "column", "kind", "unit", "meaning", "source")
    assert len(rows) == 1 + len(TABLES["endings"]) + len(TABLES["tcp"])
    assert rows[1][:2] == ("endings", "connection")
    assert {row[2] for row in rows if row[1] and str(row[1]).endswith("_at")} == {"time, UTC"}


def test_where_it_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_workbook(tmp_path / "no" / "book.xlsx", {})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # zipfile's
def test_a_full_disk_is_told() -> None:
    with pytest.raises(OSError, match="No space left"):
        write_workbook(Path("/dev/full"), {})
