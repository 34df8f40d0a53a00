"""Tables into files: CSV, Parquet, or one Excel workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from analyzer.anomaly import Anomaly
from analyzer.document import cell
from analyzer.errors import UsageError
from analyzer.output import output_to
from analyzer.record import Connection, iso
from analyzer.tables.build import table
from analyzer.tables.columns import TABLES

FORMS = ("csv", "parquet", "excel")
WORKBOOK = "wsanalyze.xlsx"
# A sheet holds so many rows, and a cell so many characters (Excel specifications and limits).
SHEET_ROWS = 1_048_576 - 1
CELL_CHARACTERS = 32_767


def save(
    folder: str | Path,
    connections: Sequence[Connection],
    anomalies: Iterable[Anomaly] = (),
    form: str = "csv",
) -> list[Path]:
    """Write all tables whose rows were kept into a folder.

    Parameters
    ----------
    folder : str or path
        Made where it does not exist.
    connections : sequence of Connection
        Whose tables are wanted.
    anomalies : iterable of Anomaly
        Those of no connection.
    form : str
        ``csv``, ``parquet``, or ``excel`` (one workbook with a sheet for each table; a table that
        is longer than a sheet goes on in the next one).

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    UsageError
        There is no such form, or a file cannot be written.
    """
    if form not in FORMS:
        raise UsageError(f"tables are saved as {', '.join(FORMS)}, not as {form!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    odd = list(anomalies)
    tables = {name: table(name, connections, odd) for name in TABLES if _kept(name, connections)}
    if form == "excel":
        return [_save_workbook(folder / WORKBOOK, tables)]
    paths = []
    for name, df in tables.items():
        path = folder / f"{name}.{form}"
        if form == "csv":
            with output_to(str(path), at_once=False) as out:
                write_csv(df, out)
        else:
            df.to_parquet(path, index=False)
        paths.append(path)
    return paths


def write_csv(df: pd.DataFrame, out: TextIO) -> None:
    """Write a table as CSV that is safe to look at, and that no spreadsheet takes for formulas.

    Times are ISO 8601 in UTC to the nanosecond, what is not known is empty, bytes are hexadecimal
    digits.
    """
    _plain(df, cell).to_csv(out, index=False, lineterminator="\n")


def _kept(name: str, connections: Sequence[Connection]) -> bool:
    if name not in {"frames", "messages"}:
        return True
    return any(getattr(one, name) is not None for one in connections)


def _plain(df: pd.DataFrame, safe: Callable[[str], object]) -> pd.DataFrame:
    """Return a table of numbers and texts alone, whose texts `safe` has made harmless."""
    return pd.DataFrame({name: _plain_column(df[name], safe) for name in df.columns})


def _plain_column(column: pd.Series[Any], safe: Callable[[str], object]) -> pd.Series[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        known = column.notna()
        whole = column.dt.as_unit("ns").astype("int64")
        texts = [iso(time) if ok else None for time, ok in zip(whole, known, strict=True)]
        return pd.Series(texts, column.index, dtype=object)
    if isinstance(column.dtype, pd.StringDtype):
        shown = [None if pd.isna(value) else safe(value) for value in column]
        return pd.Series(shown, column.index, dtype=object)
    if column.dtype == object:
        texts = [value.hex() if isinstance(value, bytes) else value for value in column]
        return pd.Series(texts, column.index, dtype=object)
    return column


def _save_workbook(path: Path, tables: dict[str, pd.DataFrame]) -> Path:
    # Excel knows no time zones and no nanoseconds: times are texts, as in CSV. A text that begins
    # like a formula stays a text.
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
        for name, df in tables.items():
            plain = _plain(df, _shortened)
            for begin in range(0, max(len(plain), 1), SHEET_ROWS):
                sheet = name if begin == 0 else f"{name} {begin // SHEET_ROWS + 1}"
                part = plain.iloc[begin : begin + SHEET_ROWS]
                part.to_excel(writer, sheet_name=sheet, index=False, freeze_panes=(1, 0))
    return path


def _shortened(text: str) -> str:
    return str(cell(text)).removeprefix("'")[:CELL_CHARACTERS]
