"""Receive windows that closed and stayed so."""

from __future__ import annotations

from analyzer.findings.finding import Given
from analyzer.findings.slow_reader import slow_reader
from analyzer.side import Side
from population import at, connection, with_traffic


def test_a_window_that_stayed_closed_is_told_since_when() -> None:
    ones = [
        with_traffic(
            connection(i, "fin", Side.SERVER, open_s=30.0), Side.CLIENT, zero_window_at=at(10 + i)
        )
        for i in range(2)
    ]
    (found,) = slow_reader(Given(ones))
    assert found.sentence == (
        "the client of 2 connections took no more bytes (receive window zero) for up to 20.0 s until the end"
    )
    assert (found.first_at, found.last_at) == (at(10), at(30))


def test_a_moment_is_nothing_and_a_window_that_opened_again_neither() -> None:
    late = with_traffic(connection(0, open_s=30.0), Side.CLIENT, zero_window_at=at(29.5))
    again = with_traffic(connection(1), Side.SERVER, zero_windows=9)
    assert slow_reader(Given([late, again])) == []
