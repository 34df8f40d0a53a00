"""The command where captures are kept apart."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from analyzer.cli import main

CAPTURES = Path(__file__).resolve().parents[1] / "captures" / "conditions"
LEGS = [str(CAPTURES / f"nginx-idle-{one}-leg.pcap") for one in ("client", "backend")]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_join_tells_each_conversation_hop_by_hop(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, *LEGS, "--join")
    assert status == 0
    assert "proxy was first: FIN to the server and FIN to the client" in out


def test_join_writes_json_lines_and_rows(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert json.loads(run(capsys, *LEGS, "--join", "-f", "json")[1])["conversations"]
    assert json.loads(run(capsys, *LEGS, "--join", "-f", "jsonl")[1])["match"] == "key"
    path = tmp_path / "rows.csv"
    run(capsys, *LEGS, "--join", "-f", "csv", "-o", str(path))
    (row,) = csv.DictReader(io.StringIO(path.read_text()))
    assert (row["first"], row["legs"]) == ("proxy", "2")


def test_join_takes_a_selection(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, *LEGS, "--join", "--path", "/other", "-f", "csv")[1]
    assert out == ""


@pytest.mark.parametrize("words", [["-c", "0"], ["--table", "tcp"], ["--report", "x.html"]])
def test_join_refuses_what_speaks_of_one_capture(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    status, _, err = run(capsys, *LEGS, "--join", *words)
    assert status == 2
    assert "--join does not go with" in err


def test_join_tells_of_a_capture_that_is_cut(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(LEGS[0]).read_bytes()[:-3])
    status, _, err = run(capsys, str(cut), LEGS[1], "--join")
    assert status == 1
    assert "cut.pcap" in err


def test_compare_tells_what_changed_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    words = [LEGS[0], "--compare", LEGS[1]]
    status, out, _ = run(capsys, *words)
    assert status == 0
    assert "1 connection before, 1 after" in out
    assert json.loads(run(capsys, *words, "-f", "json")[1])["changes"]
    assert json.loads(run(capsys, *words, "-f", "jsonl")[1].splitlines()[0])["what"] == "ending"
    rows = list(csv.DictReader(io.StringIO(run(capsys, *words, "-f", "csv")[1])))
    assert {row["what"] for row in rows} == {"ending", "timing"}


def test_join_and_compare_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *LEGS, "--join", "--compare", LEGS[0])[0] == 2
