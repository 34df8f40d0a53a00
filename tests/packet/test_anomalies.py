"""Anomalies of no connection: bounded, and counted beyond the bound."""

from __future__ import annotations

from analyzer.packet.anomalies import KEPT, AnomalyLog


def test_the_first_are_kept_and_the_rest_counted() -> None:
    log = AnomalyLog()
    for packet in range(KEPT + 5):
        log.add("truncated_header", 1, packet)
    assert (len(log.kept), log.dropped["truncated_header"]) == (KEPT, 5)


def test_what_every_packet_would_repeat_is_told_once() -> None:
    log = AnomalyLog()
    for packet in (1, 2):
        log.add_once("unknown_link_type", 1, packet, "147")
    log.add_once("unknown_link_type", 1, 3, "148")
    assert [one.packet for one in log.kept] == [1, 3]
