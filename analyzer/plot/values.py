"""Columns of a table in, numpy arrays out, whichever of pandas' types they have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.errors import UsageError
from analyzer.events import counted

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]
Words = NDArray[np.object_]


def column(df: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return a column; a table without rows may lack it.

    Raises
    ------
    UsageError
        The table has rows, and no such column.
    """
    if name in df.columns:
        return df[name]
    if len(df):
        raise UsageError(f"this chart needs the column {name!r}, and the table has none")
    return pd.Series([], dtype=object)


def words(df: pd.DataFrame, name: str, missing: str = "") -> Words:
    """Return a column of texts or categories as texts."""
    found = column(df, name).astype(object)
    return found.where(found.notna(), missing).map(str).to_numpy(dtype=object)


def numbers(df: pd.DataFrame, name: str) -> Floats:
    """Return a column of numbers; NaN is "not known"."""
    return pd.to_numeric(column(df, name)).to_numpy(dtype=np.float64, na_value=np.nan)


def times(df: pd.DataFrame, name: str) -> Times:
    """Return a column of times in UTC; NaT is "not known"."""
    found = pd.to_datetime(column(df, name), utc=True)
    return found.dt.tz_localize(None).to_numpy(dtype="datetime64[ns]")


def ended_at(df: pd.DataFrame) -> Times:
    """Return when each connection began to end: first close frame, FIN or RST, else last packet."""
    sides = ("client", "server")
    names = [f"{side}_close_at" for side in sides]
    names += [f"tcp_{side}_{what}_at" for side in sides for what in ("fin", "rst")]
    first = np.fmin.reduce([times(df, name) for name in names])
    return np.where(np.isnat(first), times(df, "last_at"), first)


def still_open(df: pd.DataFrame) -> NDArray[np.bool_]:
    """Return of which connections the capture has no end, as far as the table tells."""
    if "kind" not in df.columns:
        return np.zeros(len(df), np.bool_)
    return np.asarray(words(df, "kind") == "open", np.bool_)


def left_out(left: NDArray[np.bool_]) -> list[str]:
    """Return a note on connections that a chart leaves out, as they have not ended."""
    count = int(left.sum())
    return [f"{counted(count, 'connection')} still open: not in the chart"] if count else []


def spread(count: int, shown: int) -> NDArray[np.intp]:
    """Return the places of at most `shown` of `count` things, evenly picked.

    Examples
    --------
    >>> spread(3, 10).tolist(), spread(10, 4).tolist()
    ([0, 1, 2], [0, 3, 6, 9])
    """
    if count <= shown:
        return np.arange(count)
    return np.linspace(0, count - 1, shown).round().astype(np.intp)
