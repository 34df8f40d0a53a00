"""How long a side went on while the other was not heard: repeats in, the longest such time out."""

from __future__ import annotations


class Silence:
    """What one side repeated while the other was silent. Times are nanoseconds since the epoch.

    Attributes
    ----------
    repeats, since : int
        Repeated segments and probes since the other side was last heard, and when the first was.
    stalled, stalled_at, stall_ended_at : int
        Of the longest time that two or more of these went on before the other side was heard again:
        how many, when the first of them was, and when the other side was heard; 0 for never.
    """

    def __init__(self) -> None:
        self.repeats = 0
        self.since = 0
        self.stalled = 0
        self.stalled_at = 0
        self.stall_ended_at = 0

    def again(self, time_ns: int) -> None:
        """Count a segment that asks the other side for an answer once more."""
        if self.repeats == 0:
            self.since = time_ns
        self.repeats += 1

    def heard(self, time_ns: int) -> None:
        """Take note that the other side was heard."""
        longest = self.stall_ended_at - self.stalled_at
        if self.repeats > 1 and time_ns - self.since > longest:
            self.stalled = self.repeats
            self.stalled_at = self.since
            self.stall_ended_at = time_ns
        self.repeats = 0
