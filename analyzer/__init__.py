"""Who closed my WebSocket, how, and why: from packet captures to endings.

``import analyzer as wsa``; then `read` gives an `Analysis` with its connections.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

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

try:
    __version__ = version("wsanalyze")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "0+unknown"

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
