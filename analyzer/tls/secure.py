"""What stands on TLS, and what TLS asks of the rooms above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from analyzer.stream.layer import Layer, Stack

if TYPE_CHECKING:
    from analyzer.tls.layer import TlsLayer


class SecureStack(Stack):
    """Which layer stands on a TLS stream.

    Attributes
    ----------
    below : TlsLayer
        The layer of the TLS stream.
    session : TlsSession
        What is known of it.
    """

    def __init__(self, stream: object, below: TlsLayer) -> None:
        super().__init__(stream)
        self.below = below
        self.session = below.session

    def let_go(self) -> None:
        """Forget the layer below, which is over: else the two would keep each other alive."""
        vars(self).pop("below", None)


class Secured(Protocol):
    """What the rooms above do with what is found here."""

    def inside(self, stack: SecureStack, whole: bool) -> Layer | None:
        """Return the layer that takes the plaintext; `whole`: from its first byte."""

    def opaque(self, layer: TlsLayer) -> None:
        """Take note of a stream that was not decrypted, when it is over."""
