"""Clients that come through while their old connections are dead, in made-up populations."""

from __future__ import annotations

from analyzer.findings.lost_state import came_through
from analyzer.record import Connection
from analyzer.side import Side
from population import at, connection, with_traffic


def silent(number: int, *, client: str = "10.0.1.{}") -> Connection:
    """A client that is not heard any more since 20 s; the server repeats itself till 30 s."""
    one = connection(number, "vanished", Side.CLIENT, open_s=30, client=client.format(number))
    return with_traffic(one, Side.SERVER, unanswered_segments=5, unanswered_at=at(20))


def test_who_gets_a_new_connection_while_the_old_one_is_dead_is_counted() -> None:
    old = [silent(i) for i in range(4)]
    new = [connection(10 + i, "open", None, begin=22 + i, client=f"10.0.1.{i}") for i in range(3)]
    assert came_through(old, [*old, *new]) == 3


def test_who_comes_back_later_or_in_vain_or_from_elsewhere_is_not() -> None:
    old = [silent(0)]
    later = connection(10, begin=31, client="10.0.1.0")
    refused = connection(11, "refused", None, begin=25, client="10.0.1.0")
    other = connection(12, begin=25, client="10.0.1.9")
    elsewhere = connection(13, begin=25, client="10.0.1.0", server="10.0.9.9")
    assert came_through(old, [*old, later, refused, other, elsewhere]) == 0
