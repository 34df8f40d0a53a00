"""What a capture lacks, and how many endings that touches."""

from __future__ import annotations

from pathlib import Path

from analyzer.capture.record import CaptureRecord
from analyzer.findings.finding import Given
from analyzer.findings.trust import LIMITS, trust
from population import connection, with_ending


def test_whole_captures_give_no_finding() -> None:
    whole = CaptureRecord("a.pcap", complete=True)
    assert trust(Given([connection(0), connection(1)], [whole])) == []
    late = with_ending(
        connection(0), caveats=("the capture ends before TCP was closed by both sides",)
    )
    assert trust(Given([late], [whole])) == []


def test_connections_are_counted_once_however_much_they_lack() -> None:
    lacking = with_ending(
        connection(3),
        first=None,
        caveats=(
            "the connection began before the capture: its handshake and age are not known",
            "nothing that the client sent was captured",
        ),
    )
    (found,) = trust(Given([connection(0), lacking]))
    assert found.connections == (3,)
    assert found.numbers == {
        "midstream_connections": 1,
        "one_direction_connections": 1,
        "undetermined_connections": 1,
        "broken_captures": 0,
    }
    assert found.sentence == (
        "the capture does not hold all of 1 of 2 connections: 1 began before the capture,"
        " 1 seen in one direction only; how 1 of them ended, or who was first, cannot be told"
    )


def test_a_capture_that_breaks_off_is_told_without_a_connection() -> None:
    (found,) = trust(Given([], [CaptureRecord("a.pcap", problem="cut in a packet")]))
    assert found.sentence == "1 capture could not be read to the end"


def test_words_that_are_looked_for_are_those_that_caveats_use() -> None:
    source = Path(__file__).resolve().parents[2] / "analyzer" / "ending" / "caveats.py"
    text = " ".join(source.read_text(encoding="utf-8").split())
    text = text.replace('" f"', "").replace('" "', "")
    assert [word for limit in LIMITS for word in limit.words if word not in text] == []
