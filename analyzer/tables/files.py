"""Tables into files: CSV, Parquet, or one Excel workbook."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from analyzer.anomaly import Anomaly
from analyzer.capture.input_file import reason
from analyzer.document import cell
from analyzer.encrypted import Encrypted
from analyzer.errors import UsageError
from analyzer.findings import Finding
from analyzer.output import output_to
from analyzer.record import Connection
from analyzer.tables.build import table
from analyzer.tables.cells import cells
from analyzer.tables.schema import TABLES

WORKBOOK = "wsanalyze.xlsx"


def save(
    folder: str | Path,
    connections: Sequence[Connection],
    anomalies: Iterable[Anomaly] = (),
    form: str = "csv",
    encrypted: Sequence[Encrypted] = (),
    findings: Iterable[Finding] = (),
) -> list[Path]:
    """Write all tables whose rows were kept into a folder.

    Parameters
    ----------
    folder : str or path
        Made where it does not exist.
    connections : sequence of Connection
        Whose tables are wanted. Frames and messages that were not kept are left out.
    anomalies : iterable of Anomaly
        Those of no connection.
    form : str
        ``csv``: texts are made harmless; ``parquet``: for programs, with all kinds of columns, and
        texts as sent; ``excel``: one workbook with a sheet for each table, and harmless texts. A
        table that is longer than a sheet goes on in the next one, times are UTC and shown to the
        millisecond, and texts longer than a cell are cut off.
    encrypted : sequence of Encrypted
        TLS streams that could not be decrypted.
    findings : iterable of Finding
        What stands out.

    Returns
    -------
    list of Path
        The files. Each appears when it is whole; one that stood there before is replaced.

    Raises
    ------
    UsageError
        There is no such form, or a file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from analyzer import read
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in save(folder, read().connections, form="parquet")][:2]
    ['connections.parquet', 'endings.parquet']
    """
    if form not in FORMS:
        raise UsageError(f"tables are saved as {', '.join(FORMS)}, not as {form!r}")
    odd, found = list(anomalies), list(findings)
    tables = {
        name: table(name, connections, odd, encrypted, found)
        for name in TABLES
        if _kept(name, connections) and (encrypted or name != "encrypted")
    }
    try:
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return FORMS[form](folder, tables)
    except OSError as error:
        raise UsageError(f"cannot write into {folder}: {reason(error)}") from error


def write_csv(df: pd.DataFrame, out: TextIO) -> None:
    r"""Write a table as CSV that is safe to look at, and that no spreadsheet takes for formulas.

    Times are ISO 8601 in UTC to the nanosecond, what is not known is empty, bytes are hexadecimal
    digits.

    Parameters
    ----------
    df : pandas.DataFrame
        Any table; its index is left out.
    out : text file
        Where to.

    Examples
    --------
    >>> import sys
    >>> write_csv(pd.DataFrame({"code": [1000], "reason": ["=bye\x1b"]}), sys.stdout)
    code,reason
    1000,'=bye\x1b
    """
    columns = {place: cells(df.iloc[:, place], cell) for place in range(df.shape[1])}
    names = [str(cell(str(name))) for name in df.columns]
    pd.DataFrame(columns, dtype=object).to_csv(out, header=names, index=False, lineterminator="\n")


def _kept(name: str, connections: Sequence[Connection]) -> bool:
    if name not in {"frames", "messages"}:
        return True
    return any(getattr(one, name) is not None for one in connections)


def _save_csv(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Path]:
    for name, df in tables.items():
        with output_to(str(folder / f"{name}.csv"), at_once=False) as out:
            write_csv(df, out)
    return [folder / f"{name}.csv" for name in tables]


def _save_parquet(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Path]:
    # The other forms do without it.
    from pyarrow.parquet import write_table  # type: ignore[import-untyped]  # noqa: PLC0415

    for name, df in tables.items():
        with _whole(folder / f"{name}.parquet") as path:
            write_table(_arrow(name, df), path)
    return [folder / f"{name}.parquet" for name in tables]


def _arrow(name: str, df: pd.DataFrame) -> Any:
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415

    found = pa.Table.from_pandas(df, preserve_index=False)
    for place, column in enumerate(TABLES[name]):
        if column.dtype == "bytes":  # which nothing would tell where there are no rows
            whole = found.column(place).cast(pa.binary())
            found = found.set_column(place, column.name, whole)
    return found


def _save_workbook(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Path]:
    from analyzer.tables.workbook import write_workbook  # noqa: PLC0415 - loads XlsxWriter

    with _whole(folder / WORKBOOK) as path:
        write_workbook(path, tables)
    return [folder / WORKBOOK]


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a name to write under; the file has its own when it is whole."""
    path = Path(os.path.realpath(path))
    partial = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


FORMS: dict[str, Callable[[Path, dict[str, pd.DataFrame]], list[Path]]] = {
    "csv": _save_csv,
    "parquet": _save_parquet,
    "excel": _save_workbook,
}
