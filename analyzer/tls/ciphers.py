"""Record protection: keys in; of each record its plaintext, or None where it is not authentic.

The primitives are those of `cryptography`: who imports this module has keys for a TLS stream.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from struct import Struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, SEED, Camellia, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from analyzer.tls.keys import (
    SideKeys,
    next_secret,
    split_key_block,
    traffic_keys,
)
from analyzer.tls.protection import Protection, Scratch, part, put_nonce, put_number
from analyzer.tls.suites import Suite

TLS_11 = 0x0302

# Sequence number, and what stands in front of the length (RFC 5246, section 6.2.3.3).
_AAD = Struct(">Q3sH").pack
_TAG = 16

Buffer = bytes | bytearray
Open = Callable[[Buffer, bytes, Buffer | None], bytes]

# Key size, and what opens a record with it.
_AEADS: dict[str, tuple[int, int, Callable[[bytes], Open]]] = {
    "AES_128_GCM": (16, _TAG, lambda key: AESGCM(key).decrypt),
    "AES_256_GCM": (32, _TAG, lambda key: AESGCM(key).decrypt),
    "AES_128_CCM": (16, _TAG, lambda key: AESCCM(key).decrypt),
    "AES_256_CCM": (32, _TAG, lambda key: AESCCM(key).decrypt),
    "AES_128_CCM_8": (16, 8, lambda key: AESCCM(key, tag_length=8).decrypt),
    "AES_256_CCM_8": (32, 8, lambda key: AESCCM(key, tag_length=8).decrypt),
    "CHACHA20_POLY1305": (32, _TAG, lambda key: ChaCha20Poly1305(key).decrypt),
}
# Key size, block size, algorithm.
_BLOCKS = {
    "AES_128_CBC": (16, 16, algorithms.AES),
    "AES_256_CBC": (32, 16, algorithms.AES),
    "CAMELLIA_128_CBC": (16, 16, Camellia),
    "CAMELLIA_256_CBC": (32, 16, Camellia),
    "SEED_CBC": (16, 16, SEED),
    "3DES_EDE_CBC": (24, 8, TripleDES),
}
_MAC_SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48}


def _put_aad(aad: bytearray, sequence: int, header: bytes, length: int) -> None:
    """Write what `_AAD` gives over that of the record before."""
    put_number(aad, 0, sequence)
    aad[8], aad[9], aad[10] = header[0], header[1], header[2]
    aad[11], aad[12] = length >> 8 & 255, length & 255


class Aead13(Protection):
    """TLS 1.3 (RFC 8446, section 5.2); the plaintext ends with content type and padding."""

    def __init__(self, suite: Suite, secret: bytes, scratch: Scratch) -> None:
        size, self._tag, opener = _AEADS[suite.cipher]
        keys = traffic_keys(suite.hash, secret, size)
        self._decrypt = opener(keys.key)
        self._front, self._back = _halves(keys.iv)
        self._nonce = scratch.nonce
        self._suite = suite
        self._secret = secret
        self._scratch = scratch

    def open(self, header: bytes, body: bytes, sequence: int) -> bytes | None:
        """Return the plaintext of the record with a sequence number; None if it is not that."""
        # The IV, the sequence number added to its end (RFC 8446, section 5.3).
        put_nonce(self._nonce, self._front, self._back ^ sequence)
        try:
            return self._decrypt(self._nonce, body, header)
        except (InvalidTag, ValueError):
            return None

    def plain_length(self, length: int) -> int:
        """Return how much plaintext is in a body of a length, if it is not padded."""
        return max(length - self._tag - 1, 0)

    def following(self) -> Aead13:
        """Return what opens the records behind a KeyUpdate."""
        return Aead13(self._suite, next_secret(self._suite.hash, self._secret), self._scratch)


class ExplicitAead(Protection):
    """AES-GCM and AES-CCM before TLS 1.3 (RFC 5288, RFC 6655): half the nonce is on the wire."""

    def __init__(self, cipher: str, keys: SideKeys, scratch: Scratch) -> None:
        _, self._tag, opener = _AEADS[cipher]
        self._decrypt = opener(keys.key)
        self._front, _ = _halves(keys.iv)
        self._nonce = scratch.nonce
        self._aad = scratch.aad

    def open(self, header: bytes, body: bytes, sequence: int) -> bytes | None:
        """Return the plaintext of the record with a sequence number; None if it is not that."""
        length = len(body) - 8 - self._tag
        if length < 0:
            return None
        nonce = self._nonce
        put_nonce(nonce, self._front, 0)
        for place in range(8):
            nonce[4 + place] = body[place]
        _put_aad(self._aad, sequence, header, length)
        try:
            return self._decrypt(nonce, part(body, 8, len(body)), self._aad)
        except (InvalidTag, ValueError):
            return None

    def plain_length(self, length: int) -> int:
        """Return how much plaintext is in a body of a length."""
        return max(length - 8 - self._tag, 0)


class ImplicitAead(Protection):
    """ChaCha20-Poly1305 before TLS 1.3 (RFC 7905)."""

    def __init__(self, cipher: str, keys: SideKeys, scratch: Scratch) -> None:
        _, self._tag, opener = _AEADS[cipher]
        self._decrypt = opener(keys.key)
        self._front, self._back = _halves(keys.iv)
        self._nonce = scratch.nonce
        self._aad = scratch.aad

    def open(self, header: bytes, body: bytes, sequence: int) -> bytes | None:
        """Return the plaintext of the record with a sequence number; None if it is not that."""
        length = len(body) - self._tag
        if length < 0:
            return None
        put_nonce(self._nonce, self._front, self._back ^ sequence)
        _put_aad(self._aad, sequence, header, length)
        try:
            return self._decrypt(self._nonce, body, self._aad)
        except (InvalidTag, ValueError):
            return None

    def plain_length(self, length: int) -> int:
        """Return how much plaintext is in a body of a length."""
        return max(length - self._tag, 0)


class Block(Protection):
    """CBC with HMAC (RFC 5246, section 6.2.3.2), and encrypt-then-MAC (RFC 7366).

    One decryptor serves all records: an IV on the wire is one block of ciphertext more, and without
    one (TLS 1.0) the IV is the last block of the record before.
    """

    def __init__(self, suite: Suite, keys: SideKeys, explicit: bool, mac_last: bool) -> None:
        _, self._block, algorithm = _BLOCKS[suite.cipher]
        iv = bytes(self._block) if explicit else keys.iv
        cipher: Cipher[modes.CBC] = Cipher(algorithm(keys.key), modes.CBC(iv))
        self._decryptor: CipherContext = cipher.decryptor()
        self._explicit = explicit
        self._mac_last = mac_last
        self._mac = keys.mac
        self._hash = suite.hash
        self._mac_size = _MAC_SIZES[suite.hash]
        self._latest = (b"", b"")
        self._next = 0

    def open(self, header: bytes, body: bytes, sequence: int) -> bytes | None:
        """Return the plaintext of the record with a sequence number; None if it is not that."""
        data = self._ciphertext(header, body, sequence)
        if not data or len(data) % self._block:
            return None
        plain = self._decrypt(data)
        broken = not self._explicit and sequence != self._next
        self._next = sequence + 1
        if broken and self._mac_last:
            return None  # authentic, but the IV was in a record that is missing
        padding = plain[len(plain) - 1] if plain else 0
        end = len(plain) - padding - 1
        if end < 0 or plain[end:] != bytes([padding]) * (len(plain) - end):
            return None
        if self._mac_last:
            return plain[:end]
        start = end - self._mac_size
        if start < 0 or not self._is_authentic(header, plain[:start], sequence, plain[start:end]):
            return None
        return plain[:start]

    def _ciphertext(self, header: bytes, body: bytes, sequence: int) -> bytes:
        """Return what is to be decrypted; nothing if a MAC behind it says otherwise."""
        if not self._mac_last:
            return body
        end = len(body) - self._mac_size
        if end < 0 or not self._is_authentic(header, body[:end], sequence, body[end:]):
            return b""
        return body[:end]

    def _decrypt(self, data: bytes) -> bytes:
        # The same record may be tried with several sequence numbers.
        if self._latest[0] is not data:
            plain = self._decryptor.update(data)
            self._latest = (data, plain[self._block :] if self._explicit else plain)
        return self._latest[1]

    def _is_authentic(self, header: bytes, data: bytes, sequence: int, mac: bytes) -> bool:
        said = _AAD(sequence, header[:3], len(data)) + data
        return hmac.compare_digest(hmac.digest(self._mac, said, self._hash), mac)


class Stream(Protection):
    """RC4 and NULL with HMAC (RFC 5246, section 6.2.3.1)."""

    def __init__(self, suite: Suite, keys: SideKeys) -> None:
        self._decryptor: CipherContext | None = None
        if suite.cipher != "NULL":
            cipher: Cipher[None] = Cipher(ARC4(keys.key), None)
            self._decryptor = cipher.decryptor()
        self._mac = keys.mac
        self._hash = suite.hash
        self._mac_size = _MAC_SIZES[suite.hash]

    def open(self, header: bytes, body: bytes, sequence: int) -> bytes | None:
        """Return the plaintext of the record with a sequence number; None if it is not that."""
        plain = self._decryptor.update(body) if self._decryptor else body
        end = len(plain) - self._mac_size
        if sequence == 0 and header[0] == 22 and plain[:1] != b"\x14":
            # Whoever encrypts begins with Finished. What is authentic and says something else is
            # the ciphertext of a suite with the same MAC: the hello is damaged.
            self._mac_size = 1 << 16
        if end < 0 or self._mac_size > len(plain):
            return None
        said = _AAD(sequence, header[:3], end) + plain[:end]
        authentic = hmac.compare_digest(hmac.digest(self._mac, said, self._hash), plain[end:])
        return plain[:end] if authentic else None

    def plain_length(self, length: int) -> int:
        """Return how much plaintext is in a body of a length."""
        return max(length - self._mac_size, 0)


def _halves(iv: bytes) -> tuple[int, int]:
    """Return the four bytes that an IV begins with, and those behind them, as numbers."""
    return int.from_bytes(iv[:4], "big"), int.from_bytes(iv[4:], "big")


def protection_13(suite: Suite, secret: bytes, scratch: Scratch) -> Protection | None:
    """Return what opens the records of a traffic secret; None where the two do not fit."""
    if suite.cipher not in _AEADS or len(secret) != _MAC_SIZES[suite.hash]:
        return None
    return Aead13(suite, secret, scratch)


def protections_12(
    suite: Suite,
    version: int,
    master: bytes,
    randoms: tuple[bytes, bytes],
    scratch: Scratch,
    *,
    encrypt_then_mac: bool = False,
) -> tuple[Protection, Protection] | None:
    """Return what opens the records of client and server; None for a cipher that is not served.

    Parameters
    ----------
    suite : Suite
        The chosen suite.
    version : int
        TLS 1.2 or before, as on the wire.
    master : bytes
        The master secret.
    randoms : (bytes, bytes)
        Of client and server.
    scratch : Scratch
        Room that all protections of a run share.
    encrypt_then_mac : bool
        Whether that was negotiated; it concerns CBC only.
    """
    cipher = suite.cipher
    sizes = _sizes(suite, version)
    if sizes is None or (encrypt_then_mac and cipher not in _BLOCKS and cipher != "NULL"):
        return None  # no server may answer so (RFC 7366, section 3): the hello is damaged
    keys = split_key_block(version, suite.prf, master, *randoms, sizes)
    if cipher in _BLOCKS:
        explicit = version >= TLS_11
        client, server = (Block(suite, one, explicit, encrypt_then_mac) for one in keys)
        return client, server
    if cipher not in _AEADS:
        return Stream(suite, keys[0]), Stream(suite, keys[1])
    kind = ImplicitAead if cipher == "CHACHA20_POLY1305" else ExplicitAead
    return kind(cipher, keys[0], scratch), kind(cipher, keys[1], scratch)


def _sizes(suite: Suite, version: int) -> tuple[int, int, int] | None:
    """Return how many bytes MAC key, key and IV take of the key block."""
    cipher = suite.cipher
    mac = _MAC_SIZES[suite.hash]
    if cipher in _AEADS:
        return 0, _AEADS[cipher][0], 12 if cipher == "CHACHA20_POLY1305" else 4
    if cipher in _BLOCKS:
        key, block, _ = _BLOCKS[cipher]
        return mac, key, 0 if version >= TLS_11 else block
    return {"RC4_128": (mac, 16, 0), "NULL": (mac, 0, 0)}.get(cipher)
