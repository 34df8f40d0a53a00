"""What of a table goes into files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analyzer.tables.cells import cells, is_time, or_none, utc_times


def shown(values: object, dtype: object) -> list[object]:
    return cells(pd.Series(values, dtype=dtype), str.upper).tolist()  # type: ignore[call-overload]


@pytest.mark.parametrize("dtype", ["string", "category", object])
def test_texts_are_made_safe_and_missing_ones_are_none(dtype: object) -> None:
    assert shown(["a", None, "b", "a"], dtype) == ["A", None, "B", "A"]


def test_numbers_stay_numbers() -> None:
    assert shown([2**53 + 1, None], "Int64") == [2**53 + 1, None]
    assert shown([0.1, None], "float64") == [0.1, None]
    assert shown([True, None, False], "boolean") == [True, None, False]


def test_bytes_are_hexadecimal_digits() -> None:
    assert shown([b"\0\xff", None, "a"], object) == ["00ff", None, "A"]


def test_times_are_utc_to_the_nanosecond() -> None:
    # 1,700,000,000 s is 2023-11-14T22:13:20Z, at which clocks in Tokyo show 07:13:20 of the next day.
    at = pd.Timestamp(1_700_000_000_000_000_001, tz="UTC")
    column = pd.Series([at, pd.NaT]).dt.tz_convert("Asia/Tokyo")
    assert is_time(column)
    assert cells(column, str).tolist() == ["2023-11-14T22:13:20.000000001Z", None]
    assert utc_times(column)[0] == np.datetime64("2023-11-14T22:13:20.000000001", "ns")


@pytest.mark.parametrize("dtype", ["string", "category", object, "Int64", "datetime64[ns, UTC]"])
def test_no_rows_are_no_cells(dtype: str) -> None:
    assert shown([], dtype) == []


def test_what_is_not_known_is_none() -> None:
    assert or_none(np.array([1.5, 2.5]), np.array([True, False])).tolist() == [1.5, None]
