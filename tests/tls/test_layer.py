from __future__ import annotations

import os
import random
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.tls.keylog import KeyLog
from tls import rfc8448
from tls.driving import START_NS, STEP_NS, Driven, records_of
from tls.peers import (
    NO_ENCRYPT_THEN_MAC,
    NO_EXTENDED_MASTER_SECRET,
    Flight,
    OpenSsl,
    Peers,
    Recording,
    Talk,
    needs_openssl,
)

TLS_12 = ssl.TLSVersion.TLSv1_2
TLS_13 = ssl.TLSVersion.TLSv1_3

ASKED = b"GET /chat HTTP/1.1\r\n\r\n"
ANSWERED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
LONG = bytes(random.Random(1).randbytes(60_000))

SUITES_12 = [
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "AES128-CCM",
    "AES256-CCM8",
    "AES128-SHA",
    "AES256-SHA",
    "AES128-SHA256",
    "AES256-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA384",
    "CAMELLIA256-SHA256",
    "NULL-SHA256",
]


def conversation(talk: Talk) -> Talk:
    return talk.say(0, ASKED).say(1, ANSWERED).say(0, b"x").say(1, LONG).close(1).close(0)


def assert_whole(driven: Driven) -> None:
    assert driven.text(0) == ASKED + b"x"
    assert driven.text(1) == ANSWERED + LONG
    assert driven.session.keys == "found"
    assert driven.above.gaps == []
    assert driven.whole == [True]
    assert driven.session.client.undecryptable == driven.session.server.undecryptable == 0


# -- what opens --------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [0, 1, 7, -1])
def test_handshake_of_rfc_8448_gives_the_printed_payloads(cut: int) -> None:
    driven = Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS, cut).finish()
    assert driven.text(0) == driven.text(1) == rfc8448.PAYLOAD
    session = driven.session
    assert session.version_name == "TLS 1.3"
    assert session.suite_name == "TLS_AES_128_GCM_SHA256"
    assert session.server_name == "server"
    assert session.client.close_notify is not None
    assert session.server.close_notify is not None
    assert (session.client.records, session.client.opened) == (4, 3)


@pytest.mark.parametrize("options", [0, NO_ENCRYPT_THEN_MAC, NO_EXTENDED_MASTER_SECRET])
@pytest.mark.parametrize("suite", SUITES_12)
def test_every_suite_of_tls_12_opens(tmp_path: Path, suite: str, options: int) -> None:
    talk = conversation(Peers(tmp_path, TLS_12, suite, options=options).connect())
    assert_whole(Driven(talk.recording.keys).play(talk.flights).finish())
    driven = Driven(talk.recording.keys).play(talk.flights, -1).finish()
    assert_whole(driven)
    assert driven.session.version_name == "TLS 1.2"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.parametrize("options", [0, NO_ENCRYPT_THEN_MAC])
def test_older_versions_open(tmp_path: Path, version: ssl.TLSVersion, options: int) -> None:
    talk = conversation(Peers(tmp_path, version, "AES128-SHA", options=options).connect())
    driven = Driven(talk.recording.keys).play(talk.flights, -1).finish()
    assert_whole(driven)
    assert driven.session.version == int(version)


def test_server_name_and_protocol_are_told(tmp_path: Path) -> None:
    for version in (TLS_12, TLS_13):
        talk = Peers(tmp_path, version, alpn="http/1.1").connect("chat.example")
        session = Driven(talk.recording.keys).play(talk.flights).session
        assert (session.server_name, session.alpn) == ("chat.example", "http/1.1")
        assert session.alpn_offered == ("http/1.1",)


@pytest.mark.parametrize("options", [0, int(ssl.OP_NO_TICKET)])
def test_sessions_of_tls_12_resume_by_ticket_and_by_id(tmp_path: Path, options: int) -> None:
    peers = Peers(tmp_path, TLS_12, options=options)
    first = conversation(peers.connect())
    keys = peers.keys
    second = Talk(peers, "peer.example", first.session)
    second.handshake()
    conversation(second)
    assert second.ends[0].session_reused
    # With its own line in the log, and with that of the first connection alone.
    driven = Driven(peers.keys).play(second.flights).finish()
    assert_whole(driven)
    assert driven.session.resumed
    log = KeyLog()
    log.feed(keys)
    assert not Driven(log).play(first.flights).session.resumed
    assert_whole(Driven(log).play(second.flights, -1).finish())


def test_session_of_tls_13_resumes(tmp_path: Path) -> None:
    peers = Peers(tmp_path)
    first = conversation(peers.connect())
    second = Talk(peers, "peer.example", first.session)
    second.handshake()
    conversation(second)
    driven = Driven(peers.keys).play(second.flights, -1).finish()
    assert_whole(driven)
    assert driven.session.resumed


# -- what only the openssl program can say -----------------------------------------------------


def lines_of(recording: Recording, cut: int = 0) -> Driven:
    driven = Driven(recording.keys).play(recording.flights, cut).finish()
    assert driven.session.keys == "found"
    assert driven.above.gaps == []
    assert driven.session.client.undecryptable == driven.session.server.undecryptable == 0
    return driven


@needs_openssl
@pytest.mark.parametrize(
    "suite",
    [
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_CCM_SHA256",
        "TLS_AES_128_CCM_8_SHA256",
    ],
)
def test_every_suite_of_tls_13_opens_across_key_updates(tmp_path: Path, suite: str) -> None:
    server = OpenSsl(tmp_path, "-rev", "-tls1_3", "-ciphersuites", suite)
    try:
        said = server.talk("-ciphersuites", suite, lines=["hello there", "K", "after", "Q"])
    finally:
        server.stop()
    for cut in (0, 1, -1):
        driven = lines_of(said, cut)
        assert driven.text(0) == b"hello there\nafter\n"
        assert driven.text(1) == b"ereht olleh\nretfa\n"
        assert driven.session.suite_name == suite
        # "K" asks the other side to change its keys as well.
        assert driven.session.client.key_updates == driven.session.server.key_updates == 1


@needs_openssl
def test_hello_retry_request_is_followed(tmp_path: Path) -> None:
    server = OpenSsl(tmp_path, "-rev", "-tls1_3", "-groups", "P-384")
    try:
        said = server.talk("-groups", "X25519:P-384", lines=["hello", "Q"])
    finally:
        server.stop()
    for cut in (0, 1):
        driven = lines_of(said, cut)
        assert driven.session.hello_retry
        assert driven.text(1) == b"olleh\n"


@needs_openssl
def test_padding_is_no_plaintext(tmp_path: Path) -> None:
    server = OpenSsl(tmp_path, "-rev", "-tls1_3", "-record_padding", "256")
    try:
        said = server.talk("-record_padding", "512", lines=["hello", "Q"])
    finally:
        server.stop()
    assert lines_of(said).text(0) == b"hello\n"
    assert lines_of(said, 1).text(1) == b"olleh\n"


def early(folder: Path, *second: str) -> Recording:
    server = OpenSsl(folder, "-tls1_3", "-early_data", *second)
    session, data = folder / "session", folder / "early"
    data.write_bytes(b"early\n")
    try:
        server.talk("-sess_out", str(session), lines=["first", "Q"])
        return server.talk("-sess_in", str(session), "-early_data", str(data), lines=["later", "Q"])
    finally:
        server.stop()


@needs_openssl
def test_early_data_come_first_where_the_server_takes_them(tmp_path: Path) -> None:
    said = early(tmp_path)
    for cut in (0, 1, -1):
        driven = lines_of(said, cut)
        assert driven.session.early_data == "accepted"
        assert driven.session.resumed
        assert driven.text(0) == b"early\nlater\n"
    first = Driven(said.keys).play(said.flights).above.pieces[0]
    assert (first.data, first.packet) == (b"early\n", 1)


@needs_openssl
def test_early_data_that_the_server_does_not_take_are_no_plaintext(tmp_path: Path) -> None:
    first = OpenSsl(tmp_path, "-tls1_3", "-early_data", "-max_early_data", "1000")
    session, data = tmp_path / "session", tmp_path / "early"
    data.write_bytes(b"early\n")
    try:
        first.talk("-sess_out", str(session), lines=["first", "Q"])
    finally:
        first.stop()
    # Another server does not know the session, and a retry takes no early data, either.
    for options in ([], ["-groups", "P-384"]):
        other = OpenSsl(tmp_path, "-tls1_3", *options)
        try:
            said = other.talk(
                "-sess_in", str(session), "-early_data", str(data), lines=["later", "Q"]
            )
        finally:
            other.stop()
        for cut in (0, 1, -1):
            driven = lines_of(said, cut)
            assert driven.session.early_data == "rejected"
            assert driven.text(0) == b"later\n"
            assert driven.session.hello_retry == bool(options)


@needs_openssl
def test_renegotiation_changes_keys(tmp_path: Path) -> None:
    server = OpenSsl(tmp_path, "-rev", "-tls1_2", "-client_renegotiation")
    try:
        said = server.talk(lines=["hello", "R", "after", "Q"])
    finally:
        server.stop()
    for cut in (0, 1):
        driven = lines_of(said, cut)
        assert driven.session.renegotiations == 1
        assert driven.text(0) == b"hello\nafter\n"
        assert driven.text(1) == b"olleh\nretfa\n"


# -- the face of a byte stream -----------------------------------------------------------------


def test_plaintext_has_time_packet_and_acknowledgment_of_what_completed_its_record() -> None:
    driven = Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS[:4])
    record = rfc8448.CLIENT_DATA_RECORD
    driven.send(0, record[:20], acknowledged=3)
    assert driven.above.pieces == []
    driven.send(0, record[20:] + rfc8448.CLIENT_ALERT_RECORD, acknowledged=1000)
    (piece,) = driven.above.pieces
    assert (piece.packet, piece.acknowledged) == (6, 1000)
    assert piece.time_ns == START_NS + 6 * STEP_NS
    # It ends where the record does: behind hello, Finished and this record.
    before = len(rfc8448.CLIENT_HELLO_RECORD + rfc8448.CLIENT_FINISHED_RECORD)
    assert piece.offset + len(piece.data) == before + len(record)
    notify = driven.session.client.close_notify
    assert notify is not None
    assert (notify.packet, notify.name) == (6, "close_notify")


def test_fin_and_rst_are_handed_on_also_when_they_overtake_the_data() -> None:
    driven = Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS[:4])
    driven.layer.shutdown(0, 7, reset=False)
    driven.play(rfc8448.FLIGHTS[4:])
    assert driven.above.ends == [(0, 7, False)]
    driven.layer.closed(0)
    driven.layer.shutdown(1, 8, reset=True)
    driven.finish()
    assert driven.above.ends == [(0, 7, False), (1, 8, True)]
    assert driven.above.closes == [0]
    assert driven.above.finished == 1
    assert driven.told == []


def test_who_answers_first_in_the_capture_is_still_the_server() -> None:
    driven = Driven(rfc8448.key_log())
    # The side numbered 0 is the server: only it was there when the capture began.
    driven.play((1 - side, data) for side, data in rfc8448.FLIGHTS)
    assert driven.stack.flipped == 1
    assert driven.text(0) == driven.text(1) == rfc8448.PAYLOAD
    assert [piece.side for piece in driven.above.pieces] == [0, 1]
    driven.finish()
    assert (driven.session.client.records, driven.session.server.records) == (4, 5)


def test_layer_above_that_asks_for_no_more_ends_the_work() -> None:
    driven = Driven(rfc8448.key_log())
    inner = driven.layer.plain._inner
    driven.play(rfc8448.FLIGHTS[:5])
    assert driven.stack.top is driven.layer
    inner.top = None
    driven.play(rfc8448.FLIGHTS[5:])
    assert driven.stack.top is None
    assert driven.told == []


def test_plaintext_behind_an_offset_is_counted(tmp_path: Path) -> None:
    talk = Peers(tmp_path).connect().say(1, b"close").say(1, b"after it").say(1, b"and more")
    driven = Driven(talk.recording.keys).play(talk.flights)
    end = driven.above.pieces[0].offset + 5
    assert driven.layer.behind(1, end) == 16
    assert driven.layer.behind(1, end - 2) == 18
    assert driven.layer.behind(1, driven.offsets[1]) == 0
    talk.close(1)
    driven.play(talk.flights[-1:])
    assert driven.layer.behind(1, driven.above.pieces[-1].offset + 8) == 0


# -- truncation --------------------------------------------------------------------------------


def test_tcp_that_ends_without_close_notify_is_a_possible_truncation() -> None:
    driven = Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS[:7])
    driven.end(0)
    driven.end(1)
    driven.finish()
    assert driven.session.client.truncated is False
    assert driven.session.server.truncated is True


def test_truncation_cannot_be_told_where_the_end_is_not_seen() -> None:
    driven = Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS[:6]).finish()
    assert driven.session.server.truncated is None
    driven = Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS[:6])
    driven.lose(1, len(rfc8448.SERVER_ALERT_RECORD))
    driven.end(1)
    assert driven.session.server.truncated is None


def test_stream_that_ends_inside_a_record_is_truncated() -> None:
    driven = Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS[:5])
    driven.send(1, rfc8448.SERVER_DATA_RECORD[:30])
    driven.end(1)
    assert driven.session.server.cut
    assert driven.session.server.truncated is True


def test_reset_without_close_notify_is_a_possible_truncation() -> None:
    driven = Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS[:6])
    driven.end(1, reset=True)
    assert driven.session.server.truncated is True


# -- gaps --------------------------------------------------------------------------------------


def numbered(size: int, start: int = 0) -> bytes:
    """Bytes that tell where they stand."""
    return b"".join(n.to_bytes(4, "big") for n in range(start, start + size // 4))


def records_talk(folder: Path, version: ssl.TLSVersion, suite: str = "") -> Talk:
    talk = Peers(folder, version, suite).connect().say(0, ASKED)
    for number in range(12):
        talk.say(1, numbered(4000, number * 1000))
    return talk


VERSIONS = [
    (TLS_13, ""),
    (TLS_12, "ECDHE-RSA-AES128-GCM-SHA256"),
    (TLS_12, "ECDHE-RSA-CHACHA20-POLY1305"),
]


def play_with_hole(driven: Driven, flights: list[Flight], hole: range, piece: int = 1000) -> None:
    """Push flights; of the server's last ones, bytes in `hole` are lost."""
    at = 0
    for side, data in flights:
        if side == 0 or not data.startswith(b"\x17\x03\x03") or len(data) < 4000:
            driven.send(side, data)
            continue
        for start in range(0, len(data), piece):
            part = data[start : start + piece]
            lost = range(max(hole.start, at), min(hole.stop, at + len(part)))
            if lost:
                head, tail = part[: lost.start - at], part[lost.stop - at :]
                if head:
                    driven.send(side, head)
                driven.lose(side, len(lost))
                if tail:
                    driven.send(side, tail)
            else:
                driven.send(side, part)
            at += len(part)


def assert_in_step(driven: Driven, side: int, said: bytes) -> int:
    """Plaintext and gaps, in order, make what was said; return how much is missing."""
    missing = sum(length for of, length in driven.above.gaps if of == side)
    assert len(driven.text(side)) + missing == len(said)
    at = 0
    for piece in driven.above.pieces:
        if piece.side == side:
            at = said.index(piece.data, at) + len(piece.data)
    return missing


@pytest.mark.parametrize(("version", "suite"), VERSIONS)
def test_hole_inside_a_record_costs_that_record_alone(
    tmp_path: Path, version: ssl.TLSVersion, suite: str
) -> None:
    talk = records_talk(tmp_path, version, suite)
    driven = Driven(talk.recording.keys)
    play_with_hole(driven, talk.flights, range(9000, 9500))
    assert driven.above.gaps == [(1, 4000)]
    assert assert_in_step(driven, 1, numbered(48_000)) == 4000
    assert driven.session.server.missing == 1
    assert driven.session.server.undecryptable == 0


@pytest.mark.parametrize(("version", "suite"), VERSIONS)
@pytest.mark.parametrize("hole", [range(2000, 10_000), range(4000, 4100), range(100, 30_000)])
def test_hole_across_records_is_counted_when_the_next_one_opens(
    tmp_path: Path, version: ssl.TLSVersion, suite: str, hole: range
) -> None:
    talk = records_talk(tmp_path, version, suite)
    driven = Driven(talk.recording.keys)
    play_with_hole(driven, talk.flights, hole)
    missing = assert_in_step(driven, 1, numbered(48_000))
    assert missing % 4000 == 0
    assert len(hole) - 4000 < missing <= len(hole) + 2 * 4100
    assert driven.session.server.undecryptable == 0


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    which=st.integers(0, 2),
    holes=st.lists(st.tuples(st.integers(0, 50_000), st.integers(1, 9000)), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
def test_holes_anywhere_never_bring_plaintext_out_of_step(
    tmp_path_factory: pytest.TempPathFactory, which: int, holes: list[tuple[int, int]], seed: int
) -> None:
    talk, said = holed_talk(tmp_path_factory, which)
    chance = random.Random(seed)
    driven = Driven(talk.recording.keys)
    lost = {at for start, length in holes for at in range(start, start + length)}
    at = 0
    for side, data in talk.flights:
        if side == 0 or len(talk.flights[0][1]) == 0:
            driven.send(side, data)
            continue
        start = 0
        while start < len(data):
            end = min(start + chance.choice((100, 700, 1460)), len(data))
            if at + start in lost:
                driven.lose(side, end - start)
            else:
                driven.send(side, data[start:end])
            start = end
        at += len(data)
    driven.finish()
    at = 0
    for piece in driven.above.pieces:
        if piece.side == 1:
            at = said.index(piece.data, at) + len(piece.data)


_TALKS: dict[int, Talk] = {}


def holed_talk(factory: pytest.TempPathFactory, which: int) -> tuple[Talk, bytes]:
    if which not in _TALKS:
        _TALKS[which] = records_talk(factory.mktemp("holes"), *VERSIONS[which])
    return _TALKS[which], numbered(48_000)


@pytest.mark.parametrize("options", [0, NO_ENCRYPT_THEN_MAC])
def test_hole_in_tls_10_costs_the_record_behind_it_as_well(tmp_path: Path, options: int) -> None:
    # Its first block cannot be decrypted without the last one of the record before.
    version = ssl.TLSVersion.TLSv1
    talk = Peers(tmp_path, version, "AES128-SHA", options=options).connect()
    for number in range(5):
        talk.say(0, numbered(400, number * 100))
    driven = Driven(talk.recording.keys).play(talk.flights[:-4])
    driven.lose(0, len(talk.flights[-4][1]))
    driven.play(talk.flights[-3:])
    said = numbered(2000)
    # Each message is two records: the first has one byte (against BEAST), or none.
    assert driven.text(0)[:400] == said[:400]
    assert driven.text(0)[-800:] == said[-800:]
    assert all(piece.data in said for piece in driven.above.pieces)


def test_hole_in_the_servers_handshake_does_not_hide_its_data() -> None:
    for start in (5, 100, 600):
        driven = Driven(rfc8448.key_log())
        driven.send(0, rfc8448.CLIENT_HELLO_RECORD)
        driven.send(1, rfc8448.SERVER_HELLO_RECORD + rfc8448.SERVER_FLIGHT_RECORD[:start])
        driven.lose(1, 50)
        driven.send(1, rfc8448.SERVER_FLIGHT_RECORD[start + 50 :])
        driven.play(rfc8448.FLIGHTS[2:])
        assert driven.text(0) == driven.text(1) == rfc8448.PAYLOAD
        assert driven.whole == [True]


def test_lost_server_hello_is_found_by_trial() -> None:
    driven = Driven(rfc8448.key_log())
    driven.send(0, rfc8448.CLIENT_HELLO_RECORD)
    driven.lose(1, len(rfc8448.SERVER_HELLO_RECORD))
    driven.send(1, rfc8448.SERVER_FLIGHT_RECORD)
    driven.play(rfc8448.FLIGHTS[2:]).finish()
    assert driven.text(0) == driven.text(1) == rfc8448.PAYLOAD
    assert driven.session.suite_name == "TLS_AES_128_GCM_SHA256"


def test_one_side_alone_opens() -> None:
    driven = Driven(rfc8448.key_log())
    for side, data in rfc8448.FLIGHTS:
        if side == 0:
            driven.send(0, data, acknowledged=2000)
    assert driven.text(0) == rfc8448.PAYLOAD
    assert driven.session.client.close_notify is not None


def test_records_that_overtake_the_servers_hello_wait_for_it(tmp_path: Path) -> None:
    for version in (TLS_12, TLS_13):
        talk = conversation(Peers(tmp_path, version).connect())
        flights = list(talk.flights)
        hello = next(place for place, (side, _) in enumerate(flights) if side == 1)
        flights[hello], flights[hello + 1] = flights[hello + 1], flights[hello]
        assert_whole(Driven(talk.recording.keys).play(flights).finish())


# -- keys --------------------------------------------------------------------------------------


def test_connection_without_keys_gives_no_plaintext_and_is_told_once() -> None:
    driven = Driven().play(rfc8448.FLIGHTS).finish()
    assert driven.above.pieces == []
    assert driven.session.keys == "missing"
    assert driven.told == [driven.layer]
    assert driven.stack.top is None
    assert driven.whole == []


@pytest.mark.parametrize(
    ("version", "suite"), [*VERSIONS, (TLS_12, "AES128-SHA"), (TLS_12, "NULL-SHA256")]
)
def test_wrong_keys_never_give_plaintext(
    tmp_path: Path, version: ssl.TLSVersion, suite: str
) -> None:
    talk = conversation(Peers(tmp_path, version, suite).connect())
    lines = []
    for line in talk.recording.keys.decode().splitlines():
        words = line.split()
        if len(words) == 3:
            lines.append(f"{words[0]} {words[1]} {words[2][:-1]}{(int(words[2][-1], 16) ^ 1):x}")
    driven = Driven("\n".join(lines).encode()).play(talk.flights, -1).finish()
    assert driven.above.pieces == []
    assert driven.session.keys == "wrong"
    assert driven.told == [driven.layer]


def test_handshake_secrets_are_not_needed_for_the_data() -> None:
    log = rfc8448.key_log(
        CLIENT_HANDSHAKE_TRAFFIC_SECRET=False, SERVER_HANDSHAKE_TRAFFIC_SECRET=False
    )
    driven = Driven(log).play(rfc8448.FLIGHTS).finish()
    assert driven.text(0) == driven.text(1) == rfc8448.PAYLOAD
    assert driven.session.keys == "found"


def test_keys_of_the_handshake_alone_are_not_enough() -> None:
    log = rfc8448.key_log(CLIENT_TRAFFIC_SECRET_0=False, SERVER_TRAFFIC_SECRET_0=False)
    driven = Driven(log).play(rfc8448.FLIGHTS).finish()
    assert driven.above.pieces == []
    assert driven.session.keys == "missing"
    assert driven.told == [driven.layer]


def test_keys_of_one_side_alone_open_that_side() -> None:
    driven = Driven(rfc8448.key_log(SERVER_TRAFFIC_SECRET_0=False)).play(rfc8448.FLIGHTS).finish()
    assert driven.text(0) == rfc8448.PAYLOAD
    assert driven.text(1) == b""
    assert driven.session.keys == "found"
    assert driven.session.server.undecryptable == 3
    assert driven.session.server.truncated is None


def test_records_wait_for_a_key_log_that_still_grows(tmp_path: Path) -> None:
    path = tmp_path / "keys.log"
    log = KeyLog(path, growing=True)
    driven = Driven(log).play(rfc8448.FLIGHTS[:5])
    assert driven.above.pieces == []
    path.write_bytes(rfc8448.key_log(SERVER_TRAFFIC_SECRET_0=False, CLIENT_TRAFFIC_SECRET_0=False))
    driven.play(rfc8448.FLIGHTS[5:6])
    assert driven.above.pieces == []
    with path.open("ab") as file:
        file.write(rfc8448.key_log())
    driven.play(rfc8448.FLIGHTS[6:]).finish()
    assert driven.text(0) == driven.text(1) == rfc8448.PAYLOAD
    assert driven.above.pieces[0].packet == 5
    assert driven.session.client.undecryptable == 0


def test_master_secret_that_comes_late_is_waited_for(tmp_path: Path) -> None:
    talk = conversation(Peers(tmp_path, TLS_12).connect())
    path = tmp_path / "late.log"
    log = KeyLog(path, growing=True)
    driven = Driven(log).play(talk.flights[:-2])
    path.write_bytes(talk.recording.keys)
    driven.play(talk.flights[-2:]).finish()
    assert_whole(driven)


def test_keys_that_never_come_do_not_fill_the_memory(tmp_path: Path) -> None:
    talk = Peers(tmp_path).connect()
    for _ in range(40):
        talk.say(1, LONG)
    driven = Driven(KeyLog(tmp_path / "never.log", growing=True)).play(talk.flights)
    assert [channel.held for channel in driven.layer._talk.channels] == [[], []]
    assert driven.session.keys == "missing"
    assert driven.told == [], "how TCP ends is still to be told"
    driven.finish()
    assert driven.stack.top is None
    assert driven.told == [driven.layer]


def test_cipher_that_is_not_served_is_told_as_such(tmp_path: Path) -> None:
    try:
        talk = conversation(Peers(tmp_path, TLS_12, "ECDHE-ARIA128-GCM-SHA256").connect())
    except ssl.SSLError:
        pytest.skip("this OpenSSL has no ARIA")
    driven = Driven(talk.recording.keys).play(talk.flights).finish()
    assert driven.session.keys == "unsupported"
    assert driven.session.suite_name == "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256"


def test_alerts_before_encryption_are_told_without_keys() -> None:
    driven = Driven()
    driven.send(0, rfc8448.CLIENT_HELLO_RECORD)
    driven.send(1, bytes.fromhex("15030300020228"))  # fatal, handshake_failure
    driven.end(1)
    driven.finish()
    (alert,) = driven.session.server.alerts
    assert (alert.name, alert.level, alert.packet) == ("handshake_failure", 2, 2)


def test_stream_that_is_not_tls_is_left_alone() -> None:
    driven = Driven(watch=True)
    driven.send(0, b"GET / HTTP/1.1\r\n\r\n")
    assert driven.stack.top is None


def test_cryptography_is_loaded_only_where_there_are_keys() -> None:
    program = """
import sys
from tls import rfc8448
from tls.driving import Driven
import analyzer.tls.opening
Driven().play(rfc8448.FLIGHTS).finish()
print("cryptography" in sys.modules)
Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS).finish()
print("cryptography" in sys.modules)
"""
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": f"{tests.parent}:{tests}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "True"]


# -- hostile bytes -----------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(
    pushes=st.lists(
        st.tuples(st.integers(0, 1), st.one_of(st.integers(1, 3000), st.binary(max_size=200))),
        max_size=20,
    ),
    watch=st.booleans(),
)
def test_any_bytes_are_taken_without_an_exception(
    pushes: list[tuple[int, int | bytes]], watch: bool
) -> None:
    driven = Driven(rfc8448.key_log(), watch=watch)
    driven.send(0, rfc8448.CLIENT_HELLO_RECORD)
    for side, what in pushes:
        if isinstance(what, int):
            driven.lose(side, what)
        else:
            driven.send(side, b"\x16\x03\x03" + len(what).to_bytes(2, "big") + what)
            driven.send(side, what)
    driven.end(1)
    driven.finish()
    assert driven.layer.summary is None or watch


@settings(max_examples=150, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), min_size=1, max_size=5)
)
def test_changed_bytes_never_give_other_plaintext(changes: list[tuple[int, int]]) -> None:
    flat = bytearray(b"".join(data for _, data in rfc8448.FLIGHTS))
    for at, value in changes:
        flat[at % len(flat)] = value
    driven = Driven(rfc8448.key_log())
    at = 0
    for side, data in rfc8448.FLIGHTS:
        driven.send(side, bytes(flat[at : at + len(data)]))
        at += len(data)
    driven.finish()
    for side in (0, 1):
        assert driven.text(side) in (b"", rfc8448.PAYLOAD)


def test_records_in_one_segment_and_records_apart_give_the_same() -> None:
    flights = [(side, record) for side, data in rfc8448.FLIGHTS for record in records_of(data)]
    driven = Driven(rfc8448.key_log()).play(flights)
    assert driven.text(0) == driven.text(1) == rfc8448.PAYLOAD
