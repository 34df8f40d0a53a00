"""Clusters of idle times in made-up populations whose answer is known."""

from __future__ import annotations

import math
from random import Random

import pytest

from analyzer.findings.timers import Group, groups, timed
from analyzer.record import Connection
from analyzer.side import Side
from population import connection, with_ending


def smooth(random: Random, number: int, first: Side = Side.SERVER) -> list[Connection]:
    """Connections that end at any time: ages and silences fall off exponentially."""
    found = []
    for i in range(number):
        open_s = random.expovariate(1 / 200) + 0.5
        idle = (min(random.expovariate(1 / 30), open_s), min(random.expovariate(1 / 30), open_s))
        begin = random.uniform(0, 3600)
        found.append(connection(i, first=first, begin=begin, open_s=open_s, idle=idle))
    return found


def test_smooth_populations_make_hardly_a_cluster() -> None:
    # Three populations of 200 connections each 100 times: at a level of one in a thousand for each
    # of four clocks, 1.2 false alarms are expected of 300; counted with this seed: 1.
    random = Random(6455)
    alarms = 0
    for _ in range(100):
        alarms += len(list(timed(smooth(random, 200))))
        log_even = [math.exp(random.uniform(0, math.log(3600))) for _ in range(200)]
        alarms += len(list(timed(spread(random, log_even))))
        even = [random.uniform(1, 300) for _ in range(200)]
        alarms += len(list(timed(spread(random, even))))
    assert alarms <= 2


def spread(random: Random, idles: list[float]) -> list[Connection]:
    return [
        connection(
            i,
            begin=random.uniform(0, 3600),
            open_s=idle + random.uniform(0, 900),
            idle=(idle, idle),
        )
        for i, idle in enumerate(idles)
    ]


def test_a_timer_is_found_in_the_midst_of_other_endings() -> None:
    # Of 60 endings that a timer of 75 s made (no known default) among 200 others, all must be found.
    random = Random(13)
    for _ in range(20):
        others = smooth(random, 200)
        cut = [
            connection(
                1000 + i,
                begin=random.uniform(0, 3600),
                open_s=75 + random.uniform(1, 600),
                idle=(random.uniform(0, 75), 75 + random.uniform(0, 0.05)),
            )
            for i in range(60)
        ]
        (found,) = timed([*others, *cut])
        assert found.clock == "server"
        assert found.timer_s == pytest.approx(75, abs=0.5)
        assert {one.id for one in cut} <= {one.id for one in found.members}
        assert len(found.members) <= 66


def test_four_are_enough_where_nothing_else_happened_and_three_are_not() -> None:
    cut = [connection(i, begin=37.0 * i, open_s=43.3 + 3 * i, idle=(43.3, 43.3)) for i in range(4)]
    (found,) = timed(cut)
    assert (found.clock, len(found.members), found.moments) == ("both", 4, 4)
    assert list(timed(cut[:3])) == []


def test_what_ended_at_one_moment_is_no_timer() -> None:
    # The same silence, because the last message went to all of them, and then all were cut.
    cut = [connection(i, begin=float(-i), open_s=100 + i, idle=(43.3, 43.3)) for i in range(40)]
    assert list(timed(cut)) == []


def test_an_age_is_told_from_silence() -> None:
    random = Random(1)
    old = [
        connection(
            i, begin=11.0 * i, open_s=120.0, idle=(random.uniform(0, 30), random.uniform(0, 30))
        )
        for i in range(12)
    ]
    (found,) = timed(old)
    assert (found.clock, round(found.timer_s)) == ("age", 120)


def test_one_connection_counts_at_a_known_default_only() -> None:
    assert [one.timer_s for one in timed([connection(0, open_s=200, idle=(60.02, 60.02))])] == [
        60.02
    ]
    for idle in (43.0, 57.0, 62.0, 2.0):
        assert list(timed([connection(0, open_s=200, idle=(idle, idle))])) == []


def test_single_silences_hit_a_known_default_by_chance_as_seldom_as_stated() -> None:
    # Silences from 15 s to 20 min, even in their logarithm: at most 3 in 100 look like a default.
    random = Random(7)
    times = [math.exp(random.uniform(math.log(15), math.log(1200))) for _ in range(10_000)]
    alarms = sum(bool(list(timed([connection(0, open_s=3000, idle=(t, t))]))) for t in times)
    assert alarms / len(times) < 0.03


def test_groups_hold_what_a_timer_may_have_ended() -> None:
    ones = [
        connection(0, "fin"),
        connection(1, "rst", Side.CLIENT),
        connection(2, "hybi_close", Side.SERVER, closes=(1001, 1001)),
        connection(3, "hybi_close", Side.CLIENT),
        connection(4, "vanished"),
        connection(5, "open", None),
        connection(6, "refused", None),
    ]
    found = {group: [one.id for one in members] for group, members in groups(ones).items()}
    assert found == {
        Group("FIN", Side.SERVER): [0],
        Group("RST", Side.CLIENT): [1],
        Group("Close 1001", Side.SERVER): [2],
    }


def test_a_reason_tells_a_timer_or_a_ping() -> None:
    one = connection(0, "hybi_close", Side.CLIENT)
    close = one.ending.client_close
    assert close is not None
    for reason, count in (("Idle timeout", 1), ("keepalive ping timeout", 0), ("bye", 0)):
        told = with_ending(one, client_close=type(close)(1000, reason, close.at, close.packet))
        assert len(groups([told])) == count
