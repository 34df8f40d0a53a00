"""`analyzer.compare`, as a notebook user holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import analyzer

CAPTURES = Path(__file__).resolve().parents[1] / "captures" / "servers"


def test_captures_and_analyses_may_be_compared() -> None:
    one = analyzer.read(CAPTURES / "fin-server.pcap")
    compared = analyzer.compare(one, CAPTURES / "rst-server.pcap")
    assert (compared.before, compared.changed) == (one, [])
    assert "small sample" in str(compared)
    assert repr(compared).startswith("<0 of ")
    assert compared.to_dict()["schema"] == 1
    found: Any = compared.to_dict()["after"]
    assert found["connections"] == 1
    # A lone server resets TCP: the rule who-sent-rst tells by whom.
    assert [one["name"] for one in found["findings"]] == ["who-sent-rst"]
    # The function keeps its name after its room was loaded.
    assert analyzer.compare(one, one).changed == []


def test_a_comparison_is_written_as_a_file(tmp_path: Path) -> None:
    found = analyzer.compare(CAPTURES / "fin-server.pcap", CAPTURES / "rst-server.pcap")
    found.report(tmp_path / "a.html")
    found.report(tmp_path / "a.md")
    assert (tmp_path / "a.html").read_text("utf-8").startswith("<!doctype html>")
    assert "rst-server.pcap, compared with fin-server.pcap" in (tmp_path / "a.md").read_text(
        "utf-8"
    )
