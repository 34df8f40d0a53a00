"""One side of a TLS stream: its records in; kind and plaintext of those that open out."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.stream.layer import Chunk
from analyzer.tls.messages import MessageReader
from analyzer.tls.opener import INITIAL, Opener
from analyzer.tls.record import APPLICATION_DATA, HEADER, LONGEST_RECORD, RecordReader
from analyzer.tls.session import TlsSide

# Of records that wait for their keys: a hello is late by some packets, a key log by a flush.
HELD_BYTES = 256 * 1024
# What keeping a record takes besides its bytes: many small ones are bounded as well.
HELD_OVERHEAD = 500
# Least that a lost record took: header, a tag, and the type inside.
SMALLEST_RECORD = 22


class HeldRecord(NamedTuple):
    """A record that waits.

    Attributes
    ----------
    header, body : bytes
        As of `RecordReader`.
    length : int
        Of the body, also where the capture does not hold it.
    at : Chunk
        Without bytes: time, packet and acknowledgment of its end, and as offset where it is.
    """

    header: bytes
    body: bytes
    length: int
    at: Chunk


class Lost(NamedTuple):
    """Plaintext that is missing: how much, and whether that is certain."""

    length: int
    exact: bool


class Channel:
    """What one side sends.

    Attributes
    ----------
    role : int
        0 for the TLS client, 1 for the server.
    reader : RecordReader
        Finds its records.
    messages : MessageReader
        Puts its handshake messages together.
    opener : Opener
        Opens its records.
    facts : TlsSide
        What is known of it; what changes with each record is here, until it is told.
    records, unread : int, bool
        As those have it.
    held : list of HeldRecord
        Records that wait for keys.
    kept : int
        What they take, 0 where none waits.
    kind, length : int
        Content type of the record that was unsealed last, and how much of its plaintext counts.
    hole : int
        Bytes of TCP in which the place was lost, and which are not accounted for yet.
    """

    def __init__(self, role: int, opener: Opener, facts: TlsSide) -> None:
        self.role = role
        self.reader = RecordReader()
        self.messages = MessageReader()
        self.opener = opener
        self.facts = facts
        self.records = 0
        self.unread = False
        self.held: list[HeldRecord] = []
        self.kind = 0
        self.length = 0
        self.hole = 0
        self.kept = 0
        self._padded = False

    def unseal(self, header: bytes, body: bytes, is_13: bool) -> bytes | None:
        """Return a record's plaintext, and set `kind` and `length`; None where no key opens it."""
        stage = self.opener.stage
        plain = self.opener.open(header, body)
        if plain is None:
            return None
        if self.opener.stage != stage:
            self.messages.reset()  # none spans a change of keys
        self.unread = False
        length = len(plain)
        if not is_13:
            self.kind = header[0]
            self.length = length
            return plain
        # The type stands behind the content, and zeros behind it (RFC 8446, section 5.4).
        if length and plain[length - 1] == 0:
            self._padded = True
            plain = plain.rstrip(b"\0")
            length = len(plain)
        self.kind = plain[length - 1] if length else 0
        self.length = length - 1 if length else 0
        return plain

    def tell(self) -> None:
        """Let the facts know."""
        facts = self.facts
        facts.records, facts.opened, facts.unread = self.records, self.opener.opened, self.unread

    def hold(self, record: HeldRecord) -> bool:
        """Keep a record that waits; False if there is no room for more."""
        self.held.append(record)
        self.kept += len(record.body) + HELD_OVERHEAD
        return self.kept <= HELD_BYTES

    def release(self) -> list[HeldRecord]:
        """Return what waited, and forget it."""
        held, self.held, self.kept = self.held, [], 0
        return held

    def lose_place(self, skipped: int) -> None:
        """Take note that so many bytes of TCP were passed over before the next record."""
        self.hole += skipped
        self.opener.lose(skipped // SMALLEST_RECORD + 1)
        self.unread = True
        self.messages.broken = not self.opener.settled

    def lost_record(self, header: bytes, length: int) -> Lost | None:
        """Count a record that is not to be had; return what of the plaintext is lost with it."""
        protection = self.opener.protection
        self.opener.pass_over()
        self.unread = True
        self.messages.broken = not self.opener.settled
        if header[0] != APPLICATION_DATA or self.opener.stage == INITIAL:
            return None
        plain = protection.plain_length(length) if protection is not None else -1
        return Lost(plain, not self._padded) if plain >= 0 else Lost(length, exact=False)

    def lost_in_hole(self) -> Lost | None:
        """Return what was lost where the place was, now that a record has opened behind it."""
        hole, self.hole = self.hole, 0
        records = self.opener.jumped
        protection = self.opener.protection
        whole = protection.plain_length(LONGEST_RECORD) if protection is not None else -1
        if records < 0 or whole < 0:
            return Lost(hole, exact=False)
        self.facts.missing += records
        if self.opener.stage == INITIAL:
            return None
        plain = hole - records * (HEADER + LONGEST_RECORD - whole)
        return Lost(plain, not self._padded) if records and plain > 0 else None


def stamp_of(chunk: Chunk) -> Chunk:
    """Return a chunk without bytes that stands where a chunk does, and lasts."""
    stamp = Chunk()
    stamp.time_ns = chunk.time_ns
    stamp.packet = chunk.packet
    stamp.offset = chunk.offset
    stamp.acknowledged = chunk.acknowledged
    return stamp
