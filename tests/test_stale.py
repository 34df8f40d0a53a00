"""The guard of the test run itself: see `stale`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

import pytest

from stale import RECORD, digest, stale_modules

SUFFIX = EXTENSION_SUFFIXES[0]
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def package(tmp_path: Path) -> ModuleType:
    """Make a package of two modules, one of them compiled, built a minute after it was written."""
    for name in ("__init__.py", "hot.py", "hot.pxd", "other.py", "other.pxd", f"hot{SUFFIX}"):
        path = tmp_path / name
        path.write_text(name)
        at = 1_700_000_060 if name.endswith(SUFFIX) else 1_700_000_000
        os.utime(path, (at, at))
    module = ModuleType("made_up")
    module.__file__ = str(tmp_path / "__init__.py")
    return module


def record(tmp_path: Path) -> None:
    names = ("hot.py", "hot.pxd", "other.py", "other.pxd")
    hashes = {name: digest(tmp_path / name) for name in names}
    (tmp_path / RECORD).write_text(json.dumps(hashes))


def test_what_was_built_after_its_source_is_fresh(package: ModuleType) -> None:
    assert stale_modules(package) == []


@pytest.mark.parametrize("name", ["hot.py", "hot.pxd", "other.pxd"])
def test_what_is_older_than_its_source_or_any_declaration_is_stale(
    package: ModuleType, tmp_path: Path, name: str
) -> None:
    os.utime(tmp_path / name, (1_700_000_120, 1_700_000_120))
    assert stale_modules(package) == [f"hot{SUFFIX}: {name} is newer"]


def test_source_that_is_not_compiled_may_be_newer(package: ModuleType, tmp_path: Path) -> None:
    os.utime(tmp_path / "other.py", (1_700_000_120, 1_700_000_120))
    assert stale_modules(package) == []


def test_compiled_module_without_source_is_stale(package: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "hot.py").unlink()
    assert stale_modules(package) == [f"hot{SUFFIX}: it has no source"]


def test_recorded_hashes_decide_over_times(package: ModuleType, tmp_path: Path) -> None:
    record(tmp_path)
    # As pip leaves it: everything has the time of its installation, or of its writing.
    os.utime(tmp_path / "hot.py", (1_700_000_120, 1_700_000_120))
    assert stale_modules(package) == []
    (tmp_path / "hot.py").write_text("edited")
    os.utime(tmp_path / "hot.py", (1_600_000_000, 1_600_000_000))
    assert stale_modules(package) == ["hot.py: the build recorded another one, or none"]


def test_run_refuses_stale_modules(tmp_path: Path) -> None:
    """The whole of it: a copy of the package with a compiled module that is too old."""
    skipped = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(ROOT / "analyzer", tmp_path / "analyzer", ignore=skipped)
    (tmp_path / "tests").mkdir()
    for name in ("conftest.py", "stale.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests")
    (tmp_path / "tests" / "test_nothing.py").write_text("def test_nothing(): pass\n")
    # No module of this name is imported, so that what is in it does not matter.
    (tmp_path / "analyzer" / "unused.py").write_text("")
    old = tmp_path / "analyzer" / f"unused{SUFFIX}"
    old.write_bytes(b"")
    os.utime(old, (1_000_000_000, 1_000_000_000))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    paths = os.pathsep.join(str(tmp_path / part) for part in ("", "tests"))
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "older than their source" in done.stdout + done.stderr
    old.unlink()
    again = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert again.returncode == pytest.ExitCode.OK, again.stdout + again.stderr
