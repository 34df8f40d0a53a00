"""Frames and messages put together from their columns."""

from __future__ import annotations

from analyzer.tables.rows import frame_values, message_values
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
    # 0.5 s, and the 0.1 ms that pass before every packet.
    assert list(values["ping_rtt_s"])[:rows] == [-1, -1, 500_100_000, -1, -1]


def test_nothing_gives_empty_columns() -> None:
    assert all(len(values) == 0 for values in frame_values([]).values())
    assert all(len(values) == 0 for values in message_values([]).values())
