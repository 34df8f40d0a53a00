from __future__ import annotations

import io
import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from analyzer.errors import UsageError
from analyzer.output import make_safe, output_to


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    with output_to(str(tmp_path / "a"), at_once=False) as out:
        out.write("text\n")
        out.flush()
        assert "a" not in names(tmp_path)
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"text\n"


def test_lines_that_are_wanted_at_once_are_there_at_once(tmp_path: Path) -> None:
    with output_to(str(tmp_path / "a"), at_once=True) as out:
        out.write("line\n")
        out.flush()
        assert (tmp_path / "a").read_text() == "line\n"


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")

    def fail() -> None:
        with output_to(str(tmp_path / "a"), at_once=False) as out:
            out.write("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "before"


def test_permissions_of_a_file_that_is_replaced_stay(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.touch()
    target.chmod(0o604)
    with output_to(str(target), at_once=False) as out:
        out.write("new")
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", 0o604)


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with output_to(str(tmp_path / "link"), at_once=False) as out:
        out.write("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_devices_and_pipes_are_written_to_as_they_are(tmp_path: Path) -> None:
    with output_to(os.devnull, at_once=False) as out:
        out.write("gone")
    assert not Path(os.devnull).is_file()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(fifo.read_text()))
    reader.start()
    with output_to(str(fifo), at_once=False) as out:
        out.write("through")
    reader.join()
    assert found == ["through"]


@pytest.mark.parametrize("at_once", [True, False])
def test_what_cannot_be_written_is_said(tmp_path: Path, at_once: bool) -> None:
    for path, why in (
        (tmp_path / "no" / "a", "No such file or directory"),
        (tmp_path, "Is a directory"),
        ("a\0b", "embedded null byte"),
    ):
        with pytest.raises(UsageError, match=why), output_to(str(path), at_once=at_once):
            pass


def test_an_input_is_not_overwritten_under_any_name(tmp_path: Path) -> None:
    (tmp_path / "capture").write_text("packets")
    (tmp_path / "link").symlink_to("capture")
    with (
        pytest.raises(UsageError, match="is being read"),
        output_to(str(tmp_path / "link"), ["missing", str(tmp_path / "capture")], at_once=True),
    ):
        pass
    assert (tmp_path / "capture").read_text() == "packets"


@pytest.mark.parametrize("path", [None, "-"])
def test_without_a_file_it_is_standard_output(
    capsys: pytest.CaptureFixture[str], path: str | None
) -> None:
    with output_to(path, at_once=False) as out:
        out.write("hello")
    assert capsys.readouterr().out == "hello"


def test_standard_output_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(UsageError, match="closed"), output_to(None, at_once=False):
        pass


def test_characters_that_an_encoding_lacks_are_escaped() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="latin-1")
    make_safe(out)
    out.write("é → \udc80")
    out.flush()
    assert raw.getvalue() == b"\xe9 \\u2192 \\udc80"
    make_safe(None)
    make_safe(io.StringIO())
