"""What ``--fail-on`` names in, the exit status out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.analysis import Analysis
from analyzer.ending.rules import EndingKind
from analyzer.errors import UsageError
from analyzer.findings.rules import NAMES
from analyzer.output import complain

KINDS = tuple(str(kind) for kind in EndingKind)
MET = 3


class Failing:
    """On what the command fails.

    Parameters
    ----------
    texts : iterable of str
        Kinds of ending and names of findings, several of them with commas.

    Raises
    ------
    UsageError
        There is no such kind, and no such finding; or none is named.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        given = list(texts)
        words = {part.strip() for text in given for part in text.split(",")} - {""}
        if given and not words:
            raise UsageError("--fail-on names neither a kind of ending nor a finding")
        for word in sorted(words.difference(KINDS, NAMES)):
            problem = f"no kind of ending, and no finding, is called {word!r}"
            raise UsageError(unknown(problem, word, (*KINDS, *NAMES)))
        self.kinds = frozenset(words.intersection(KINDS))
        self.findings = frozenset(words.intersection(NAMES))

    def __bool__(self) -> bool:
        return bool(self.kinds or self.findings)

    def met(self, analysis: Analysis) -> set[str]:
        """Return what one analysis met; findings are looked for only where one is named."""
        found = {str(one.ending.kind) for one in analysis.connections} & self.kinds
        if self.findings:
            found |= {one.name for one in analysis.findings} & self.findings
        return found

    def status(self, analyses: Iterable[Analysis]) -> int:
        """Say what was met; return 3 where something was, else 0."""
        return told(set().union(*map(self.met, analyses))) if self else 0


def told(met: Iterable[str]) -> int:
    """Say what was met; return 3 where something was, else 0."""
    names = sorted(met)
    for name in names:
        complain(f"--fail-on {name}: met")
    return MET if names else 0


def unknown(problem: str, word: str, known: Sequence[str]) -> str:
    """Return a complaint of one line: what may have been meant, else all that there is.

    Examples
    --------
    >>> unknown("no finding is called 'los'", "los", ["loss", "trust"])
    "no finding is called 'los'; did you mean loss?"
    """
    near = near_to(word, known)
    if near:
        return f"{problem}; did you mean {' or '.join(near)}?"
    return f"{problem}; there are {', '.join(known)}"


def near_to(word: str, known: Iterable[str]) -> list[str]:
    """Return which of some names may have been meant, the nearest first.

    Examples
    --------
    >>> near_to("Mass_End", ["mass-end", "loss"]), near_to("hybi", ["hybi_close", "fin"])
    (['mass-end'], ['hybi_close'])
    """
    from difflib import get_close_matches  # noqa: PLC0415 - for who mistyped

    plain = {_plain(name): name for name in known}
    asked = _plain(word)
    if asked in plain:
        return [plain[asked]]
    within = [name for name in plain if asked and (asked in name or name in asked)]
    near = [*within, *get_close_matches(asked, plain, 3, 0.6)]
    return [plain[name] for name in dict.fromkeys(near)][:3]


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-")
