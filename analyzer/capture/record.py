"""What became of one input: a row of ``captures`` in the record that comes out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class CaptureRecord:
    """How much of a capture was read.

    Attributes
    ----------
    path : str
        As shown to the user.
    format : str
        See `CaptureSource`; empty if that was never found out.
    packets : int
        Read from it so far.
    bytes : int
        Read so far, as they are on disk.
    first_at, last_at : int or None
        Times of the first and of the last packet in the order of the file, nanoseconds since the
        epoch; None if there is none, or none with a time.
    complete : bool
        Whether it was read to its end, and its end is behind a packet.
    problem : str
        Why not, one line; empty if nothing is wrong.
    """

    path: str
    format: str = ""
    packets: int = 0
    bytes: int = 0
    first_at: int | None = None
    last_at: int | None = None
    complete: bool = False
    problem: str = ""
