"""What changed: on populations that were made with known answers, false alarms counted."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from analyzer.comparison import compare_connections
from analyzer.comparison.changes import Tally, share_change, timing_change
from analyzer.ending.timing import Timing
from analyzer.record import Connection
from analyzer.side import Side
from population import connection

FAMILIES = 300


ENDS: tuple[dict[str, Any], ...] = (
    {"kind": "hybi_close", "first": Side.SERVER, "closes": (1001, 1001)},
    {"kind": "hybi_close", "first": Side.SERVER, "closes": (1000, 1000)},
    {"kind": "hybi_close", "first": Side.SERVER, "closes": (1011, 1011)},
    {"kind": "fin", "first": Side.SERVER},
    {"kind": "rst", "first": Side.CLIENT},
)


def kinds() -> tuple[Connection, ...]:
    """One connection of each way to end, a minute apart."""
    return tuple(connection(number, begin=60.0 * number, **end) for number, end in enumerate(ENDS))


def population(
    chance: random.Random,
    size: int,
    *,
    weights: tuple[int, ...] = (40, 30, 5, 15, 10),
    slow: float = 1,
) -> list[Connection]:
    """Draw endings by their weights, and times that are skewed as waiting times are."""
    found = []
    for number, end in enumerate(chance.choices(ENDS, weights, k=size)):
        one = connection(number, begin=chance.uniform(0, 86_400), **end)
        steps = {
            "upgrade": int(slow * chance.lognormvariate(15, 1)),
            "open": int(chance.expovariate(1 / 60e9)),
            "idle_before_end": int(chance.expovariate(1 / 5e9)),
            "end": int(chance.lognormvariate(13, 2)),
        }
        found.append(replace(one, timing=Timing(**steps)))
    return found


@pytest.mark.parametrize("size", [12, 60])
def test_false_alarms_are_as_rare_as_they_should_be(size: int) -> None:
    # Both sides are drawn from one population: whatever is told as changed is wrong. At most 5 % of
    # the comparisons may tell anything at all: 15 of 300, and 26 at three standard deviations.
    # Counted when written: 6 of 300 (2 %) with 12 connections, 3 of 300 (1 %) with 60.
    wrong = 0
    for seed in range(FAMILIES):
        chance = random.Random(seed)
        compared = compare_connections(population(chance, size), population(chance, size + 7))
        wrong += bool(compared.changed)
    assert wrong <= 26


def test_a_code_that_became_frequent_is_found_with_its_share() -> None:
    chance = random.Random(5)
    before = population(chance, 200)
    after = population(chance, 200, weights=(20, 15, 45, 10, 10))
    names = {one.name: one for one in compare_connections(before, after).changed}
    found = names["server sent 1011"]
    # Drawn with 5 % and 45 %.
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0.40 <= found.high
    assert "upgrade" not in names


def test_a_slower_upgrade_is_found_and_nothing_else() -> None:
    chance = random.Random(6)
    before, after = population(chance, 150), population(chance, 150, slow=3)
    (found,) = compare_connections(before, after).changed
    assert (found.what, found.name) == ("timing", "upgrade")
    # P(3 * Y > X) for two log-normals of sigma 1: Phi(ln 3 / sqrt 2) = Phi(0.777) = 0.781.
    assert found.larger == pytest.approx(0.781, abs=0.08)


def test_the_same_set_twice_has_not_changed() -> None:
    one = population(random.Random(1), 50)
    assert compare_connections(one, one).changed == []


def test_who_was_first_is_told_for_both_sides() -> None:
    names = {one.name for one in compare_connections(kinds(), kinds()).changes}
    # Of the made talks: the server closes four times, the client resets.
    assert {"hybi_close first server", "fin first server", "rst first client"} <= names


def test_small_samples_are_said_to_be_small() -> None:
    found = share_change("ending", "fin", Tally(1, 10, 1, 10), Tally(9, 12, 9, 12))
    assert found.note.startswith("small sample: 10 before, 12 after")
    assert timing_change("open", [1.0, 2.0], [5.0] * 9).note == "too few to test: 2 before, 9 after"


def test_times_of_what_has_not_ended_are_none_of_endings() -> None:
    left = [connection(900 + n, "open", None, begin=60.0 * n, open_s=1.0) for n in range(20)]
    found = {one.name: one for one in compare_connections(quiet(20), [*quiet(20), *left]).changes}
    assert (found["open"].before_count, found["open"].after_count) == (20, 20)
    assert not found["open"].changed
    assert found["open"].before == found["open"].after
    assert found["open"].p is not None
    assert (found["open"].what, found["hybi_close first client"].after_count) == ("timing", 20)


def test_what_is_too_rare_is_not_tested() -> None:
    found = share_change("code", "server sent 4000", Tally(0, 70, 0, 70), Tally(2, 51, 2, 51))
    assert (found.p, found.note) == (None, "too rare to test: 0 before, 2 after")


def test_nothing_on_one_side_is_not_compared() -> None:
    compared = compare_connections([], kinds())
    assert compared.changed == []
    assert {one.note.partition(":")[0] for one in compared.changes} == {
        "nothing to compare with",
        "too few to test",
    }


def restarted(size: int) -> list[Connection]:
    """Give as many that one restart ended, ten minutes after they began one by one."""
    return [
        connection(n, "fin", Side.SERVER, begin=float(n), open_s=600.0 - n) for n in range(size)
    ]


def quiet(size: int, start: int = 1000) -> list[Connection]:
    """Give as many that their clients closed, an hour later, one a minute."""
    end = {"kind": "hybi_close", "first": Side.CLIENT, "closes": (1000, 1000)}
    return [
        connection(start + n, begin=3600 + 60.0 * n, open_s=20.0 + n % 17, **end)
        for n in range(size)
    ]


def test_one_restart_that_ended_many_is_no_change_of_rate_and_is_told_as_one_event() -> None:
    compared = compare_connections(quiet(60), [*restarted(40), *quiet(20)])
    found = {one.name: one for one in compared.changes}["fin first server"]
    assert (found.before_count, found.after_count) == (0, 40)
    assert (found.before_events, found.after_events) == (0, 1)
    assert (found.changed, found.as_events) == (False, True)
    assert found.note == "too rare to test: 0 before, 40 after, which are 0 and 1 events"


def test_what_one_restart_hides_does_not_look_like_a_change() -> None:
    # As connections, 30 of 70 and 60 of 60 differ; as events, 30 of 31 and 60 of 60 do not. And the
    # other way round: 12 of 24 and 6 of 12 are the same share, whatever they are as events.
    one = compare_connections([*restarted(40), *quiet(30)], quiet(60))
    assert "hybi_close first client" not in {change.name for change in one.changed}
    ends = {"kind": "rst", "first": Side.CLIENT}
    lone = [connection(500 + n, begin=9000.0 + 60 * n, **ends) for n in range(12)]
    other = compare_connections([*lone[:6], *quiet(6)], [*restarted(12), *lone])
    assert "rst first client" not in {change.name for change in other.changed}


def test_times_of_those_that_ended_together_count_once() -> None:
    compared = compare_connections(quiet(60), [*restarted(40), *quiet(4)])
    found = {one.name: one for one in compared.changes}["open"]
    assert (found.before_count, found.after_count) == (60, 44)
    assert (found.before_events, found.after_events) == (60, 5)
    assert not found.changed
    assert found.as_events
