"""What an analysis shows, and what can be made of it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from analyzer.errors import UsageError
from analyzer.read import Session, read
from capture_files import pcap
from told import HARMFUL, HOSTILE, closed, finished, merged


def test_text_and_jupyter_show_the_same_connections() -> None:
    analysis = read()
    text, html = str(analysis), analysis._repr_html_()
    for one in analysis.connections:
        assert f"{one.client} → {one.server}" in text
        assert str(one.client) in html
    assert repr(analysis) == "<Analysis of 2 WebSocket connections>"


def test_a_connection_and_its_ending_show_themselves_in_jupyter() -> None:
    one = read().connections[0]
    assert one.ending.sentence.split(" after")[0] in (one.ending._repr_html_() or "")
    assert str(one.first_packet) in (one._repr_html_() or "")


@pytest.mark.parametrize("text", [HOSTILE, "<script>alert(1)</script>", "</style><img src=x>"])
def test_hostile_text_is_harmless_in_jupyter(text: str) -> None:
    analysis = read(io.BytesIO(pcap(closed(reason=text))))
    one = analysis.connections[0]
    for html in (analysis._repr_html_(), one._repr_html_(), one.ending._repr_html_()):
        assert html is not None
        assert text not in html
        assert not set(HARMFUL) & set(html)


def test_tables_are_those_of_the_connections() -> None:
    analysis = read(io.BytesIO(pcap(merged(closed(), finished(40001)))))
    table = analysis.to_pandas()
    assert table["id"].tolist() == [0, 1]
    assert table["kind"].astype(str).tolist() == ["hybi_close", "fin"]
    with pytest.raises(UsageError, match="frames"):
        analysis.to_pandas("frames")


def test_what_was_kept_is_a_table() -> None:
    analysis = read(io.BytesIO(pcap(closed())), frames=True, messages=True)
    # Hello, and the Close of each side.
    assert len(analysis.to_pandas("frames")) == 3
    assert analysis.to_pandas("messages")["payload_length"].tolist() == [5]


def test_tables_are_saved(tmp_path: Path) -> None:
    files = read().save(tmp_path / "new" / "folder")
    connections = next(path for path in files if path.stem == "connections")
    with connections.open(newline="", encoding="utf-8") as file:
        assert [row["kind"] for row in csv.DictReader(file)] == ["hybi_close", "open"]
    assert len(pd.read_parquet(read().save(tmp_path / "p", "parquet")[0])) == 2


def test_charts_and_report_are_written(tmp_path: Path) -> None:
    analysis = read()
    charts = analysis.charts(tmp_path / "charts")
    assert {path.suffix for path in charts} == {".svg", ".png"}
    analysis.report(tmp_path / "incident.html")
    analysis.report(tmp_path / "incident.md")
    assert "Close 1001" in (tmp_path / "incident.html").read_text(encoding="utf-8")
    assert "Close 1001" in (tmp_path / "incident.md").read_text(encoding="utf-8")


def test_a_session_can_be_analysed_before_it_is_over() -> None:
    session = Session(io.BytesIO(pcap(closed())))
    assert session.analysis([]).connections == []
