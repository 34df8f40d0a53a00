"""What the command writes beside its output: tables, charts and the report, into files."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import NamedTuple

from analyzer.analysis import Analysis
from analyzer.errors import UsageError
from analyzer.share import ALL

# A ladder shows the last eight; a few more are kept so that pings are among them.
LAST_FRAMES = 50


class Exports(NamedTuple):
    """What to write, and where.

    Attributes
    ----------
    table : str or None
        The table that is the output, if one is.
    folder : str or None
        For all tables.
    form : str
        Of the files in `folder`: ``csv``, ``parquet`` or ``excel``.
    charts : str or None
        A folder for the charts.
    report : str or None
        A file for the report.
    """

    table: str | None = None
    folder: str | None = None
    form: str = "csv"
    charts: str | None = None
    report: str | None = None

    @property
    def any_file(self) -> bool:
        """Whether a file is written beside the output."""
        return any(name is not None for name in (self.folder, self.charts, self.report))

    @property
    def keep_frames(self) -> Container[int]:
        """Numbers of the connections whose frames are needed."""
        return ALL if self.any_file or self.table == "frames" else ()

    @property
    def keep_messages(self) -> Container[int]:
        """Numbers of the connections whose messages are needed."""
        return ALL if self.table == "messages" else ()

    @property
    def last_frames(self) -> int | None:
        """How many frames of each are enough; None where all are needed."""
        only_report = self.folder is None and self.charts is None and self.table != "frames"
        return LAST_FRAMES if only_report else None

    def write(self, analysis: Analysis) -> Iterator[str]:
        """Write the files; yield a sentence for each thing that is done.

        Raises
        ------
        UsageError
            A file cannot be written.
        """
        try:
            if self.folder is not None:
                files = analysis.save(self.folder, self.form)
                yield f"wrote the tables into {self.folder} ({_counted(len(files))})"
            if self.charts is not None:
                files = analysis.charts(self.charts)
                yield f"wrote the charts into {self.charts} ({_counted(len(files))})"
            if self.report is not None:
                analysis.report(self.report)
                yield f"wrote {self.report}"
        except OSError as error:
            raise UsageError(f"cannot write {error.filename}: {error.strerror}") from error


def _counted(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"
