"""The first bytes of a stream in; out comes the layer that they ask for: TLS, or something else."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.stream.layer import Chunk, Layer, Stack
from analyzer.tls.record import may_begin, may_go_on

Choice = Callable[[Stack], Layer | None]


class OpeningLayer(Layer):
    """Waits for the first bytes, puts a layer in its own place, and hands on what it has seen.

    Parameters
    ----------
    stack : Stack
        Where the layer stands.
    plain, secure : callable
        Return the layer for a stream that is not, or is, TLS; None to ask for no more.
    whole : bool
        The stream is known from its first byte; otherwise it may begin with any record.
    """

    def __init__(self, stack: Stack, plain: Choice, secure: Choice, *, whole: bool = True) -> None:
        self._fits = may_begin if whole else may_go_on
        self._most = 22 if whole else 23
        self._least = 22 if whole else 20
        self._stack = stack
        self._plain = plain
        self._secure = secure
        self._first = [b"", b""]
        self._kept: list[tuple[int, Chunk]] = []
        self._ends: list[tuple[int, int, bool]] = []

    def data(self, side: int, chunk: Chunk) -> None:
        """Take the next bytes of a side."""
        found: bool | None = False
        kind = chunk.buffer[chunk.start]
        if self._kept or self._least <= kind <= self._most:  # most begin otherwise
            first = self._first[side]
            first += chunk.buffer[chunk.start : min(chunk.end, chunk.start + 5)]
            self._first[side] = first
            found = self._fits(first)
        if found is None:
            self._kept.append((side, chunk.copy()))
            return
        top = self._choose(self._secure if found else self._plain)
        if top is not None:
            top.data(side, chunk)

    def _choose(self, choice: Choice) -> Layer | None:
        """Put a layer in place, let it take what was seen, and return what stands there then."""
        stack = self._stack
        before = stack.flipped
        stack.top = choice(stack)
        for side, time_ns, reset in self._ends:
            stack.shutdown(side ^ before ^ stack.flipped, time_ns, reset)
        for side, chunk in self._kept:
            top = stack.top  # a name of its own keeps a layer alive that puts another in its place
            if top is not None:
                top.data(side ^ before ^ stack.flipped, chunk)
        return stack.top

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:
        """Pass over bytes that the capture does not hold: what came before them must decide."""
        first, second = self._first
        secure = bool(first or second) and False not in (
            self._fits(first),
            self._fits(second),
        )
        top = self._choose(self._secure if secure else self._plain)
        if top is not None:
            top.gap(side, length, time_ns, packet)

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        """Remember a FIN or RST, for the layer that takes over."""
        self._ends.append((side, time_ns, reset))

    def finish(self) -> None:
        """Nothing follows: leave the rest to the layer of streams that are not TLS."""
        top = self._choose(self._plain)
        if top is not None:
            top.finish()
