"""Streams without keys: sizes and times of records in; what can honestly be said of their end out.

Nothing here is decrypted. Where every WebSocket frame is a record of its own, and records are not
padded, a closing handshake has sizes of its own: two bytes of header, two of code, four of mask
from the client, and what the cipher adds. That is a hint and no more.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.stream.layer import Chunk
from analyzer.tls.record import APPLICATION_DATA
from analyzer.tls.session import TlsSession

LAST_RECORDS = 8
# A Close without a code, with one, and with the longest reason (RFC 6455, section 5.5).
CLOSE_EMPTY = 2
CLOSE_CODE = 4
CLOSE_LONGEST = 127
MASK = 4
# An alert of TLS 1.3 looks like two bytes of application data.
ALERT_13 = 2
# "As soon as practical" (section 5.5.1), and the wait of most peers for an answer.
ANSWER_NS = 10_000_000_000
# How soon after a Close TCP ends, where the server does as it must, or a timer ends the wait.
ENDING_NS = 30_000_000_000
# Less than this was said by each side: the stream carries no more than one question and its answer.
TWO_WAY_RECORDS = 3


class SealedRecord(NamedTuple):
    """A record of application data, as far as one sees without keys.

    Attributes
    ----------
    length : int
        Bytes of its body.
    at, packet : int
        When, and in which packet, it was complete.
    """

    length: int
    at: int
    packet: int


@dataclass(slots=True)
class SealedSide:
    """What one side sent.

    Attributes
    ----------
    records, bytes : int
        Records of application data (in TLS 1.3 of everything encrypted), and bytes of their bodies.
    first_at : int
        When the first one was complete; 0 for none.
    last : deque of SealedRecord
        The last ones.
    """

    records: int = 0
    bytes: int = 0
    first_at: int = 0
    last: deque[SealedRecord] = field(default_factory=lambda: deque(maxlen=LAST_RECORDS))


class EncryptedLog:
    """Takes note of the records of both sides."""

    def __init__(self) -> None:
        self.sides = (SealedSide(), SealedSide())

    def note(self, role: int, kind: int, length: int, at: Chunk) -> None:
        """Take a record that `at` completes."""
        if kind != APPLICATION_DATA:
            return
        side = self.sides[role]
        side.records += 1
        side.bytes += length
        side.first_at = side.first_at or at.time_ns
        side.last.append(SealedRecord(length, at.time_ns, at.packet))

    def turn(self) -> None:
        """Exchange the sides."""
        self.sides = (self.sides[1], self.sides[0])


@dataclass(frozen=True, slots=True)
class CloseHint:
    """The end of an encrypted stream looks like a WebSocket closing handshake.

    Attributes
    ----------
    first : int
        Who seems to have sent Close first: 0 client, 1 server.
    answered : bool
        The other side seems to have answered.
    with_code : bool
        The first Close seems to carry a code.
    confidence : str
        ``likely``: both sides sent much before, the last record of each fits a Close with a code
        and no reason, and TCP ends behind them; ``possible``: less than that fits.
    at, packet : int
        Of what seems to be the first Close.
    evidence : str
        What was seen, in words.
    """

    first: int
    answered: bool
    with_code: bool
    confidence: str
    at: int
    packet: int
    evidence: str


@dataclass(frozen=True, slots=True)
class EncryptedStream:
    """What can be said of a TLS stream without its keys.

    Attributes
    ----------
    session : TlsSession
        Server name, protocol, version, alerts in the clear, and why there are no keys.
    client, server : SealedSide
        What each side sent.
    last_at : int
        When the last record of application data was complete; 0 for none.
    hint : CloseHint or None
        None where nothing looks like a closing handshake.
    """

    session: TlsSession
    client: SealedSide
    server: SealedSide
    last_at: int
    hint: CloseHint | None

    @property
    def two_way(self) -> bool:
        """Whether both sides sent more than a question and its answer."""
        return min(self.client.records, self.server.records) >= TWO_WAY_RECORDS


def summarise(session: TlsSession, log: EncryptedLog, ended_at: int) -> EncryptedStream:
    """Return what can be said of a stream that is over; `ended_at` as of `close_hint`."""
    client, server = log.sides
    last = max((side.last[-1].at for side in log.sides if side.last), default=0)
    return EncryptedStream(session, client, server, last, close_hint(session, log, ended_at))


def overhead_of(session: TlsSession) -> int:
    """Return what the cipher adds to a record; -1 where that depends on its content."""
    name = session.suite_name or ""
    tag = 8 if "CCM_8" in name else 16
    if session.version is None:
        return -1
    if session.version >= 0x0304:
        return tag + 1  # with the content type
    if "GCM" in name or "CCM" in name:
        return tag + 8  # with the explicit part of the nonce
    return tag if "CHACHA20" in name else -1


class _Close(NamedTuple):
    """A record that may hold a Close; `frame`: bytes of it, without mask."""

    role: int
    record: SealedRecord
    frame: int


def close_hint(session: TlsSession, log: EncryptedLog, ended_at: int) -> CloseHint | None:
    """Return what the last records look like.

    Parameters
    ----------
    session : TlsSession
        Says what the cipher adds.
    log : EncryptedLog
        The last records.
    ended_at : int
        First FIN or RST, 0 for none.
    """
    overhead = overhead_of(session)
    if overhead < 0:
        return None
    both = [_last(session, side, role, overhead) for role, side in enumerate(log.sides)]
    found = [one for one in both if one is not None and CLOSE_EMPTY <= one.frame <= CLOSE_LONGEST]
    found.sort(key=lambda one: (one.record.at, one.record.packet))
    if len(found) == 2 and _answers(*found):
        return _hint(found[0], found[1], log, ended_at)
    # Alone, a size with a reason fits many things.
    alone = [one for one in found if one.frame <= CLOSE_CODE and one.frame != CLOSE_EMPTY + 1]
    alone = [one for one in alone if one.record.at == max(each.record.at for each in found)]
    return _hint(alone[0], None, log, ended_at) if len(alone) == 1 else None


def _hint(first: _Close, answer: _Close | None, log: EncryptedLog, ended_at: int) -> CloseHint:
    two_way = min(side.records for side in log.sides) >= TWO_WAY_RECORDS
    ended = 0 <= ended_at - first.record.at <= ENDING_NS
    # A reason that is repeated may as well be a message that is echoed.
    coded = answer is not None and first.frame == answer.frame == CLOSE_CODE
    return CloseHint(
        first=first.role,
        answered=answer is not None,
        with_code=first.frame >= CLOSE_CODE,
        confidence="likely" if coded and two_way and ended else "possible",
        at=first.record.at,
        packet=first.record.packet,
        evidence=_evidence(first, answer),
    )


def _last(session: TlsSession, side: SealedSide, role: int, overhead: int) -> _Close | None:
    """Return the last record of a side that is no alert."""
    records = list(side.last)
    if session.version == 0x0304 and records and records[-1].length - overhead == ALERT_13:
        records.pop()
    if not records:
        return None
    return _Close(role, records[-1], records[-1].length - overhead - (0 if role else MASK))


def _answers(first: _Close, second: _Close) -> bool:
    """Whether the second may answer the first: with the same, or a code with nothing."""
    if second.record.at - first.record.at > ANSWER_NS or first.frame == CLOSE_EMPTY + 1:
        return False
    return second.frame == first.frame or (first.frame, second.frame) == (CLOSE_CODE, CLOSE_EMPTY)


def _evidence(first: _Close, answer: _Close | None) -> str:
    names = ("client", "server")
    told = f"last record of the {names[first.role]} fits a Close of {first.frame} bytes"
    if answer is None:
        return told
    waited = (answer.record.at - first.record.at) / 1e9
    return f"{told}; that of the {names[answer.role]}, {waited:.3f} s later, one of {answer.frame}"
