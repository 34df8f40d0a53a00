"""Values of the record, as pandas holds them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analyzer.tables.typed import CATEGORIES, categorical, categories, masked, seconds, times, typed


@pytest.mark.parametrize(
    "whole", [[1_700_000_000_123_456_789, None, 0], np.array([1_700_000_000_123_456_789, 0, 0])]
)
def test_times_are_utc_to_the_nanosecond(whole: list[int | None]) -> None:
    found = times(whole)
    # 1,700,000,000 s is 2023-11-14T22:13:20Z.
    assert found[0] == pd.Timestamp("2023-11-14T22:13:20.123456789Z")
    assert list(pd.isna(found)) == [False, True, True]
    assert str(found.dtype) == "datetime64[ns, UTC]"


def test_times_that_pandas_has_no_calendar_for_are_missing() -> None:
    # 2**63 ns after 1970 is in the year 2262; a capture may claim any time.
    assert list(pd.isna(times([2**63, -(2**63), 2**63 - 1]))) == [True, True, False]


def test_durations_are_seconds_and_none_is_not_0() -> None:
    found = seconds([1_500_000_000, None, 0])
    assert found[0] == 1.5
    assert np.isnan(found[1])
    assert found[2] == 0


def test_arrays_of_floats_are_seconds_already() -> None:
    assert typed("seconds", np.array([1.5])).tolist() == [1.5]
    assert typed("seconds", np.array([1_500_000_000])).tolist() == [1.5]


def test_what_is_not_known_is_missing_from_numbers_and_truths() -> None:
    known = np.array([True, False])
    assert masked(np.array([7, -1], np.int64), known).tolist() == [7, pd.NA]
    assert masked(np.array([False, True]), known).tolist() == [False, pd.NA]


def test_numbers_may_be_missing_and_stay_whole() -> None:
    found = typed("integer", [1001, None])
    assert str(found.dtype) == "Int64"
    assert found[0] == 1001
    assert found[1] is pd.NA
    assert str(typed("boolean", [True, None]).dtype) == "boolean"


def test_categories_are_ordered_and_all_there() -> None:
    found = categories("first", ["server", None])
    assert list(found.categories) == ["client", "server", "both"]
    assert found.ordered
    assert list(found.codes) == [1, -1]


def test_opcodes_without_a_name_stand_behind_the_others() -> None:
    found = categories("opcode", ["opcode 3", "ping"])
    assert list(found.categories) == [*CATEGORIES["opcode"], "opcode 3"]
    assert list(found.codes) == [6, 4]


def test_places_become_names() -> None:
    assert list(categorical(np.array([1, 0]), ["client", "server"])) == ["server", "client"]


def test_texts_and_bytes_are_what_they_were() -> None:
    assert typed("text", ["naïve", None])[0] == "naïve"
    assert list(typed("bytes", [b"\0\xff", b""])) == [b"\0\xff", b""]
