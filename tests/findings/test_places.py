"""Where to look at a finding."""

from __future__ import annotations

from analyzer.findings.finding import Finding
from analyzer.findings.places import places, when

NOON = 1_700_049_600_000_000_000  # 2023-11-15 12:00:00 UTC, by hand
DAY = 86_400_000_000_000


def test_connections_that_follow_each_other_are_one_run() -> None:
    found = Finding("loss", "", (0, 1, 2, 7, 9, 10, 20, 30), evidence=tuple(range(1, 9)))
    assert places(found) == "#0 to #2, #7, #9 to #10, #20, …; packets 1, 2, 3, 4, 5, 6, …"


def test_one_packet_is_one() -> None:
    assert places(Finding("loss", "", (3,), evidence=(12345,))) == "#3; packet 12345"


def test_a_finding_of_no_connection_has_no_place() -> None:
    assert places(Finding("trust", "")) == ""


def test_times_name_the_day_once() -> None:
    assert when(Finding("loss", "", (), NOON, NOON)) == "2023-11-15 12:00:00"
    assert when(Finding("loss", "", (), NOON, NOON + 10**9)) == "2023-11-15 12:00:00 to 12:00:01"
    later = Finding("loss", "", (), NOON, NOON + DAY)
    assert when(later) == "2023-11-15 12:00:00 to 2023-11-16 12:00:00"
