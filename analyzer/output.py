"""Where results go: standard output, or a file that is never left half written."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EACCES
from pathlib import Path
from typing import TextIO

from analyzer.capture.input_file import reason
from analyzer.errors import UsageError
from analyzer.printable import printable


@contextmanager
def output_to(path: str | None, inputs: Iterable[str] = (), *, at_once: bool) -> Iterator[TextIO]:
    """Open what results are written to.

    Parameters
    ----------
    path : str or None
        A file; None or ``-`` for standard output.
    inputs : iterable of str
        What is being read: results never take its place.
    at_once : bool
        Lines show up in the file as they are written. Otherwise it appears when it is whole, under
        a temporary name beside it until then, and a run that fails leaves what stood there before.

    Raises
    ------
    UsageError
        The file cannot be written, or is one of the inputs.
    """
    if path is None or path == "-":
        if sys.stdout is None:
            raise UsageError("standard output is closed")
        yield sys.stdout
        sys.stdout.flush()
        return
    _refuse_inputs(path, inputs)
    try:
        target = Path(os.path.realpath(path))
        partial = None if at_once or not _is_plain(target) else _partial(target)
        out = (partial or target).open("w", encoding="utf-8", newline="")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {path}: {reason(error)}") from error
    try:
        with out:
            yield out
        if partial is not None:
            _replace(target, partial)
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _refuse_inputs(path: str, inputs: Iterable[str]) -> None:
    for one in inputs:
        with suppress(OSError, ValueError):
            if Path(path).samefile(one):
                raise UsageError(f"{path} is being read; write the results elsewhere")


def _is_plain(path: Path) -> bool:
    """Whether a path is a regular file, or none yet: devices and pipes are written to directly."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return True
    if stat.S_ISREG(mode) and not os.access(path, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES))  # which a new name would get around
    return stat.S_ISREG(mode)


def _partial(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def _replace(target: Path, partial: Path) -> None:
    with suppress(OSError):
        partial.chmod(stat.S_IMODE(target.stat().st_mode))
    partial.replace(target)


def make_safe(out: TextIO | None, *, encoding: str | None = None) -> None:
    """Let a stream write what its encoding lacks as an escape, where it would fail otherwise."""
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding=encoding, errors="backslashreplace")


def complain(text: str) -> None:
    """Write one line on standard error; paths in it may have been chosen by strangers."""
    with suppress(OSError):
        sys.stderr.write(f"wsanalyze: {printable(text)}\n")


def discard_stdout() -> None:
    """Throw away what is still buffered: nobody reads it, and Python would complain at exit."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
