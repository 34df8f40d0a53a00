"""Captures from several points in, read apart; conversations over all hops out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.analysis import Analysis
from analyzer.capture.source import Source
from analyzer.read import read

if TYPE_CHECKING:  # who reads one capture starts sooner without them
    from analyzer.legs import Clock, Conversation, Joined


class JoinedCaptures:
    """Captures from several points of one path, and the conversations that went through.

    ``print(joined)`` gives what the command prints.

    Attributes
    ----------
    analyses : list of Analysis
        Each capture by itself, with the times of its own clock.
    clocks : list of Clock
        Each capture's clock beside that of the first.
    conversations : list of Conversation
        What client and server said to each other, over all hops.
    """

    def __init__(self, analyses: list[Analysis], joined: Joined) -> None:
        self.analyses = analyses
        self._joined = joined

    @property
    def clocks(self) -> list[Clock]:
        """Each capture's clock beside that of the first."""
        return self._joined.clocks

    @property
    def conversations(self) -> list[Conversation]:
        """What client and server said to each other, over all hops."""
        return self._joined.conversations

    def paths(self) -> list[list[str]]:
        """Return the files of each capture."""
        return [[one.path for one in analysis.captures] for analysis in self.analyses]

    def to_dict(self) -> dict[str, object]:
        """Return all of it, ready for JSON."""
        from analyzer.legs.records import to_dict  # noqa: PLC0415 - see above

        found = to_dict(self._joined, self.paths())
        for capture, analysis in zip(found["captures"], self.analyses, strict=True):
            capture["findings"] = [one.to_dict() for one in analysis.findings]
        return found

    def report(self, path: str | Path) -> None:
        """Write one file for the postmortem: HTML, or Markdown where `path` ends in ``.md``."""
        from analyzer.report import write_joined  # noqa: PLC0415 - loads Jinja

        captures = [analysis.captures for analysis in self.analyses]
        write_joined(path, self._joined, captures, [one.findings for one in self.analyses])

    def __str__(self) -> str:
        from analyzer.legs.story import story  # noqa: PLC0415 - see above

        return "\n".join(story(self._joined, self.paths()))

    def __repr__(self) -> str:
        count, captures = len(self.conversations), len(self.analyses)
        plurals = ("" if count == 1 else "s", "" if captures == 1 else "s")
        return f"<{count} conversation{plurals[0]} in {captures} capture{plurals[1]}>"


def join(*sources: Source | Iterable[Source], keylog: str | None = None) -> JoinedCaptures:
    """Join captures from several points of one path, or the legs inside one capture.

    Parameters
    ----------
    *sources : as in `read`
        One for each point; a list is one point's capture in several files. Each is read apart: the
        clocks of two machines differ, and the same packets may be in several captures.
    keylog : str, optional
        Secrets of TLS streams, as in `read`.

    Raises
    ------
    CaptureError
        One of them cannot be read as a capture.
    """
    from analyzer.legs import join_captures  # noqa: PLC0415 - see above

    analyses = [read(source, frames=True, keylog=keylog) for source in sources]
    return JoinedCaptures(analyses, join_captures([one.connections for one in analyses]))
