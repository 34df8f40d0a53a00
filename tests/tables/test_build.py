"""Tables of what captures hold."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tshark
from analyzer.anomaly import Anomaly
from analyzer.document import flat
from analyzer.ending.timing import STEPS
from analyzer.errors import UsageError
from analyzer.findings import Finding
from analyzer.read import read
from analyzer.record import Connection, iso
from analyzer.tables import TABLES, table
from capture_files import pcap
from conversation import START_NS
from generated import several_talks
from packets import FIN, RST, Packet
from sealed import sealed_stream
from told import SECOND, closed, finished, found_in, merged, refused, reset

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["browsers", "conditions", "old_framing", "servers"]


def plain(value: Any) -> Any:
    """Give a cell as the record has it."""
    if isinstance(value, pd.Timestamp):
        return iso(value.value)
    return None if pd.isna(value) else value


def assert_same_as_the_record(connections: list[Connection]) -> None:
    df = table("connections", connections)
    for row, one in zip(df.itertuples(index=False), connections, strict=True):
        found = {name: plain(value) for name, value in zip(df.columns, row, strict=True)}
        assert found == flat(one.to_dict())


@pytest.mark.parametrize("folder", FOLDERS)
def test_connections_are_the_rows_of_the_record(folder: str) -> None:
    paths = sorted((ROOT / "captures" / folder).glob("*.pcap*"))
    connections = [one for path in paths for one in read(path).connections]
    assert len(connections) >= len(paths) // 2 > 0
    assert_same_as_the_record(connections)


@settings(max_examples=25, deadline=None)
@given(packets=several_talks(), cut=st.integers(0, 40))
def test_connections_of_any_capture_are_the_rows_of_the_record(
    packets: list[Packet], cut: int
) -> None:
    analysis = read(io.BytesIO(pcap(packets[cut:])), frames=True, messages=True)
    assert_same_as_the_record(analysis.connections)
    for name, columns in TABLES.items():
        df = table(name, analysis.connections, analysis.anomalies)
        assert list(df.columns) == [column.name for column in columns]
    sent = table("endings", analysis.connections)["sent_frames"].sum()
    assert len(table("frames", analysis.connections)) == sent


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_table_has_the_columns_and_kinds_of_a_full_one(name: str) -> None:
    talks = merged(closed(), finished(40001), refused(40002), reset(40003))
    full = read(io.BytesIO(pcap(talks)), frames=True, messages=True)
    odd = [Anomaly("packet_damaged", None, START_NS, 7, "")]
    found = [Finding("trust", "told", (0, 1), START_NS, None, {"n": 1}, (7,), ("a", "b"))]
    some = table(name, full.connections, odd, [sealed_stream()], found)
    none = table(name, [])
    assert len(some) > 0
    assert len(none) == 0
    assert list(none.columns) == list(some.columns) == [column.name for column in TABLES[name]]
    assert none.dtypes.to_dict() == some.dtypes.to_dict()


def test_findings_have_a_row_each() -> None:
    found = Finding("trust", "told", (0, 1), START_NS, None, {"n": 1}, (7,), ("a", "b"))
    (row,) = table("findings", [], findings=[found]).itertuples(index=False)
    assert (row.name, row.count, row.connections) == ("trust", 2, "0; 1")
    assert (row.numbers, row.evidence, row.consistent_with) == ('{"n": 1}', "7", "a; b")
    assert pd.isna(row.last_at)


def test_endings_have_a_row_for_each_side() -> None:
    # Worked out by hand: the server closes with 1001, the client answers, the server closes TCP.
    df = table("endings", found_in(closed(reason="restart")))
    assert df["side"].tolist() == ["client", "server"]
    assert df["was_first"].tolist() == [False, True]
    assert df["close_code"].tolist() == [1001, 1001]
    assert df["close_reason"].tolist() == ["", "restart"]
    assert df["close_name"].tolist() == ["Going Away", "Going Away"]
    assert df["sent_frames"].tolist() == [2, 1]
    assert df.loc[1, "fin_packet"] < df.loc[0, "fin_packet"]
    assert df["view_was_clean"].tolist() == [True, True]


def test_who_was_first_is_missing_where_nobody_was() -> None:
    df = table("endings", found_in(refused()))
    assert df["was_first"].isna().all()


def test_timings_are_the_steps_that_could_be_told() -> None:
    (one,) = found_in(closed())
    df = table("timings", [one])
    wide = table("connections", [one])
    told = {step: wide.loc[0, f"{step}_s"] for step in STEPS}
    assert dict(zip(df["step"], df["seconds"], strict=True)) == {
        step: seconds for step, seconds in told.items() if pd.notna(seconds)
    }
    assert list(df["step"].cat.categories) == list(STEPS)


def test_frames_are_those_that_were_sent() -> None:
    df = table("frames", found_in(closed(), frames=True))
    assert df["opcode"].tolist() == ["text", "close", "close"]
    assert df["side"].tolist() == ["client", "server", "client"]
    assert df["masked"].tolist() == [True, False, True]
    # "hello"; a code and "restart"; a code.
    assert df["payload_length"].tolist() == [5, 9, 2]
    assert df["at"].is_monotonic_increasing
    assert df["at"].iloc[0] >= pd.Timestamp(START_NS, tz="UTC")


def test_messages_say_what_was_said() -> None:
    analysis = read(io.BytesIO(pcap(closed())), messages=True)
    df = analysis.to_pandas("messages")
    assert df[["text", "size", "valid", "compressed"]].to_numpy().tolist() == [
        ["hello", 5, True, False]
    ]


@pytest.mark.parametrize("name", ["frames", "messages"])
def test_what_was_not_kept_is_told(name: str) -> None:
    with pytest.raises(UsageError, match=rf"read\(…, {name}=True\) keeps them"):
        table(name, found_in(closed()))


def test_tcp_tells_how_to_find_the_stream_in_wireshark() -> None:
    talks = merged(closed(), finished(40001, start_ns=START_NS + SECOND))
    df = table("tcp", found_in(talks))
    assert df["wireshark"].tolist() == ["tcp.stream eq 0", "tcp.stream eq 1"]


def test_what_was_not_captured_has_no_name_and_no_filter() -> None:
    df = table("endings", found_in(reset()))
    assert df["close_name"].isna().all()
    assert df["wireshark"].notna().tolist() == [True, False]


def test_a_code_that_nobody_defined_has_no_name() -> None:
    df = table("endings", found_in(closed(code=2999)))
    assert df["close_code"].tolist() == [2999, 2999]
    assert df["close_name"].isna().all()


PROOF = ("websocket.opcode", "tcp.flags")


def what(opcode: str, flags: int) -> str:
    """Name what a packet proves."""
    if opcode:
        return {"8": "close"}[opcode]
    return {FIN: "FIN", RST: "RST"}[flags & (FIN | RST)]


@tshark.needs_tshark
def test_wireshark_finds_what_the_filters_are_for(tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(merged(closed(), reset(40001, start_ns=START_NS + SECOND))))
    connections = read(path).connections
    streams = table("tcp", connections)["wireshark"]
    asked = (tshark.fields(path, each, "tcp.stream") for each in streams)
    assert [{row[0] for row in rows} for rows in asked] == [{"0"}, {"1"}]
    ends = table("endings", connections)
    seen = [
        [what(opcode, int(flags, 16)) for opcode, flags in tshark.fields(path, each, *PROOF)]
        for each in ends["wireshark"].dropna()
    ]
    assert seen == [["close", "FIN"], ["close", "FIN"], ["RST"]]


def test_anomalies_of_no_connection_have_no_number() -> None:
    df = table("anomalies", [], [Anomaly("packet_damaged", None, 0, 7, "short")])
    assert df.loc[0, "connection"] is pd.NA
    assert pd.isna(df.loc[0, "at"])
    assert df.loc[0, "packet"] == 7


def test_a_table_that_there_is_not_is_told() -> None:
    with pytest.raises(UsageError, match="there is no table 'pings'; there are connections"):
        table("pings", [])
