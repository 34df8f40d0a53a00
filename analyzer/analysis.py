"""What a notebook user holds: the connections of some captures, and what can be made of them.

Everything is made elsewhere; tables, charts and the report load their libraries when asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.anomaly import Anomaly
from analyzer.attempt import Attempt
from analyzer.capture.record import CaptureRecord
from analyzer.encrypted import Encrypted
from analyzer.encrypted_text import encrypted_lines
from analyzer.findings import Finding, find
from analyzer.record import Connection
from analyzer.text import Line, overview

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 40


class Analysis:
    """What captures say of the WebSocket connections in them.

    ``print(analysis)`` gives the overview that the command prints.

    Attributes
    ----------
    captures : list of CaptureRecord
        The inputs, and how much of each was read.
    connections : list of Connection
        In the order in which they began; ``connections[14].id`` is 14.
    anomalies : list of Anomaly
        Odd things that belong to no connection.
    encrypted : list of Encrypted
        TLS streams that could not be decrypted: where there is a key log, or `read` was asked.
    encrypted_dropped : mapping of str to int
        How many more of them there were than are kept, by reason.
    attempts : sequence of Attempt
        TCP connections that were refused, or not answered, whatever was to travel on them.
    """

    def __init__(
        self,
        captures: list[CaptureRecord],
        connections: list[Connection],
        anomalies: list[Anomaly],
        encrypted: list[Encrypted] | None = None,
        encrypted_dropped: Mapping[str, int] | None = None,
        attempts: Sequence[Attempt] = (),
        *,
        listed: bool = False,
    ) -> None:
        self.captures = captures
        self.connections = connections
        self.anomalies = anomalies
        self.encrypted = encrypted or []
        self.encrypted_dropped = encrypted_dropped or {}
        self._listed = listed
        self.attempts = attempts
        self._findings: list[Finding] | None = None

    @property
    def findings(self) -> list[Finding]:
        """What stands out, and what it is consistent with; worked out when first asked for.

        Examples
        --------
        >>> from analyzer import read
        >>> read().findings
        []
        """
        if self._findings is None:
            self._findings = find(self.connections, self.captures, self.anomalies, self.attempts)
        return self._findings

    def __str__(self) -> str:
        lines = overview(
            self.captures,
            self.connections,
            self.anomalies,
            limit=SHOWN,
            hint="all are in .connections",
            findings=self.findings,
        )
        lines += self.encrypted_lines(limit=SHOWN)
        return "\n".join(line.text.rstrip() for line in lines)

    def encrypted_lines(self, *, limit: int | None = None, width: int | None = None) -> list[Line]:
        """Return what is said of the streams that could not be decrypted; see `overview`."""
        found, dropped = self.encrypted, self.encrypted_dropped
        return encrypted_lines(found, dropped, listed=self._listed, limit=limit, width=width)

    def __repr__(self) -> str:
        plural = "" if len(self.connections) == 1 else "s"
        return f"<Analysis of {len(self.connections)} WebSocket connection{plural}>"

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:  # noqa: ARG002
        # IPython and Jupyter show what print() does.
        printer.text(str(self))  # type: ignore[attr-defined]

    def _repr_html_(self) -> str:
        from analyzer.report import analysis_html  # noqa: PLC0415 - loads Jinja

        return analysis_html(self.captures, self.connections, self.anomalies, self.findings)

    def to_pandas(self, name: str = "connections") -> DataFrame:
        """Return a table.

        Parameters
        ----------
        name : str
            ``connections``, ``endings``, ``timings``, ``tcp``, ``anomalies``, ``findings``;
            ``frames`` and ``messages`` where `read` was asked to keep them; ``encrypted``. What is
            in their columns, and in which units, says ``analyzer/tables/COLUMNS.md``.

        Raises
        ------
        UsageError
            There is no such table, or what it is made of was not kept.

        Examples
        --------
        >>> from analyzer import read
        >>> read().to_pandas()["kind"].tolist()
        ['hybi_close', 'open']
        """
        from analyzer.tables import table  # noqa: PLC0415 - loads pandas

        found = self.findings if name == "findings" else ()
        return table(name, self.connections, self.anomalies, self.encrypted, found)

    def save(self, folder: str | Path, form: str = "csv") -> list[Path]:
        """Write all tables into a folder.

        Parameters
        ----------
        folder : str or path
            Made where it does not exist.
        form : str
            ``csv``, ``parquet`` or ``excel``.

        Returns
        -------
        list of Path
            The files.
        """
        from analyzer.tables import save  # noqa: PLC0415 - loads pandas

        odd = self.anomalies
        return save(folder, self.connections, odd, form, self.encrypted, self.findings)

    def charts(self, folder: str | Path) -> list[Path]:
        """Write every chart that has something to show into a folder, as SVG and PNG.

        Returns
        -------
        list of Path
            The files.
        """
        from analyzer.plot import save_charts  # noqa: PLC0415 - loads matplotlib

        return save_charts(folder, self.connections, findings=self.findings)

    def report(self, path: str | Path) -> None:
        """Write one file for the postmortem: HTML, or Markdown where `path` ends in ``.md``.

        Parameters
        ----------
        path : str or path
            The HTML holds all that it needs: it loads nothing from anywhere.
        """
        from analyzer.report import write_report  # noqa: PLC0415 - loads Jinja

        write_report(path, self.captures, self.connections, self.anomalies, findings=self.findings)
