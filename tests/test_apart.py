"""The command where captures are kept apart."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from analyzer.cli import main

CAPTURES = Path(__file__).resolve().parents[1] / "captures" / "conditions"
CUT = [
    str(CAPTURES.parent / "legs" / f"legs-cut-{one}.pcap") for one in ("client", "proxy", "server")
]
CROWD = str(CAPTURES.parent / "incidents" / "nginx-idle-crowd.pcap")
RST = str(CAPTURES.parent / "servers" / "rst-server.pcap")
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


def test_join_has_tables_for_conversations_steps_and_clocks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        status, out, _ = run(capsys, *CUT, "--join", "--table", name)
        assert status == 0
        return list(csv.DictReader(io.StringIO(out)))

    (talk,) = rows("conversations")
    assert (talk["first"], talk["changed"]) == ("server", "Close 1001 became FIN")
    # The proxy's machine holds both: its own clock tells what it held, exactly.
    assert [
        (one["from"], one["to"], one["what"], one["held_error_s"]) for one in rows("steps")
    ] == [
        ("server", "proxy", "close", ""),
        ("proxy", "client", "fin", "0.0"),
    ]
    # How far the clocks were set back is in captures/legs/README.md.
    clocks = rows("clocks")
    assert [Path(one["paths"]).name for one in clocks] == [Path(one).name for one in CUT]
    assert [round(float(one["clock_offset_s"]), 2) for one in clocks] == [0, -1.5, -1.75]


@pytest.mark.parametrize("form", ["html", "md"])
def test_what_was_joined_and_compared_is_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"report.{form}"
    status, out, err = run(capsys, *CUT, "--join", "--report", str(path))
    assert (status, err) == (0, f"wsanalyze: wrote {path}\n")
    assert "proxy made it FIN" in out
    assert "proxy made it FIN" in path.read_text("utf-8")
    run(capsys, CROWD, "--compare", LEGS[0], "--report", str(path))
    said = path.read_text("utf-8")
    assert "1 connection before, 8 after" in said
    # What stands out in a capture is told with it, by its own rules.
    assert "idle-timer" in said


def test_a_report_never_takes_a_captures_place(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(Path(LEGS[0]).read_bytes())
    for words in (["--join"], ["--compare", LEGS[1]]):
        status, _, err = run(capsys, str(path), *words, "--report", str(path))
        assert (status, path.read_bytes()) == (2, Path(LEGS[0]).read_bytes())
        assert "is being read" in err


@pytest.mark.parametrize(
    ("what", "join", "compare"),
    [
        ("fin", 3, 3),
        ("idle-timer", 3, 3),
        ("rst,fin", 3, 3),
        ("rst,mass-end", 0, 0),
        ("trust", 0, 0),
    ],
)
def test_what_is_to_fail_gives_status_3(
    capsys: pytest.CaptureFixture[str], what: str, join: int, compare: int
) -> None:
    status, out, err = run(capsys, CROWD, "--join", "--fail-on", what)
    assert (status, "met" in err) == (join, join == 3)
    assert out  # what was found is told all the same
    status, out, err = run(capsys, CROWD, "--compare", RST, "--fail-on", what)
    assert (status, "met" in err) == (compare, compare == 3)
    assert out


def test_what_was_before_is_what_one_measures_by(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, RST, "--compare", CROWD, "--fail-on", "fin,idle-timer")[0] == 0
    assert run(capsys, RST, "--compare", CROWD, "--fail-on", "rst")[0] == 3


def test_only_what_was_chosen_can_fail(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--join"], ["--compare", RST]):
        asked = [CROWD, *words, "--fail-on", "fin,idle-timer"]
        assert run(capsys, *asked)[0] == 3
        assert run(capsys, *asked, "--path", "/other")[0] == 0
    # A conversation is chosen by any of its legs, and with all of them: the outer one has no Close.
    assert run(capsys, *CUT, "--join", "--kind", "hybi_close", "--fail-on", "fin")[0] == 3


def test_what_cannot_be_read_counts_before_what_is_to_fail(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(LEGS[0]).read_bytes()[:-3])
    assert run(capsys, str(cut), LEGS[1], "--join", "--fail-on", "fin")[0] == 1
    assert run(capsys, str(cut), "--compare", LEGS[1], "--fail-on", "fin")[0] == 1


@pytest.mark.parametrize("words", [["--join"], ["--compare", "no.pcap"]])
def test_an_unknown_name_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    status, out, err = run(capsys, "no.pcap", *words, "--fail-on", "mas-end")
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "did you mean mass-end?" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--join", "--table", "changes"], "it has conversations, steps, clocks"),
        (["--compare", "a.pcap", "--table", "steps"], "it has changes"),
        (["--join", "--table", "steps", "-f", "json"], "--table is written as csv, not as json"),
        (["--table", "steps"], "--table steps goes with --join"),
        (["--table", "changes"], "--table changes goes with --compare"),
    ],
)
def test_tables_belong_to_what_makes_them(
    capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    status, out, err = run(capsys, *LEGS, *words)
    assert (status, out) == (2, "")
    assert told in err


@pytest.mark.parametrize("words", [["-c", "0"], ["--table", "tcp"], ["--charts", "x"]])
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
    out = run(capsys, *words, "-f", "csv")[1]
    assert run(capsys, *words, "--table", "changes")[1] == out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["what"] for row in rows} == {"ending", "timing"}


def test_join_and_compare_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *LEGS, "--join", "--compare", LEGS[0])[0] == 2
