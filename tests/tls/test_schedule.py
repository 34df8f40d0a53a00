from __future__ import annotations

import pytest

from analyzer.tls.handshake import ClientHello, ServerHello
from analyzer.tls.keylog import KeyLog
from analyzer.tls.opener import EARLY, INITIAL, TRAFFIC
from analyzer.tls.schedule import CLIENT, SERVER, WRONG_AFTER, Schedule
from analyzer.tls.session import TlsSession
from tls import rfc8448

RANDOM = bytes(range(32))
CLIENT_13 = ClientHello(rfc8448.CLIENT_RANDOM, suites=(0x1303, 0x1301), version=0x0304)
SERVER_13 = ServerHello(b"", suite=0x1301, version=0x0304)
CLIENT_12 = ClientHello(RANDOM, session_id=b"id", suites=(0xC02F,), version=0x0303)
SERVER_12 = ServerHello(RANDOM, session_id=b"id", suite=0xC02F, version=0x0303)
MASTER = f"CLIENT_RANDOM {RANDOM.hex()} {'5a' * 48}\n".encode()


def schedule(keys: bytes = b"", *hellos: ClientHello | ServerHello) -> Schedule:
    log = KeyLog()
    log.feed(keys)
    made = Schedule(log, TlsSession())
    for hello in hellos:
        if isinstance(hello, ClientHello):
            made.client_hello(hello)
        else:
            made.server_hello(hello)
    return made


def test_tls_13_encrypts_behind_the_hellos() -> None:
    made = schedule(rfc8448.key_log(), CLIENT_13, SERVER_13)
    assert made.is_13
    assert [opener.stage for opener in made.openers] == [INITIAL, INITIAL]
    record = rfc8448.SERVER_FLIGHT_RECORD
    assert made.openers[SERVER].open(record[:5], record[5:]) is not None
    made.message(SERVER, 20, b"")
    assert [opener.stage for opener in made.openers] == [INITIAL, TRAFFIC]
    # A client that is asked for its certificate later sends another Finished.
    made.message(SERVER, 20, b"")
    assert made.openers[SERVER].stage == TRAFFIC


def test_hellos_before_tls_13_encrypt_behind_the_change() -> None:
    made = schedule(MASTER, CLIENT_12, SERVER_12)
    assert [one.sealed for one in made.openers] == [False, False]
    assert not made.openers[CLIENT].has_keys
    made.change_cipher_spec(CLIENT)
    assert [one.sealed for one in made.openers] == [True, False]
    assert made.openers[CLIENT].has_keys
    assert not made.openers[SERVER].has_keys


def test_change_for_middleboxes_changes_nothing() -> None:
    made = schedule(rfc8448.key_log(), CLIENT_13, SERVER_13)
    made.change_cipher_spec(CLIENT)
    assert made.openers[CLIENT].stage == INITIAL
    retried = schedule(b"", CLIENT_13, ServerHello(b"", retry=True))
    retried.change_cipher_spec(SERVER)
    assert [one.sealed for one in retried.openers] == [False, False]


@pytest.mark.parametrize(
    ("psk", "accepted", "stage", "told"),
    [
        (True, True, EARLY, "accepted"),
        (True, False, INITIAL, "rejected"),
        (False, False, INITIAL, "rejected"),
    ],
)
def test_early_data_are_decided_by_the_server(
    psk: bool, accepted: bool, stage: int, told: str
) -> None:
    client = ClientHello(rfc8448.CLIENT_RANDOM, version=0x0304, early_data=True, psk=True)
    made = schedule(b"", client)
    assert made.session.early_data == "offered"
    made.server_hello(ServerHello(b"", suite=0x1301, version=0x0304, psk=psk))
    assert made.openers[CLIENT].stage == (EARLY if psk else INITIAL)
    extensions = b"\x00\x04\x00\x2a\x00\x00" if accepted else b"\x00\x00"
    made.message(SERVER, 8, extensions)
    assert made.session.early_data == told
    assert made.openers[CLIENT].stage == stage
    if accepted:
        made.message(CLIENT, 5, b"")
        assert made.openers[CLIENT].stage == INITIAL


def test_resumed_session_has_the_master_secret_of_the_first() -> None:
    made = schedule(MASTER, CLIENT_12, SERVER_12)
    made.message(SERVER, 11, b"")  # a certificate: nothing was resumed
    made.message(SERVER, 4, b"\0\0\0\0\x00\x06ticket")
    made.change_cipher_spec(CLIENT)
    assert not made.session.resumed
    for hello, answer in (
        (ClientHello(bytes(32), session_id=b"id"), SERVER_12),
        (
            ClientHello(bytes(32), ticket=b"ticket"),
            ServerHello(RANDOM, suite=0xC02F, version=0x0303),
        ),
    ):
        later = Schedule(made.log, TlsSession())
        later.client_hello(hello)
        later.server_hello(answer)
        later.change_cipher_spec(SERVER)
        assert later.openers[SERVER].has_keys
        assert later.session.resumed


def test_ticket_that_the_server_did_not_take_is_no_key() -> None:
    made = schedule(b"", ClientHello(bytes(32), ticket=b"ticket"), SERVER_12)
    made.log.remember(b"ticket", bytes(48))
    made.message(SERVER, 11, b"")
    made.change_cipher_spec(SERVER)
    assert not made.openers[SERVER].has_keys


def test_premaster_secret_is_as_good_where_it_may_be() -> None:
    line = f"PMS_CLIENT_RANDOM {RANDOM.hex()} {'03' * 48}\n".encode()
    made = schedule(line, CLIENT_12, SERVER_12)
    made.change_cipher_spec(CLIENT)
    assert made.openers[CLIENT].has_keys
    # With an extended master secret the whole handshake is needed (RFC 7627).
    extended = ServerHello(RANDOM, suite=0xC02F, version=0x0303, extended_master_secret=True)
    made = schedule(line, CLIENT_12, extended)
    made.change_cipher_spec(CLIENT)
    assert not made.openers[CLIENT].has_keys


def test_encrypted_premaster_secret_is_found_by_its_first_bytes() -> None:
    line = f"RSA 0102030405060708 {'03' * 48}\n".encode()
    made = schedule(line, CLIENT_12, SERVER_12)
    made.message(CLIENT, 16, b"\x01\x00" + bytes(range(1, 200)))
    made.change_cipher_spec(CLIENT)
    assert made.openers[CLIENT].has_keys


def test_keys_that_come_late_are_taken() -> None:
    for late, hellos in (
        (MASTER, (CLIENT_12, SERVER_12)),
        (rfc8448.key_log(), (CLIENT_13, SERVER_13)),
    ):
        made = schedule(b"", *hellos)
        made.change_cipher_spec(CLIENT)
        assert not made.look_up()
        made.log.feed(late)
        assert made.look_up()
        assert made.openers[CLIENT].has_keys
        assert not made.look_up()


def test_lost_hello_is_guessed_from_a_record() -> None:
    made = schedule(rfc8448.key_log(), CLIENT_13)
    record = rfc8448.SERVER_FLIGHT_RECORD
    assert not made.guess(CLIENT, record[:5], record[5:])
    assert made.guess(SERVER, record[:5], record[5:])
    assert made.session.suite == 0x1301
    assert made.openers[SERVER].open(record[:5], record[5:]) is not None
    # The hello itself, if it comes, says nothing new.
    made.server_hello(SERVER_13)
    assert made.openers[SERVER].sequence == 1


def test_verdict_on_keys() -> None:
    assert schedule().verdict() == ("missing", True)
    assert schedule(
        b"", CLIENT_12, ServerHello(RANDOM, suite=0xC060, version=0x0303)
    ).verdict() == (
        "unsupported",
        True,
    )
    compressed = ServerHello(RANDOM, suite=0xC02F, version=0x0303, compression=1)
    assert schedule(MASTER, CLIENT_12, compressed).verdict() == ("unsupported", True)
    assert schedule(b"", CLIENT_12, ServerHello(RANDOM, suite=5, version=0x0300)).verdict()[0] == (
        "unsupported"
    )
    made = schedule(rfc8448.key_log(), CLIENT_13, SERVER_13)
    for count in range(1, WRONG_AFTER + 1):
        made.openers[SERVER].open(b"\x17\x03\x03\x00\x20", bytes(32))
        assert made.verdict() == ("wrong", count == WRONG_AFTER)
    record = rfc8448.SERVER_FLIGHT_RECORD
    made.openers[SERVER].open(record[:5], record[5:])
    assert made.verdict() == ("found", False)


def test_first_hello_names_the_server_also_after_a_renegotiation() -> None:
    first = ClientHello(RANDOM, server_name="a.example", alpn=("h2",))
    made = schedule(b"", first, SERVER_12, ClientHello(bytes(32)))
    assert made.session.renegotiations == 1
    assert (made.session.server_name, made.session.alpn_offered) == ("a.example", ("h2",))
