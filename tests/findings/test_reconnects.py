"""How clients came back, in made-up populations whose answer is known."""

from __future__ import annotations

from random import Random

from analyzer.findings.finding import Given
from analyzer.findings.reconnects import old_still_open, reconnects, reload
from analyzer.record import Connection
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


def reloaded(number: int, gap: float = 0.3, **fields: object) -> list[Connection]:
    ones = []
    for i in range(number):
        client = f"10.0.0.{i}"
        ones.append(
            connection(
                2 * i,
                "hybi_close",
                Side.CLIENT,
                open_s=50,
                client=client,
                closes=(1001, 1001),
                **fields,
            )
        )
        ones.append(connection(2 * i + 1, "open", None, begin=50 + gap, client=client))
    return ones


def test_a_reload_is_a_1001_and_the_same_path_a_moment_later() -> None:
    (found,) = reload(Given(reloaded(3)))
    assert found.sentence == (
        "3 connections of 3 clients ended as those of reloaded pages do: the same path was asked"
        " for again 300.0 ms to 300.0 ms later"
    )
    assert found.connections == (0, 2, 4)
    assert reload(Given(reloaded(3, gap=6.0))) == []
    assert reload(Given(reloaded(1))) == []
    assert reconnects(Given(reloaded(8))) == []


def test_an_old_connection_that_the_server_thinks_open() -> None:
    old = with_traffic(
        connection(0, "vanished", Side.CLIENT, open_s=300), Side.CLIENT, last_at=at(20)
    )
    new = connection(1, begin=25)
    (found,) = old_still_open(Given([old, new]))
    assert (
        found.sentence
        == "1 client came back while the old connection was still open at the server, for up to 275.0 s more"
    )
    talking = with_traffic(old, Side.CLIENT, last_at=at(26))
    assert old_still_open(Given([talking, new])) == []
    left = with_traffic(
        connection(0, "hybi_close", Side.CLIENT, open_s=300), Side.CLIENT, last_at=at(20)
    )
    assert old_still_open(Given([left, new])) == []
