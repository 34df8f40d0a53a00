"""Which files a user means: paths, globs, folders, pipes in; captures, and what is none, out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.capture.input_file import CaptureSource, Source, reason
from analyzer.errors import CaptureError, NotACaptureError, UsageError

__all__ = ["CaptureSource", "Inputs", "Source", "open_captures"]


@dataclass
class Inputs:
    """What `open_captures` found.

    Attributes
    ----------
    sources : list of CaptureSource
        The captures, in the order given; those of a folder or glob by name.
    skipped : list of (str, str)
        Path and reason, one line, of files in a folder or glob that are no captures, and of
        captures given twice.
    errors : list of CaptureError
        Inputs named explicitly that are no captures, cannot be read or do not exist.
    """

    sources: list[CaptureSource] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    errors: list[CaptureError] = field(default_factory=list)


def open_captures(sources: Source | Iterable[Source]) -> Inputs:
    """Find the captures that a user means.

    Parameters
    ----------
    sources : str, path, binary file, or an iterable of them
        A path; a glob (``**`` goes through folders), unless a file has that very name; a folder,
        whose own files are taken but not those of folders in it; ``-`` for standard input; an
        open binary file, of any kind that can be read.

    Returns
    -------
    Inputs
        Captures, and what was left out. The first bytes of each have been read.

    Raises
    ------
    UsageError
        Something that is none of these.
    """
    inputs = Inputs()
    seen: set[str] = set()
    for source in _each(sources):
        if not isinstance(source, str | os.PathLike) and not hasattr(source, "read"):
            raise UsageError(f"cannot read captures from {type(source).__name__}")
        try:
            _add(inputs, source, seen)
        except CaptureError as error:
            inputs.errors.append(error)
    return inputs


def _each(sources: Source | Iterable[Source]) -> Iterable[Source]:
    if isinstance(sources, str | os.PathLike) or hasattr(sources, "read"):
        return [sources]  # type: ignore[list-item]
    if not isinstance(sources, Iterable):
        raise UsageError(f"cannot read captures from {type(sources).__name__}")
    return sources


def _add(inputs: Inputs, source: Source, seen: set[str]) -> None:
    """Add one thing that the user named."""
    if not isinstance(source, str | os.PathLike) or source == "-":
        _add_file(inputs, source, seen)
        return
    path = os.path.expanduser(os.fspath(source))  # noqa: PTH111  (a glob is no Path)
    if os.path.isdir(path):  # noqa: PTH112
        _add_found(inputs, path, _files_in(path), seen, "no capture in this folder")
    elif set(path) & set("*?[") and not os.path.lexists(path):
        import glob  # noqa: PLC0415 - shells know patterns

        found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  (keeps paths as given)
        files = [name for name in found if not os.path.isdir(name)]  # noqa: PTH112
        _add_found(inputs, path, files, seen, "no capture matches")
    else:
        _add_file(inputs, path, seen)


def _files_in(folder: str) -> list[str]:
    """List the files of a folder by name, without hidden ones."""
    try:
        entries = list(Path(folder).iterdir())
    except OSError as error:
        raise CaptureError(folder, reason(error)) from error
    files = (entry for entry in entries if entry.is_file() and not entry.name.startswith("."))
    return sorted(str(entry) for entry in files)


def _add_found(inputs: Inputs, named: str, files: list[str], seen: set[str], nothing: str) -> None:
    """Add the captures among files that the user did not name one by one."""
    before = len(inputs.sources) + len(inputs.errors)
    known = any(_real_path(file) in seen for file in files)
    for file in files:
        try:
            _add_file(inputs, file, seen)
        except NotACaptureError as error:
            inputs.skipped.append((file, error.problem))
        except CaptureError as error:
            inputs.errors.append(error)
    if len(inputs.sources) + len(inputs.errors) == before and not known:
        raise CaptureError(named, nothing)


def _add_file(inputs: Inputs, source: Source, seen: set[str]) -> None:
    """Add one capture; one that was added before would count its packets twice."""
    if isinstance(source, str | os.PathLike):
        place = "-" if source == "-" else _real_path(os.fspath(source))
        if place in seen:
            inputs.skipped.append((os.fspath(source), "given twice"))
            return
        seen.add(place)
    capture = CaptureSource(source)
    capture.identify()
    capture.rewind()  # a thousand files must not be open at once
    inputs.sources.append(capture)


def _real_path(path: str) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:  # no path at all, such as one with a NUL; opening it tells
        return path
