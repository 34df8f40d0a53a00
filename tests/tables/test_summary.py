"""How long each step took, for groups."""

from __future__ import annotations

import pandas as pd
import pytest

from analyzer.ending.timing import STEPS
from analyzer.errors import UsageError
from analyzer.tables import table, timing_summary


def connections(**columns: list[object]) -> pd.DataFrame:
    """Make a table of connections of which only some columns are known."""
    rows = len(next(iter(columns.values())))
    df = table("connections", []).reindex(range(rows))
    for name, values in columns.items():
        df[name] = pd.array(values, dtype=df[name].dtype)
    return df


def test_percentiles_are_those_worked_out_by_hand() -> None:
    # Of 1, 2, … 11 the median is 6; the 90th percentile is at place 1 + 0.9 times 10, the 99th between
    # the last two, a tenth of a step before the last.
    df = connections(close_answer_s=[float(n) for n in range(1, 12)])
    summary = timing_summary(df)
    assert summary[["step", "n", "p50", "p90", "p99", "max"]].to_numpy().tolist() == [
        ["close_answer", 11, 6, 10, pytest.approx(10.9), 11]
    ]


def test_groups_that_occur_have_rows_also_the_one_without_a_value() -> None:
    df = connections(
        kind=["fin", "fin", "rst"],
        first=["client", None, "client"],
        end_s=[1.0, 2.0, 3.0],
    )
    summary = timing_summary(df, by=["kind", "first"])
    told = summary[["kind", "first", "n", "max"]].astype(object)
    assert told.where(told.notna(), None).to_numpy().tolist() == [
        ["rst", "client", 1, 3.0],
        ["fin", "client", 1, 1.0],
        ["fin", None, 1, 2.0],
    ]


def test_servers_paths_and_codes_are_told_apart() -> None:
    df = connections(
        server_ip=["10.0.0.1", "::1"],
        server_port=[80, 8080],
        target=["/chat?token=1", "/chat?token=2"],
        first=["client", "server"],
        client_close_code=[1000, 1000],
        server_close_code=[1000, 1001],
        open_s=[1.0, 3.0],
    )
    assert timing_summary(df, by="server")["server"].tolist() == ["10.0.0.1:80", "[::1]:8080"]
    assert timing_summary(df, by="path")["n"].tolist() == [2]
    assert timing_summary(df, by="code")["code"].tolist() == [1000, 1001]


def test_windows_are_those_in_which_connections_ended() -> None:
    times = pd.to_datetime(["2026-11-22T10:01Z", "2026-11-22T10:04Z", "2026-11-22T10:05Z"])
    df = connections(last_at=list(times), open_s=[1.0, 2.0, 3.0])
    summary = timing_summary(df, every="5min")
    assert summary["window"].dt.strftime("%H:%M").tolist() == ["10:00", "10:05"]
    assert summary["n"].tolist() == [2, 1]


@pytest.mark.parametrize("by", [[], ["kind"], ["server", "path", "code"]])
def test_nothing_gives_an_empty_summary_with_its_columns(by: list[str]) -> None:
    summary = timing_summary(table("connections", []), by, every="1h")
    assert list(summary.columns) == [*by, "window", "step", "n", "p50", "p90", "p99", "max"]
    assert len(summary) == 0


def test_steps_come_in_the_order_of_a_connections_life() -> None:
    df = connections(**{f"{step}_s": [1.0] for step in reversed(STEPS)})
    assert timing_summary(df)["step"].tolist() == list(STEPS)


def test_a_column_that_there_is_not_is_told() -> None:
    with pytest.raises(UsageError, match="no column 'colour'"):
        timing_summary(table("connections", []), by="colour")
