"""The command, as its user meets it: exit status, standard output, standard error."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from analyzer.cli import main, no_such_connection
from capture_files import gzipped, pcap, write, write_rotated
from conversation import START_NS
from told import (
    HARMFUL,
    HOSTILE,
    IN_A_HEAD,
    SECOND,
    closed,
    finished,
    merged,
    opened,
    refused,
    reset,
)
from wire import CLOSE, MASK, TEXT, close_body, frame

ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 30


class Result(NamedTuple):
    """What a run of the command left."""

    status: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture
def wsanalyze(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command in this process."""

    def run(*words: object) -> Result:
        try:
            status = main([str(word) for word in words])
        except SystemExit as stop:
            status = int(stop.code or 0)
        found = capsys.readouterr()
        return Result(status, found.out, found.err)

    return run


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A capture of a clean close (0), a bare FIN (1) and a RST (2), in order of their starts."""
    talks = (
        closed(40000),
        finished(40001, start_ns=START_NS + SECOND, path="/feed"),
        reset(40002, start_ns=START_NS + 2 * SECOND),
    )
    return write(tmp_path / "three.pcap", merged(*talks))


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def process() -> Iterator[Start]:
    """Start the command as a process of its own, with pipes; it is gone when the test ends."""
    started = []

    def start(
        *words: object, more: dict[str, str] | None = None, **options: object
    ) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | (more or {})
        command = [sys.executable, "-m", "analyzer.cli", *map(str, words)]
        run = subprocess.Popen(command, env=environment, **(pipes | options))  # type: ignore[call-overload]
        started.append(run)
        return run  # type: ignore[no-any-return]

    yield start
    for run in started:
        run.kill()
        for pipe in (run.stdin, run.stdout, run.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        run.wait()


# -- text -----------------------------------------------------------------------------------------


def test_text_says_what_the_capture_is_and_counts_endings(wsanalyze: Command, three: Path) -> None:
    status, out, err = wsanalyze(three)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    # By hand: TCP 3, upgrade 2, hello 2, end of TCP 3 or 1, and two close frames in the first.
    assert lines[:3] == [
        "what stands out (--explain NAME tells how it was decided)",
        "  who-sent-rst  1 connection ended by a RST of the client, by itself (ACK flag), with its own"
        " data last",
        "                #2; 2023-11-14 22:13:24; packet 30",
    ]
    assert lines[3].strip().startswith("consistent with: a socket that was aborted on purpose")
    assert lines[4].strip() == "or with: a box on the way that copies TTL and numbers"
    assert lines[5] == ""
    lines = lines[3:]
    assert lines[3].startswith(f"{three}: pcap, 30 packets, 2023-11-14 22:13:20 to 22:13:24 UTC")
    assert "3 WebSocket connections" in lines
    assert [line.split() for line in lines if line.startswith("  fin")] == [
        ["fin", "·", "1", "·", "·", "1"]
    ]


def test_abnormal_endings_come_first(wsanalyze: Command, three: Path) -> None:
    lines = wsanalyze(three).out.splitlines()
    rows = lines[lines.index("") + 1 :]
    numbers = [line.split()[0] for line in rows if "→ 10.0.0.2" in line]
    assert numbers == ["2", "1", "0"]


def test_a_pipe_gets_every_connection_in_whole_lines(wsanalyze: Command, tmp_path: Path) -> None:
    reason = "r" * 120
    talks = [closed(40000 + i, reason=reason, start_ns=START_NS + i * 1000) for i in range(60)]
    out = wsanalyze(write(tmp_path / "many.pcap", merged(*talks))).out
    assert out.count(f'"{reason}"') == 60
    assert "…" not in out[out.index("60 WebSocket connections") :]


def test_a_capture_without_websockets_says_so(wsanalyze: Command, tmp_path: Path) -> None:
    status, out, _ = wsanalyze(write(tmp_path / "empty.pcap", []))
    assert status == 0
    assert "0 packets" in out
    assert "0 WebSocket connections" in out


def test_one_connection_is_explained_with_packet_numbers(wsanalyze: Command, three: Path) -> None:
    status, out, _ = wsanalyze(three, "--connection", 1)
    assert status == 0
    assert out.startswith("#1  10.0.0.1:40001 → 10.0.0.2:80/feed\n")
    assert "tcp.stream eq 1" in out
    assert "upgrade /feed" in out
    assert "HTTP 101" in out


def test_of_several_captures_one_is_told_which_packets_are_where(
    wsanalyze: Command, tmp_path: Path
) -> None:
    paths = write_rotated(tmp_path, closed(), files=2)
    out = wsanalyze(*paths, "--connection", 0).out
    assert f"packets 1 to 6 are in {paths[0]}\n" in out
    assert f"packets 7 to 12 are in {paths[1]}, numbered from 7\n" in out


def test_colour_is_written_where_it_is_asked_for(wsanalyze: Command, three: Path) -> None:
    assert "\x1b" not in wsanalyze(three).out
    assert "\x1b[31m" in wsanalyze(three, "--color", "always").out


# -- what strangers wrote -------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_hostile_text_reaches_no_terminal(wsanalyze: Command, tmp_path: Path, form: str) -> None:
    packets = closed(reason=HOSTILE, path=f"/{IN_A_HEAD}", host=IN_A_HEAD)
    path = write(tmp_path / f"{HOSTILE}.pcap", packets)
    for options in ([], ["--connection", 0]):
        status, out, err = wsanalyze(path, "--format", form, *options)
        assert status == 0
        assert out
        assert not set(HARMFUL) & set(out + err)
    if form in {"jsonl", "csv"}:
        assert out.count("\n") == {"jsonl": 1, "csv": 2}[form]


def test_json_gives_hostile_text_back_as_it_was(wsanalyze: Command, tmp_path: Path) -> None:
    path = write(tmp_path / "a.pcap", closed(reason=HOSTILE))
    found = json.loads(wsanalyze(path, "-f", "json").out)
    assert found["connections"][0]["ending"]["server_close"]["reason"] == HOSTILE


def test_csv_holds_no_formula(wsanalyze: Command, tmp_path: Path) -> None:
    path = write(tmp_path / "a.pcap", closed(reason="=cmd|' /C calc'!A0"))
    (row,) = csv.DictReader(io.StringIO(wsanalyze(path, "-f", "csv").out))
    assert row["server_close_reason"] == "'=cmd|' /C calc'!A0"


def test_complaints_about_hostile_names_are_safe(wsanalyze: Command, tmp_path: Path) -> None:
    status, out, err = wsanalyze(tmp_path / HOSTILE)
    assert (status, out) == (1, "")
    assert not set(HARMFUL) & set(err)
    assert err.count("\n") == 1


# -- formats and files ----------------------------------------------------------------------------


def test_json_is_one_document(wsanalyze: Command, three: Path) -> None:
    found = json.loads(wsanalyze(three, "--format", "json").out)
    assert found["schema"] == 1
    assert [one["path"] for one in found["captures"]] == [str(three)]
    assert [one["ending"]["kind"] for one in found["connections"]] == ["hybi_close", "fin", "rst"]
    assert found["anomalies"] == []


def test_jsonl_is_one_connection_a_line(wsanalyze: Command, three: Path) -> None:
    lines = wsanalyze(three, "--format", "jsonl").out.splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == [0, 1, 2]


MIDSTREAM = ROOT / "captures" / "conditions" / "midstream-small.pcap"


def test_findings_come_first_and_are_in_every_form(wsanalyze: Command, tmp_path: Path) -> None:
    assert wsanalyze(MIDSTREAM).out.splitlines()[1].startswith("  trust  the capture does not hold")
    (found,) = json.loads(wsanalyze(MIDSTREAM, "-f", "json").out)["findings"]
    assert (found["name"], found["connections"]) == ("trust", [0])
    (row,) = csv.DictReader(io.StringIO(wsanalyze(MIDSTREAM, "--table", "findings").out))
    assert row["sentence"] == found["sentence"]
    for name in ("r.html", "r.md"):
        wsanalyze(MIDSTREAM, "--report", tmp_path / name)
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text.index("What stands out") < text.index("What happened")
        assert found["sentence"][:40] in text


def test_without_findings_nothing_is_said_of_them(wsanalyze: Command, tmp_path: Path) -> None:
    path = write(tmp_path / "a.pcap", closed())
    assert "stands out" not in wsanalyze(path).out
    assert json.loads(wsanalyze(path, "-f", "json").out)["findings"] == []
    wsanalyze(path, "--report", tmp_path / "r.md")
    assert "stands out" not in (tmp_path / "r.md").read_text(encoding="utf-8")


def test_a_finding_is_explained_without_a_capture(wsanalyze: Command) -> None:
    told = wsanalyze("--explain", "trust")
    assert told.status == 0
    assert told.out.startswith("trust: Is the capture whole")
    unknown = wsanalyze("--explain", "mass_end")
    assert (unknown.status, len(unknown.err.splitlines())) == (2, 1)
    assert "no finding is called 'mass_end'; did you mean mass-end?" in unknown.err
    assert "; there are mass-end, " in wsanalyze("--explain", "xyzzy").err


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
@pytest.mark.parametrize(
    ("what", "status"),
    [("trust", 3), ("hybi_close", 3), ("rst,trust", 3), ("rst", 0), ("rst,fin", 0)],
)
def test_what_is_to_fail_gives_status_3(
    wsanalyze: Command, form: str, what: str, status: int
) -> None:
    told = wsanalyze(MIDSTREAM, "-f", form, "--fail-on", what)
    assert told.status == status
    assert ("met" in told.err) == (status == 3)


def test_what_cannot_be_read_counts_before_what_is_to_fail(
    wsanalyze: Command, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.pcap"
    broken.write_bytes(pcap(closed())[:-5])
    assert wsanalyze(broken, "--fail-on", "hybi_close").status == 1
    told = wsanalyze(MIDSTREAM, "--fail-on", "hybi")
    assert told.status == 2
    assert "no kind of ending, and no finding, is called 'hybi'; did you mean hybi" in told.err
    assert len(told.err.splitlines()) == 1


def test_only_what_was_chosen_can_fail(wsanalyze: Command, three: Path) -> None:
    assert wsanalyze(three, "--fail-on", "rst").status == 3
    assert wsanalyze(three, "--fail-on", "rst", "--kind", "fin").status == 0
    assert wsanalyze(three, "--fail-on", "rst", "-c", "0").status == 0
    assert wsanalyze(three, "--fail-on", "rst", "-c", "99").status == 2


def test_files_beside_the_output_are_written_before_it_fails(
    wsanalyze: Command, three: Path, tmp_path: Path
) -> None:
    told = wsanalyze(three, "--report", tmp_path / "a.html", "--fail-on", "rst")
    assert told.status == 3
    assert (tmp_path / "a.html").exists()


@pytest.mark.parametrize(("what", "status"), [("fin", 3), ("rst,mass-end", 0)])
def test_a_pipe_that_ends_fails_where_that_was_met(process: Start, what: str, status: int) -> None:
    run = process("-", "-f", "jsonl", "--fail-on", what)
    out, err = run.communicate(pcap(finished()), timeout=LIMIT_S)
    assert run.returncode == status
    assert (b"fin" in out, b"met" in err) == (True, status == 3)


@pytest.mark.parametrize(("what", "status"), [("fin", 3), ("rst,mass-end", 0)])
def test_a_followed_folder_fails_at_the_interrupt_where_that_was_met(
    process: Start, tmp_path: Path, what: str, status: int
) -> None:
    write(tmp_path / "a.pcap", [*finished(40000), *closed(40001, start_ns=START_NS + 20 * SECOND)])
    run = process("--follow", tmp_path, "--fail-on", what)
    lines = lines_of(run)
    assert next(lines).decode().startswith("#0 ")
    run.send_signal(signal.SIGINT)
    b"".join(lines)
    assert run.wait(LIMIT_S) == status


def test_csv_has_its_header_even_without_connections(wsanalyze: Command, tmp_path: Path) -> None:
    nothing = wsanalyze(write(tmp_path / "no.pcap", []), "-f", "csv").out
    something = wsanalyze(write(tmp_path / "yes.pcap", closed()), "-f", "csv").out
    assert nothing.splitlines() == something.splitlines()[:1]
    assert {"id", "kind", "server_close_code", "open_s"} <= set(nothing.strip().split(","))


def test_output_goes_to_a_file(wsanalyze: Command, three: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    assert wsanalyze(three, "-f", "json", "-o", target) == (0, "", "")
    assert json.loads(target.read_text(encoding="utf-8"))["schema"] == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.json", "three.pcap"]


def test_a_run_that_fails_leaves_the_file_as_it_was(
    wsanalyze: Command, three: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.txt"
    target.write_text("before")
    assert wsanalyze(three, "--connection", 99, "-o", target).status == 2
    assert target.read_text() == "before"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.txt", "three.pcap"]


def test_a_capture_is_never_overwritten(wsanalyze: Command, three: Path) -> None:
    before = three.read_bytes()
    status, _, err = wsanalyze(three, "-o", three)
    assert (status, err) == (
        2,
        f"wsanalyze: {three} is being read; write the results elsewhere\n",
    )
    assert three.read_bytes() == before


def test_a_full_disk_is_said_in_one_line(process: Start, three: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        run = process(three, stdout=full)
        _, err = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 1
    assert err.decode() == "wsanalyze: cannot write the results: No space left on device\n"


# -- selection ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--kind", "rst,fin"], [1, 2]),
        (["--kind", "rst", "--kind", "fin"], [1, 2]),
        (["--first", "server"], [0, 1]),
        (["--code", "1001"], [0]),
        (["--path", "/f*"], [1]),
        (["--port", "40002"], [2]),
        (["--host", "example.com"], [0, 1, 2]),
        (["--host", "10.0.0.9"], []),
        (["--since", "2023-11-14T22:13:23.5"], [2]),
        (["--until", "2023-11-14T22:13:20.5Z"], [0]),
    ],
)
def test_connections_are_chosen(
    wsanalyze: Command, three: Path, options: list[str], numbers: list[int]
) -> None:
    status, out, _ = wsanalyze(three, "-f", "json", *options)
    assert status == 0
    assert [one["id"] for one in json.loads(out)["connections"]] == numbers


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--kind", "crash"], "no kind of ending is called 'crash'"),
        (["--first", "nobody"], "argument --first: invalid choice: 'nobody'"),
        (["--port", "99999"], "argument --port: '99999' is not a number from 0 to 65535"),
        (["--code", "going away"], "argument --code: 'going away' is not a number"),
        (["--since", "yesterday"], "'yesterday' is not a time such as 2026-11-22T19:20:00Z"),
        (["--until", ""], "'' is not a time"),
        (["--since", "2024-01-01", "--until", "2023-01-01"], "--since 2024-01-01 is later than"),
        (["--connection", "x"], "argument -c/--connection: invalid int value: 'x'"),
        (["--format", "xml"], "argument -f/--format: invalid choice: 'xml'"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--connection", "99"], "there is no connection 99; they are numbered from 0 to 2"),
        (["--connection", "-1"], "there is no connection -1; they are numbered from 0 to 2"),
        (["-c", "0", "--kind", "rst"], "connection 0 is not among the 1 chosen of 3"),
        (["-o", "/no/such/folder/x"], "cannot write /no/such/folder/x: No such file or directory"),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_wrong_use_is_one_clear_line(
    wsanalyze: Command, three: Path, options: list[str], complaint: str, form: str
) -> None:
    status, out, err = wsanalyze(three, "-f", form, *options)
    assert (status, out) == (2, "")
    assert err.startswith(f"wsanalyze: {complaint}")
    assert err.count("\n") == 1


def test_missing_connections_are_explained() -> None:
    assert no_such_connection(0, 0, 0).endswith("no WebSocket connection was found")
    assert no_such_connection(1, 1, 1) == "there is no connection 1; only number 0"


def test_without_arguments_usage_is_short(wsanalyze: Command) -> None:
    status, out, err = wsanalyze()
    assert (status, out) == (2, "")
    assert err.startswith("usage: wsanalyze")
    assert err.count("\n") <= 5


def test_help_teaches(wsanalyze: Command) -> None:
    status, out, _ = wsanalyze("--help")
    assert status == 0
    assert all(word in out for word in ("examples:", "exit status:", "kinds of ending:", "tcpdump"))
    assert max(len(line) for line in out.splitlines()) <= 100


def test_version_tells_the_form(wsanalyze: Command) -> None:
    assert wsanalyze("--version").out.split()[-1] in {"(compiled)", "(interpreted)"}


# -- inputs that cannot be read -------------------------------------------------------------------


@pytest.fixture
def damaged(tmp_path: Path) -> dict[str, Path]:
    """Inputs with something wrong."""
    (tmp_path / "empty.pcap").touch()
    (tmp_path / "notes.txt").write_text("these are notes\n")
    (tmp_path / "folder").mkdir()
    whole = pcap(closed())
    (tmp_path / "cut.pcap").write_bytes(whole[:-5])
    (tmp_path / "cut.pcap.gz").write_bytes(gzipped(whole)[:-20])
    return {path.name: path for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("empty.pcap", "empty file"),
        ("notes.txt", "no pcap or pcapng capture"),
        ("folder", "no capture in this folder"),
        ("missing.pcap", "No such file or directory"),
        ("no*match.pcap", "no capture matches"),
    ],
)
def test_what_is_no_capture_is_one_line_and_the_rest_is_reported(
    wsanalyze: Command, damaged: dict[str, Path], tmp_path: Path, name: str, problem: str
) -> None:
    path = damaged.get(name, tmp_path / name)
    status, out, err = wsanalyze(path)
    assert (status, out) == (1, "")
    assert err.startswith(f"wsanalyze: {path}: {problem}")
    assert err.count("\n") == 1
    good = write(tmp_path / "good.pcap", closed())
    status, out, err = wsanalyze(path, good)
    assert status == 1
    assert "1 WebSocket connection\n" in out
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["cut.pcap", "cut.pcap.gz"])
def test_a_capture_that_is_cut_off_is_read_up_to_there(
    wsanalyze: Command, damaged: dict[str, Path], name: str
) -> None:
    status, out, err = wsanalyze(damaged[name])
    assert status == 1
    assert "not complete: " in out
    assert "1 WebSocket connection\n" in out
    assert err.count("\n") == 1


def test_json_tells_programs_what_could_not_be_read(wsanalyze: Command, tmp_path: Path) -> None:
    status, out, _ = wsanalyze(tmp_path / "missing.pcap", "-f", "json")
    assert status == 1
    (capture,) = json.loads(out)["captures"]
    assert (capture["complete"], capture["problem"]) == (False, "No such file or directory")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_line(wsanalyze: Command, three: Path) -> None:
    three.chmod(0)
    assert wsanalyze(three) == (1, "", f"wsanalyze: {three}: Permission denied\n")


def test_other_files_in_a_folder_are_one_line(wsanalyze: Command, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"notes{number:02}.txt").write_text("notes")
    write(tmp_path / "good.pcap", closed())
    status, _, err = wsanalyze(tmp_path)
    assert status == 0
    assert err == (
        f"wsanalyze: 30 files skipped that are no captures, such as {tmp_path}/notes00.txt\n"
    )


# -- pipes ----------------------------------------------------------------------------------------


def test_standard_input_says_the_same_as_the_file(process: Start, three: Path) -> None:
    whole = process(three).communicate(timeout=LIMIT_S)[0].decode()
    run = process("-")
    piped, err = run.communicate(three.read_bytes(), timeout=LIMIT_S)
    assert (run.returncode, err) == (0, b"")
    assert piped.decode() == whole.replace(str(three), "<stdin>")
    with three.open("rb") as file:
        redirected = process("-", stdin=file).communicate(timeout=LIMIT_S)[0]
    assert redirected == piped


def lines_of(run: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """Yield lines as they come; a line that never comes ends the process, and so the test."""
    guard = threading.Timer(LIMIT_S, run.kill)
    guard.start()
    assert run.stdout is not None
    try:
        yield from run.stdout
    finally:
        guard.cancel()


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_results_follow_while_the_pipe_is_being_written(process: Start, form: str) -> None:
    # A connection is over five seconds of capture time after TCP ended: the second one shows that.
    first, second = closed(40000), finished(40001, start_ns=START_NS + 20 * SECOND)
    run = process("-", "-f", form)
    lines = lines_of(run)
    assert run.stdin is not None
    run.stdin.write(pcap([*first, second[0]]))
    run.stdin.flush()
    line = next(lines).decode()
    assert "Close 1001 (Going Away)" in line
    run.stdin.write(pcap(second[1:])[24:])
    run.stdin.close()
    rest = b"".join(lines).decode()
    assert "without a close frame" in rest
    assert run.wait(LIMIT_S) == 0
    if form == "text":
        assert "2 WebSocket connections" in rest
        assert "Close 1001" not in rest, "what was shown is not shown again"


def test_an_interrupt_ends_the_reading_and_not_the_report(process: Start) -> None:
    run = process("-")
    assert run.stdin is not None
    run.stdin.write(pcap([*closed(40000), *finished(40001, start_ns=START_NS + 20 * SECOND)[:7]]))
    run.stdin.flush()
    lines = lines_of(run)
    first = next(lines).decode()
    assert first.startswith("#0 ")
    run.send_signal(signal.SIGINT)
    rest = b"".join(lines).decode()
    assert run.wait(LIMIT_S) == 0
    assert run.stderr is not None
    assert run.stderr.read() == b""
    assert "#1 10.0.0.1:40001" in rest
    assert "2 WebSocket connections" in rest


def test_a_reader_that_has_seen_enough_is_no_error(process: Start, tmp_path: Path) -> None:
    talks = [closed(40000 + i, start_ns=START_NS + i * 1000) for i in range(2000)]
    path = write(tmp_path / "many.pcap", merged(*talks))
    for form in ("text", "json", "jsonl", "csv"):
        run = process(path, "-f", form)
        assert run.stdout is not None
        assert run.stdout.read(10)
        run.stdout.close()
        assert run.stderr is not None
        assert run.stderr.read() == b""
        assert run.wait(LIMIT_S) == 0


def test_a_terminal_without_our_characters_gets_escapes(process: Start, three: Path) -> None:
    run = process(three, more={"PYTHONIOENCODING": "ascii"})
    out, err = run.communicate(timeout=LIMIT_S)
    assert (run.returncode, err) == (0, b"")
    assert rb"10.0.0.1:40000 \u2192 10.0.0.2:80/chat" in out


def test_a_closed_standard_output_is_said() -> None:
    path = ROOT / "captures" / "servers" / "rst-client.pcap"
    command = f"exec {sys.executable} -m analyzer.cli {path} >&-"
    done = subprocess.run(
        command,
        shell=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == b"wsanalyze: standard output is closed\n"


def test_a_refused_upgrade_is_a_connection(wsanalyze: Command, tmp_path: Path) -> None:
    out = wsanalyze(write(tmp_path / "a.pcap", refused())).out
    assert "upgrade refused with status 403" in out


def test_small_captures_are_quick(process: Start) -> None:
    path = ROOT / "captures" / "servers" / "rst-client.pcap"
    begun = time.monotonic()
    assert process(path).wait(LIMIT_S) == 0
    assert time.monotonic() - begun < 5


def test_a_folder_is_followed_until_an_interrupt(process: Start, tmp_path: Path) -> None:
    # As when a program rotates its files: the second holds the end of the first one's connection.
    packets = [*closed(40000), *finished(40001, start_ns=START_NS + 20 * SECOND)]
    write(tmp_path / "a.pcap", packets[:8])
    run = process("--follow", tmp_path)
    lines = lines_of(run)
    write(tmp_path / ".part", packets[8:]).rename(tmp_path / "b.pcap")
    assert next(lines).decode().startswith("#0 ")
    run.send_signal(signal.SIGINT)
    rest = b"".join(lines).decode()
    assert run.wait(LIMIT_S) == 0
    assert "#1 10.0.0.1:40001" in rest
    assert "2 WebSocket connections" in rest


def test_captures_and_a_followed_folder_exclude_each_other(wsanalyze: Command, three: Path) -> None:
    status, out, err = wsanalyze(three, "--follow", three.parent)
    assert (status, out) == (2, "")
    assert "--follow" in err


def test_a_table_is_written_as_csv(wsanalyze: Command, three: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(wsanalyze(three, "--table", "endings").out)))
    assert [(row["connection"], row["side"]) for row in rows][:2] == [
        ("0", "client"),
        ("0", "server"),
    ]
    assert len(rows) == 6
    frames = list(csv.DictReader(io.StringIO(wsanalyze(three, "-t", "frames").out)))
    assert {row["opcode"] for row in frames} >= {"text", "close"}


def test_a_table_is_csv_alone(wsanalyze: Command, three: Path) -> None:
    status, out, err = wsanalyze(three, "--table", "tcp", "-f", "json")
    assert (status, out) == (2, "")
    assert err == "wsanalyze: --table is written as csv, not as json\n"


def test_files_are_written_besides_the_output(
    wsanalyze: Command, three: Path, tmp_path: Path
) -> None:
    report, charts, tables = tmp_path / "a.html", tmp_path / "charts", tmp_path / "tables"
    plain = wsanalyze(three).out
    status, out, err = wsanalyze(
        three, "--report", report, "--charts", charts, "--save", tables, "--save-as", "parquet"
    )
    assert (status, out) == (0, plain)
    assert err.count("\n") == 3
    assert {path.suffix for path in tables.iterdir()} == {".parquet"}
    assert {path.suffix for path in charts.iterdir()} == {".png", ".svg"}
    assert report.read_text(encoding="utf-8").lower().startswith("<!doctype html>")


def test_only_chosen_connections_are_reported(
    wsanalyze: Command, three: Path, tmp_path: Path
) -> None:
    report = tmp_path / "a.md"
    wsanalyze(three, "--kind", "rst", "--report", report)
    text = report.read_text(encoding="utf-8")
    assert "40002" in text
    assert "40000" not in text


def test_a_report_never_takes_the_place_of_a_capture(wsanalyze: Command, three: Path) -> None:
    before = three.read_bytes()
    status, _, err = wsanalyze(three, "--report", three)
    assert (status, three.read_bytes()) == (2, before)
    assert "is being read" in err


def test_text_that_is_not_utf8_is_found_where_one_connection_is_asked_for(
    wsanalyze: Command, tmp_path: Path
) -> None:
    # RFC 6455, section 8.1: the receiver fails the connection, with 1007.
    talk = opened().server(frame(TEXT, b"caf\xe9"))
    talk.client(frame(CLOSE, close_body(1007), mask=MASK)).close_tcp("client")
    path = write(tmp_path / "a.pcap", talk.packets)
    out = wsanalyze(path, "--connection", "0").out
    assert "Close 1007 (Invalid frame payload data)" in out
    assert "text_not_utf8 by the server in packet 8" in out


def test_streams_beyond_the_limit_are_told(wsanalyze: Command, tmp_path: Path) -> None:
    talks = [opened(40000 + i, start_ns=START_NS + i * SECOND).packets for i in range(4)]
    path = write(tmp_path / "a.pcap", merged(*talks))
    document = json.loads(wsanalyze(path, "-f", "json", "--max-streams", "2").out)
    (odd,) = [one for one in document["anomalies"] if one["name"] == "stream_table_full"]
    assert odd["detail"].startswith("2 streams were given up")
    assert len(document["connections"]) == 4
