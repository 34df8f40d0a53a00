"""TLS for `make_capture`: a source of randomness in; handshakes, key log and sealers of records out.

TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256, TLS 1.3 with AES-128-GCM-SHA256. There is no key exchange
behind it: secrets are drawn, and told as a key log tells them. Hellos and Finished have their form,
which is all that an observer reads; there are no certificates.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from random import Random
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CLIENT, SERVER = 0, 1
_HANDSHAKE, _APPLICATION_DATA = 22, 23
_NAMES = ("CLIENT", "SERVER")


def _record(kind: int, body: bytes) -> bytes:
    return bytes([kind, 3, 3]) + len(body).to_bytes(2, "big") + body


def _message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def _extensions(*pairs: tuple[int, bytes]) -> bytes:
    found = b"".join(
        kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body for kind, body in pairs
    )
    return len(found).to_bytes(2, "big") + found


class Sealer:
    """Seals the records of one side with one key (RFC 5288; RFC 8446, section 5.2)."""

    def __init__(self, key: bytes, iv: bytes, *, is_13: bool) -> None:
        self._seal = AESGCM(key).encrypt
        self._iv = iv
        self._is_13 = is_13
        self._sequence = 0

    def __call__(self, data: bytes, kind: int = _APPLICATION_DATA) -> bytes:
        """Give the record that holds `data`."""
        number, self._sequence = self._sequence, self._sequence + 1
        if self._is_13:
            nonce = (int.from_bytes(self._iv, "big") ^ number).to_bytes(12, "big")
            header = b"\x17\x03\x03" + (len(data) + 17).to_bytes(2, "big")
            return header + self._seal(nonce, data + bytes([kind]), header)
        counter = number.to_bytes(8, "big")
        aad = counter + bytes([kind, 3, 3]) + len(data).to_bytes(2, "big")
        return _record(kind, counter + self._seal(self._iv + counter, data, aad))


class Secured(NamedTuple):
    """A handshake: who says what, how the records behind it are sealed, and its key log."""

    flights: list[tuple[int, bytes]]
    sealers: tuple[Sealer, Sealer]
    keys: list[str]


def secured(random: Random, *, is_13: bool) -> Secured:
    """Draw a handshake of TLS 1.2 or 1.3."""
    randoms = (random.randbytes(32), random.randbytes(32))
    return _secured_13(random, *randoms) if is_13 else _secured_12(random, *randoms)


def _client_hello(random: bytes, *, is_13: bool) -> bytes:
    suite = b"\x13\x01" if is_13 else b"\xc0\x2f"
    name = (0, b"\0\x0e\0\0\x0bexample.com")
    extensions = _extensions(name, (43, b"\x02\x03\x04")) if is_13 else _extensions(name)
    body = b"\x03\x03" + random + b"\0\0\x02" + suite + b"\x01\0" + extensions
    return _record(_HANDSHAKE, _message(1, body))


def _server_hello(random: bytes, *, is_13: bool) -> bytes:
    suite = b"\x13\x01" if is_13 else b"\xc0\x2f"
    extensions = _extensions((43, b"\x03\x04")) if is_13 else _extensions()
    body = b"\x03\x03" + random + b"\0" + suite + b"\0" + extensions
    return _record(_HANDSHAKE, _message(2, body))


def _secured_12(draw: Random, client: bytes, server: bytes) -> Secured:
    master = draw.randbytes(48)
    block = _p_sha256(master, b"key expansion" + server + client, 40)
    sealers = (
        Sealer(block[:16], block[32:36], is_13=False),
        Sealer(block[16:32], block[36:], is_13=False),
    )
    answer = _record(_HANDSHAKE, _message(14, b""))
    exchange = _record(_HANDSHAKE, _message(16, b"\x20" + bytes(32)))
    finished = _message(20, bytes(12))
    changed = [_record(20, b"\x01") + one(finished, _HANDSHAKE) for one in sealers]
    flights = [
        (CLIENT, _client_hello(client, is_13=False)),
        (SERVER, _server_hello(server, is_13=False) + answer),
        (CLIENT, exchange + changed[CLIENT]),
        (SERVER, changed[SERVER]),
    ]
    return Secured(flights, sealers, [f"CLIENT_RANDOM {client.hex()} {master.hex()}"])


def _secured_13(draw: Random, client: bytes, server: bytes) -> Secured:
    labels = ("{}_HANDSHAKE_TRAFFIC_SECRET", "{}_TRAFFIC_SECRET_0")
    secrets = {label.format(name): draw.randbytes(32) for label in labels for name in _NAMES}
    early_client, early_server, client_sealer, server_sealer = map(_sealer_13, secrets.values())
    finished = _message(20, bytes(32))
    compatible = _record(20, b"\x01")
    answer = compatible + early_server(_message(8, b"\0\0") + finished, _HANDSHAKE)
    flights = [
        (CLIENT, _client_hello(client, is_13=True)),
        (SERVER, _server_hello(server, is_13=True) + answer),
        (CLIENT, compatible + early_client(finished, _HANDSHAKE)),
    ]
    keys = [f"{label} {client.hex()} {secret.hex()}" for label, secret in secrets.items()]
    return Secured(flights, (client_sealer, server_sealer), keys)


def _p_sha256(secret: bytes, seed: bytes, size: int) -> bytes:
    """Give P_SHA256 (RFC 5246, section 5)."""
    found, a = b"", seed
    while len(found) < size:
        a = hmac.digest(secret, a, "sha256")
        found += hmac.digest(secret, a + seed, "sha256")
    return found[:size]


def _sealer_13(secret: bytes) -> Sealer:
    key, iv = (_expand(secret, label, size) for label, size in ((b"key", 16), (b"iv", 12)))
    return Sealer(key, iv, is_13=True)


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """Give HKDF-Expand-Label of at most one block (RFC 8446, section 7.1)."""
    full = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(full)]) + full + b"\0"
    return hmac.new(secret, info + b"\x01", sha256).digest()[:size]
