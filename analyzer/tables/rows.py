"""Frames and messages, which are kept as columns: put together without a step for each row."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from pandas.api.extensions import ExtensionArray

from analyzer.events import opcode_name
from analyzer.tables.typed import CATEGORIES, SIDES, categorical, masked
from analyzer.websocket.log import FrameColumns
from analyzer.websocket.messages import UNKNOWN, VALID, MessageColumns
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
    rtt = _joined(kept, "rtt")
    return _shared(kept) | {
        "opcode": _opcodes(_joined(kept, "opcode")),
        "fin": flags & _FIN != 0,
        "rsv1": flags & _RSV1 != 0,
        "rsv2": flags & _RSV2 != 0,
        "rsv3": flags & _RSV3 != 0,
        "masked": flags & _MASKED != 0,
        "ping_rtt_s": np.where(rtt < 0, np.nan, rtt / 1e9),
    }


def message_values(kept: Sequence[tuple[int, MessageColumns]]) -> dict[str, Any]:
    """Return the values of the table of messages, by column."""
    opcode, size, valid = (_joined(kept, name) for name in ("opcode", "size", "valid"))
    payload = chain.from_iterable(columns.payload for _, columns in kept)
    # Nothing, where something was said that cannot be had.
    said = [
        (data if data or length == 0 else None, length)
        for data, length in zip(payload, size.tolist(), strict=True)
    ]
    is_text = opcode == Opcode.TEXT
    return _shared(kept) | {
        "opcode": _opcodes(opcode, known=opcode != Opcode.CONTINUATION),
        "frames": _joined(kept, "frames"),
        "compressed": _joined(kept, "flags") & _RSV1 != 0,
        "size": masked(size, size >= 0),
        "valid": masked(valid == VALID, valid != UNKNOWN),
        "text": [
            _text(data, whole=len(data) == length) if text and data is not None else None
            for (data, length), text in zip(said, is_text.tolist(), strict=True)
        ],
        "payload": [data for data, _ in said],
    }


def _text(data: bytes, *, whole: bool) -> str:
    # Where only the first bytes were kept, they may end within a character.
    return getincrementaldecoder("utf-8")("replace").decode(data, whole)


def _shared(kept: Sequence[tuple[int, Any]]) -> dict[str, Any]:
    """Return what frames and messages have in common."""
    found: dict[str, Any] = {
        name: _joined(kept, name)
        for name in ("payload_length", "first_at", "at", "packet", "missing")
    }
    rows = [len(columns) for _, columns in kept]
    found["connection"] = np.repeat(np.array([number for number, _ in kept], np.int64), rows)
    places = [np.arange(len(columns)) + columns.dropped for _, columns in kept]
    found["number"] = np.concatenate([np.array([], np.int64), *places])
    found["side"] = categorical(_joined(kept, "side"), SIDES)
    return found


def _opcodes(numbers: np.ndarray, known: np.ndarray | bool = True) -> ExtensionArray:
    names = list(CATEGORIES["opcode"])
    more = (opcode_name(int(number)) for number in np.unique(numbers))
    names += [name for name in more if name not in names]
    places = {name: place for place, name in enumerate(names)}
    place_of = np.array([places.get(opcode_name(number), -1) for number in range(256)])
    return categorical(np.where(known, place_of[numbers], -1), names)


def _joined(kept: Sequence[tuple[int, Any]], name: str) -> np.ndarray:
    """Return a column of all connections, as one array."""
    columns = [getattr(columns, name) for _, columns in kept]
    if not columns:
        return np.array([], np.int64)
    return np.concatenate([np.array(column, dtype=column.typecode) for column in columns])
