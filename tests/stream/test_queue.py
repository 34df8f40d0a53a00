"""Streams in a row: taken out at the ends and in the middle."""

from __future__ import annotations

from random import Random

from analyzer.packet.segment import Segment
from analyzer.stream.layer import Chunk
from analyzer.stream.number import StreamNumber
from analyzer.stream.queue import StreamQueue
from analyzer.stream.tcpstream import TcpStream


def stream() -> TcpStream:
    return TcpStream(StreamNumber(0), 0, Segment(), Chunk(), True)


def row(queue: StreamQueue) -> list[TcpStream]:
    """Walk from the oldest; the way back must be the same."""
    forth, back = [], []
    one = queue.oldest
    while one is not None:
        forth.append(one)
        one = one.newer
    one = queue.newest
    while one is not None:
        back.append(one)
        one = one.older
    assert forth == back[::-1]
    return forth


def test_streams_stand_in_the_order_in_which_they_came() -> None:
    queue, expected = StreamQueue(), [stream() for _ in range(5)]
    for one in expected:
        queue.add(one)
    assert row(queue) == expected


def test_any_can_be_taken_out() -> None:
    random, queue, expected = Random(1), StreamQueue(), [stream() for _ in range(50)]
    for one in expected:
        queue.add(one)
    for _ in range(50):
        out = expected.pop(random.randrange(len(expected)))
        queue.remove(out)
        assert row(queue) == expected


def test_what_is_in_no_queue_is_not_taken_out() -> None:
    queue, inside = StreamQueue(), stream()
    queue.add(inside)
    queue.remove(stream())
    assert row(queue) == [inside]


def test_clearing_leaves_no_links() -> None:
    queue, streams = StreamQueue(), [stream(), stream()]
    for one in streams:
        queue.add(one)
    queue.clear()
    assert row(queue) == []
    assert all(one.older is None and one.newer is None for one in streams)
