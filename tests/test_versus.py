"""`analyzer.compare`, as a notebook user holds it."""

from __future__ import annotations

from pathlib import Path

import analyzer

CAPTURES = Path(__file__).resolve().parents[1] / "captures" / "servers"


def test_captures_and_analyses_may_be_compared() -> None:
    one = analyzer.read(CAPTURES / "fin-server.pcap")
    compared = analyzer.compare(one, CAPTURES / "rst-server.pcap")
    assert (compared.before, compared.changed) == (one, [])
    assert "small sample" in str(compared)
    assert repr(compared).startswith("<0 of ")
    assert compared.to_dict()["schema"] == 1
    # The function keeps its name after its room was loaded.
    assert analyzer.compare(one, one).changed == []
