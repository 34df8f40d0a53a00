"""What a Python user holds."""

from __future__ import annotations

import gc
import io
import sys
from pathlib import Path

import pytest

from analyzer.errors import CaptureError, NotACaptureError, UsageError
from analyzer.read import EXAMPLE, Analysis, Session, read
from capture_files import pcap, write, write_rotated
from conversation import START_NS
from packets import Packet
from told import SECOND, closed, finished, merged, opened
from wire import MASK, PING, frame

ROOT = Path(__file__).resolve().parents[1]


def two() -> list[Packet]:
    return merged(closed(40000), finished(40001, start_ns=START_NS + 20 * SECOND))


def kinds(analysis: Analysis) -> list[str]:
    return [str(one.ending.kind) for one in analysis.connections]


def test_without_an_argument_there_is_a_real_capture_to_look_at() -> None:
    analysis = read()
    assert kinds(analysis) == ["hybi_close", "open"]
    assert analysis.connections[0].ending.client_close is not None


def test_the_example_is_one_of_the_recordings() -> None:
    recording = ROOT / "captures" / "browsers" / "chromium_reload_reconnect.pcap"
    assert EXAMPLE.read_bytes() == recording.read_bytes(), f"copy {recording.name} to {EXAMPLE}"


def test_everything_that_names_captures_gives_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pcap", closed())
    with path.open("rb") as file:
        sources = [path, str(path), [path], str(tmp_path / "*.pcap"), tmp_path, file]
        assert [kinds(read(source)) for source in sources] == [["hybi_close"]] * 6  # type: ignore[arg-type]
    assert kinds(read(io.BytesIO(pcap(closed())))) == ["hybi_close"]


def test_rotated_files_are_one_capture(tmp_path: Path) -> None:
    paths = write_rotated(tmp_path, closed(), files=3)
    (one,) = read(reversed(paths)).connections
    assert one.last_packet == 12


def test_connections_have_their_numbers_as_places() -> None:
    analysis = read(io.BytesIO(pcap(two())))
    assert [one.id for one in analysis.connections] == [0, 1]


def test_frames_are_kept_where_they_are_asked_for() -> None:
    assert read().connections[0].frames is None
    frames = read(frames=True).connections[0].frames
    assert frames is not None
    assert len(frames) == 4  # as the recording's log and tshark say: two texts, two closes


def test_what_prints_is_what_the_command_prints() -> None:
    analysis = read(io.BytesIO(pcap(two())))
    lines = str(analysis).splitlines()
    assert lines[0].startswith("<file>: pcap, 22 packets")
    assert "2 WebSocket connections" in lines
    assert repr(analysis) == "<Analysis of 2 WebSocket connections>"
    assert str(analysis.connections[0].ending) == analysis.connections[0].ending.sentence
    assert str(analysis.connections[0]).startswith("#0 10.0.0.1:40000 → 10.0.0.2:80/chat: server")


def test_notebooks_show_what_print_shows() -> None:
    shown: list[str] = []
    printer = type("Printer", (), {"text": staticmethod(shown.append)})
    analysis = read()
    analysis._repr_pretty_(printer, cycle=False)
    assert shown == [str(analysis)]


def test_a_long_analysis_prints_its_first_connections() -> None:
    talks = [closed(40000 + i, start_ns=START_NS + i) for i in range(50)]
    analysis = read(io.BytesIO(pcap(merged(*talks))))
    lines = str(analysis).splitlines()
    assert sum("→ 10.0.0.2" in line for line in lines) == 40
    assert lines[-1] == "… and 10 more; all are in .connections"


@pytest.mark.parametrize(
    ("name", "error"), [("missing.pcap", CaptureError), ("notes.txt", NotACaptureError)]
)
def test_what_is_no_capture_raises(tmp_path: Path, name: str, error: type[Exception]) -> None:
    (tmp_path / "notes.txt").write_text("these are notes")
    with pytest.raises(error, match=name):
        read(tmp_path / name)


def test_what_cannot_be_a_source_raises() -> None:
    with pytest.raises(UsageError, match="int"):
        read(5)  # type: ignore[arg-type]


def test_what_could_not_be_read_stands_beside_what_could(tmp_path: Path) -> None:
    good = write(tmp_path / "good.pcap", closed())
    (tmp_path / "cut.pcap").write_bytes(pcap(finished(40001, start_ns=START_NS + SECOND))[:-1])
    analysis = read([good, tmp_path / "missing.pcap", tmp_path / "cut.pcap"])
    assert kinds(analysis) == ["hybi_close", "fin"]
    assert [(Path(one.path).name, one.complete) for one in analysis.captures] == [
        ("good.pcap", True),
        ("cut.pcap", False),
        ("missing.pcap", False),
    ]
    assert all(bool(one.problem) != one.complete for one in analysis.captures)


def test_a_session_gives_connections_as_they_end() -> None:
    session = Session(io.BytesIO(pcap(two())))
    connections = iter(session)
    assert next(connections).id == 0
    assert session.connections_over == 1
    assert session.captures[0].packets < 22
    assert [one.id for one in connections] == [1]
    assert session.captures[0].packets == 22


def test_a_session_can_be_stopped() -> None:
    later = opened(40001, start_ns=START_NS + SECOND).wait(10)
    later.client(frame(PING, mask=MASK)).wait(30).close_tcp("server")
    session = Session(io.BytesIO(pcap(merged(closed(40000), later.packets))))
    found = []
    for one in session:
        found.append(one)
        session.stop()
    assert [one.id for one in found] == [0, 1], "what is in progress is handed out, too"
    assert str(found[1].ending.kind) == "open", "its end was not read any more"
    (record,) = session.captures
    assert (record.complete, record.problem) == (False, "interrupted")


def test_progress_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # `analyzer.read` is the function, too.
    monkeypatch.setattr(sys.modules["analyzer.read"], "PROGRESS_S", 0)
    path = write(tmp_path / "a.pcap", two())
    told: list[tuple[int, int | None, int, int]] = []
    read(path, progress=lambda *now: told.append(now))
    size = path.stat().st_size
    assert told[-1] == (size, size, 22, 2)
    assert [now[3] for now in told] == sorted(now[3] for now in told)


def test_an_empty_list_of_captures_is_an_empty_analysis() -> None:
    assert read([]).connections == []


def test_reading_leaves_the_garbage_collector_as_it_was() -> None:
    assert gc.isenabled()
    read()
    assert gc.isenabled()
    gc.disable()
    try:
        read()
        assert not gc.isenabled()
    finally:
        gc.enable()
