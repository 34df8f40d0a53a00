from __future__ import annotations

import subprocess

import pytest

from analyzer.tls.keys import (
    expand_label,
    master_secret,
    next_secret,
    prf,
    split_key_block,
    traffic_keys,
)
from tls import rfc8448
from tls.peers import OPENSSL, needs_openssl

SECRET = bytes.fromhex("9bbe436ba940f017b17652849a71db35")
SEED = bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")
# The test vector of the TLS working group's list for P_SHA256 with the label "test label".
EXPECTED = bytes.fromhex(
    "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
    "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
    "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
    "87347b66"
)


def kdf(name: str, size: int, **options: str | bytes) -> bytes:
    """Let ``openssl kdf`` derive a key."""
    command = [str(OPENSSL), "kdf", "-keylen", str(size), "-binary"]
    for option, value in options.items():
        command += ["-kdfopt", f"{option}:{value.hex() if isinstance(value, bytes) else value}"]
    return subprocess.run([*command, name], capture_output=True, check=True).stdout


def test_prf_of_tls_12_gives_the_published_bytes() -> None:
    assert prf(0x0303, "sha256", SECRET, b"test label", SEED, 100) == EXPECTED


@needs_openssl
@pytest.mark.parametrize(
    ("version", "hash_name", "digest"),
    [(0x0303, "sha384", "SHA384"), (0x0303, "sha256", "SHA256"), (0x0302, "sha256", "MD5-SHA1")],
)
@pytest.mark.parametrize("secret", [SECRET, SECRET + b"\x55"])
def test_prf_gives_what_openssl_gives(
    version: int, hash_name: str, digest: str, secret: bytes
) -> None:
    expected = kdf("TLS1-PRF", 136, digest=digest, hexsecret=secret, hexseed=b"test label" + SEED)
    assert prf(version, hash_name, secret, b"test label", SEED, 136) == expected


def test_key_block_is_cut_in_the_order_of_rfc_5246() -> None:
    # Section 6.3: MAC keys, keys, IVs; of the client first each.
    block = prf(0x0303, "sha256", b"m", b"key expansion", b"SERVERCLIENT", 2 * (3 + 2 + 1))
    client, server = split_key_block(0x0303, "sha256", b"m", b"CLIENT", b"SERVER", (3, 2, 1))
    assert client == (block[:3], block[6:8], block[10:11])
    assert server == (block[3:6], block[8:10], block[11:12])


def test_master_secret_has_client_random_first() -> None:
    expected = prf(0x0303, "sha256", b"pre", b"master secret", b"CLIENTSERVER", 48)
    assert master_secret(0x0303, "sha256", b"pre", b"CLIENT", b"SERVER") == expected


@pytest.mark.parametrize(
    ("secret", "key", "iv"),
    [
        ("SERVER_HANDSHAKE", "SERVER_HANDSHAKE_KEY", "SERVER_HANDSHAKE_IV"),
        ("CLIENT_HANDSHAKE", "CLIENT_HANDSHAKE_KEY", "CLIENT_HANDSHAKE_IV"),
        ("SERVER_TRAFFIC", "SERVER_TRAFFIC_KEY", "SERVER_TRAFFIC_IV"),
        ("CLIENT_TRAFFIC", "CLIENT_TRAFFIC_KEY", "CLIENT_TRAFFIC_IV"),
    ],
)
def test_traffic_keys_are_those_of_rfc_8448(secret: str, key: str, iv: str) -> None:
    keys = traffic_keys("sha256", getattr(rfc8448, secret), 16)
    assert (keys.key, keys.iv) == (getattr(rfc8448, key), getattr(rfc8448, iv))


@needs_openssl
@pytest.mark.parametrize(("hash_name", "size"), [("sha256", 32), ("sha384", 48)])
def test_next_secret_is_that_of_openssls_hkdf(hash_name: str, size: int) -> None:
    secret = bytes(range(size))
    # HkdfLabel, RFC 8446, section 7.1: length, "tls13 traffic upd" behind its length, no context.
    info = size.to_bytes(2, "big") + b"\x11tls13 traffic upd\0"
    options = {"mode": "EXPAND_ONLY", "digest": hash_name, "hexkey": secret, "hexinfo": info}
    assert next_secret(hash_name, secret) == kdf("HKDF", size, **options)
    assert len(expand_label(hash_name, secret, b"key", 100)) == 100
