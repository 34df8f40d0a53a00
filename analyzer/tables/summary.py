"""How long each step took, in a few numbers for each group of connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analyzer.ending.timing import STEPS
from analyzer.errors import UsageError
from analyzer.tables.typed import categorical

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
WINDOW = "window"


def timing_summary(
    df: pd.DataFrame, by: str | Sequence[str] = (), *, every: str | None = None
) -> pd.DataFrame:
    """Return how long each step took: how many could be told, percentiles, and the longest.

    Parameters
    ----------
    df : pandas.DataFrame
        The table of connections, or some rows of it.
    by : str or sequence of str
        What connections are told apart by: columns of `df`, and besides ``server`` (address and
        port), ``path`` (the target without its query) and ``code`` (of the close frame that was
        first). Those without a value are a group of their own.
    every : str, optional
        Tell them apart by when they began to end, too, in windows of this length, such as
        ``"5min"``: with their first close frame, else with FIN or RST, else with the last packet.

    Returns
    -------
    pandas.DataFrame
        A row for each group and step that occurs, with the groups' columns (``window`` is the
        beginning of it), ``step``, ``n``, and ``p50``, ``p90``, ``p99`` and ``max`` in seconds.
        Percentiles between two values are interpolated.

    Raises
    ------
    UsageError
        A name in `by` or a length in `every` that is none; `df` is not the table of connections.

    Examples
    --------
    >>> from analyzer import read
    >>> summary = timing_summary(read().to_pandas(), by="kind")
    >>> summary.loc[summary["step"] == "close_answer", ["kind", "n", "p50"]].values.tolist()
    [['hybi_close', 1, 0.004201]]
    """
    names = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    groups = {name: _group(df, name) for name in names}
    if every is not None:
        groups[WINDOW] = _windows(df, every)
    rows, told, step = _told(df)
    # Under numbers, for a table may have a column of any name.
    keys = [pd.Series(key.array.take(rows)) for key in groups.values()]
    keys.append(pd.Series(categorical(step, STEPS)))
    tall = pd.concat([*keys, pd.Series(told)], axis=1, keys=range(len(keys) + 1))
    grouped = tall.groupby(list(range(len(keys))), observed=True, dropna=False)[len(keys)]
    found = grouped.agg(["count", "max"])
    figures = {"n": found["count"]}
    figures |= {name: grouped.quantile(part) for name, part in PERCENTILES.items()}
    figures["max"] = found["max"]
    summary = found.index.to_frame(index=False)
    summary.columns = pd.Index([*groups, "step"])
    for name, values in figures.items():
        summary[name] = values.to_numpy()
    return summary


def _told(df: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, for every duration that could be told, its row, itself, and the place of its step."""
    columns = [f"{step}_s" for step in STEPS]
    if not set(columns) <= set(df.columns):
        raise UsageError("the table of connections is needed: analysis.to_pandas()")
    values = df[columns].to_numpy(dtype=np.float64, na_value=np.nan)
    row, step = np.nonzero(~np.isnan(values))
    return row, values[row, step], step


def _group(df: pd.DataFrame, name: str) -> pd.Series[Any]:
    # A table that was put together may have columns of these names, which then are meant.
    if name in df.columns:
        return df[name]
    if name in _DERIVED:
        return _DERIVED[name](df)
    derived = ", ".join(_DERIVED)
    raise UsageError(f"there is no column {name!r} to group by; besides them: {derived}")


def _windows(df: pd.DataFrame, every: str) -> pd.Series[Any]:
    sides = ("client", "server")
    closes = df[[f"{side}_close_at" for side in sides]].min(axis=1)
    downs = df[[f"tcp_{side}_{what}_at" for side in sides for what in ("fin", "rst")]].min(axis=1)
    began = closes.fillna(downs).fillna(df["last_at"])
    try:
        windows: pd.Series[Any] = began.dt.floor(every)
    except ValueError as error:
        raise UsageError(f"{every!r} is no length of time; 5min and 1h are") from error
    return windows


def _server(df: pd.DataFrame) -> pd.Series[Any]:
    ip = df["server_ip"]
    shown = ip.where(~ip.str.contains(":", regex=False, na=False), "[" + ip + "]")
    return shown + ":" + df["server_port"].astype("string")


def _path(df: pd.DataFrame) -> pd.Series[Any]:
    return df["target"].str.split("?", n=1, regex=False).str[0]


def _code(df: pd.DataFrame) -> pd.Series[Any]:
    """Return the code of who was first; of either, where both were or it cannot be told."""
    client, server = df["client_close_code"], df["server_close_code"]
    either = client.where(df["client_close_at"].notna(), server)
    by_server = (df["first"] == "server") & df["server_close_at"].notna()
    return either.where(~by_server, server)


_DERIVED: dict[str, Callable[[pd.DataFrame], pd.Series[Any]]] = {
    "server": _server,
    "path": _path,
    "code": _code,
}
