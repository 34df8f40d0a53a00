"""What a finding is made of, and how it is written for programs."""

from __future__ import annotations

from analyzer.findings.finding import EVIDENCE, Finding, about, counted, packets, seconds, were
from population import BEGIN, connection


def test_a_finding_is_its_name_and_its_sentence() -> None:
    assert (
        str(Finding("idle-timer", "9 connections were cut")) == "idle-timer: 9 connections were cut"
    )


def test_json_has_times_as_iso_and_none_where_nothing_is_known() -> None:
    told = Finding("trust", "x", (1, 2), BEGIN, None, {"share": 0.5}, (7,), ("a",)).to_dict()
    assert told == {
        "name": "trust",
        "sentence": "x",
        "connections": [1, 2],
        "first_at": "2023-11-14T22:13:20.000000000Z",
        "last_at": None,
        "numbers": {"share": 0.5},
        "evidence": [7],
        "consistent_with": ["a"],
        "also": [],
        "next": [],
    }


def test_numbers_of_connections_and_packets_are_in_order_and_once() -> None:
    assert about([connection(2), connection(0), connection(2)]) == (0, 2)
    assert packets([9, None, 3, 0, 9]) == (3, 9)
    assert len(packets(range(1, 100))) == EVIDENCE


def test_words_agree_with_numbers() -> None:
    assert [counted(n, "reload") for n in (0, 1, 2)] == ["0 reloads", "1 reload", "2 reloads"]
    assert [were(n) for n in (1, 2)] == ["was", "were"]
    assert seconds(1_234_567_890) == 1.234568
