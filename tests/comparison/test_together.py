"""How many events some connections are."""

from __future__ import annotations

from analyzer.comparison.together import Events
from analyzer.record import Connection
from analyzer.side import Side
from population import connection


def some() -> list[Connection]:
    """Twelve that one restart ended, and three that ended by themselves, minutes apart."""
    cut = [connection(n, "fin", Side.SERVER, begin=float(n), open_s=600.0 - n) for n in range(12)]
    return [*cut, *(connection(20 + n, "rst", begin=2000.0 + 300 * n) for n in range(3))]


def test_those_that_ended_together_count_once() -> None:
    events = Events(some())
    assert events.total == 4
    assert events.count(some()[:12]) == 1
    assert events.count(some()[10:14]) == 3
    assert events.count([]) == 0


def test_of_their_times_the_median_counts() -> None:
    ones = some()
    values = [(one, float(number)) for number, one in enumerate(ones)]
    # By hand: the median of 0 to 11, and 12, 13, 14.
    assert sorted(Events(ones).medians(values)) == [5.5, 12.0, 13.0, 14.0]


def test_where_nothing_ended_together_each_is_an_event() -> None:
    ones = some()[12:]
    assert Events(ones).total == 3
    assert Events([]).total == 0
