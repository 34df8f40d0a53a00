"""Drives a layer of this room. In: what each side says. Out: hops, and what the layer behind got."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.proxy.hop import Hop
from analyzer.stream.layer import Chunk, Layer, Stack
from segments import Recorder


class Rooms:
    """Stands for the rooms above, and writes down what they are told."""

    def __init__(self) -> None:
        self.hops: list[Hop] = []
        self.usual_asked = 0
        self.lost_asked = 0
        self.top = Recorder()
        self.stack = Stack(None)
        self.packet = 0

    def behind(self, stack: Stack, hop: Hop) -> Layer | None:  # noqa: ARG002
        self.hops.append(hop)
        return self.top

    def usual(self, stack: Stack) -> Layer | None:  # noqa: ARG002
        self.usual_asked += 1
        return self.top

    def lost(self, stack: Stack) -> Layer:  # noqa: ARG002
        self.lost_asked += 1
        return self.top

    def say(self, side: int, data: bytes) -> None:
        self.packet += 1
        chunk = Chunk()
        chunk.buffer = b"<" + data + b">"  # what is around must not be looked at
        chunk.start, chunk.end = 1, 1 + len(data)
        chunk.time_ns, chunk.packet = self.packet * 10, self.packet
        top = self.stack.top
        if top is not None and data:
            top.data(side, chunk)

    def talk(self, said: Iterable[tuple[int, bytes]], size: int = 0) -> Rooms:
        for side, data in said:
            step = size or max(len(data), 1)
            for start in range(0, len(data), step):
                self.say(side, data[start : start + step])
        return self
