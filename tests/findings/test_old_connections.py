"""What became of the old connection when its client came back."""

from __future__ import annotations

from analyzer.findings.finding import Given
from analyzer.findings.old_connections import old_still_open, reload
from analyzer.findings.reconnects import reconnects
from analyzer.record import Connection
from analyzer.side import Side
from population import at, connection, with_traffic


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
        " for again 0.3 to 0.3 s later"
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


def test_a_server_that_repeats_itself_holds_the_old_one_between_two_repeats() -> None:
    old = with_traffic(
        connection(0, "vanished", Side.CLIENT, open_s=30), Side.CLIENT, last_at=at(20)
    )
    old = with_traffic(old, Side.SERVER, unanswered_segments=5, unanswered_at=at(24))
    # From 24 to 30 s it repeated itself; the next would be due at 36 s.
    (found,) = old_still_open(Given([old, connection(1, begin=33)]))
    assert found.sentence == (
        "1 client came back while the old connection was still open at the server"
    )
    assert old_still_open(Given([old, connection(1, begin=37)])) == []
