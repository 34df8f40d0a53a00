"""What is asked of the facts."""

from __future__ import annotations

from analyzer.ending.facts import Facts, Moment, Reset, SideFacts, is_strange
from analyzer.side import Side
from analyzer.websocket.close import CloseFrame

MOMENT = Moment(5, 1)
CLOSE = CloseFrame(1000, "", 9, 2, end_offset=10)


def test_sides_are_found_by_name() -> None:
    facts = Facts(client=SideFacts(unanswered=1), server=SideFacts(unanswered=2))
    assert [facts.of(side).unanswered for side in Side] == [1, 2]
    assert facts.sides == (facts.client, facts.server)


def test_nothing_is_there_unless_it_was_seen() -> None:
    facts = Facts()
    assert not any(
        (facts.has_close, facts.has_fin, facts.has_rst, facts.tcp_down, facts.close_hidden)
    )


def test_one_side_is_enough_for_a_fact() -> None:
    assert Facts(client=SideFacts(close=CLOSE)).has_close
    assert Facts(server=SideFacts(fin=MOMENT)).has_fin
    assert Facts(server=SideFacts(rst=MOMENT)).has_rst
    assert Facts(client=SideFacts(close_hidden=True)).close_hidden


def test_tcp_is_down_with_both_fins_or_a_rst() -> None:
    fin = SideFacts(fin=MOMENT)
    assert not Facts(client=fin).tcp_down
    assert Facts(client=fin, server=fin).tcp_down
    assert Facts(server=SideFacts(rst=MOMENT)).tcp_down


def test_fin_counts_from_the_close_in_front_of_it() -> None:
    assert SideFacts().fin_counts_at is None
    assert SideFacts(fin=MOMENT, fin_offset=10).fin_counts_at == 5
    assert SideFacts(close=CLOSE, fin=MOMENT, fin_offset=10).fin_counts_at == 9
    assert SideFacts(close=CLOSE, fin=MOMENT, fin_offset=9).fin_counts_at == 5


def test_a_reset_is_strange_where_its_hops_or_its_number_are() -> None:
    assert Reset(1, 1, ttl=64, usual_ttl=63).is_strange
    assert Reset(1, 1, offset=2).is_strange
    assert not Reset(1, 1, ttl=64, usual_ttl=64, offset=1).is_strange
    assert not Reset(1, 1, ttl=64).is_strange
    assert is_strange(Reset(1, 1, offset=2))
    assert not is_strange(Reset(1, 1))
    assert not is_strange(Moment(1, 1))
    assert not is_strange(None)
