"""One side gone, since when, and how long the other went on."""

from __future__ import annotations

from analyzer.findings.finding import Given
from analyzer.findings.half_open import half_open
from analyzer.record import Connection
from analyzer.side import Side
from population import at, connection, with_traffic


def gone(number: int, since: float, until: float, kind: str = "vanished") -> Connection:
    one = with_traffic(connection(number, kind, Side.CLIENT), Side.CLIENT, last_at=at(since))
    return with_traffic(one, Side.SERVER, last_at=at(until), unanswered_segments=5)


def test_since_when_and_how_long_the_other_wrote_on() -> None:
    (found,) = half_open(Given([gone(0, 100, 110), gone(1, 50, 950), connection(2)]))
    assert found.sentence == (
        "the client of 2 connections was not heard any more, and the server wrote into nothing for"
        " up to 900.0 s"
    )
    assert found.connections == (0, 1)
    assert (found.first_at, found.last_at) == (at(50), at(950))
    assert found.numbers["unanswered_segments"] == 10


def test_a_close_into_nothing_is_half_open_too() -> None:
    (found,) = half_open(Given([gone(0, 10, 20, "hybi_close")]))
    assert found.numbers["ended_otherwise_connections"] == 1


def test_one_repeat_may_be_a_packet_that_was_lost() -> None:
    one = with_traffic(gone(0, 10, 20), Side.SERVER, unanswered_segments=1)
    assert half_open(Given([with_traffic(connection(1), Side.SERVER, unanswered_segments=1)])) == []
    assert half_open(Given([one]))[0].numbers == {"reused_connections": 1}


def test_ports_that_were_used_again_are_told() -> None:
    (found,) = half_open(Given([connection(0, "vanished", Side.CLIENT)]))
    assert "had not ended when the same ports were used again" in found.sentence
