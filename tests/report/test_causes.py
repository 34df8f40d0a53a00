"""What stands below the sentence of a finding."""

from __future__ import annotations

from analyzer.findings import Finding
from analyzer.report.causes import reasons
from population import at


def test_all_that_a_finding_rests_on_is_told_in_order() -> None:
    numbers = {"timer_s": 60.0, "connections": 1200, "who": "\x1b[31m", "gap_s": None, "p": 1e-9}
    one = Finding(
        "x", "y", (1,), at(0), at(60), numbers, tuple(range(1, 20)), ("a",), ("b",), ("c",)
    )
    assert list(reasons(one)) == [
        ("consistent with", ("a",)),
        ("would look the same", ("b",)),
        ("check next", ("c",)),
        ("when (UTC)", ("2023-11-14 22:13:20 to 22:14:20",)),
        ("packets", ("1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …",)),
        (
            "numbers",
            ("timer_s = 60, connections = 1,200, who = \\x1b[31m, gap_s = not known, p = 1e-09",),
        ),
    ]


def test_what_is_not_there_is_not_told() -> None:
    assert list(reasons(Finding("x", "y"))) == []
