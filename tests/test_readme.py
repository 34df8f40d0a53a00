"""README shows what the program really prints, and what the rules really say."""

from __future__ import annotations

import re

from readme import CONSOLE, ENDINGS, PYTHON, README, render

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
