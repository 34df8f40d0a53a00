"""The errors that a user of the library can meet.

::

    AnalyzerError
    ├── CaptureError            an input cannot be read as a capture
    │   ├── NotACaptureError    its first bytes are those of no format that is known
    │   └── CorruptCaptureError the format is known, what follows makes no sense
    └── UsageError              the call asked for something that does not exist

Nothing that stands *inside* a packet raises one of these: odd bytes on the wire are data and become
an `Anomaly`.
"""

from __future__ import annotations


class AnalyzerError(Exception):
    """Base of all errors raised on purpose."""


class CaptureError(AnalyzerError):
    """An input cannot be read as a capture.

    Parameters
    ----------
    source : str
        The path, or ``<stdin>``, as the user gave it.
    problem : str
        What is wrong, one line, without the path.
    """

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(source, problem)
        self.source = source
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.source}: {self.problem}"


class NotACaptureError(CaptureError):
    """The first bytes are those of no capture format that is known."""


class CorruptCaptureError(CaptureError):
    """The format is known, but what follows makes no sense."""


class UsageError(AnalyzerError):
    """The call asked for something that does not exist."""
