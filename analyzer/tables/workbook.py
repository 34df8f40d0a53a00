"""Tables in, one Excel workbook out: a sheet for each, and one that explains their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

from analyzer.printable import printable
from analyzer.tables.cells import Cells, cells, is_time, or_none, utc_times
from analyzer.tables.schema import TABLES

# Rows of a sheet, and UTF-16 units of a cell ("Excel specifications and limits", Microsoft).
SHEET_ROWS = 1_048_576
CELL_UNITS = 32_767
# Excel counts days from here; before March 1900 it counts one that there never was.
_EPOCH = np.datetime64("1899-12-30", "ns")
_EARLIEST = np.datetime64("1900-03-01", "ns")
_DAY_NS = 86_400 * 10**9
_TIME_FORMAT = {"num_format": "yyyy-mm-dd hh:mm:ss.000", "align": "left"}
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
WIDE, NARROW = 24, 14  # in characters


def write_workbook(path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write a workbook.

    Excel has no time zones: times are UTC, and say so in the sheet ``columns``; it shows them to
    the millisecond. A table that is longer than a sheet goes on in the next one, as ``frames 2``.
    No text becomes a formula or a link; what exceeds a cell is cut off.

    Parameters
    ----------
    path : Path
        Where to.
    tables : mapping of str to DataFrame
        By the names of their sheets.

    Raises
    ------
    OSError
        It cannot be written.
    """
    path.open("wb").close()  # what cannot be written is known at once
    with TemporaryDirectory() as scratch:
        book = xlsxwriter.Workbook(str(path), _OPTIONS | {"tmpdir": scratch})
        style = Style(book)
        for name, df in tables.items():
            for number, begin in enumerate(range(0, max(len(df), 1), SHEET_ROWS - 1), 1):
                sheet = book.add_worksheet(name if number == 1 else f"{name} {number}")
                style.fill(sheet, df.iloc[begin : begin + SHEET_ROWS - 1])
        style.fill(book.add_worksheet("columns"), pd.DataFrame(_explained(tables), dtype="string"))
        try:
            book.close()
        except FileCreateError as error:
            raise OSError(str(error)) from error


class Style:
    """How the sheets of a workbook look.

    Parameters
    ----------
    book : xlsxwriter.Workbook
        The workbook.
    """

    def __init__(self, book: Any) -> None:
        self._bold = book.add_format({"bold": True})
        self._time = book.add_format(_TIME_FORMAT)

    def fill(self, sheet: Any, df: pd.DataFrame) -> None:
        """Write a table into a sheet, under its names, which stay in view."""
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(df), max(len(df.columns) - 1, 0))
        formats = []
        for place, (_, column) in enumerate(df.items()):
            formats.append(self._time if is_time(column) else None)
            sheet.set_column(place, place, WIDE if is_time(column) else NARROW)
        sheet.write_row(0, 0, [harmless(str(name)) for name in df.columns], self._bold)
        for number, row in enumerate(_rows(df), 1):
            for place, value in enumerate(row):
                if value is not None:
                    _write(sheet, number, place, value, formats[place])


def harmless(text: str) -> str:
    r"""Return a text that is safe in a cell, and fits into it.

    Examples
    --------
    >>> print(harmless("=1+1\x1b"), harmless("<r>bold</r>"), len(harmless("x" * 40_000)))
    =1+1\x1b '<r>bold</r> 32767
    """
    shown = printable(text)
    if shown.startswith("<r>"):
        shown = f"'{shown}"  # which XlsxWriter would take for markup of its own
    if 2 * len(shown) > CELL_UNITS:
        shown = shown.encode("utf-16-le")[: 2 * CELL_UNITS].decode("utf-16-le", "ignore")
    return shown


def _write(sheet: Any, row: int, place: int, value: Any, style: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, place, value)
    elif isinstance(value, bool | np.bool_):
        sheet.write_boolean(row, place, bool(value))
    else:
        sheet.write_number(row, place, value, style)


def _rows(df: pd.DataFrame) -> Iterator[Sequence[Any]]:
    columns = [
        _days(column) if is_time(column) else cells(column, harmless) for _, column in df.items()
    ]
    return zip(*columns, strict=True)


def _days(column: pd.Series[Any]) -> Cells:
    """Return times as Excel counts them; as texts those of a column that begins too early."""
    times = utc_times(column)
    if (times < _EARLIEST).any():
        return cells(column, harmless)
    days = (times - _EPOCH).astype(np.int64) / _DAY_NS
    return or_none(days, ~np.isnat(times))


def _explained(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    columns = [(name, column) for name in tables if name in TABLES for column in TABLES[name]]
    return {
        "table": [name for name, _ in columns],
        "column": [column.name for _, column in columns],
        "kind": ["time, UTC" if one.dtype == "time" else one.dtype for _, one in columns],
        "unit": [column.unit for _, column in columns],
        "meaning": [column.meaning for _, column in columns],
        "source": [column.source for _, column in columns],
    }
