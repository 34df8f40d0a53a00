"""Joined captures as JSON and as rows."""

from __future__ import annotations

import json
from pathlib import Path

from analyzer.join import join
from analyzer.legs.records import clock_row, row, step_rows

CAPTURES = Path(__file__).resolve().parents[2] / "captures" / "conditions"


def test_document_holds_clocks_conversations_steps_and_legs() -> None:
    parts = [CAPTURES / f"nginx-idle-{one}-leg.pcap" for one in ("client", "backend")]
    found = json.loads(json.dumps(join(*parts).to_dict()))
    assert [one["clock_offset_s"] is not None for one in found["captures"]] == [True, True]
    (one,) = found["conversations"]
    assert (one["match"], one["first"], len(one["legs"])) == ("key", "proxy", 2)
    assert {step["from"] for step in one["steps"]} == {"proxy"}
    # The proxy logged one upstream time-out, the same for both legs: nothing was held.
    assert [step["held_s"] for step in one["steps"]] == [None, None]


def test_a_row_tells_the_same() -> None:
    (one,) = join(CAPTURES / "nginx-close.pcap").conversations
    found = row(one)
    assert found["steps"] == "server>proxy close 1001; proxy>client close 1001"
    assert found["sightings"] == "0#0; 0#1"
    assert all(isinstance(value, str | int | None) for value in found.values())


def test_steps_and_clocks_are_rows_too() -> None:
    joined = join(CAPTURES / "nginx-close.pcap")
    (one,) = joined.conversations
    assert [(step["conversation"], step["from"], step["code"]) for step in step_rows(one)] == [
        (0, "server", 1001),
        (0, "proxy", 1001),
    ]
    (clock,) = joined.clocks
    assert clock_row(clock, ["a.pcap", "b.pcap"])["paths"] == "a.pcap; b.pcap"
