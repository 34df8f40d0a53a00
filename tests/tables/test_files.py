"""Tables in files."""

from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pyarrow.parquet import read_schema

from analyzer.document import write_csv as write_record
from analyzer.errors import UsageError
from analyzer.read import read
from analyzer.tables import TABLES, save, table, timing_summary, write_csv
from analyzer.websocket.messages import MessageColumns
from capture_files import pcap
from told import HARMFUL, HOSTILE, closed, found_in, opened, refused
from wire import MASK, TEXT, frame

FORMULA = "=HYPERLINK(1)"
ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = sorted((ROOT / "captures").glob("*/*.pcap"))[::5]


def written(df: pd.DataFrame) -> str:
    out = io.StringIO()
    write_csv(df, out)
    return out.getvalue()


def test_csv_of_connections_is_what_the_command_writes() -> None:
    connections = [one for path in RECORDINGS for one in read(path).connections]
    record = io.StringIO()
    write_record(connections, record)
    assert written(table("connections", connections)) == record.getvalue()


@pytest.mark.parametrize("form", ["csv", "parquet", "excel"])
def test_every_table_that_was_kept_is_saved(tmp_path: Path, form: str) -> None:
    analysis = read(io.BytesIO(pcap(closed())), frames=True)
    paths = save(tmp_path / "new", analysis.connections, (), form)
    expected = {"connections", "endings", "timings", "tcp", "frames", "anomalies", "findings"}
    if form == "excel":
        assert set(openpyxl.load_workbook(paths[0]).sheetnames) == expected | {"columns"}
    else:
        assert {path.name for path in paths} == {f"{name}.{form}" for name in expected}
    assert {path.name for path in (tmp_path / "new").iterdir()} == {path.name for path in paths}


@pytest.mark.parametrize("form", ["csv", "parquet", "excel"])
def test_no_connections_are_saved_as_tables_without_rows(tmp_path: Path, form: str) -> None:
    for path in save(tmp_path, [], (), form):
        if form == "csv":
            assert path.read_text(encoding="utf-8").count("\n") == 1
        elif form == "parquet":
            assert list(pd.read_parquet(path).columns) == [c.name for c in TABLES[path.stem]]
        else:
            book = openpyxl.load_workbook(path)
            assert [cell.value for cell in book["timings"][1]][:2] == ["connection", "step"]
            assert book["timings"].max_row == 1


def test_parquet_gives_the_table_back(tmp_path: Path) -> None:
    connections = read().connections
    save(tmp_path, connections, (), "parquet")
    back = pd.read_parquet(tmp_path / "endings.parquet")
    expected = table("endings", connections)
    assert back["close_at"].tolist() == expected["close_at"].tolist()
    assert back["kind"].tolist() == expected["kind"].tolist()
    assert back["close_code"].tolist() == expected["close_code"].tolist()


def test_parquet_has_the_same_kinds_with_and_without_rows(tmp_path: Path) -> None:
    talk = opened().client(frame(TEXT, b"again", mask=MASK)).packets
    some = read(io.BytesIO(pcap(talk)), messages=True).connections
    none = read(io.BytesIO(pcap(refused())), messages=True).connections
    none = [dataclasses.replace(one, messages=MessageColumns()) for one in none]
    schemas = []
    for folder, connections in (("some", some), ("none", none)):
        save(tmp_path / folder, connections, (), "parquet")
        schema = read_schema(tmp_path / folder / "messages.parquet")
        schemas.append({field.name: str(field.type) for field in schema})
    assert schemas[0] == schemas[1]
    assert schemas[0]["payload"] == "binary"
    assert schemas[0]["at"] == "timestamp[ns, tz=UTC]"


@pytest.mark.parametrize("reason", [HOSTILE, FORMULA])
def test_no_text_does_harm(tmp_path: Path, reason: str) -> None:
    save(tmp_path, found_in(closed(reason=reason)))
    with (tmp_path / "endings.csv").open(newline="", encoding="utf-8") as file:
        text = file.read()
    assert not set(HARMFUL) & set(text)
    assert not any(cell.startswith("=") for row in csv.reader(io.StringIO(text)) for cell in row)


@pytest.mark.parametrize("dtype", [object, "category", "string"])
def test_no_text_does_harm_whatever_kind_its_column_and_name_have(dtype: object) -> None:
    text = written(pd.DataFrame({"=A1": pd.Series([FORMULA, "\x1b[31m"], dtype=dtype)}))
    assert text == "'=A1\n'=HYPERLINK(1)\n\\x1b[31m\n"


def test_summaries_can_be_written_too() -> None:
    df = table("connections", found_in(closed(path="/a?b")))
    rows = written(timing_summary(df, ["path", "code"], every="1h")).splitlines()
    # The conversation ends on 2023-11-14 shortly after 22:13:20 UTC.
    assert rows[0] == "path,code,window,step,n,p50,p90,p99,max"
    assert rows[1].startswith("/a,1001,2023-11-14T22:00:00.000000000Z,tcp_connect,1,")


def test_another_form_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not as 'xml'"):
        save(tmp_path, [], (), "xml")


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match=r"cannot write into .*file"):
        save(tmp_path / "file", [])


@pytest.mark.parametrize("form", ["csv", "parquet", "excel"])
def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, form: str) -> None:
    name = "wsanalyze.xlsx" if form == "excel" else f"connections.{form}"
    (tmp_path / name).mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        save(tmp_path, [], (), form)
    assert [path.name for path in tmp_path.iterdir()] == [name]
