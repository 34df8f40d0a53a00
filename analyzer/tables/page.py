"""The page that explains the columns, made from what the tables are made of.

``python -m analyzer.tables.page > analyzer/tables/COLUMNS.md``
"""

from __future__ import annotations

import sys

from analyzer.tables.columns import Column
from analyzer.tables.schema import TABLES
from analyzer.tables.typed import CATEGORIES

ABOUT = {
    "connections": "One row for each connection; also what `--format csv` writes.",
    "endings": "Two rows for each connection: what the client did about the end, and the server.",
    "timings": "One row for each connection and step that could be told.",
    "tcp": "One row for each connection: its TCP stream.",
    "frames": "One row for each frame, where they were kept: `read(…, frames=True)`.",
    "messages": "One row for each data message, where they were kept: `read(…, messages=True)`.",
    "anomalies": "One row for each thing that is odd, of connections and of none.",
    "encrypted": (
        "One row for each TLS stream that was not decrypted: those for which there should be"
        " secrets; all of them with `--encrypted`, or `read(…, encrypted=True)`."
    ),
    "findings": "One row for each finding: what stands out, and what it is consistent with.",
}
INTRODUCTION = """\
`analysis.to_pandas(NAME)` and `wsanalyze --table NAME` give these tables. A value that the
capture cannot tell is missing (`NaT`, `NaN`, `<NA>`), never 0. An analysis that found nothing
gives tables without rows, with the same columns. Texts are as strangers sent them.

`analysis.save(FOLDER, FORM)` and `wsanalyze --save FOLDER --save-as FORM` write them as files,
frames and messages where they were kept:

- `csv`: times are ISO 8601 in UTC to the nanosecond, bytes are hexadecimal digits, missing values
  are empty. Characters that do not print are shown as escapes (`\\x1b`), and a text that a
  spreadsheet would take for a formula has a `'` in front.
- `parquet`: all kinds of columns as below, texts as sent.
- `excel`: one workbook with a sheet for each table, and one that explains the columns. Excel has
  no time zones: times are UTC, and shown to the millisecond. A sheet holds 1,048,576 rows; a
  longer table goes on in the next one (`frames 2`). A cell holds 32,767 characters; a longer text
  is cut off. Characters that do not print are shown as escapes, and no text is a formula or a
  link.

`analyzer.tables.timing_summary(df, by=["kind", "server"], every="5min")` tells from the table of
connections how long each step took: how many could be told (`n`), percentiles and maximum in
seconds for each group; by columns of the table, and by `server`, `path` and `code`."""
KINDS = {
    "time": "`datetime64[ns, UTC]`",
    "seconds": "`float64`",
    "integer": "`Int64`",
    "boolean": "`boolean`",
    "text": "`string`",
    "bytes": "`bytes`",
}


def page() -> str:
    """Return the page, as Markdown."""
    parts = [
        "# Columns",
        "<!-- made by: python -m analyzer.tables.page > analyzer/tables/COLUMNS.md -->",
        INTRODUCTION,
        "Ordered categories:\n\n" + "\n".join(map(_category, CATEGORIES)),
    ]
    for name, columns in TABLES.items():
        rows = "\n".join(map(_row, columns))
        head = "| column | kind | unit | meaning | source |\n|---|---|---|---|---|"
        parts += [f"## {name}", ABOUT[name], f"{head}\n{rows}"]
    return "\n\n".join(parts) + "\n"


def _category(name: str) -> str:
    return f"- {name}: {', '.join(f'`{value}`' for value in CATEGORIES[name])}"


def _row(column: Column) -> str:
    kind = KINDS.get(column.dtype, f"category: {column.dtype}")
    return f"| `{column.name}` | {kind} | {column.unit} | {column.meaning} | {column.source} |"


if __name__ == "__main__":
    sys.stdout.write(page())
