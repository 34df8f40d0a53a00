"""Values of the record, as pandas holds them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analyzer.tables.typed import CATEGORIES, categorical, categories, seconds, times, typed


@pytest.mark.parametrize(
    "whole", [[1_700_000_000_123_456_789, None, 0], np.array([1_700_000_000_123_456_789, 0, 0])]
)
def test_times_are_utc_to_the_nanosecond(whole: list[int | None]) -> None:
    found = times(whole)
    # 1,700,000,000 s is 2023-11-14T22:13:20Z.
    assert found[0] == pd.Timestamp("2023-11-14T22:13:20.123456789Z")
    assert list(pd.isna(found)) == [False, True, True]
    assert str(found.dtype) == "datetime64[ns, UTC]"


@pytest.mark.parametrize("whole", [[1_500_000_000, None, 0], np.array([1_500_000_000, -1, 0])])
def test_durations_are_seconds_and_none_is_not_0(whole: list[int | None]) -> None:
    found = seconds(whole)
    assert found[0] == 1.5
    assert np.isnan(found[1])
    assert found[2] == 0


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
