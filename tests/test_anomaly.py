"""Odd things, bounded in number."""

from __future__ import annotations

from analyzer.anomaly import KEPT_PER_NAME, Anomaly, AnomalyLog
from analyzer.side import Side


def test_anomalies_come_in_the_order_found() -> None:
    log = AnomalyLog()
    log.add("b", Side.CLIENT, 5, 1, "first")
    log.add("a", None, 4, 2)
    assert list(log) == [Anomaly("b", Side.CLIENT, 5, 1, "first"), Anomaly("a", None, 4, 2, "")]


def test_many_of_one_name_and_side_are_only_counted() -> None:
    log = AnomalyLog()
    for number in range(KEPT_PER_NAME + 7):
        log.add("odd", Side.SERVER, number, number)
    log.add("odd", Side.CLIENT, 99, 99)
    found = list(log)
    assert len(found) == KEPT_PER_NAME + 2
    assert found[-1] == Anomaly("odd", Side.SERVER, 0, 0, "7 more, not listed")
    assert list(log) == found
