"""Which files a user means, wherever they are: paths, globs, folders in; files by capture out."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from analyzer.errors import CaptureError, UsageError
from analyzer.fleet.boundary import cuts
from analyzer.fleet.piece import Piece
from analyzer.fleet.points import point_of

Place = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """A file.

    Attributes
    ----------
    path : str
        As fsspec takes it.
    size : int
        Bytes.
    named : bool
        The user named this very file, so that it must be a capture.
    """

    path: str
    size: int
    named: bool


@dataclass
class Listing:
    """What was found.

    Attributes
    ----------
    captures : dict of str to list of Listed
        The files of every capture, by name.
    missing : list of CaptureError
        What is not there.
    """

    captures: dict[str, list[Listed]] = field(default_factory=dict)
    missing: list[CaptureError] = field(default_factory=list)


def list_files(places: Iterable[Place], point: Callable[[str], str] = point_of) -> Listing:
    """Find files.

    Parameters
    ----------
    places : iterable of str or path
        Paths and URLs of files, globs, and folders, of any file system that fsspec knows.
    point : callable
        Tells the capture that a file belongs to, by its path.
    """
    listing = Listing()
    seen: set[str] = set()
    for place in places:
        if not isinstance(place, str | os.PathLike) or os.fspath(place) == "-":
            raise UsageError("a cluster reads files, no pipes")
        try:
            found = _list(os.fspath(place))
        except Exception as error:  # noqa: BLE001 - every kind of storage has errors of its own
            listing.missing.append(CaptureError(os.fspath(place), _in_one_line(error)))
            continue
        for file in found:
            if file.path not in seen:
                seen.add(file.path)
                listing.captures.setdefault(point(file.path), []).append(file)
    return listing


def _list(place: str) -> list[Listed]:
    from fsspec.core import url_to_fs  # noqa: PLC0415 - a cluster has it

    files, path = url_to_fs(os.path.expanduser(place))  # noqa: PTH111 - may be a URL
    magic = any(mark in path for mark in "*?[") and not files.exists(path)
    if magic:
        names = sorted(files.glob(path))
    elif files.isdir(path):
        names = sorted(files.ls(path, detail=False))
    else:
        return [Listed(_url(files, path), _size(files, path), named=True)]
    names = [name for name in names if files.isfile(name)]
    names = [name for name in names if not name.rpartition("/")[2].startswith(".")]
    if not names:
        raise ValueError("no capture " + ("matches" if magic else "in this folder"))
    return [Listed(_url(files, name), _size(files, name), named=False) for name in names]


def _url(files: Any, path: str) -> str:
    """Return a path that stands for itself; those of this machine stay as they are."""
    local = "file" in ((files.protocol,) if isinstance(files.protocol, str) else files.protocol)
    return path if local else str(files.unstrip_protocol(path))


def _size(files: Any, path: str) -> int:
    return int(files.info(path)["size"] or 0)


def _in_one_line(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):  # some file systems tell no more than its name
        return os.strerror(errno.ENOENT)
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__


def pieces_of(capture: str, file: Listed, piece_bytes: int) -> list[Piece]:
    """Cut a large file where records begin; smaller ones, and what cannot be cut, stay whole."""
    whole = Piece(capture, (file.path,))
    if file.size < 2 * piece_bytes:
        return [whole]
    import fsspec  # noqa: PLC0415 - a cluster has it

    with fsspec.open(file.path, "rb") as opened:
        offsets = cuts(opened, file.size, piece_bytes)
        opened.seek(0)
        header = opened.read(24)
    if not offsets:
        return [whole]
    begins, ends = [0, *offsets], [*offsets, None]
    return [
        Piece(capture, (file.path,), header if begin else b"", begin, end)
        for begin, end in zip(begins, ends, strict=True)
    ]
