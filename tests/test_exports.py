"""Files that the command writes beside its output."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.errors import UsageError
from analyzer.exports import LAST_FRAMES, Exports
from analyzer.options import TABLES
from analyzer.read import read
from analyzer.tables import TABLES as KNOWN


@pytest.mark.parametrize(
    ("exports", "frames", "messages", "last"),
    [
        (Exports(), False, False, LAST_FRAMES),
        (Exports(table="timings"), False, False, LAST_FRAMES),
        (Exports(table="frames"), True, False, None),
        (Exports(table="messages"), False, True, LAST_FRAMES),
        (Exports(report="a.html"), True, False, LAST_FRAMES),
        (Exports(report="a.html", charts="charts"), True, False, None),
        (Exports(folder="tables"), True, False, None),
    ],
)
def test_as_much_is_kept_as_is_needed(
    exports: Exports, frames: bool, messages: bool, last: int | None
) -> None:
    assert (7 in exports.keep_frames, 7 in exports.keep_messages) == (frames, messages)
    assert exports.last_frames == last


def test_the_command_knows_every_table() -> None:
    assert set(TABLES) == set(KNOWN)


def test_each_file_is_told(tmp_path: Path) -> None:
    report, charts, tables = tmp_path / "a.html", tmp_path / "charts", tmp_path / "tables"
    exports = Exports(folder=str(tables), charts=str(charts), report=str(report))
    told = list(exports.write(read()))
    assert told[0].startswith(f"wrote the tables into {tables} (")
    assert told[1].startswith(f"wrote the charts into {charts} (")
    assert told[2] == f"wrote {report}"
    assert report.exists()
    assert any(charts.iterdir())
    assert any(tables.iterdir())


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write"):
        list(Exports(folder=str(tmp_path / "file" / "tables")).write(read()))
