from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.tls.ciphers import protection_13, protections_12
from analyzer.tls.protection import Protection, Scratch
from analyzer.tls.suites import Suite, suite_of
from tls import rfc8448
from tls.driving import records_of
from tls.peers import NO_ENCRYPT_THEN_MAC, Peers

CODES = {
    "ECDHE-RSA-AES128-GCM-SHA256": 0xC02F,
    "AES256-CCM8": 0xC0A1,
    "ECDHE-RSA-CHACHA20-POLY1305": 0xCCA8,
    "AES128-SHA": 0x002F,
    "AES256-SHA256": 0x003D,
    "NULL-SHA256": 0x003B,
}
SAID = b"what was said"


def suite(code: int) -> Suite:
    found = suite_of(code)
    assert found is not None
    return found


def recorded(folder: Path, name: str, options: int) -> tuple[Protection, list[bytes]]:
    """What opens the server's records, and its Finished and one record of data."""
    talk = Peers(folder, ssl.TLSVersion.TLSv1_2, name, options=options).connect().say(1, SAID)
    server = b"".join(data for side, data in talk.flights if side == 1)
    client = b"".join(data for side, data in talk.flights if side == 0)
    line = next(line for line in talk.recording.keys.split(b"\n") if line.startswith(b"CLIENT_R"))
    both = protections_12(
        suite(CODES[name]),
        0x0303,
        bytes.fromhex(line.split()[2].decode()),
        (client[11:43], server[11:43]),
        Scratch(),
        encrypt_then_mac=not options and name.endswith(("-SHA", "-SHA256")) and "GCM" not in name,
    )
    assert both is not None
    records = records_of(server)
    after = next(place for place, record in enumerate(records) if record[0] == 20)
    return both[1], records[after + 1 :]


@pytest.mark.parametrize("options", [0, NO_ENCRYPT_THEN_MAC])
@pytest.mark.parametrize("name", CODES)
def test_records_of_openssl_open_with_their_own_number_alone(
    tmp_path: Path, name: str, options: int
) -> None:
    protection, (finished, data) = recorded(tmp_path, name, options)
    plain = protection.open(finished[:5], finished[5:], 0)
    assert plain is not None
    assert plain[:4] == b"\x14\x00\x00\x0c"  # Finished, 12 bytes (RFC 5246, section 7.4.9)
    assert protection.open(data[:5], data[5:], 2) is None
    assert protection.open(data[:5], data[5:], 1) == SAID
    length = protection.plain_length(len(data) - 5)
    assert length in (len(SAID), -1)
    assert (length == -1) == ("-SHA" in name and name.startswith("AES"))


@pytest.mark.parametrize("name", CODES)
def test_changed_record_does_not_open(tmp_path: Path, name: str) -> None:
    protection, (_, data) = recorded(tmp_path, name, 0)
    for at in range(5, len(data)):
        body = bytearray(data[5:])
        body[at - 5] ^= 1
        assert protection.open(data[:5], bytes(body), 1) is None
    # The type is authenticated as well.
    assert protection.open(b"\x15" + data[1:5], data[5:], 1) is None
    assert protection.open(data[:5], data[5:], 1) == SAID


@pytest.mark.parametrize("options", [0, NO_ENCRYPT_THEN_MAC])
@pytest.mark.parametrize("name", CODES)
def test_bodies_of_any_length_do_not_raise(tmp_path: Path, name: str, options: int) -> None:
    protection, (_, data) = recorded(tmp_path, name, options)
    for length in range(len(data) - 5):
        assert protection.open(data[:5], data[5 : 5 + length], 1) is None


def test_records_of_rfc_8448_open() -> None:
    server = protection_13(suite(0x1301), rfc8448.SERVER_TRAFFIC, Scratch())
    assert server is not None
    for number, record, plain in (
        (1, rfc8448.SERVER_DATA_RECORD, rfc8448.PAYLOAD + b"\x17"),
        (2, rfc8448.SERVER_ALERT_RECORD, b"\x01\x00\x15"),
    ):
        assert server.open(record[:5], record[5:], number) == plain
        assert server.open(record[:5], record[5:], number + 1) is None
    assert server.plain_length(67) == 50
    assert server.plain_length(3) == 0


def test_keys_behind_a_key_update_are_others() -> None:
    first = protection_13(suite(0x1302), bytes(48), Scratch())
    assert first is not None
    second = first.following()
    assert second is not None
    record = rfc8448.SERVER_ALERT_RECORD
    assert second.open(record[:5], record[5:], 0) is None


def test_secret_of_another_length_does_not_fit() -> None:
    assert protection_13(suite(0x1301), bytes(48), Scratch()) is None
    assert protection_13(suite(0x1302), bytes(32), Scratch()) is None


def test_cipher_that_is_not_served_is_refused() -> None:
    assert protections_12(suite(0xC060), 0x0303, bytes(48), (b"", b""), Scratch()) is None
    assert protection_13(suite(0xC060), bytes(32), Scratch()) is None


def test_ciphertext_does_not_pass_for_plaintext_of_a_suite_with_the_same_mac(
    tmp_path: Path,
) -> None:
    # A bit of the hello turns 0x002F into 0x002E; MAC and MAC key are the same.
    CODES["AES128-SHA"] = 0x002E
    try:
        protection, (finished, data) = recorded(tmp_path, "AES128-SHA", 0)
    finally:
        CODES["AES128-SHA"] = 0x002F
    assert protection.open(finished[:5], finished[5:], 0) is None
    assert protection.open(data[:5], data[5:], 1) is None


@given(body=st.binary(max_size=100), code=st.sampled_from([0xC02F, 0xCCA8, 0x2F, 0x0A, 0x05, 0x3B]))
def test_random_bodies_do_not_open(body: bytes, code: int) -> None:
    for mac_last in (False, True):
        for version in (0x0301, 0x0303):
            both = protections_12(
                suite(code),
                version,
                bytes(48),
                (b"", b""),
                Scratch(),
                encrypt_then_mac=mac_last,
            )
            # Encrypt-then-MAC is not for AEAD and stream ciphers (RFC 7366, section 3).
            assert (both is None) == (mac_last and code in (0xC02F, 0xCCA8, 0x05))
            if both is None:
                continue
            header = b"\x17\x03\x03" + len(body).to_bytes(2, "big")
            assert both[0].open(header, body, 0) is None
