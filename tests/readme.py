"""The parts of README.md that a command makes: ``python tests/readme.py`` writes them anew."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from analyzer.cli import main
from analyzer.ending.rules import table

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"

CONSOLE = re.compile(r"(```console\n\$ (wsanalyze [^\n]*)\n)(.*?)(```)", re.DOTALL)
PYTHON = re.compile(r"(```python\n(.*?)```\n\n```text\n)(.*?)(```)", re.DOTALL)
PICTURE = re.compile(r"```python\n([^`]*save_figure\([^`]*)```\n\n!\[[^]]+\]\(([^)]+)\)")
ENDINGS = re.compile(r"(<!-- endings -->\n)(.*?)(<!-- /endings -->)", re.DOTALL)


def render(text: str) -> str:
    """Return README's text with the real output of its commands."""
    text = CONSOLE.sub(lambda found: found[1] + run_command(found[2]) + found[4], text)
    text = PYTHON.sub(lambda found: found[1] + run_python(found[2]) + found[4], text)
    return ENDINGS.sub(lambda found: f"{found[1]}{table()}\n{found[3]}", text)


def run_command(line: str) -> str:
    with at_root(), printed() as out:
        assert main(shlex.split(line)[1:]) == 0
    return out.getvalue()


def run_python(code: str) -> str:
    with at_root(), printed() as out:
        exec(code, {})
    return out.getvalue()


def pictures(text: str) -> Iterator[tuple[str, str]]:
    """Yield the code that makes a picture, and the picture's path."""
    for found in PICTURE.finditer(text):
        yield found[1], found[2]


@contextlib.contextmanager
def printed() -> Iterator[io.StringIO]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        yield out


@contextlib.contextmanager
def at_root() -> Iterator[None]:
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        yield
    finally:
        os.chdir(before)


if __name__ == "__main__":
    README.write_text(render(README.read_text(encoding="utf-8")), encoding="utf-8")
    for code, _ in pictures(README.read_text(encoding="utf-8")):
        run_python(code)
