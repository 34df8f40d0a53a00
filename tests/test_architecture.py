"""Rules that the source keeps: who imports whom, what loads when, sizes, a test per module."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "analyzer"
MODULES = sorted(SOURCE.rglob("*.py"))
DECLARATIONS = sorted(SOURCE.rglob("*.pxd"))

# In the order of the data's journey. Rooms of one line may not import each other, either.
ROOMS: tuple[tuple[str, ...], ...] = (
    ("side", "quick", "sha1"),
    ("errors", "anomaly", "printable", "endpoint"),
    ("capture", "packet"),
    ("stream",),
    ("route",),
    ("tls",),
    ("http",),
    ("proxy",),
    ("http2",),
    ("websocket",),
    ("ending",),
    ("packets", "traffic"),
    ("record",),
    ("encrypted",),
    ("attempt",),
    ("aside",),
    ("below",),
    ("assembly",),
    ("observer",),
    ("engine",),
    ("findings",),
    ("legs", "comparison"),
    ("text", "document", "selection", "output", "live", "follow", "events"),
    ("ladder", "terminal", "encrypted_text"),
    ("tables",),
    ("plot",),
    ("report",),
    ("analysis",),
    ("share",),
    ("jobs", "fleet"),
    ("read",),
    ("exports", "join", "versus", "failing"),
    ("",),  # the package itself: the names that users import
    ("options",),
    ("cluster",),
    ("apart",),
    ("cli",),
)
PLACE = {room: place for place, rooms in enumerate(ROOMS) for room in rooms}

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
# Modules whose tests stand elsewhere.
TESTED_ELSEWHERE = {
    "analyzer/__init__.py": "names only, imported here",
    "analyzer/side.py": "an enumeration",
    "analyzer/http/upgrades.py": "a protocol, for mypy",
    "analyzer/errors.py": "classes that tests/capture raises and catches",
}

# Loaded only by what needs them.
HEAVY = {"pandas", "matplotlib", "scapy", "numpy", "cryptography", "hpack", "hyperframe"}


def room_of(module: str) -> str:
    """Give the room of ``analyzer.room.module``; empty for the package itself."""
    return module.split(".")[1] if "." in module else ""


def room_of_file(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return "" if parts[0] == "__init__" else parts[0]


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything of ours that a module imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute here"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                # `from analyzer import engine` names a module, `import Analysis` does not.
                is_module = node.module == "analyzer" and room_of(inner) in PLACE
                yield node.lineno, inner if is_module else str(node.module)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)


def cimports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything that a declaration file cimports."""
    pattern = re.compile(r"^\s*(?:from\s+(\S+)\s+c?import|cimport\s+(\S+)|import\s+(\S+))")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := pattern.match(line):
            yield number, next(name for name in found.groups() if name)


def forbidden(path: Path, imports: Iterator[tuple[int, str]]) -> list[str]:
    room = room_of_file(path)
    found = []
    for line, name in imports:
        if name.partition(".")[0] != "analyzer":
            continue
        other = room_of(name)
        if other != room and PLACE[other] >= PLACE[room]:
            where = f"{path.relative_to(ROOT)}:{line}"
            found.append(f"{where}: {room or 'the package'} may not import {other or 'it'}")
    return found


def test_every_module_has_its_place_in_the_journey() -> None:
    assert {room_of_file(path) for path in [*MODULES, *DECLARATIONS]} <= PLACE.keys()


def test_rooms_import_only_themselves_and_earlier_rooms() -> None:
    assert [line for path in MODULES for line in forbidden(path, imports_of(path))] == []


def test_declarations_cimport_only_themselves_and_earlier_rooms() -> None:
    assert [line for path in DECLARATIONS for line in forbidden(path, cimports_of(path))] == []


def test_checker_finds_an_import_against_the_journey(tmp_path: Path) -> None:
    path = SOURCE / "capture" / "made_up.py"
    wrong = iter([(3, "analyzer.read"), (4, "analyzer.packet.ip"), (5, "analyzer.errors")])
    assert forbidden(path, wrong) == [
        "analyzer/capture/made_up.py:3: capture may not import read",
        "analyzer/capture/made_up.py:4: capture may not import packet",
    ]
    text = tmp_path / "one.pxd"
    text.write_text("cimport cython\nfrom analyzer.stream.layer cimport Chunk, Layer\n")
    assert list(cimports_of(text)) == [(1, "cython"), (2, "analyzer.stream.layer")]


def test_every_declaration_stands_beside_its_module() -> None:
    assert [path for path in DECLARATIONS if not path.with_suffix(".py").exists()] == []


def loaded_by(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_import_loads_nothing_heavy() -> None:
    assert loaded_by("import analyzer") & (HEAVY | {"rich", "zstandard", "lz4"}) == set()


@pytest.mark.parametrize("options", [[], ["--connection", "0"], ["--format", "json"]])
def test_command_loads_nothing_heavy(options: list[str]) -> None:
    capture = min((ROOT / "captures" / "servers").glob("close-1000*.pcap"))
    run = f"from analyzer.cli import main\nmain({[*options, str(capture)]!r})"
    assert (
        loaded_by(f"try:\n {run.replace(chr(10), chr(10) + ' ')}\nexcept SystemExit: pass")
        & (HEAVY)
        == set()
    )


def gathers_names(path: Path) -> bool:
    """Whether a module holds nothing but words, imports, and the list of what it offers."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    offers = [node for node in body if isinstance(node, ast.Assign)]
    return all(
        isinstance(node, ast.Expr | ast.Import | ast.ImportFrom | ast.Assign) for node in body
    ) and all(ast.unparse(node.targets[0]) == "__all__" for node in offers)


def test_every_module_has_its_test_file() -> None:
    missing = []
    for path in MODULES:
        name = path.relative_to(ROOT).as_posix()
        inner = path.relative_to(SOURCE)
        expected = ROOT / "tests" / inner.parent / f"test_{inner.name}"
        if inner.name == "__init__.py" and inner.parent != Path():
            assert gathers_names(path), f"{name} holds code"
        elif name not in TESTED_ELSEWHERE and not expected.exists():
            missing.append(f"{expected.relative_to(ROOT)} of {name}")
    assert missing == []


def test_modules_are_short_enough_to_read() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in MODULES
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_functions_are_short_enough_to_read() -> None:
    too_long = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    too_long.append(f"{place}: {node.name} has {lines} lines")
    assert too_long == []


def test_a_layer_that_is_called_is_held_by_a_name() -> None:
    # It may put another layer in its place; compiled code would go on in one that is gone.
    called = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr == "top"
    ]
    assert called == []


def test_no_module_is_named_for_what_nobody_wanted_to_name() -> None:
    nameless = {"utils", "util", "helpers", "common", "base", "misc", "types"}
    assert [path for path in MODULES if path.stem in nameless] == []
