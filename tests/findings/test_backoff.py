"""Which clients back off, in series of tries whose answer is known."""

from __future__ import annotations

from random import Random

from analyzer.attempt import Attempt
from analyzer.findings.attempts import Return
from analyzer.findings.backoff import BackOff, back_off, series
from analyzer.record import Connection, Endpoint
from population import SECOND, connection

SERVER = Endpoint("10.0.9.1", 80)


def tries(client: int, gaps: list[float]) -> list[Return]:
    """A client that is cut, tries again after these gaps, and is refused each time but the last."""
    address = f"10.0.{client // 250}.{client % 250}"
    old: Connection | Attempt = connection(1000 * client, client=address)
    found = []
    for number, gap in enumerate(gaps):
        packet = 1000 * client + number + 1
        new: Connection | Attempt = Attempt(Endpoint(address, packet), SERVER, 0, packet, 1)
        if number == len(gaps) - 1:
            new = connection(packet, "open", None, client=address)
        found.append(Return(old, new, round(gap * SECOND)))
        old = new
    return found


def judged(*clients: list[float]) -> BackOff:
    return back_off([one for n, gaps in enumerate(clients) for one in tries(n, gaps)])


def test_tries_that_follow_each_other_are_a_series_till_one_succeeds() -> None:
    first, second = tries(0, [1, 1, 1]), tries(1, [2, 2])
    mixed = [first[0], second[0], first[1], second[1], first[2]]
    assert sorted(map(len, series(mixed))) == [2, 3]
    again = Return(first[-1].new, connection(77), SECOND)
    assert sorted(map(len, series([*first, again]))) == [1, 3]


def test_the_same_gap_again_and_again_is_no_back_off() -> None:
    found = judged(*[[1.0, 1.0, 1.1, 0.9]] * 3)
    assert (len(found.hasty), found.backs_off, found.clients) == (3, False, 3)


def test_gaps_that_grow_are_back_off() -> None:
    # The first is that of the ending; then by 1.618, as `websockets` does, and doubled.
    found = judged([0.0, 2.0, 3.1, 5.0, 8.1], [1.0, 2.0, 4.0, 8.0], [0.5, 1.0, 2.0, 2.0, 2.0])
    assert (found.hasty, found.backs_off) == ([], True)


def test_those_that_do_not_are_told_from_those_that_do() -> None:
    steady, growing = [0.7] * 8, [0.0, 2.0, 3.1, 5.0]
    found = judged(steady, growing, growing, growing)
    assert (found.addresses, found.clients, found.backs_off) == (["10.0.0.0"], 4, True)


def test_few_gaps_tell_nothing() -> None:
    found = judged(*[[1.0, 1.0, 1.0]] * 10)
    assert (found.hasty, found.backs_off) == ([], None)
    assert judged([1.0, 1.0, 1.0, 1.0]).hasty == []  # three that failed


def test_back_off_with_much_jitter_makes_no_alarm() -> None:
    # 100 incidents of 200 clients: 1, 2, 4, 8 ... s, of which each waits a random part between a
    # half and all; counted with this seed: none.
    random = Random(5)
    alarms = 0
    for _ in range(100):
        gaps = [[random.uniform(0.5, 1) * 2**n for n in range(6)] for _ in range(200)]
        alarms += bool(judged(*gaps).hasty)
    assert alarms == 0
