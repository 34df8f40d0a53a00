"""The words of the room."""

from __future__ import annotations

from analyzer.legs.conversation import Match, places


def test_every_match_says_what_it_rests_on() -> None:
    assert all(match.meaning for match in Match)
    assert Match.KEY.meaning.startswith("certain")
    assert Match.TRAFFIC.meaning.startswith("likely")


def test_places_are_named_from_the_client_on() -> None:
    assert places(1) == ["client", "server"]
    assert places(3) == ["client", "proxy 1", "proxy 2", "server"]
