"""Frames and messages, which are kept as columns: put together without a step for each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pandas.api.extensions import ExtensionArray

from analyzer.events import opcode_name
from analyzer.tables.typed import CATEGORIES, SIDES, categorical
from analyzer.websocket.log import FrameColumns
from analyzer.websocket.messages import MessageColumns
from analyzer.websocket.registry import Opcode

_FIN, _RSV1, _RSV2, _RSV3, _MASKED = 128, 64, 32, 16, 1


def frame_values(kept: Sequence[tuple[int, FrameColumns]]) -> dict[str, Any]:
    """Return the values of the table of frames, by column.

    Parameters
    ----------
    kept : sequence of (int, FrameColumns)
        Numbers of connections, and their frames.
    """
    flags = _joined(kept, "flags")
    return _shared(kept) | {
        "fin": flags & _FIN != 0,
        "rsv1": flags & _RSV1 != 0,
        "rsv2": flags & _RSV2 != 0,
        "rsv3": flags & _RSV3 != 0,
        "masked": flags & _MASKED != 0,
        "ping_rtt_s": _joined(kept, "rtt"),
    }


def message_values(kept: Sequence[tuple[int, MessageColumns]]) -> dict[str, Any]:
    """Return the values of the table of messages, by column."""
    payload = [data for _, columns in kept for data in columns.payload]
    opcodes = _joined(kept, "opcode")
    return _shared(kept) | {
        "frames": _joined(kept, "frames"),
        "compressed": _joined(kept, "flags") & _RSV1 != 0,
        "size": _unless_negative(_joined(kept, "size")),
        "valid": [None if value < 0 else bool(value) for value in _joined(kept, "valid")],
        "text": [
            data.decode("utf-8", "replace") if opcode == Opcode.TEXT else None
            for data, opcode in zip(payload, opcodes, strict=True)
        ],
        "payload": payload,
    }


def _shared(kept: Sequence[tuple[int, Any]]) -> dict[str, Any]:
    """Return what frames and messages have in common."""
    numbers = [number for number, _ in kept]
    found: dict[str, Any] = {
        name: _joined(kept, name)
        for name in ("payload_length", "first_at", "at", "packet", "missing")
    }
    found["connection"] = np.repeat(
        np.array(numbers, np.int64), [len(columns) for _, columns in kept]
    )
    found["side"] = categorical(_joined(kept, "side"), SIDES)
    found["opcode"] = _opcodes(_joined(kept, "opcode"))
    return found


def _opcodes(numbers: np.ndarray) -> ExtensionArray:
    names = list(CATEGORIES["opcode"])
    for number in np.unique(numbers):
        if opcode_name(number) not in names:
            names.append(opcode_name(number))
    places = [names.index(name) if (name := opcode_name(i)) in names else -1 for i in range(256)]
    codes = np.array(places, np.int16)[numbers]
    return categorical(codes, names)


def _joined(kept: Sequence[tuple[int, Any]], name: str) -> np.ndarray:
    """Return a column of all connections, as one array."""
    columns = [getattr(columns, name) for _, columns in kept]
    if not columns:
        return np.array([], np.int64)
    return np.concatenate([np.array(column, dtype=column.typecode) for column in columns])


def _unless_negative(values: np.ndarray) -> list[int | None]:
    return [None if value < 0 else int(value) for value in values]
