"""What changed: on populations that were made with known answers, false alarms counted."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import pytest

from analyzer.comparison import compare_connections
from analyzer.comparison.changes import share_change, timing_change
from analyzer.ending.timing import Timing
from analyzer.record import Connection
from told import closed, finished, found_in, reset

FAMILIES = 300


@cache
def kinds() -> tuple[Connection, ...]:
    """One connection of each way to end, analysed from packets."""
    talks = [closed(), closed(code=1000), closed(code=1011), finished(), reset()]
    return tuple(found_in(talk)[0] for talk in talks)


def population(
    chance: random.Random,
    size: int,
    *,
    weights: tuple[int, ...] = (40, 30, 5, 15, 10),
    slow: float = 1,
) -> list[Connection]:
    """Draw endings by their weights, and times that are skewed as waiting times are."""
    found = []
    for one in chance.choices(kinds(), weights, k=size):
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
    found = share_change("ending", "fin", (1, 10), (9, 12))
    assert found.note.startswith("small sample: 10 before, 12 after")
    assert timing_change("open", [1.0, 2.0], [5.0] * 9).note == "too few to test: 2 before, 9 after"


def test_what_is_too_rare_is_not_tested() -> None:
    found = share_change("code", "server sent 4000", (0, 70), (2, 51))
    assert (found.p, found.note) == (None, "too rare to test: 0 before, 2 after")


def test_nothing_on_one_side_is_not_compared() -> None:
    compared = compare_connections([], kinds())
    assert compared.changed == []
    assert {one.note.partition(":")[0] for one in compared.changes} == {
        "nothing to compare with",
        "too few to test",
    }
