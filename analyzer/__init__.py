"""Who closed my WebSocket, how, and why: from packet captures to endings.

``import analyzer as wsa``; then `read` gives an `Analysis` with its connections. ``wsa.plot`` draws
charts and ``wsa.tables`` makes tables; both load their libraries when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from analyzer.analysis import Analysis
from analyzer.anomaly import Anomaly
from analyzer.ending.rules import EndingKind
from analyzer.endpoint import Endpoint
from analyzer.errors import (
    AnalyzerError,
    CaptureError,
    CorruptCaptureError,
    NotACaptureError,
    UsageError,
)
from analyzer.findings import Finding
from analyzer.join import JoinedCaptures, join
from analyzer.proxy.hop import Hop
from analyzer.read import Session, read
from analyzer.record import (
    Connection,
    Ending,
    Handshake,
    TcpEnd,
    renderers,
)
from analyzer.selection import Selection
from analyzer.side import Side
from analyzer.traffic import Traffic
from analyzer.versus import Compared, compare
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import CloseCode, Framing, Opcode

__all__ = [
    "Analysis",
    "AnalyzerError",
    "Anomaly",
    "CaptureError",
    "CloseCode",
    "CloseFrame",
    "Compared",
    "Connection",
    "CorruptCaptureError",
    "Ending",
    "EndingKind",
    "Endpoint",
    "Finding",
    "Framing",
    "Handshake",
    "Hop",
    "JoinedCaptures",
    "NotACaptureError",
    "Opcode",
    "Selection",
    "Session",
    "Side",
    "TcpEnd",
    "Traffic",
    "UsageError",
    "compare",
    "join",
    "read",
]


def __getattr__(name: str) -> Any:
    """Look up what takes long to load: ``plot`` and ``tables``, and ``__version__``."""
    if name in {"plot", "tables"}:
        return import_module(f"analyzer.{name}")
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - see above

    try:
        return version("wsanalyze")
    except PackageNotFoundError:
        return "0+unknown"  # a checkout that is not installed


def _connection_html(connection: Connection) -> str:
    from analyzer.report import connection_html  # noqa: PLC0415 - loads Jinja

    return connection_html(connection)


def _ending_html(ending: Ending) -> str:
    from analyzer.report import ending_html  # noqa: PLC0415 - loads Jinja

    return ending_html(ending)


# Jupyter shows them by the renderer of the report, which their own room must not know.
renderers[Connection] = _connection_html
renderers[Ending] = _ending_html
