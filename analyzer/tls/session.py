"""What the wire shows of a TLS connection: facts, each with its time and packet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.tls.suites import suite_name

CLOSE_NOTIFY = 0
MOST_ALERTS = 32

VERSIONS = {
    0x0300: "SSL 3.0",
    0x0301: "TLS 1.0",
    0x0302: "TLS 1.1",
    0x0303: "TLS 1.2",
    0x0304: "TLS 1.3",
}

# RFC 8446, section 6.2, and RFC 5246, section 7.2.2, by the names of the registry "TLS Alerts".
ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    117: "general_error",
    120: "no_application_protocol",
    121: "ech_required",
}


class TlsAlert(NamedTuple):
    """An alert.

    Attributes
    ----------
    description : int or None
        Its number; None for one that is encrypted, and whose keys are not known.
    level : int or None
        1 warning, 2 fatal; means nothing in TLS 1.3.
    at : int
        Nanoseconds since the epoch.
    packet : int
        Number of the packet that completed it.
    end_offset : int
        Where it ends in its sender's TCP stream; -1 unknown.
    acknowledged : int
        How much of the other side's TCP stream its packet acknowledged; -1 unknown.
    """

    description: int | None
    level: int | None
    at: int
    packet: int
    end_offset: int = -1
    acknowledged: int = -1

    @property
    def name(self) -> str:
        """Its name in the registry; its number where it has none."""
        if self.description is None:
            return "encrypted alert"
        return ALERTS.get(self.description, f"alert {self.description}")


class TlsSide:
    """What one side did.

    Attributes
    ----------
    records : int
        Records it sent, as far as the capture shows.
    opened : int
        Encrypted records that were decrypted.
    undecryptable : int
        Encrypted records, captured whole, that were not.
    missing : int
        Records of which the capture lacks bytes, as far as they can be counted.
    key_updates : int
        How often it changed its keys in TLS 1.3.
    alerts : list of TlsAlert
        Those that it sent, the first ones.
    close_notify : TlsAlert or None
        That it would send no more (RFC 8446, section 6.1).
    cut : bool
        The bytes it sent end inside a record.
    unread : bool
        Bytes at the end are missing, or could not be decrypted: an alert may be hidden.
    ended : bool
        All bytes up to its FIN were seen.
    """

    def __init__(self) -> None:
        self.records = 0
        self.opened = 0
        self.undecryptable = 0
        self.missing = 0
        self.key_updates = 0
        self.alerts: list[TlsAlert] = []
        self.close_notify: TlsAlert | None = None
        self.cut = False
        self.unread = False
        self.ended = False

    def note_alert(self, alert: TlsAlert) -> None:
        """Take an alert."""
        if alert.description == CLOSE_NOTIFY and self.close_notify is None:
            self.close_notify = alert
        if len(self.alerts) < MOST_ALERTS:
            self.alerts.append(alert)

    @property
    def truncated(self) -> bool | None:
        """Whether TCP ended without close_notify, a possible truncation; None: cannot be told."""
        if self.close_notify is not None:
            return False
        if self.cut:
            return True
        return None if self.unread or not self.ended else True


@dataclass(slots=True)
class TlsSession:
    """What is known of a TLS connection.

    Attributes
    ----------
    version, suite : int or None
        As negotiated, as on the wire.
    server_name : str or None
        What the client asked for (SNI); a stranger's text.
    alpn : str or None
        The chosen application protocol; a stranger's text.
    alpn_offered : tuple of str
        What the client offered.
    client_random : bytes
        Of the first hello, by which key logs name their secrets; empty where it was not seen.
    resumed, hello_retry, encrypted_hello : bool
        A session was resumed; the client had to ask twice; the true hello is hidden (ECH).
    early_data : str or None
        ``offered``, ``accepted`` or ``rejected``; None without.
    renegotiations : int
        Handshakes inside the encrypted stream.
    keys : str
        ``found``: records were decrypted; ``missing``: the key log has none for this connection;
        ``wrong``: those it has open no record; ``unsupported``: cipher or compression is not
        served; ``waiting``: nothing was encrypted yet, or the key log is still to bring them.
    client, server : TlsSide
        What each side did.
    """

    version: int | None = None
    suite: int | None = None
    server_name: str | None = None
    alpn: str | None = None
    alpn_offered: tuple[str, ...] = ()
    client_random: bytes = b""
    resumed: bool = False
    hello_retry: bool = False
    encrypted_hello: bool = False
    early_data: str | None = None
    renegotiations: int = 0
    keys: str = "waiting"
    client: TlsSide = field(default_factory=TlsSide)
    server: TlsSide = field(default_factory=TlsSide)

    def of(self, role: int) -> TlsSide:
        """Return the facts of the TLS client (0) or server (1)."""
        return self.server if role else self.client

    @property
    def version_name(self) -> str | None:
        """``TLS 1.3`` and so on."""
        if self.version is None:
            return None
        return VERSIONS.get(self.version, f"0x{self.version:04X}")

    @property
    def suite_name(self) -> str | None:
        """Name of the cipher suite in the registry."""
        return suite_name(self.suite) if self.suite is not None else None
