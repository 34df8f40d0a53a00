"""How long each step took, in a few numbers for each group of connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from analyzer.ending.timing import STEPS
from analyzer.errors import UsageError
from analyzer.tables.typed import CATEGORIES

FIGURES = ("n", "p50", "p90", "p99", "max")


def timing_summary(
    df: pd.DataFrame, by: str | Sequence[str] = (), *, every: str | None = None
) -> pd.DataFrame:
    """Return how long each step took: how many could be told, percentiles, and the longest.

    Parameters
    ----------
    df : pandas.DataFrame
        The table of connections.
    by : str or sequence of str
        What connections are told apart by: columns of `df`, and besides ``server`` (address and
        port), ``path`` (the target without its query) and ``code`` (of the close frame that was
        first).
    every : str, optional
        Tell them apart by when they ended, too, in windows of this length, such as ``"5min"``.

    Returns
    -------
    pandas.DataFrame
        A row for each group and step that occurs, with the groups' columns (``window`` is the
        beginning of it), ``step``, ``n``, and ``p50``, ``p90``, ``p99`` and ``max`` in seconds.
        Percentiles between two values are interpolated.

    Raises
    ------
    UsageError
        A name in `by` that is none.

    Examples
    --------
    >>> from analyzer import read
    >>> summary = timing_summary(read().to_pandas(), by="kind")
    >>> summary.loc[summary["step"] == "close_answer", ["kind", "n", "p50"]].values.tolist()
    [['hybi_close', 1, 0.004201]]
    """
    names = [by] if isinstance(by, str) else list(by)
    groups = {name: _group(df, name) for name in names}
    if every is not None:
        groups["window"] = df["last_at"].dt.floor(every)
    tall = pd.concat([pd.DataFrame(groups | _step(df, step)) for step in STEPS], ignore_index=True)
    tall = tall[tall["seconds"].notna()]
    tall["step"] = pd.Categorical(tall["step"], CATEGORIES["step"], ordered=True)
    grouped = tall.groupby([*groups, "step"], observed=True, dropna=False)["seconds"]
    figures = grouped.agg(
        n="count",
        p50=lambda values: values.quantile(0.5),
        p90=lambda values: values.quantile(0.9),
        p99=lambda values: values.quantile(0.99),
        max="max",
    )
    return figures.reset_index()


def _step(df: pd.DataFrame, step: str) -> dict[str, object]:
    return {"step": step, "seconds": df[f"{step}_s"]}


def _group(df: pd.DataFrame, name: str) -> pd.Series:
    if name in _DERIVED:
        return _DERIVED[name](df)
    if name not in df.columns:
        derived = ", ".join(_DERIVED)
        raise UsageError(f"there is no column {name!r} to group by; besides them: {derived}")
    return df[name]


def _server(df: pd.DataFrame) -> pd.Series:
    ip = df["server_ip"].where(~df["server_ip"].str.contains(":"), "[" + df["server_ip"] + "]")
    return ip + ":" + df["server_port"].astype("string")


def _path(df: pd.DataFrame) -> pd.Series:
    return df["target"].str.partition("?")[0] if len(df) else df["target"]


def _code(df: pd.DataFrame) -> pd.Series:
    return df["client_close_code"].where(df["first"] != "server", df["server_close_code"])


_DERIVED: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "server": _server,
    "path": _path,
    "code": _code,
}
