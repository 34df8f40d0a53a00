"""TLS on a TCP stream: two byte streams in; with their keys, two byte streams of plaintext out.

What stands above gets chunks as from TCP, each with time, packet and acknowledgment of the packet
that completed its record (`Plaintext`). Bytes that are missing, or that no key opens, are gaps.
"""

from __future__ import annotations

from analyzer.stream.layer import Chunk, Layer, Stack
from analyzer.tls.conversation import Conversation
from analyzer.tls.encrypted import EncryptedLog, EncryptedStream, summarise
from analyzer.tls.keylog import KeyLog
from analyzer.tls.plain import Plaintext
from analyzer.tls.secure import Secured, SecureStack
from analyzer.tls.session import TlsSession


class TlsLayer(Layer):
    """Decrypts the records of both sides.

    Parameters
    ----------
    stack : Stack
        Where the layer stands.
    log : KeyLog
        Where secrets come from.
    secured : Secured
        The rooms above.
    watch : bool
        Whether streams without keys are followed to their end, for `summary`.

    Attributes
    ----------
    session : TlsSession
        What is known so far.
    stack : Stack
        See above.
    plain : Plaintext
        What was decrypted, on its way up.
    """

    def __init__(self, stack: Stack, log: KeyLog, secured: Secured, *, watch: bool = False) -> None:
        self.stack = stack
        self.session = TlsSession()
        inner = self._inner = SecureStack(stack.stream, self)
        self.plain = Plaintext(stack, inner, lambda whole: secured.inside(inner, whole))
        self._secured = secured
        self._sealed_log = EncryptedLog() if watch else None
        self._talk = Conversation(stack, log, self.session, self.plain, self._sealed_log)
        self._told = False
        self._deaf = False
        self._ended_at = 0

    @property
    def summary(self) -> EncryptedStream | None:
        """What can be said without keys; None where nobody watches, or keys were found."""
        if self._sealed_log is None or self.session.keys == "found":
            return None
        return summarise(self.session, self._sealed_log, self._ended_at)

    def data(self, side: int, chunk: Chunk) -> None:
        """Take the next bytes of a side."""
        talk = self._talk
        if self._deaf:
            return  # no key will ever come, and how TCP ends is still to be told
        channel = talk.server if side ^ self.plain.turned else talk.client
        reader = channel.reader
        while reader.take(chunk):
            talk.record(channel, reader, chunk)
            reader.let_go()
            if talk.over:
                self._leave()
                return
        if reader.foreign:
            self._leave()

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:
        """Pass over bytes that the capture does not hold."""
        if self._deaf:
            return
        channel = self._talk.channels[side ^ self.plain.turned]
        reader = channel.reader
        if reader.gap(length):
            at = Chunk()
            at.time_ns = time_ns
            at.packet = packet
            at.offset = reader.position
            self._talk.record(channel, reader, at)
            if self._talk.over:
                self._leave()
        elif reader.lost:
            channel.lose_place(0)

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        """Take note that a side sent its FIN, or a RST that counts."""
        role = side ^ self.plain.turned
        self._ended_at = self._ended_at or time_ns
        channel = self._talk.channels[role]
        channel.tell()
        channel.facts.ended |= reset
        self.plain.shutdown(role, time_ns, reset)

    def closed(self, side: int) -> None:
        """Take note that a side's bytes are complete."""
        role = side ^ self.plain.turned
        channel = self._talk.channels[role]
        channel.tell()
        channel.facts.ended = True
        channel.facts.cut = channel.reader.inside
        self.plain.closed(role)

    def behind(self, side: int, offset: int) -> int:
        """Return how many bytes of plaintext a side sent behind an offset in its TCP stream."""
        return self.plain.behind(side ^ self.plain.turned, offset)

    def finish(self) -> None:
        """Open what waits, and tell what is known: nothing follows."""
        self._talk.finish()
        self.plain.finish()
        self._tell()
        self._inner.let_go()
        if self._deaf:
            self.stack.top = None

    def _leave(self) -> None:
        """Ask for no more bytes; what was not decrypted is told when it is over."""
        self._deaf = True
        for channel in self._talk.channels:
            channel.tell()
        session = self.session
        if session.keys == "found" or not session.client.records + session.server.records:
            self.stack.top = None
            self._inner.let_go()

    def _tell(self) -> None:
        if self.session.keys != "found" and not self._told:
            self._told = True
            self._secured.opaque(self)
