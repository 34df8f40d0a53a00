"""Compiled modules that do not belong to their source. In: the package. Out: their names, and why.

A ``.so`` shadows the ``.py`` beside it: edited source would go untested without a word. Where the
build recorded what it compiled (``analyzer/compiled.json``: path of each ``.py`` and ``.pxd``
within the package, and the SHA-256 of its bytes), that decides; else the times of the files do.
"""

from __future__ import annotations

import hashlib
import json
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

RECORD = "compiled.json"


def compiled_modules(package: ModuleType) -> list[Path]:
    """Give the compiled modules of a package that this interpreter would load."""
    folder = folder_of(package)
    found = {path for end in EXTENSION_SUFFIXES for path in folder.rglob(f"*{end}")}
    return sorted(found)


def stale_modules(package: ModuleType) -> list[str]:
    """Give the compiled modules whose source is another by now, each with the reason."""
    folder = folder_of(package)
    compiled = compiled_modules(package)
    if not compiled:
        return []
    recorded = folder / RECORD
    # The declarations of one module go into others: any of them makes all stale.
    shared = sorted(folder.rglob("*.pxd"))
    if recorded.exists():
        return _changed(folder, compiled, json.loads(recorded.read_text()), shared)
    return [reason for path in compiled for reason in _older(folder, path, shared)]


def folder_of(package: ModuleType) -> Path:
    """Give the folder of a package."""
    assert package.__file__ is not None
    return Path(package.__file__).parent


def source_of(compiled: Path) -> Path:
    """Give the ``.py`` of a compiled module: its name up to the first dot."""
    return compiled.with_name(compiled.name.partition(".")[0] + ".py")


def digest(path: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _changed(
    folder: Path, compiled: list[Path], recorded: dict[str, str], shared: list[Path]
) -> list[str]:
    sources = [*map(source_of, compiled), *shared]
    return [
        f"{name}: the build recorded another one, or none"
        for path in sources
        if recorded.get(name := path.relative_to(folder).as_posix())
        != (digest(path) if path.exists() else None)
    ]


def _older(folder: Path, compiled: Path, shared: list[Path]) -> list[str]:
    source = source_of(compiled)
    name = compiled.relative_to(folder).as_posix()
    if not source.exists():
        return [f"{name}: it has no source"]
    built = compiled.stat().st_mtime_ns
    newer = [path for path in (source, *shared) if path.stat().st_mtime_ns > built]
    return [f"{name}: {newer[0].relative_to(folder).as_posix()} is newer"] if newer else []
