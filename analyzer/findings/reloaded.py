"""Many endings at once in, and out whether they look like a reload: who began last was spared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

from analyzer.findings.bursts import Burst
from analyzer.findings.ends import began_at, open_at
from analyzer.findings.finding import Number, seconds
from analyzer.record import Connection

# That just the youngest stay open by chance: in fewer cases than this, and it is told.
BY_CHANCE = 0.01
RELOAD = (
    "a reload, as of nginx or haproxy: old workers cut what they hold when their time is up"
    " (worker_shutdown_timeout, hard-stop-after), while new ones serve"
)

ALSO_LIKE_A_RELOAD = (
    "one process of several that crashed, after the others had taken the last connections",
    "a deploy behind one address: an old server that ends while a new one serves",
)


@dataclass(frozen=True, slots=True)
class Spared:
    """Connections that stayed open because they had begun last; ``str(spared)`` tells it.

    Attributes
    ----------
    number : int
        How many.
    before : int
        How long before the others ended the first of them had begun, nanoseconds.
    """

    number: int
    before: int

    def __str__(self) -> str:
        return (
            f"the {self.number:,} that had begun in the last {seconds(self.before):.1f} s before"
            " stayed open, as at a reload"
        )

    @property
    def numbers(self) -> dict[str, Number]:
        """What the sentence rests on."""
        return {
            "younger_stayed_open": self.number,
            "reloaded_at_least_before_s": seconds(self.before),
        }


def spared_by_reload(burst: Burst, connections: Sequence[Connection]) -> Spared | None:
    """Return those that stayed open at the same servers, if they are just those that began last."""
    servers, hit = {one.server for one in burst.members}, {one.id for one in burst.members}
    begun = [one for one in connections if began_at(one) < burst.first_at and one.server in servers]
    newest = max((began_at(one) for one in begun if one.id in hit), default=0)
    stayed = [
        began_at(one) for one in begun if one.id not in hit and open_at(one, burst.last_at + 1)
    ]
    if not stayed or min(stayed) <= newest:
        return None
    if comb(len(hit) + len(stayed), len(stayed)) * BY_CHANCE <= 1:
        return None
    return Spared(len(stayed), burst.first_at - min(stayed))
