"""What is noticed beside connections, put together from shares."""

from __future__ import annotations

from analyzer.aside import MOST_UNSEEN, Aside, Unseen
from analyzer.attempt import Attempt
from analyzer.endpoint import Endpoint
from analyzer.side import Side

HERE, THERE = Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", 80)


def test_shares_are_put_together_in_the_order_of_packets_with_the_numbers_of_all() -> None:
    one, other = Aside(every=True), Aside()
    one.not_seen(Unseen(Side.CLIENT, 5, 9, 0, "its beginning is missing"))
    other.not_seen(Unseen(None, 4, 2, 0, "bytes were lost"))
    one.attempts.append(Attempt(HERE, THERE, 5, 9, 6))
    other.attempts.append(Attempt(HERE, THERE, 4, 2, 5))
    other.unanswered.append(Attempt(HERE, THERE, 5, 7, None))
    found = Aside()
    found.take(one, lambda number: number + 7)
    found.take(other, lambda number: number + 3)
    assert found.encrypted.every
    assert [(each.packet, each.side, each.detail) for each in found.anomalies()] == [
        (2, None, "WebSockets that begin on tcp.stream 3 are not seen: bytes were lost"),
        (
            9,
            Side.CLIENT,
            "WebSockets that begin on tcp.stream 7 are not seen: its beginning is missing",
        ),
    ]
    assert [each.packet for each in found.failed()] == [2, 7, 9]


def test_a_thousand_of_them_are_enough() -> None:
    found = Aside()
    for number in range(MOST_UNSEEN + 5):
        found.not_seen(Unseen(None, 1, number, number, ""))
    assert len(found.unseen) == MOST_UNSEEN
