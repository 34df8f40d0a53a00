"""Columns of a table in; what a file can hold out: numbers, truths, times and harmless text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Cells = NDArray[np.object_]
Safe = Callable[[str], object]


def cells(column: pd.Series[Any], safe: Safe) -> Cells:
    """Return a column's values; None where they are missing.

    Parameters
    ----------
    column : pandas.Series
        Of any kind.
    safe : callable
        Makes a text harmless; it is asked once for each text that occurs.

    Returns
    -------
    numpy array of objects
        Times are ISO 8601 in UTC to the nanosecond, and bytes hexadecimal digits.
    """
    if is_time(column):
        return _stamps(column)
    if isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype):
        places, texts = pd.factorize(column)
        shown = [_cell(text, safe) for text in texts]
        return np.array([*shown, None], dtype=object)[places]
    known = column.notna().to_numpy(dtype=bool)
    values = column.astype(object).to_numpy()
    if column.dtype == object:
        values = np.fromiter((_cell(value, safe) for value in values), object, len(values))
    return or_none(values, known)


def is_time(column: pd.Series[Any]) -> bool:
    """Whether a column holds times in a known zone."""
    return isinstance(column.dtype, pd.DatetimeTZDtype)


def utc_times(column: pd.Series[Any]) -> NDArray[np.datetime64]:
    """Return times in UTC, to the nanosecond."""
    plain = column.dt.tz_convert("UTC").dt.tz_localize(None)
    times: NDArray[np.datetime64] = plain.to_numpy(dtype="M8[ns]")
    return times


def or_none(values: np.ndarray, known: NDArray[np.bool_]) -> Cells:
    """Return values, and None for those that are not known."""
    found = values.astype(object)
    found[~known] = None
    return found


def _stamps(column: pd.Series[Any]) -> Cells:
    times = utc_times(column)
    texts = np.char.add(np.datetime_as_string(times, unit="ns"), "Z")
    return or_none(texts, ~np.isnat(times))


def _cell(value: Any, safe: Safe) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return safe(value) if isinstance(value, str) else value
