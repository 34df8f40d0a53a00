"""Frames and messages put together from their columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analyzer.tables.rows import frame_values, message_values
from analyzer.websocket.messages import MessageColumns
from conversation import Conversation
from told import found_in, opened
from wire import MASK, PING, PONG, TEXT, frame


def conversation() -> Conversation:
    """Let the server ping, and the client answer half a second later."""
    talk = opened().server(frame(PING, b"x")).wait(0.5).client(frame(PONG, b"x", mask=MASK))
    return talk.server(frame(3, b"?")).server(frame(TEXT, b"bye", rsv=4))


def test_frames_of_several_connections_stand_below_each_other() -> None:
    (one,) = found_in(conversation().packets, frames=True)
    assert one.frames is not None
    values = frame_values([(7, one.frames), (9, one.frames)])
    rows = len(one.frames)
    assert values["connection"].tolist() == [7] * rows + [9] * rows
    assert list(values["opcode"])[:rows] == ["text", "ping", "pong", "opcode 3", "text"]
    assert list(values["rsv1"])[:rows] == [False, False, False, False, True]
    assert values["number"].tolist() == [*range(rows), *range(rows)]
    # 0.5 s, and the 0.1 ms that pass before every packet.
    assert np.nan_to_num(values["ping_rtt_s"][:rows], nan=-1).tolist() == [-1, -1, 0.5001, -1, -1]


def test_frames_that_were_let_go_are_counted() -> None:
    (one,) = found_in(conversation().packets, frames=True)
    assert one.frames is not None
    one.frames.last = 2
    one.frames.trim()
    assert frame_values([(0, one.frames)])["number"].tolist() == [3, 4]


def messages(*rows: tuple[int, bytes, int, int]) -> MessageColumns:
    """Make messages of opcode, payload, size and validity."""
    columns = MessageColumns()
    for opcode, payload, size, valid in rows:
        columns.side.append(0)
        columns.payload.append(payload)
        for name in ("flags", "frames", "payload_length", "first_at", "at", "packet", "missing"):
            getattr(columns, name).append(0)
        columns.opcode.append(opcode)
        columns.size.append(size)
        columns.valid.append(valid)
    return columns


def test_what_cannot_be_told_of_a_message_is_missing() -> None:
    values = message_values([(0, messages((0, b"", -1, -1), (1, b"", 0, 1), (2, b"\xff", 1, -1)))])
    assert list(values["opcode"].codes) == [-1, 1, 2]
    assert values["size"].tolist() == [pd.NA, 0, 1]
    assert values["valid"].tolist() == [pd.NA, True, pd.NA]
    assert values["text"] == [None, "", None]
    assert values["payload"] == [None, b"", b"\xff"]


def test_a_text_that_was_cut_within_a_character_ends_before_it() -> None:
    # Two bytes of the three of U+20AC: of a longer message, of one that ends so, and of one that
    # breaks off where bytes are missing.
    cut = b"5 \xe2\x82"
    values = message_values([(0, messages((1, cut, 70_000, 1), (1, cut, 4, 0), (1, cut, -1, -1)))])
    assert values["text"] == ["5 ", "5 \ufffd", "5 "]


def test_nothing_gives_empty_columns() -> None:
    assert all(len(values) == 0 for values in frame_values([]).values())
    assert all(len(values) == 0 for values in message_values([]).values())
