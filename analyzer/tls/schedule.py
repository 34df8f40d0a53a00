"""Handshake messages of both sides in; which keys open the records of each side out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.tls import handshake, keylog
from analyzer.tls.handshake import ClientHello, ServerHello
from analyzer.tls.keylog import KeyLog
from analyzer.tls.opener import EARLY, INITIAL, TRAFFIC, Opener
from analyzer.tls.session import TlsSession
from analyzer.tls.suites import Suite, suite_of

if TYPE_CHECKING:
    from analyzer.tls.protection import Protection

CLIENT = 0
SERVER = 1
# So many records that no key opens, and none that one does: the keys are wrong.
WRONG_AFTER = 8
TLS_10 = 0x0301
TLS_13 = 0x0304

# Certificate, ServerKeyExchange, ServerHelloDone: a server that resumes sends none of them.
_OF_FULL_HANDSHAKE = frozenset({11, 12, 14})

_STAGES = (
    (CLIENT, EARLY, keylog.CLIENT_EARLY),
    (CLIENT, INITIAL, keylog.CLIENT_HANDSHAKE),
    (CLIENT, TRAFFIC, keylog.CLIENT_TRAFFIC),
    (SERVER, INITIAL, keylog.SERVER_HANDSHAKE),
    (SERVER, TRAFFIC, keylog.SERVER_TRAFFIC),
)


class Schedule:
    """Follows the handshakes of one stream.

    Parameters
    ----------
    log : KeyLog
        Where secrets come from.
    session : TlsSession
        Takes the facts.

    Attributes
    ----------
    openers : (Opener, Opener)
        Of client and server.
    """

    def __init__(self, log: KeyLog, session: TlsSession) -> None:
        self.log = log
        self.session = session
        self.openers = (Opener(), Opener())
        self.client: ClientHello | None = None
        self.server: ServerHello | None = None
        self._suite: Suite | None = None
        self._full = False
        self._pending: tuple[Protection, Protection] | None = None
        self._waiting = [False, False]
        self._premaster: bytes | None = None
        self._seen_version = -1

    @property
    def is_13(self) -> bool:
        """Whether TLS 1.3 was negotiated."""
        return self.session.version is not None and self.session.version >= TLS_13

    @property
    def is_served(self) -> bool:
        """Whether version, cipher, and the lack of compression are what this room can deal with."""
        if self.server is None:
            return True
        known = self._suite is not None and self._suite.served and not self.server.compression
        return known and TLS_10 <= self.server.version <= TLS_13

    def client_hello(self, hello: ClientHello) -> None:
        """Take a ClientHello: the first, one after a retry, or one of a renegotiation."""
        session = self.session
        if self.server is not None:
            session.renegotiations += 1
        session.client_random = session.client_random or hello.random
        session.server_name = hello.server_name or session.server_name
        session.alpn_offered = hello.alpn or session.alpn_offered
        session.encrypted_hello = session.encrypted_hello or hello.encrypted_hello
        if hello.early_data:
            session.early_data = "offered"
        self.client = hello

    def server_hello(self, hello: ServerHello) -> None:
        """Take a ServerHello, or a HelloRetryRequest."""
        session = self.session
        if hello.retry:
            session.hello_retry = True
            self._seal(False)  # what looked like it was there for middleboxes
            if session.early_data is not None:
                session.early_data = "rejected"
            return
        if self.server is not None and self.is_13:
            return  # it was guessed; there is but one in TLS 1.3
        self.server = hello
        session.version, session.suite = hello.version, hello.suite
        session.alpn = hello.alpn or session.alpn
        self._suite = suite_of(hello.suite)
        self._pending = None
        self._premaster = None
        self._full = False
        if self.is_13:
            self._seal(True)
            session.resumed = hello.psk
            offered = session.early_data == "offered"
            if offered and not hello.psk:
                session.early_data, offered = "rejected", False
            self.openers[CLIENT].begin(EARLY if offered else INITIAL)
            self.openers[SERVER].begin(INITIAL)
            self.look_up()
            return
        for role in (CLIENT, SERVER):
            if self.openers[role].sealed and session.renegotiations == 0:
                self.change_cipher_spec(role)  # it overtook this hello

    def _seal(self, sealed: bool) -> None:
        for opener in self.openers:
            opener.sealed = sealed

    def message(self, role: int, kind: int, body: bytes) -> None:
        """Take any other message."""
        if self.is_13:
            self._message_13(role, kind, body)
        elif kind in _OF_FULL_HANDSHAKE:
            self._full = True
        elif kind == handshake.CLIENT_KEY_EXCHANGE:
            # RSA: the encrypted premaster secret behind its length (RFC 5246, section 7.4.7.1).
            self._premaster = self.log.premaster(body[2:10])
        elif kind == handshake.NEW_SESSION_TICKET:
            master, ticket = self._master(), handshake.parse_ticket(body)
            if master is not None and ticket:
                self.log.remember(ticket, master)

    def _message_13(self, role: int, kind: int, body: bytes) -> None:
        opener = self.openers[role]
        if kind == handshake.FINISHED and opener.stage == INITIAL:
            opener.begin(TRAFFIC)
        elif kind == handshake.KEY_UPDATE:
            opener.update()
            self.session.of(role).key_updates += 1
        elif kind == handshake.ENCRYPTED_EXTENSIONS and role == SERVER:
            self._encrypted_extensions(body)
        elif kind == handshake.END_OF_EARLY_DATA and role == CLIENT:
            # Nobody ends what was not accepted (RFC 8446, section 4.5).
            self.session.early_data = "accepted"
            opener.begin(INITIAL)

    def change_cipher_spec(self, role: int) -> None:
        """Take the message behind which a side encrypts, or uses its new keys (not TLS 1.3)."""
        if self.is_13 or self.session.hello_retry:
            return  # for middleboxes only (RFC 8446, appendix D.4)
        self.openers[role].sealed = True
        if self.server is None:
            return
        self.session.resumed = not self._full
        pending = self._pending or self._derive()
        self._waiting[role] = pending is None
        self.openers[role].change(pending[role] if pending is not None else None)

    def _encrypted_extensions(self, body: bytes) -> None:
        """Take what a server of TLS 1.3 says of protocol and early data."""
        found = handshake.parse_encrypted_extensions(body)
        if found is None:
            return
        self.session.alpn = found[0] or self.session.alpn
        if self.session.early_data == "offered":
            self.session.early_data = "accepted" if found[1] else "rejected"
            if not found[1] and self.openers[CLIENT].stage == EARLY:
                self.openers[CLIENT].begin(INITIAL)

    def guess(self, role: int, header: bytes, body: bytes) -> bool:
        """Find by trial what a ServerHello said that the capture does not hold (TLS 1.3)."""
        secrets = self.log.secrets(self.client.random) if self.client is not None else {}
        known = [one for one in _STAGES if one[0] == role and one[2] in secrets]
        if self.client is None or not known:
            return False
        from analyzer.tls.ciphers import protection_13  # noqa: PLC0415 - loads cryptography

        for suite in filter(None, map(suite_of, self.client.suites)):
            for _, stage, label in known if suite.code >> 8 == 0x13 else ():
                protection = protection_13(suite, secrets[label], self.log.scratch)
                if protection is not None and protection.open(header, body, 0) is not None:
                    said = ServerHello(b"", suite=suite.code, version=TLS_13, psk=stage == EARLY)
                    self.server_hello(said)
                    return True
        return False

    def verdict(self) -> tuple[str, bool]:
        """Return what is to be said of the keys, and whether no record will ever open."""
        if any(one.opened for one in self.openers):
            return "found", False
        if not self.is_served:
            return "unsupported", True
        if not any(one.has_keys for one in self.openers):
            return "missing", True
        return "wrong", sum(one.failed for one in self.openers) >= WRONG_AFTER

    def look_up(self) -> bool:
        """Ask the key log for secrets that are lacking; True if it had some."""
        if self.client is None or not self.is_served:
            return False
        if self._seen_version == self.log.version and not self.log.growing:
            return False
        found = self._look_up_13() if self.is_13 else self._look_up_12()
        self._seen_version = self.log.version
        return found

    def _look_up_13(self) -> bool:
        if self.client is None or self._suite is None:
            return False
        before = self.log.version
        secrets = self.log.secrets(self.client.random)
        missing = [
            (role, stage, label)
            for role, stage, label in _STAGES
            if not self.openers[role].knows(stage)
        ]
        if missing and self.log.growing and self.log.version == before and self.log.refresh():
            secrets = self.log.secrets(self.client.random)
        found = False
        for role, stage, label in missing:
            if label in secrets:
                found = self._know(role, stage, self._suite, secrets[label]) or found
        return found

    def _know(self, role: int, stage: int, suite: Suite, secret: bytes) -> bool:
        from analyzer.tls.ciphers import protection_13  # noqa: PLC0415 - loads cryptography

        protection = protection_13(suite, secret, self.log.scratch)
        if protection is not None:
            self.openers[role].know(stage, protection)
        return protection is not None

    def _look_up_12(self) -> bool:
        pending = self._derive() if self._pending is None and any(self._waiting) else None
        if pending is None:
            return False
        for role in (CLIENT, SERVER):
            if self._waiting[role]:
                self.openers[role].know(TRAFFIC, pending[role])
                self._waiting[role] = False
        return True

    def _derive(self) -> tuple[Protection, Protection] | None:
        """Make the keys of the handshake that is going on; None where there is no secret."""
        client, server, suite = self.client, self.server, self._suite
        if client is None or server is None or suite is None or not self.is_served:
            return None
        master = self._master()
        if master is None:
            return None
        from analyzer.tls.ciphers import protections_12  # noqa: PLC0415 - loads cryptography

        if self._full and server.session_id:
            self.log.remember(server.session_id, master)
        self._pending = protections_12(
            suite,
            server.version,
            master,
            (client.random, server.random),
            self.log.scratch,
            encrypt_then_mac=server.encrypt_then_mac,
        )
        return self._pending

    def _master(self) -> bytes | None:
        client, server = self.client, self.server
        if client is None or server is None:
            return None
        secrets = self.log.secrets(client.random)
        master = secrets.get(keylog.CLIENT_RANDOM)
        if master is not None:
            return master
        premaster = secrets.get(keylog.PREMASTER, self._premaster)
        if premaster is not None:
            return self._from_premaster(premaster)
        if self._full:
            return None
        if server.session_id and server.session_id == client.session_id:
            found = self.log.master_of(server.session_id)
            if found is not None:
                return found
        return self.log.master_of(client.ticket) if client.ticket else None

    def _from_premaster(self, premaster: bytes) -> bytes | None:
        from analyzer.tls.keys import master_secret  # noqa: PLC0415 - few logs have these

        client, server, suite = self.client, self.server, self._suite
        if client is None or server is None or suite is None or server.extended_master_secret:
            return None
        return master_secret(server.version, suite.prf, premaster, client.random, server.random)
