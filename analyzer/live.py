"""Standard input that may still be being written: bytes out, and word when they pause.

A capture that is piped from a program that watches the network comes in bursts. Whoever reads wants
what is known so far whenever there is nothing to read; a file that is piped in never pauses long.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from typing import BinaryIO

# A program that copies a file has the next bytes ready sooner.
PAUSE_S = 0.1


class LiveInput:
    """A binary file for `analyzer.read.Session`, over a pipe.

    Parameters
    ----------
    file : binary file
        What to read from; it has a file descriptor, and ``read1``.
    on_pause : callable
        Called when nothing came for a moment, before the next bytes are waited for.

    Attributes
    ----------
    paused : bool
        It was called at least once: somebody is still writing.
    """

    name = "<stdin>"

    def __init__(self, file: BinaryIO, on_pause: Callable[[], None]) -> None:
        self._file = file
        self._on_pause = on_pause
        self.paused = False
        self._stopped, self._stop = os.pipe()

    def stop(self) -> None:
        """End the input where it is; may be called by a signal's handler."""
        os.write(self._stop, b".")

    def close(self) -> None:
        """Give up what stopping takes; the file stays open."""
        os.close(self._stopped)
        os.close(self._stop)

    def read1(self, size: int) -> bytes:
        """Return what is there, up to `size` bytes, as soon as there is any; nothing at the end."""
        ready = self._wait(PAUSE_S)
        if not ready:
            self.paused = True
            self._on_pause()
            ready = self._wait(None)
        if self._stopped in ready:
            return b""
        return self._file.read1(size)  # type: ignore[attr-defined, no-any-return]

    def read(self, size: int) -> bytes:
        """Return the same as `read1`."""
        return self.read1(size)

    def _wait(self, seconds: float | None) -> list[BinaryIO | int]:
        either: list[BinaryIO | int] = [self._file, self._stopped]
        return select.select(either, [], [], seconds)[0]
