"""The page that explains the columns, made from what the tables are made of.

``python -m analyzer.tables.page > analyzer/tables/COLUMNS.md``
"""

from __future__ import annotations

import sys

from analyzer.tables.columns import TABLES, Column
from analyzer.tables.typed import CATEGORIES

ABOUT = {
    "connections": "One row for each connection; also what `--format csv` writes.",
    "endings": "Two rows for each connection: what the client did about the end, and the server.",
    "timings": "One row for each connection and step that could be told.",
    "tcp": "One row for each connection: its TCP stream.",
    "frames": "One row for each frame, where they were kept: `read(…, frames=True)`.",
    "messages": "One row for each data message, where they were kept: `read(…, messages=True)`.",
    "anomalies": "One row for each thing that is odd, of connections and of none.",
}
INTRODUCTION = """\
`analysis.to_pandas(NAME)` and `wsanalyze --table NAME` give these tables. A value that the capture
cannot tell is missing (`NaT`, `NaN`, `<NA>`), never 0. Texts are as strangers sent them; files that
are written from the tables make them harmless."""
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
