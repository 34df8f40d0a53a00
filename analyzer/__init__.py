"""Who closed my WebSocket, how, and why: from packet captures to endings.

``import analyzer as wsa``; then `read` gives an `Analysis` with its connections.
"""

from __future__ import annotations

from analyzer.anomaly import Anomaly
from analyzer.ending.rules import EndingKind
from analyzer.errors import (
    AnalyzerError,
    CaptureError,
    CorruptCaptureError,
    NotACaptureError,
    UsageError,
)
from analyzer.read import Analysis, Session, read
from analyzer.record import Connection, Ending, Endpoint, Handshake, TcpEnd, Traffic
from analyzer.selection import Selection
from analyzer.side import Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import CloseCode, Framing, Opcode

__all__ = [
    "Analysis",
    "AnalyzerError",
    "Anomaly",
    "CaptureError",
    "CloseCode",
    "CloseFrame",
    "Connection",
    "CorruptCaptureError",
    "Ending",
    "EndingKind",
    "Endpoint",
    "Framing",
    "Handshake",
    "NotACaptureError",
    "Opcode",
    "Selection",
    "Session",
    "Side",
    "TcpEnd",
    "Traffic",
    "UsageError",
    "read",
]


def __getattr__(name: str) -> str:
    """Look up ``__version__``; the search for it takes longer than most captures."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - see above

    try:
        return version("wsanalyze")
    except PackageNotFoundError:
        return "0+unknown"  # a checkout that is not installed
