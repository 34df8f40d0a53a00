"""Which endpoint ends worse than the others."""

from __future__ import annotations

from random import Random

import pytest

from analyzer.findings.endpoint import endpoint_differs
from analyzer.findings.finding import Given
from analyzer.record import Connection
from analyzer.side import Side
from population import connection
from told import HOSTILE

GOOD = {"kind": "hybi_close", "first": Side.CLIENT}


def ended(number: int, *, bad: bool, **fields: object) -> Connection:
    """Give a connection that ended `number` times 10 s after the first."""
    how = {"kind": "fin", "first": Side.SERVER} if bad else GOOD
    return connection(number, begin=10.0 * number, **how, **fields)  # type: ignore[arg-type]


def spread(number: int, bad: set[int], *, start: int = 0, **fields: object) -> list[Connection]:
    return [ended(start + each, bad=each in bad, **fields) for each in range(number)]


def test_a_server_at_which_half_end_badly_is_told_with_when_it_began() -> None:
    # By hand: 30 connections, the first ten end well, then every other one badly.
    worse = spread(30, set(range(10, 30, 2)), server="10.0.9.2")
    (found,) = endpoint_differs(Given([*worse, *spread(60, {7}, start=100)]))
    # The eleventh begins 100 s after 22:13:20 and is open for 30 s: 22:15:30.
    assert found.sentence == (
        "10 of 30 connections (33%) of server 10.0.9.2:80 ended badly, and 1 of 60 (2%) of all"
        " others; the first at 22:15:30 UTC, after 10 that had ended well"
    )
    assert found.connections == tuple(range(10, 30, 2))
    assert found.numbers["events"] == 10


def test_one_restart_is_one_event_however_many_it_hits() -> None:
    hit = [connection(n, "fin", Side.SERVER, begin=5.0, server="10.0.9.2") for n in range(40)]
    assert endpoint_differs(Given([*hit, *spread(60, set(), start=100)])) == []


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("path", "/feed", "path /feed"),
        ("path", "/feed?token=1", "path /feed"),
        ("client", "172.16.7.9", "clients in 172.16.7.0/24"),
    ],
)
def test_a_path_or_a_network_of_clients_may_be_it(field: str, value: str, name: str) -> None:
    worse = spread(20, set(range(0, 20, 2)), **{field: value})
    (found,) = endpoint_differs(Given([*worse, *spread(60, {7}, start=100)]))
    assert found.numbers["endpoint"] == name


def test_refused_upgrades_and_closes_that_tell_an_error_are_bad_endings() -> None:
    errors = [
        connection(n, "hybi_close", Side.SERVER, begin=10.0 * n, closes=(1011, 1011), path="/feed")
        for n in range(10)
    ]
    refused = [connection(20 + n, "refused", None, begin=300.0 * n, path="/feed") for n in range(9)]
    for worse in (errors, refused):
        (found,) = endpoint_differs(Given([*worse, *spread(60, {7}, start=100)]))
        assert found.numbers["endpoint"] == "path /feed"


def test_where_all_are_alike_or_there_is_but_one_endpoint_nothing_is_told() -> None:
    assert endpoint_differs(Given([])) == []
    assert endpoint_differs(Given(spread(60, set(range(0, 60, 2))))) == []
    half = spread(30, set(range(0, 30, 2)), server="10.0.9.2")
    assert endpoint_differs(Given([*half, *spread(30, set(range(0, 30, 2)), start=100)])) == []


def test_a_hostile_path_is_harmless() -> None:
    worse = spread(20, set(range(0, 20, 2)), path=HOSTILE)
    (found,) = endpoint_differs(Given([*worse, *spread(60, {7}, start=100)]))
    assert found.sentence.isprintable()


def test_endpoints_that_differ_by_chance_alone_raise_no_alarm() -> None:
    random = Random(20261123)
    alarms = 0
    for _ in range(300):
        rate = random.choice([0.02, 0.1, 0.3, 0.6])
        alarms += bool(
            endpoint_differs(
                Given(
                    [
                        ended(
                            number,
                            bad=random.random() < rate,
                            server=f"10.0.9.{random.randrange(8)}",
                            path=f"/{random.randrange(5)}",
                            client=f"10.0.{random.randrange(20)}.1",
                        )
                        for number in range(150)
                    ]
                )
            )
        )
    assert alarms == 0
