"""Tables in files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analyzer.document import write_csv as write_record
from analyzer.errors import UsageError
from analyzer.read import read
from analyzer.tables import save, table, write_csv
from capture_files import pcap
from told import HARMFUL, HOSTILE, closed, found_in

FORMULA = "=HYPERLINK(1)"


def written(df: pd.DataFrame) -> str:
    out = io.StringIO()
    write_csv(df, out)
    return out.getvalue()


def test_csv_of_connections_is_what_the_command_writes() -> None:
    connections = read().connections
    record = io.StringIO()
    write_record(connections, record)
    assert written(table("connections", connections)) == record.getvalue()


@pytest.mark.parametrize("form", ["csv", "parquet", "excel"])
def test_every_table_that_was_kept_is_saved(tmp_path: Path, form: str) -> None:
    analysis = read(io.BytesIO(pcap(closed())), frames=True)
    paths = save(tmp_path / "new", analysis.connections, (), form)
    expected = {"connections", "endings", "timings", "tcp", "frames", "anomalies"}
    if form == "excel":
        assert set(openpyxl.load_workbook(paths[0]).sheetnames) == expected
    else:
        assert {path.name for path in paths} == {f"{name}.{form}" for name in expected}


def test_parquet_gives_the_table_back(tmp_path: Path) -> None:
    connections = read().connections
    save(tmp_path, connections, (), "parquet")
    back = pd.read_parquet(tmp_path / "endings.parquet")
    expected = table("endings", connections)
    assert back["close_at"].tolist() == expected["close_at"].tolist()
    assert back["kind"].tolist() == expected["kind"].tolist()
    assert back["close_code"].tolist() == expected["close_code"].tolist()


@pytest.mark.parametrize("reason", [HOSTILE, FORMULA])
def test_no_text_does_harm(tmp_path: Path, reason: str) -> None:
    connections = found_in(closed(reason=reason))
    save(tmp_path, connections)
    with (tmp_path / "endings.csv").open(newline="", encoding="utf-8") as file:
        text = file.read()
    assert not set(HARMFUL) & set(text)
    assert not any(cell.startswith("=") for row in csv.reader(io.StringIO(text)) for cell in row)
    (path,) = save(tmp_path, connections, (), "excel")
    sheet = openpyxl.load_workbook(path)["endings"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b"}, "f would be a formula"
    assert not any(set(HARMFUL) & set(str(cell.value)) for cell in cells)


def test_a_long_table_goes_on_in_another_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analyzer.tables.files.SHEET_ROWS", 5)
    connections = read().connections
    (path,) = save(tmp_path, connections, (), "excel")
    book = openpyxl.load_workbook(path, read_only=True)
    rows = [
        row[1]
        for name in book.sheetnames
        if name.startswith("timings")
        for row in book[name].iter_rows(min_row=2, values_only=True)
    ]
    assert rows == table("timings", connections)["step"].astype(str).tolist()


def test_another_form_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not as 'xml'"):
        save(tmp_path, [], (), "xml")
