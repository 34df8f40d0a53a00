"""Many endings at one time, in made-up populations whose answer is known."""

from __future__ import annotations

from random import Random

from analyzer.findings.bursts import bursts
from analyzer.record import Connection
from analyzer.side import Side
from population import at, connection


def steady(random: Random, number: int, life: float = 120.0) -> list[Connection]:
    """Connections that come and go at random over an hour."""
    return [
        connection(i, begin=random.uniform(0, 3600), open_s=random.expovariate(1 / life) + 0.01)
        for i in range(number)
    ]


def test_steady_coming_and_going_makes_no_burst() -> None:
    # 100 populations of 20 to 1,000 connections with lives of 5 s to 10 min: at a level of one in a
    # thousand, none is expected; counted with this seed: none.
    random = Random(1006)
    alarms = sum(
        len(bursts(steady(random, random.choice([20, 100, 1000]), random.choice([5, 60, 600]))))
        for _ in range(100)
    )
    assert alarms == 0


def test_a_restart_is_found_in_the_midst_of_coming_and_going() -> None:
    random = Random(7)
    for _ in range(20):
        others = steady(random, 200)
        cut = [
            connection(1000 + i, begin=random.uniform(1000, 1790), open_s=0.0) for i in range(60)
        ]
        cut = [
            connection(
                one.id,
                begin=(one.first_at - at(0)) / 1e9,
                open_s=1800.1 - (one.first_at - at(0)) / 1e9,
            )
            for one in cut
        ]
        (found,) = bursts([*others, *cut])
        assert {one.id for one in cut} <= {one.id for one in found.members}
        assert found.last_at - found.first_at <= 4_000_000_000


def test_clients_that_leave_in_good_order_are_no_burst() -> None:
    leaving = [
        connection(i, "hybi_close", Side.CLIENT, begin=-float(i), open_s=60.0 + i)
        for i in range(50)
    ]
    assert bursts(leaving) == []


def test_short_lives_end_together_all_the_time() -> None:
    # A load test: a hundred connections of a second each, begun within a second.
    brief = [connection(i, begin=i / 100, open_s=1.0) for i in range(100)]
    assert bursts(brief) == []


def test_half_of_those_at_the_server_must_have_ended() -> None:
    cut = [connection(i, begin=-100.0 - i, open_s=200.0 + i) for i in range(10)]
    stayed = [connection(100 + i, "open", None, begin=-100.0, open_s=900) for i in range(11)]
    assert len(bursts([*cut, *stayed[:10]])) == 1
    assert bursts([*cut, *stayed]) == []
    elsewhere = [
        connection(200 + i, "open", None, begin=-100.0, open_s=900, server="10.0.9.2")
        for i in range(50)
    ]
    assert len(bursts([*cut, *elsewhere])) == 1


def test_two_bursts_are_told_in_order_of_time() -> None:
    early = [connection(i, begin=-100.0 - i, open_s=200.0 + i) for i in range(6)]
    late = [connection(10 + i, begin=300.0 - i, open_s=500.0 + i) for i in range(8)]
    found = bursts([*late, *early])
    assert [len(one.members) for one in found] == [6, 8]
    assert [one.first_at for one in found] == [at(100), at(800)]


def test_silent_connections_that_stay_open_count_among_those_that_might_have_ended() -> None:
    cut = [connection(i, begin=-9.0 * i, open_s=100.0 + 9 * i) for i in range(8)]
    idle = [connection(100 + i, "open", None, begin=-5.0 * i - 1, open_s=1.0) for i in range(30)]
    assert bursts(cut)
    # 8 of 38 are no half. But of a silence nobody knows whom else it took.
    assert bursts([*cut, *idle]) == []
    gone = [connection(i, "vanished", begin=-9.0 * i, open_s=100.0 + 9 * i) for i in range(8)]
    assert len(bursts([*gone, *idle])) == 1
