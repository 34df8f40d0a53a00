"""README shows what the program really prints, and what the rules really say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from readme import CONSOLE, ENDINGS, PYTHON, README, ROOT, pictures, render

TEXT = README.read_text(encoding="utf-8")


def test_every_command_prints_what_readme_shows() -> None:
    assert render(TEXT) == TEXT, "run: python tests/readme.py"


def test_there_is_something_to_check() -> None:
    assert len(CONSOLE.findall(TEXT)) >= 2
    assert PYTHON.search(TEXT)
    assert ENDINGS.search(TEXT)


def test_the_two_set_up_commands_are_marked_for_ci() -> None:
    for name in ("install", "test"):
        assert re.search(rf"<!-- command {name} -->\n```sh\n.+?```", TEXT, re.DOTALL)


def texts_of(svg: Path) -> list[str]:
    # Letters are drawn as outlines, each text with a comment that says it.
    return re.findall(r"<!-- (.*?) -->", svg.read_text(encoding="utf-8"))


def test_every_picture_is_what_the_code_beside_it_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = list(pictures(TEXT))
    assert len(shown) == len(re.findall(r"!\[", TEXT)) >= 1
    monkeypatch.chdir(tmp_path)
    for code, path in shown:
        Path(path).parent.mkdir(exist_ok=True)
        exec(code, {})
        # What is drawn where may change with the library; what is said may not.
        assert texts_of(tmp_path / path) == texts_of(ROOT / path), "run: python tests/readme.py"
        assert "server" in texts_of(ROOT / path)
