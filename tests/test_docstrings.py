"""Every example in a docstring does what it says, in both forms of the modules."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def names_with_examples(path: Path) -> set[str]:
    """Give the functions and classes whose docstrings hold examples, read from the source."""
    found = set()
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, documented) and ">>> " in (ast.get_docstring(node) or ""):
            found.add(getattr(node, "name", "module"))
    return found


WITH_EXAMPLES = [
    path for path in sorted((ROOT / "analyzer").rglob("*.py")) if names_with_examples(path)
]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=module_of)
def test_examples_do_what_they_say(path: Path) -> None:
    module = importlib.import_module(module_of(path))
    runner = doctest.DocTestRunner()
    run = set()
    for test in doctest.DocTestFinder().find(module, module.__name__):
        if test.examples:
            run.add(test.name.rpartition(".")[2])
            assert runner.run(test).failed == 0, test.name
    assert names_with_examples(path) <= run | {"module"}, "an example was not found, so not run"


def test_there_are_examples() -> None:
    assert len(WITH_EXAMPLES) >= 8
