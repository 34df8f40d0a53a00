"""Columns of whatever type become the same arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analyzer.errors import UsageError
from analyzer.plot.values import (
    column,
    ended_at,
    left_out,
    numbers,
    spread,
    still_open,
    times,
    words,
)
from charted import NO_TIME, START, after, connections


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_words_of_every_type_are_texts(dtype: str) -> None:
    df = pd.DataFrame({"kind": pd.Series(["rst", None, "fin"], dtype=dtype)})
    assert words(df, "kind", "unknown").tolist() == ["rst", "unknown", "fin"]


@pytest.mark.parametrize("dtype", ["float64", "Int64", "Float64", "object"])
def test_numbers_of_every_type_are_floats(dtype: str) -> None:
    df = pd.DataFrame({"code": pd.Series([1000, None], dtype=dtype)})
    found = numbers(df, "code")
    assert found.dtype == np.float64
    assert found[0] == 1000
    assert np.isnan(found[1])


def test_times_are_utc_whether_zoned_or_text() -> None:
    zoned = pd.DataFrame({"at": pd.to_datetime(["2026-03-01T13:00:00+01:00", None], utc=False)})
    text = pd.DataFrame({"at": ["2026-03-01T12:00:00.000000001Z", None]})
    assert times(zoned, "at")[0] == np.datetime64("2026-03-01T12:00:00")
    assert times(text, "at")[0] == np.datetime64("2026-03-01T12:00:00.000000001")
    assert np.isnat(times(text, "at")[1])


def test_empty_table_may_lack_columns() -> None:
    empty = pd.DataFrame()
    assert words(empty, "kind").tolist() == []
    assert numbers(empty, "open_s").tolist() == []
    assert times(empty, "first_at").tolist() == []


def test_table_with_rows_must_have_them() -> None:
    with pytest.raises(UsageError, match="needs the column 'kind'"):
        column(pd.DataFrame({"other": [1]}), "kind")


def test_connection_ends_with_its_first_close_fin_or_rst_and_else_with_its_last_packet() -> None:
    df = connections(
        {"client_close_at": after(5), "server_close_at": after(4), "tcp_server_fin_at": after(6)},
        {"tcp_server_fin_at": after(3), "tcp_client_rst_at": after(2)},
        {"last_at": after(9)},
        {"first_at": NO_TIME, "last_at": NO_TIME},
    )
    expected = [after(4), after(2), after(9), NO_TIME]
    found = pd.to_datetime(pd.Series(ended_at(df)), utc=True)
    assert found.tolist()[:3] == expected[:3]
    assert found.isna().tolist() == [False, False, False, True]


def test_nanoseconds_are_kept() -> None:
    late = START + pd.Timedelta(7, "ns")
    assert times(connections({"first_at": late}), "first_at")[0].astype(np.int64) == late.value


@pytest.mark.parametrize(("count", "shown"), [(0, 5), (5, 5), (6, 5), (100_000, 1000)])
def test_places_are_spread_from_the_first_to_the_last(count: int, shown: int) -> None:
    places = spread(count, shown)
    assert len(places) == min(count, shown)
    assert len(set(places.tolist())) == len(places)
    if count:
        assert (places[0], places[-1]) == (0, count - 1)


def test_who_has_not_ended_is_told_and_left_out() -> None:
    left = still_open(connections({"kind": "open"}, {"kind": "fin"}, {"kind": "open"}))
    assert left.tolist() == [True, False, True]
    assert left_out(left) == ["2 connections still open: not in the chart"]
    assert left_out(left[1:2]) == []
    # A table of a user's own may not tell.
    assert still_open(pd.DataFrame({"open_s": [1.0]})).tolist() == [False]
