"""Which connections a reload spares, in made-up populations."""

from __future__ import annotations

from analyzer.findings.bursts import bursts
from analyzer.findings.reloaded import Spared, spared_by_reload
from analyzer.record import Connection
from population import connection, ns


def cut() -> list[Connection]:
    """Eight that end at 100 s; the last of them began at -20 s."""
    return [
        connection(i, begin=-20.0 * i - 20, open_s=120.0 + 20 * i, client=f"10.0.{i}.1")
        for i in range(8)
    ]


def spared(others: list[Connection]) -> Spared | None:
    given = [*cut(), *others]
    (burst,) = bursts(given)
    return spared_by_reload(burst, given)


def stayed(number: int, begin: float, **fields: object) -> Connection:
    return connection(number, "open", None, begin=begin, open_s=500.0, **fields)


def test_those_that_began_last_are_spared() -> None:
    young = [stayed(50 + i, 90.0 + i) for i in range(3)]
    assert spared(young) == Spared(3, ns(10.0) or 0)


def test_one_that_began_before_the_others_ended_and_stayed_tells_against_it() -> None:
    young = [stayed(50 + i, 90.0 + i) for i in range(3)]
    assert spared([*young, stayed(60, -30.0)]) is None
    # At another server it tells nothing.
    assert spared([*young, stayed(60, -30.0, server="10.0.9.9")]) is not None


def test_so_few_may_be_the_last_by_chance() -> None:
    # Of 9 and 10, one and two are the last in one of 9 and of 45 cases; three of 11 in one of 165.
    assert spared([stayed(50, 90.0)]) is None
    assert spared([stayed(50, 90.0), stayed(51, 91.0)]) is None
    assert spared([]) is None


def test_who_came_behind_the_end_does_not_count() -> None:
    assert spared([stayed(50 + i, 100.5 + i / 10) for i in range(5)]) is None
