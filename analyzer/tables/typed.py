"""Values as connections have them in; pandas arrays of the kind that a column says out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from analyzer.ending.rules import EndingKind
from analyzer.ending.timing import STEPS
from analyzer.events import opcode_name
from analyzer.side import Side
from analyzer.websocket.registry import Framing, Opcode

SIDES = tuple(str(side) for side in Side)
CATEGORIES: dict[str, tuple[str, ...]] = {
    "kind": tuple(str(kind) for kind in EndingKind),
    "side": SIDES,
    "first": (*SIDES, "both"),
    "framing": tuple(str(framing) for framing in Framing),
    "seen_from": ("syn", "upgrade", "midstream"),
    "certainty": ("unknown", "likely", "certain"),
    "step": STEPS,
    "opcode": tuple(opcode_name(opcode) for opcode in Opcode),
}
_NOT_A_TIME = np.iinfo(np.int64).min
_LATEST = np.iinfo(np.int64).max


def typed(
    dtype: str, values: Sequence[Any] | np.ndarray | ExtensionArray
) -> ExtensionArray | np.ndarray:
    """Return values as pandas holds them.

    Parameters
    ----------
    dtype : str
        As in `analyzer.tables.columns.Column`.
    values : sequence or numpy array
        As in the record: times and durations are whole nanoseconds; None is "not known", and so is
        a time of 0, and one that no calendar of pandas has (it ends in the year 2262). Arrays of
        floats are seconds already.

    Returns
    -------
    array
        ``datetime64[ns, UTC]``, ``float64`` in seconds, ``Int64``, ``boolean``, ``string``, an
        ordered categorical, or objects.
    """
    if isinstance(values, ExtensionArray):
        return values
    if dtype == "time":
        return times(values)
    if dtype == "seconds":
        return seconds(values)
    if dtype in CATEGORIES:
        return categories(dtype, values)
    if dtype == "bytes":
        return np.fromiter(values, object, len(values))
    return pd.array(values, dtype={"integer": "Int64", "boolean": "boolean"}.get(dtype, "string"))  # type: ignore[call-overload, no-any-return]


def times(values: Sequence[int | None] | np.ndarray) -> ExtensionArray:
    """Return nanoseconds since the epoch as times in UTC; None and 0 as "not a time"."""
    if isinstance(values, np.ndarray):
        whole = np.where(values == 0, _NOT_A_TIME, values.astype(np.int64))
    else:
        fitting = (value if value and abs(value) <= _LATEST else _NOT_A_TIME for value in values)
        whole = np.fromiter(fitting, np.int64, len(values))
    return pd.DatetimeIndex(whole.view("M8[ns]")).tz_localize("UTC").array


def seconds(values: Sequence[int | None] | np.ndarray) -> np.ndarray:
    """Return nanoseconds as seconds; None as NaN."""
    if isinstance(values, np.ndarray):
        return values if values.dtype.kind == "f" else values / 1e9
    known = (np.nan if value is None else value / 1e9 for value in values)
    return np.fromiter(known, np.float64, len(values))


def masked(values: np.ndarray, known: np.ndarray) -> ExtensionArray:
    """Return whole numbers or truths, missing where they are not known."""
    if values.dtype == np.bool_:
        return pd.arrays.BooleanArray(values, ~known)
    return pd.arrays.IntegerArray(values.astype(np.int64), ~known)


def categories(dtype: str, values: Iterable[Any]) -> ExtensionArray:
    """Return an ordered categorical; opcodes without a name stand behind those that have one."""
    texts = [None if value is None else str(value) for value in values]
    known = CATEGORIES[dtype]
    more = sorted({text for text in texts if text is not None}.difference(known))
    return pd.Categorical(texts, categories=[*known, *more], ordered=True)


def categorical(codes: np.ndarray, names: Sequence[str]) -> ExtensionArray:
    """Return an ordered categorical of places in `names`."""
    return pd.Categorical.from_codes(codes.astype(np.int16), pd.Index(names), ordered=True)
