"""What one side of a connection sent: a part of the record."""

from __future__ import annotations

from dataclasses import dataclass

TIMES = (
    "last_at",
    "unanswered_at",
    "unanswered_ping_at",
    "zero_window_at",
    "stalled_at",
    "stall_ended_at",
)
"""The fields that are times, nanoseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one side sent on the WebSocket.

    Attributes
    ----------
    frames, messages, pings, pongs : int
        How many of each.
    bytes, payload_bytes : int
        Frame headers included, and payload alone.
    after_close_bytes : int
        Behind its own close frame.
    retransmitted_segments : int
        TCP segments, over the whole stream, whose bytes the capture already held.
    missing_bytes : int
        Sent on the stream, but not in the capture.
    segments : int
        TCP segments, over the whole stream, of whatever kind.
    last_at : int or None
        When the last of them passed, nanoseconds since the epoch as the times below.
    unanswered_segments, unanswered_at : int, int or None
        Times that it repeated itself, or probed, after the other side was heard last, and the first
        of them.
    unanswered_pings, unanswered_ping_at : int, int or None
        Pings without a pong behind the last that was answered, and the first of them.
    zero_windows, zero_window_at : int, int or None
        Times that it told the other side to send nothing more, and when it did where it never took
        that back.
    stalled_segments, stalled_at, stall_ended_at : int, int or None, int or None
        The longest time that it repeated itself, or probed, twice or more before the other side was
        heard again: how many, when the first of them passed, and when the other side was heard.
    """

    frames: int = 0
    messages: int = 0
    bytes: int = 0
    payload_bytes: int = 0
    pings: int = 0
    pongs: int = 0
    after_close_bytes: int = 0
    retransmitted_segments: int = 0
    missing_bytes: int = 0
    segments: int = 0
    last_at: int | None = None
    unanswered_segments: int = 0
    unanswered_at: int | None = None
    unanswered_pings: int = 0
    unanswered_ping_at: int | None = None
    zero_windows: int = 0
    zero_window_at: int | None = None
    stalled_segments: int = 0
    stalled_at: int | None = None
    stall_ended_at: int | None = None
