"""Which connection follows which ending."""

from __future__ import annotations

from analyzer.attempt import Attempt
from analyzer.findings.attempts import clients, failed, over_at, returns, same_client
from analyzer.record import Connection, Endpoint
from analyzer.side import Side
from population import SECOND, at, connection, with_traffic


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


def syn(second: float, packet: int, client: str = "10.0.0.1", refused: bool = True) -> Attempt:
    """A SYN that was refused at once, or was sent again a second later and never answered."""
    who, whom = Endpoint(client, 50000 + packet), Endpoint("10.0.9.1", 80)
    if refused:
        return Attempt(who, whom, at(second), packet, at(second))
    return Attempt(who, whom, at(second), packet, None, at(second + 1))


def told(ones: list[Connection], attempts: list[Attempt]) -> list[tuple[int, int, float]]:
    """Who followed whom, SYNs by their packets as negative numbers, and after which time."""
    return [
        (*(-one.packet if isinstance(one, Attempt) else one.id for one in pair), gap / SECOND)
        for *pair, gap in returns(clients(ones), attempts)
    ]


def test_syns_that_failed_stand_between_an_ending_and_the_next_connection() -> None:
    ones = [connection(0, open_s=10), connection(1, begin=20)]
    tries = [syn(12, 7), syn(14, 8, refused=False)]
    # From the last SYN, where nothing answered.
    assert told(ones, tries) == [(0, -7, 2), (-7, -8, 2), (-8, 1, 5)]
    assert failed(tries[0])
    assert not failed(ones[1])


def test_syns_of_other_addresses_and_before_any_ending_are_nobodys() -> None:
    ones = [connection(0, open_s=10), connection(1, begin=20)]
    assert told(ones, [syn(12, 7, "10.0.0.2"), syn(5, 8)]) == [(0, 1, 10)]


def test_a_syn_is_taken_for_who_ended_first_at_its_address() -> None:
    ones = [
        connection(0, open_s=10, path="/a"),
        connection(1, open_s=9, path="/b"),
        connection(2, begin=20, path="/a"),
        connection(3, begin=21, path="/b"),
    ]
    assert told(ones, [syn(12, 7)]) == [(1, -7, 3), (0, 2, 10), (-7, 3, 9)]


def test_where_a_side_vanished_it_was_over_when_that_side_was_heard_last() -> None:
    one = with_traffic(connection(0, "vanished", Side.SERVER), Side.SERVER, last_at=at(20))
    assert over_at(one) == at(20)
    assert over_at(syn(3, 1, refused=False)) == at(4)
