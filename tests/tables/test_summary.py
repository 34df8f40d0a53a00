"""How long each step took, for groups."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from analyzer.ending.timing import STEPS
from analyzer.errors import UsageError
from analyzer.tables import table, timing_summary

AT = pd.Timestamp("2026-11-22T10:00Z")


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
        client_close_at=[AT, AT],
        server_close_code=[1000, 1001],
        server_close_at=[AT, AT],
        open_s=[1.0, 3.0],
    )
    assert timing_summary(df, by="server")["server"].tolist() == ["10.0.0.1:80", "[::1]:8080"]
    assert timing_summary(df, by="path")["n"].tolist() == [2]
    assert timing_summary(df, by="code")["code"].tolist() == [1000, 1001]


@pytest.mark.parametrize(
    ("first", "client", "server", "code"),
    [
        ("client", 1000, 1001, 1000),
        ("server", 1000, 1001, 1001),
        ("both", 1000, 1001, 1000),
        (None, None, 1001, 1001),
        ("server", 1000, None, 1000),
        (None, None, None, None),
    ],
)
def test_the_code_is_that_of_who_was_first(
    first: str | None, client: int | None, server: int | None, code: int | None
) -> None:
    df = connections(
        first=[first],
        client_close_code=[client],
        client_close_at=[pd.NaT if client is None else AT],
        server_close_code=[server],
        server_close_at=[pd.NaT if server is None else AT],
        open_s=[1.0],
    )
    (found,) = timing_summary(df, by="code")["code"]
    assert (None if pd.isna(found) else found) == code


def test_a_close_without_a_code_has_none_whatever_was_answered() -> None:
    df = connections(
        first=["client"],
        client_close_at=[AT],
        server_close_code=[1005],
        server_close_at=[AT],
        open_s=[1.0],
    )
    assert timing_summary(df, by="code")["code"].isna().tolist() == [True]


def test_windows_are_those_in_which_connections_began_to_end() -> None:
    # A close frame tells, else FIN or RST, else the last packet; 10:06 is not looked at.
    ten = pd.Timestamp("2026-11-22T10:00Z")
    minutes = pd.to_timedelta([1, 4, 5, 6], unit="min")
    late = ten + pd.Timedelta("6min")
    df = connections(
        server_close_at=[ten + minutes[0], pd.NaT, pd.NaT, pd.NaT],
        tcp_client_fin_at=[late, ten + minutes[1], pd.NaT, pd.NaT],
        tcp_server_rst_at=[late, late, ten + minutes[2], pd.NaT],
        last_at=[late, late, late, late],
        open_s=[1.0, 2.0, 3.0, 4.0],
    )
    summary = timing_summary(df, every="5min")
    assert summary["window"].dt.strftime("%H:%M").tolist() == ["10:00", "10:05"]
    assert summary["n"].tolist() == [2, 2]
    assert summary["max"].tolist() == [2, 4]
    assert str(summary["window"].dtype) == "datetime64[ns, UTC]"


def test_a_length_that_is_none_is_told() -> None:
    with pytest.raises(UsageError, match="'often' is no length of time; 5min and 1h are"):
        timing_summary(table("connections", []), every="often")


def test_another_table_is_told() -> None:
    with pytest.raises(UsageError, match="table of connections"):
        timing_summary(table("timings", []))


def test_some_rows_of_the_table_will_do_whatever_their_index() -> None:
    df = connections(kind=["fin", "rst", "rst"], end_s=[1.0, 2.0, 4.0])
    some = df[df["kind"] == "rst"].set_index(pd.Index(["a", "a"]))
    assert timing_summary(some, "kind")[["kind", "n", "p50"]].to_numpy().tolist() == [["rst", 2, 3]]


def test_columns_of_the_users_own_are_groups_too_whatever_their_names() -> None:
    df = connections(end_s=[1.0, 2.0]).assign(capture=["a", "b"], seconds=[7, 7], path=["x", "x"])
    summary = timing_summary(df, ["capture", "seconds", "path", "path"])
    assert list(summary.columns[:4]) == ["capture", "seconds", "path", "step"]
    assert summary[["capture", "path", "max"]].to_numpy().tolist() == [["a", "x", 1], ["b", "x", 2]]


def test_many_groups_take_no_step_for_each() -> None:
    # 20,000 groups took minutes as long as each was asked for its percentiles.
    df = connections(end_s=[1.0] * 20_000)
    df["server_port"] = pd.array(range(20_000), dtype="Int64")
    begin = time.monotonic()
    assert len(timing_summary(df, "server_port")) == 20_000
    assert time.monotonic() - begin < 5


def test_figures_are_numbers_also_where_there_are_none() -> None:
    for df in (table("connections", []), connections(end_s=[1.0])):
        kinds = timing_summary(df, "kind")[["n", "p50", "p90", "p99", "max"]].dtypes
        assert [str(kind) for kind in kinds] == ["int64"] + ["float64"] * 4


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
