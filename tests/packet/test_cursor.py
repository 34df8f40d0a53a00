"""The cursor: what is said of a header that is not all there, and which network it is in."""

from __future__ import annotations

from analyzer.packet.anomalies import AnomalyLog
from analyzer.packet.cursor import UNDECODABLE, VLAN, VXLAN, Cursor


def test_a_short_header_is_the_captures_or_the_senders_fault() -> None:
    log = AnomalyLog()
    cursor = Cursor(log)
    cursor.wire_end = 40
    assert cursor.cut_or_malformed(20, "TCP header") == UNDECODABLE
    cursor.wire_end = 10
    assert cursor.cut_or_malformed(20, "TCP header") == UNDECODABLE
    assert [one.name for one in log.kept] == ["truncated_header", "malformed_header"]


def test_networks_differ_by_kind_identifier_and_order() -> None:
    seen = set()
    for steps in (
        [],
        [(VLAN, 5)],
        [(VLAN, 6)],
        [(VXLAN, 5)],
        [(VLAN, 5), (VLAN, 6)],
        [(VLAN, 6), (VLAN, 5)],
    ):
        cursor = Cursor(AnomalyLog())
        for kind, identifier in steps:
            cursor.enter_network(kind, identifier)
        seen.add(cursor.network)
    assert len(seen) == 6
    assert 0 in seen
