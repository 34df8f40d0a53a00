"""The one line."""

from __future__ import annotations

from analyzer.legs.conversation import Step
from analyzer.legs.sentence import held, sentence_of


def test_a_step_is_told_with_its_error_where_clocks_differ() -> None:
    steps = [
        Step(1, "server", "proxy", "close", 1001, "bye\x1b"),
        Step(0, "proxy", "client", "fin", held=2_000_000, held_error=300_000, changed="x"),
    ]
    assert sentence_of([], "server", steps) == (
        'server was first: Close 1001 "bye\\x1b"; proxy made it FIN after 2.0 ms ± 0.3 ms'
    )


def test_an_error_that_is_not_known_is_not_shown_as_none() -> None:
    assert held(Step(0, "a", "b", "fin", held=2_000_000)) == "about 2.0 ms"
    assert held(Step(0, "a", "b", "fin")) == ""
