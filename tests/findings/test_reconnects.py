"""How clients came back, in made-up populations whose answer is known."""

from __future__ import annotations

from random import Random

from analyzer.attempt import Attempt
from analyzer.capture.record import CaptureRecord
from analyzer.findings.finding import Given
from analyzer.findings.reconnects import reconnects
from analyzer.record import Connection, Endpoint
from analyzer.side import Side
from population import at, connection, with_traffic


def cut(number: int) -> list[Connection]:
    """As many clients, each cut at 100 s."""
    return [connection(i, open_s=100.0, client=f"10.0.{i // 200}.{i % 200}") for i in range(number)]


def back(old: list[Connection], gaps: list[float], kind: str = "open") -> list[Connection]:
    return [
        connection(1000 + one.id, kind, None, begin=100 + gap, client=one.client.ip)
        for one, gap in zip(old, gaps, strict=True)
    ]


def test_clients_that_come_back_after_the_same_time_are_in_lockstep() -> None:
    old = cut(12)
    (found,) = reconnects(Given([*old, *back(old, [5.0 + i / 50 for i in range(12)])]))
    assert found.sentence == (
        "12 attempts to come back in lockstep, without jitter and in a storm of up to 12 within a"
        " second: 0 failed; gaps of 5.0 to 5.2 s, median 5.1 s"
    )


def test_jitter_is_no_lockstep_and_no_finding() -> None:
    # 100 incidents of 40 clients with jitter over 60 s: no alarm is right; counted: none.
    random = Random(3)
    alarms = 0
    for _ in range(100):
        old = cut(40)
        alarms += len(reconnects(Given([*old, *back(old, [random.uniform(0.5, 60) for _ in old])])))
    assert alarms == 0


def test_all_at_once_is_a_storm() -> None:
    old = cut(60)
    (found,) = reconnects(Given([*old, *back(old, [0.01 + i / 100 for i in range(60)])]))
    assert found.numbers["storm"] == "true"
    assert found.numbers["most_in_a_second"] == 60
    assert found.numbers["lockstep"] == "false"


def test_a_capture_that_ends_too_soon_makes_no_storm_of_the_first_who_come() -> None:
    # 36 are cut; 14 come within a second, when the capture ends.
    gaps = [0.2 + i / 14 for i in range(14)]
    assert reconnects(Given([*cut(36), *back(cut(14), gaps)])) == []
    (found,) = reconnects(Given([*cut(14), *back(cut(14), gaps)]))
    assert found.numbers["storm"] == "true"


def chain(gaps: list[float], client: int) -> list[Connection]:
    """A client that is cut at 100 s, and whose attempts are refused one after the other."""
    begin, ones = (
        100.0 + client * 2,
        [connection(100 * client, begin=client * 2, open_s=100.0, client=f"10.0.1.{client}")],
    )
    for i, gap in enumerate(gaps):
        begin += gap
        ones.append(
            connection(
                100 * client + 1 + i, "refused", None, begin=begin, client=f"10.0.1.{client}"
            )
        )
    return ones


def test_attempts_without_back_off_are_told_and_those_with_it_are_not() -> None:
    steady = [one for client in range(4) for one in chain([2.0, 2.0, 2.1, 1.9], client)]
    (found,) = reconnects(Given(steady))
    assert "again and again without backing off" in found.sentence
    assert found.numbers["failed_attempts"] == 16
    backing = [
        one
        for client in range(4)
        for one in chain([1.0 + client, 2.5 * (client + 1), 7.0 * (client + 1), 30.0], client)
    ]
    assert reconnects(Given(backing)) == []


def refused(client: int, second: float, packet: int, *, answered: bool = True) -> Attempt:
    who, whom = Endpoint(f"10.0.0.{client}", 50000 + packet), Endpoint("10.0.9.1", 80)
    over = at(second) if answered else None
    return Attempt(who, whom, at(second), packet, over, None if answered else at(second))


def test_syns_that_failed_are_attempts_to_come_back() -> None:
    old = cut(6)
    new = back(old, [6.0 + i / 100 for i in range(6)])
    syns = [refused(i, 100 + n + i / 100, 10 * i + n) for i in range(6) for n in range(1, 6)]
    (found,) = reconnects(Given([*old, *new], attempts=syns))
    assert found.sentence == (
        "36 attempts to come back in lockstep, without jitter and again and again without backing"
        " off: 30 failed (TCP was refused 30 times); gaps of 1.0 to 1.1 s, median 1.0 s"
    )
    assert found.numbers["failed_attempts"] == found.numbers["refused_tcp_connections"] == 30
    assert set(found.connections) == {one.id for one in new}
    assert found.evidence[:5] == (1, 2, 3, 4, 5)


def test_a_syn_that_was_just_sent_has_not_failed() -> None:
    old = cut(6)
    syns = [refused(i, 100 + n, 10 * i + n, answered=False) for i in range(6) for n in range(1, 6)]
    ends = CaptureRecord("a.pcap", last_at=at(105.5))
    (found,) = reconnects(Given(old, captures=[ends], attempts=syns))
    # Of each client the fifth was sent half a second before the end.
    assert found.numbers["unanswered_tcp_connections"] == 24
    assert "24 failed (TCP got no answer 24 times)" in found.sentence


def test_who_gave_up_on_a_server_that_is_gone_had_lost_it() -> None:
    ones = [
        connection(i, "hybi_close", Side.CLIENT, open_s=100, client=f"10.0.0.{i}") for i in range(8)
    ]
    new = back(ones, [5.0] * 8)
    assert reconnects(Given([*ones, *new])) == []
    gone = [with_traffic(one, Side.CLIENT, unanswered_segments=4) for one in ones]
    assert len(reconnects(Given([*gone, *new]))) == 1
