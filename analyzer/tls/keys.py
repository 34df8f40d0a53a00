"""Key schedules: a secret of the key log in, keys of the record layer out.

TLS 1.2 and before: RFC 5246, sections 5 and 6.3 (RFC 4346 before it). TLS 1.3: RFC 8446, section 7.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

TLS_12 = 0x0303


class SideKeys(NamedTuple):
    """What one side writes its records with."""

    mac: bytes
    key: bytes
    iv: bytes


def prf(version: int, hash_name: str, secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """Return `size` bytes of the pseudorandom function of TLS 1.2, or before (RFC 2246, section 5).

    Parameters
    ----------
    version : int
        Of the protocol, as on the wire; before TLS 1.2 the hash is not asked.
    hash_name : str
        ``sha256`` or ``sha384``.
    secret, label, seed : bytes
        As in the RFC.
    size : int
        Bytes that are needed.
    """
    if version >= TLS_12:
        return _p_hash(hash_name, secret, label + seed, size)
    half = (len(secret) + 1) // 2
    md5 = _p_hash("md5", secret[:half], label + seed, size)
    sha1 = _p_hash("sha1", secret[len(secret) - half :], label + seed, size)
    return bytes(a ^ b for a, b in zip(md5, sha1, strict=True))


def _p_hash(hash_name: str, secret: bytes, seed: bytes, size: int) -> bytes:
    found = b""
    a = seed
    while len(found) < size:
        a = hmac.digest(secret, a, hash_name)
        found += hmac.digest(secret, a + seed, hash_name)
    return found[:size]


def master_secret(
    version: int, hash_name: str, premaster: bytes, client_random: bytes, server_random: bytes
) -> bytes:
    """Return the master secret of a premaster secret (RFC 5246, section 8.1; not RFC 7627)."""
    seed = client_random + server_random
    return prf(version, hash_name, premaster, b"master secret", seed, 48)


def split_key_block(
    version: int,
    hash_name: str,
    master: bytes,
    client_random: bytes,
    server_random: bytes,
    sizes: tuple[int, int, int],
) -> tuple[SideKeys, SideKeys]:
    """Return the keys of client and server (RFC 5246, section 6.3).

    Parameters
    ----------
    version, hash_name
        As of `prf`.
    master : bytes
        The master secret.
    client_random, server_random : bytes
        Of the hellos.
    sizes : (int, int, int)
        Bytes of a MAC key, of a key and of an IV.
    """
    seed = server_random + client_random
    block = prf(version, hash_name, master, b"key expansion", seed, 2 * sum(sizes))
    parts = []
    at = 0
    for size in sizes:
        parts.append((block[at : at + size], block[at + size : at + 2 * size]))
        at += 2 * size
    client, server = zip(*parts, strict=True)
    return SideKeys(*client), SideKeys(*server)


def expand_label(hash_name: str, secret: bytes, label: bytes, size: int) -> bytes:
    """Return HKDF-Expand-Label without context (RFC 8446, section 7.1)."""
    full = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(full)]) + full + b"\0"
    found = block = b""
    count = 0
    while len(found) < size:
        count += 1
        block = hmac.digest(secret, block + info + bytes([count]), hash_name)
        found += block
    return found[:size]


def traffic_keys(hash_name: str, secret: bytes, key_size: int) -> SideKeys:
    """Return key and IV of a traffic secret (RFC 8446, section 7.3)."""
    key = expand_label(hash_name, secret, b"key", key_size)
    return SideKeys(b"", key, expand_label(hash_name, secret, b"iv", 12))


def next_secret(hash_name: str, secret: bytes) -> bytes:
    """Return the traffic secret that a KeyUpdate brings (RFC 8446, section 7.2)."""
    return expand_label(hash_name, secret, b"traffic upd", len(secret))
