"""Which connection follows which ending."""

from __future__ import annotations

from analyzer.findings.attempts import clients, over_at, returns, same_client
from analyzer.side import Side
from population import SECOND, at, connection


def test_a_client_comes_back_behind_its_own_ending() -> None:
    old = connection(0, begin=0, open_s=10)
    other = connection(1, begin=11, client="10.0.0.2")
    elsewhere = connection(2, begin=11, path="/feed")
    new = connection(3, begin=12)
    (found,) = returns(clients([new, elsewhere, other, old]))
    assert (found.old.id, found.new.id, found.gap) == (0, 3, 2 * SECOND)


def test_of_several_behind_one_address_the_first_that_ended_comes_first() -> None:
    ones = [
        connection(0, open_s=10),
        connection(1, open_s=5),
        connection(2, begin=20),
        connection(3, begin=21),
    ]
    assert [(one.old.id, one.new.id) for one in returns(clients(ones))] == [(1, 2), (0, 3)]


def test_an_attempt_that_failed_is_followed_like_an_ending() -> None:
    ones = [
        connection(0, open_s=10),
        connection(1, "refused", None, begin=12),
        connection(2, begin=15),
    ]
    assert [(one.old.id, one.new.id, one.gap / SECOND) for one in returns(clients(ones))] == [
        (0, 1, 2),
        (1, 2, 3),
    ]


def test_who_comes_back_much_later_does_not_follow() -> None:
    assert list(returns(clients([connection(0, open_s=10), connection(1, begin=700)]))) == []


def test_what_is_open_is_not_over() -> None:
    assert over_at(connection(0, "open", None)) is None
    assert over_at(connection(0, "fin", Side.SERVER, open_s=3)) == at(3)


def test_a_query_does_not_make_another_client() -> None:
    assert same_client(connection(0, path="/a?token=1")) == same_client(
        connection(1, path="/a?token=2")
    )
