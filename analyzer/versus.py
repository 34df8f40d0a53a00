"""Two analyses in, before and after; what changed out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.analysis import Analysis
from analyzer.capture.source import Source
from analyzer.read import read

if TYPE_CHECKING:  # who compares nothing starts sooner without them
    from analyzer.comparison import Change, Comparison


class Compared:
    """What changed between two analyses; ``print(compared)`` gives what the command prints.

    Attributes
    ----------
    before, after : Analysis
        What was compared.
    comparison : Comparison
        Everything that was compared, and what of it changed.
    """

    def __init__(self, before: Analysis, after: Analysis, comparison: Comparison) -> None:
        self.before = before
        self.after = after
        self.comparison = comparison

    @property
    def changes(self) -> list[Change]:
        """All that was compared, the surest changes first."""
        return self.comparison.changes

    @property
    def changed(self) -> list[Change]:
        """What differs by more than chance."""
        return self.comparison.changed

    def to_dict(self) -> dict[str, object]:
        """Return all of it, ready for JSON."""
        from analyzer.comparison.story import to_dict  # noqa: PLC0415 - see above

        found = to_dict(self.comparison)
        for when, analysis in (("before", self.before), ("after", self.after)):
            found[when]["findings"] = [one.to_dict() for one in analysis.findings]
        return found

    def report(self, path: str | Path) -> None:
        """Write one file for the postmortem: HTML, or Markdown where `path` ends in ``.md``."""
        from analyzer.report import write_compared  # noqa: PLC0415 - loads Jinja

        both = (self.before, self.after)
        captures, findings = [one.captures for one in both], [one.findings for one in both]
        write_compared(path, self.comparison, captures, findings)

    def __str__(self) -> str:
        from analyzer.comparison.story import story  # noqa: PLC0415 - see above

        return "\n".join(story(self.comparison))

    def __repr__(self) -> str:
        return f"<{len(self.changed)} of {len(self.changes)} things changed>"


Compare = Analysis | Source | Iterable[Source]


def compare(before: Compare, after: Compare) -> Compared:
    """Tell which endings, close codes and times changed.

    Parameters
    ----------
    before, after : Analysis, or as in `read`
        The first is what one compares with.

    Examples
    --------
    >>> from analyzer import read
    >>> compare(read(), read()).changed
    []
    """
    from analyzer.comparison import compare_connections  # noqa: PLC0415 - see above

    one, other = (
        source if isinstance(source, Analysis) else read(source) for source in (before, after)
    )
    return Compared(one, other, compare_connections(one.connections, other.connections))
