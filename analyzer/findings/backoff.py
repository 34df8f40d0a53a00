"""Returns in, and out which clients wait longer each time they fail, and which do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from analyzer.attempt import Attempt
from analyzer.findings.attempts import Return, failed
from analyzer.record import Connection

# Two gaps may grow by chance, with jitter; of so many, the last two are held against the first two.
FEWEST_GAPS = 4
# So much longer in the end than in the beginning: backing off.
GREW = 1.5
# The longest gap of one who waits for a fixed time is not so much longer than the shortest.
ALIKE = 1.5
# So many tries without back-off, and this part of the clients that failed again and again.
FEWEST, SHARE = 5, 0.1


class BackOff(NamedTuple):
    """How those went on that failed again and again.

    Attributes
    ----------
    judged : list of list of Return
        Series of tries that are long enough to tell.
    hasty : list of list of Return
        Those of them without back-off; none where there are too few.
    """

    judged: list[list[Return]]
    hasty: list[list[Return]]

    @property
    def backs_off(self) -> bool | None:
        """Whether most of them do; None where nothing is long enough to tell."""
        return 2 * len(self.hasty) < len(self.judged) if self.judged else None

    @property
    def clients(self) -> int:
        """How many addresses were long enough at it to tell."""
        return len({series[0].new.client.ip for series in self.judged})

    @property
    def addresses(self) -> list[str]:
        """Of the clients that do not."""
        return sorted({series[0].new.client.ip for series in self.hasty})


def back_off(came: Iterable[Return]) -> BackOff:
    """Tell who backed off, by series of tries: from an ending to the first that did not fail.

    A series counts from four gaps on. It backs off where the last two gaps together are at least
    1.5 times the first two. Where most do so, chance may still make some look steady: then only
    those whose gaps are alike (the longest no more than 1.5 times the shortest) are hasty, if they
    are one in ten or more. Fewer than five tries in all tell nothing.
    """
    judged = [one for one in series(came) if len(one) >= FEWEST_GAPS]
    hasty = [one for one in judged if not _grew(one)]
    if 2 * len(hasty) <= len(judged):
        hasty = [one for one in hasty if _alike(one)]
    tries = sum(len(one) - 1 for one in hasty)
    enough = tries >= FEWEST and len(hasty) >= SHARE * len(judged)
    return BackOff(judged, hasty if enough else [])


def series(came: Iterable[Return]) -> list[list[Return]]:
    """Return the tries that followed each other, each the failure of the one before."""
    found: dict[tuple[str, int], list[Return]] = {}
    for one in came:
        before = found.pop(_key(one.old), []) if failed(one.old) else []
        found[_key(one.new)] = [*before, one]
    return list(found.values())


def _key(one: Connection | Attempt) -> tuple[str, int]:
    return ("syn", one.packet) if isinstance(one, Attempt) else ("upgrade", one.id)


def _grew(tries: Sequence[Return]) -> bool:
    first, last = sum(one.gap for one in tries[:2]), sum(one.gap for one in tries[-2:])
    return last >= GREW * first


def _alike(tries: Sequence[Return]) -> bool:
    gaps = [one.gap for one in tries]
    return max(gaps) <= ALIKE * min(gaps)
