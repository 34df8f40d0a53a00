"""What the rooms above do with what HTTP finds."""

from __future__ import annotations

from typing import Protocol

from analyzer.http.handshake import OpeningHandshake
from analyzer.http.message import Head
from analyzer.stream.layer import Layer, Stack


class Upgrades(Protocol):
    """What the rooms above do with what is found here."""

    def opened(self, stack: Stack, handshake: OpeningHandshake) -> int:
        """Take note of an upgrade that is asked for; return the connection's number."""

    def accepted(self, stack: Stack, number: int, handshake: OpeningHandshake) -> Layer:
        """Return the layer that takes the bytes behind an accepted upgrade."""

    def failed(self, stack: Stack, number: int, handshake: OpeningHandshake, last: bool) -> None:
        """Take note of a refused or unanswered upgrade; `last`: nothing followed on the stream."""

    def http2(self, stack: Stack, known: int, settings: str = "") -> Layer:
        """Return the layer of HTTP/2, of whose preface so many bytes were read.

        `settings` are the client's, where it asked for an upgrade: its ``HTTP2-Settings``.
        """

    def first_layer(self, stack: Stack, syn_seen: bool) -> Layer:
        """Return the layer that takes bytes as those of a new stream."""

    def lost(self, stack: Stack) -> Layer:
        """Return the layer that searches when it is not known any more what a stream carries."""

    def tunnelled(
        self, stack: Stack, request: Head, response: Head | None, refusals: list[int]
    ) -> Layer | None:
        """Return the layer that takes the bytes behind a CONNECT, from their first."""

    def unheard(self, stack: Stack) -> None:
        """Take note of a stream that was reset, or closed, before anything was said on it."""
