"""A TLS connection: records of both sides in; facts, and what was decrypted, out.

A sealed record that cannot be opened yet, because a hello or a key is late, waits within a bound.
"""

from __future__ import annotations

from analyzer.stream.layer import Chunk, Stack
from analyzer.tls.channel import Channel, HeldRecord, Lost, stamp_of
from analyzer.tls.encrypted import EncryptedLog
from analyzer.tls.handshake import (
    CLIENT_HELLO,
    FINISHED,
    SERVER_HELLO,
    parse_client_hello,
    parse_server_hello,
)
from analyzer.tls.keylog import KeyLog
from analyzer.tls.opener import INITIAL
from analyzer.tls.plain import Plaintext
from analyzer.tls.record import (
    ALERT,
    APPLICATION_DATA,
    HANDSHAKE,
    RecordReader,
)
from analyzer.tls.schedule import CLIENT, SERVER, Schedule
from analyzer.tls.session import TlsAlert, TlsSession


class Conversation:
    """Follows what client and server say to each other.

    Parameters
    ----------
    stack : Stack
        Where TLS stands: it learns who is the client.
    log : KeyLog
        Where secrets come from.
    session : TlsSession
        Takes the facts.
    plain : Plaintext
        Takes what was decrypted.
    sealed_log : EncryptedLog or None
        Takes note of what is not decrypted, where somebody watches.

    Attributes
    ----------
    client, server : Channel
        What each of them sends.
    over : bool
        No record is asked for any more.
    """

    def __init__(
        self,
        stack: Stack,
        log: KeyLog,
        session: TlsSession,
        plain: Plaintext,
        sealed_log: EncryptedLog | None,
    ) -> None:
        self.session = session
        self.plain = plain
        self.over = False
        self._stack = stack
        self._log = log
        self._schedule = Schedule(log, session)
        one, other = self._schedule.openers
        # Not in a list: for each record, that would be one thing more to look for in memory.
        self.client = Channel(CLIENT, one, session.of(CLIENT))
        self.server = Channel(SERVER, other, session.of(SERVER))
        self._sealed_log = sealed_log
        self._is_13 = False
        self._found = False
        self._hopeless = False
        self._patient = True

    @property
    def channels(self) -> tuple[Channel, Channel]:
        """Those of the TLS client, and of the server."""
        return self.client, self.server

    def record(self, channel: Channel, reader: RecordReader, at: Chunk) -> None:
        """Take a record that `at` completes."""
        channel.records += 1
        # Kinds and stages stand here as numbers, since this is done for each record.
        kind = reader.kind
        if self._sealed_log is not None:
            self._sealed_log.note(channel.role, kind, reader.length, at)
        if reader.skipped:
            channel.lose_place(reader.skipped)
        if kind == 20:  # ChangeCipherSpec
            self._schedule.change_cipher_spec(channel.role)
            if not self._is_13:
                channel.messages.reset()
        elif not self._is_sealed(channel, kind):
            if reader.missing:
                channel.messages.broken = True
            else:
                self._content(channel, kind, reader.body, at)
        elif self._hopeless:
            self._unread(channel, kind, at)
        elif reader.missing or channel.kept or (not self._found and self._schedule.server is None):
            record = HeldRecord(reader.header, reader.body, reader.length, stamp_of(at))
            self._take_held(channel, record)
        else:
            self._open(channel, reader.header, reader.body, at)

    def _is_sealed(self, channel: Channel, kind: int) -> bool:
        if self._is_13:
            return kind == 23  # application data
        if channel.opener.sealed:
            return True
        if kind != 23:
            return False
        schedule = self._schedule
        if schedule.server is not None:
            # Never in the clear: a ChangeCipherSpec was lost, and the Finished behind it.
            schedule.change_cipher_spec(channel.role)
            channel.opener.lose(2)
        return True

    def _open(self, channel: Channel, header: bytes, body: bytes, at: Chunk) -> None:
        plain = channel.unseal(header, body, self._is_13)
        if plain is None and self._schedule.look_up():
            plain = channel.unseal(header, body, self._is_13)
        if plain is None:
            self._failed(channel, header, body, at)
            return
        kind, length = channel.kind, channel.length
        if not self._found:
            self._found = True
            self.session.keys = "found"
        if channel.hole:
            self._gap(channel, channel.lost_in_hole(), at)
        if kind != 23:
            self._content(channel, kind, plain[:length], at)
        elif channel.opener.stage == 0 and self.session.early_data != "accepted":
            self.plain.early(plain, length, at)
        elif length:
            self.plain.data(channel.role, plain, length, at)
            self.over = self.plain.given_up

    def _content(self, channel: Channel, kind: int, data: bytes, at: Chunk) -> None:
        if kind == HANDSHAKE:
            for message, body in channel.messages.feed(data):
                self._message(channel, message, body)
        elif kind == ALERT:
            for place in range(0, len(data) - 1, 2):
                level, description = data[place], data[place + 1]
                if level in (1, 2):  # warning, fatal: there are no others
                    where = (at.time_ns, at.packet, at.offset, at.acknowledged)
                    channel.facts.note_alert(TlsAlert(description, level, *where))

    def _message(self, channel: Channel, kind: int, body: bytes) -> None:
        if kind in (CLIENT_HELLO, SERVER_HELLO):
            self._hello(channel, kind, body)
            return
        before = self.session.early_data
        self._schedule.message(channel.role, kind, body)
        if kind == FINISHED and self._is_13:
            channel.messages.reset()
        after = self.session.early_data
        if after != before:
            self.plain.settle_early(after == "accepted")

    def _hello(self, channel: Channel, kind: int, body: bytes) -> None:
        schedule = self._schedule
        if channel.role != (SERVER if kind == SERVER_HELLO else CLIENT):
            if schedule.client is not None or schedule.server is not None:
                return  # against the rules
            self._turn()
        if kind == CLIENT_HELLO:
            client = parse_client_hello(body)
            if client is not None:
                schedule.client_hello(client)
            return
        server = parse_server_hello(body)
        if server is None:
            return
        schedule.server_hello(server)
        self._is_13 = schedule.is_13
        if server.retry:
            self.client.release()  # early data, which the server does not take
        else:
            self._drain()

    def _turn(self) -> None:
        """Exchange the sides: who was seen first, and taken for the client, is the server."""
        self._stack.flipped ^= 1
        one, other = self._schedule.openers
        one.sealed, other.sealed = other.sealed, one.sealed
        self.client, self.server = self.server, self.client
        for role, channel in enumerate(self.channels):
            channel.role = role
            channel.opener = self._schedule.openers[role]
        self.session.client, self.session.server = (one.facts for one in self.channels)
        if self._sealed_log is not None:
            self._sealed_log.turn()

    def _take_held(self, channel: Channel, record: HeldRecord) -> None:
        """Take a sealed record behind others that wait, or one that is not whole."""
        if channel.held or (self._patient and self._schedule.server is None):
            self._wait(channel, record)
        elif len(record.body) == record.length:
            if self._is_13 and record.header[0] != APPLICATION_DATA:
                self._content(channel, record.header[0], record.body, record.at)
            else:
                self._open(channel, record.header, record.body, record.at)
        else:
            channel.facts.missing += 1
            self._gap(channel, channel.lost_record(record.header, record.length), record.at)

    def _wait(self, channel: Channel, record: HeldRecord) -> None:
        """Keep a record until its keys are known, as long as that may be."""
        room = channel.hold(record)
        schedule = self._schedule
        if schedule.server is not None:
            found = schedule.look_up()
        else:
            other = (self.client if channel.role else self.server).reader
            # It answers something that the capture does not hold: the hello may never come.
            found = record.at.acknowledged > other.position and self._guess()
        if found:
            self._drain()
        elif not room or schedule.client is None:
            self._patient = False
            self._drain()

    def _guess(self) -> bool:
        """Try what a hello of the server may have said that the capture does not hold."""
        for channel in self.channels:
            for record in channel.held:
                if len(record.body) == record.length:
                    found = self._schedule.guess(channel.role, record.header, record.body)
                    self._is_13 = self._schedule.is_13
                    if found:
                        return True
                    break
        return False

    def _drain(self) -> None:
        """Open what waited."""
        for channel in self.channels:
            for record in channel.release():
                if self._hopeless:
                    self._unread(channel, record.header[0], record.at)
                else:
                    self._take_held(channel, record)

    def _failed(self, channel: Channel, header: bytes, body: bytes, at: Chunk) -> None:
        """Take a record that no key opens."""
        opener = channel.opener
        if self._patient and self._log.growing and opener.protection is None:
            self._wait(channel, HeldRecord(header, body, len(body), stamp_of(at)))
            return
        if (
            self.session.early_data == "rejected"
            and opener.stage == INITIAL
            and channel.role == CLIENT
        ):
            return  # early data that the server passed over as well (RFC 8446, section 4.2.10)
        self._unread(channel, header[0], at)
        self._gap(channel, channel.lost_record(header, len(body)), at)
        self._judge()

    def _unread(self, channel: Channel, kind: int, at: Chunk) -> None:
        """Count a record that stays sealed."""
        channel.facts.undecryptable += 1
        channel.unread = True
        if kind == ALERT:
            channel.facts.note_alert(TlsAlert(None, None, at.time_ns, at.packet))

    def _judge(self) -> None:
        """Stop trying where there is no hope."""
        self.session.keys, self._hopeless = self._schedule.verdict()
        self.over = self._hopeless and self._sealed_log is None

    def _gap(self, channel: Channel, lost: Lost | None, at: Chunk) -> None:
        if lost is not None:
            self.plain.gap(channel.role, lost, at.time_ns, at.packet)

    def finish(self) -> None:
        """Open what waits: nothing follows."""
        self._patient = False
        if self._schedule.server is None:
            self._guess()
        self._drain()
        self.plain.settle_early(self.session.early_data != "rejected")
        for channel in self.channels:
            channel.tell()
            if channel.hole or channel.reader.lost:
                self._gap(channel, Lost(max(channel.hole, 1), exact=False), Chunk())
        unread = any(channel.facts.undecryptable for channel in self.channels)
        if unread and self.session.keys == "found" and not self.plain.begun:
            # Those of the handshake alone, which say nothing of the data.
            self.session.keys = "missing"
