from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from analyzer.live import LiveInput


class Pipe:
    """Both ends of a pipe, and how often its reader paused."""

    def __init__(self) -> None:
        read, self.write_end = os.pipe()
        self.file: BinaryIO = os.fdopen(read, "rb")
        self.pauses = 0
        self.live = LiveInput(self.file, self.paused)
        self.at_pause: bytes | None = b""

    def paused(self) -> None:
        """Go on as the writer would, once the reader waits: write, or close."""
        self.pauses += 1
        if self.at_pause:
            os.write(self.write_end, self.at_pause)
        elif self.at_pause is None:
            self.live.stop()
        else:
            os.close(self.write_end)
            self.write_end = -1


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    found = Pipe()
    yield found
    found.live.close()
    found.file.close()
    if found.write_end >= 0:
        os.close(found.write_end)


def test_what_is_there_is_given_without_a_pause(pipe: Pipe) -> None:
    os.write(pipe.write_end, b"abc")
    assert (pipe.live.read1(100), pipe.pauses, pipe.live.paused) == (b"abc", 0, False)


def test_a_pause_is_told_before_the_next_bytes_are_waited_for(pipe: Pipe) -> None:
    pipe.at_pause = b"later"
    assert (pipe.live.read(100), pipe.pauses, pipe.live.paused) == (b"later", 1, True)


def test_the_end_of_a_pipe_is_no_pause(pipe: Pipe) -> None:
    os.close(pipe.write_end)
    pipe.write_end = -1
    assert (pipe.live.read1(100), pipe.pauses) == (b"", 0)


def test_the_end_may_come_after_a_pause(pipe: Pipe) -> None:
    assert (pipe.live.read1(100), pipe.pauses) == (b"", 1)


def test_who_waits_can_be_stopped(pipe: Pipe) -> None:
    pipe.at_pause = None
    assert pipe.live.read1(100) == b""
    os.write(pipe.write_end, b"more")
    assert pipe.live.read1(100) == b"", "once stopped, it stays so"


def test_another_thread_may_stop_it(pipe: Pipe) -> None:
    pipe.at_pause = b"x"
    assert pipe.live.read1(1) == b"x"
    pipe.paused = lambda: None  # type: ignore[method-assign]
    timer = threading.Timer(0.05, pipe.live.stop)
    timer.start()
    assert pipe.live.read1(1) == b""
    timer.join()
