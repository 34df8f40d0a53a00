from __future__ import annotations

import random
import ssl
from pathlib import Path

import pytest

from analyzer.stream.layer import Chunk
from analyzer.tls.encrypted import EncryptedLog, EncryptedStream, close_hint, overhead_of, summarise
from analyzer.tls.session import TlsSession
from tls.driving import Driven
from tls.peers import Peers, Talk
from wire import BINARY, CLOSE, MASK, TEXT, close_body, frame

TLS_12 = ssl.TLSVersion.TLSv1_2
TLS_13 = ssl.TLSVersion.TLSv1_3
SECOND = 1_000_000_000

GCM = (TLS_12, "ECDHE-RSA-AES128-GCM-SHA256")
CHACHA = (TLS_12, "ECDHE-RSA-CHACHA20-POLY1305")
VERSIONS = [(TLS_13, ""), GCM, CHACHA]


def websocket(talk: Talk) -> Talk:
    """A WebSocket with one frame to a record, as most write them."""
    talk.say(0, b"GET /chat HTTP/1.1\r\n\r\n" + b"x" * 300).say(
        1, b"HTTP/1.1 101 \r\n\r\n" + b"x" * 90
    )
    for number in range(5):
        talk.say(0, frame(TEXT, b"question %d" % number, mask=MASK))
        talk.say(1, frame(BINARY, bytes(500 + number)))
    return talk


def close(talk: Talk, side: int, code: int | None = None, reason: str = "") -> Talk:
    return talk.say(side, frame(CLOSE, close_body(code, reason), mask=None if side else MASK))


def seen(talk: Talk) -> EncryptedStream:
    """What is said of it without its keys, once TCP is over."""
    driven = Driven(watch=True).play(talk.flights)
    driven.end(1)
    driven.end(0)
    driven.finish()
    assert driven.above.pieces == []
    assert driven.told == [driven.layer]
    summary = driven.layer.summary
    assert summary is not None
    return summary


@pytest.mark.parametrize(("version", "suite"), VERSIONS)
@pytest.mark.parametrize("first", [0, 1])
def test_closing_handshake_with_a_code_is_likely(
    tmp_path: Path, version: ssl.TLSVersion, suite: str, first: int
) -> None:
    talk = websocket(Peers(tmp_path, version, suite).connect())
    close(close(talk, first, 1001), 1 - first, 1001).close(1).close(0)
    hint = seen(talk).hint
    assert hint is not None
    assert (hint.first, hint.answered, hint.with_code) == (first, True, True)
    assert hint.confidence == "likely"
    assert "fits a Close of 4 bytes" in hint.evidence


@pytest.mark.parametrize(("version", "suite"), VERSIONS)
def test_reason_that_is_repeated_is_possible_since_messages_are_echoed_too(
    tmp_path: Path, version: ssl.TLSVersion, suite: str
) -> None:
    talk = websocket(Peers(tmp_path, version, suite).connect())
    close(close(talk, 1, 1001, "restart"), 0, 1001, "restart").close(1)
    hint = seen(talk).hint
    assert hint is not None
    assert (hint.first, hint.answered, hint.confidence) == (1, True, "possible")


@pytest.mark.parametrize(("version", "suite"), VERSIONS)
def test_empty_close_is_possible_at_most(
    tmp_path: Path, version: ssl.TLSVersion, suite: str
) -> None:
    talk = websocket(Peers(tmp_path, version, suite).connect())
    close(close(talk, 0), 1).close(1)
    hint = seen(talk).hint
    assert hint is not None
    assert (hint.first, hint.with_code, hint.confidence) == (0, False, "possible")


def test_close_that_nobody_answers_is_possible(tmp_path: Path) -> None:
    talk = close(websocket(Peers(tmp_path).connect()), 1, 1001)
    hint = seen(talk).hint
    assert hint is not None
    assert (hint.first, hint.answered, hint.confidence) == (1, False, "possible")


def test_stream_that_ends_otherwise_looks_like_nothing(tmp_path: Path) -> None:
    talk = websocket(Peers(tmp_path).connect())
    assert seen(talk.close(1).close(0)).hint is None


def test_question_and_answer_are_no_two_way_stream(tmp_path: Path) -> None:
    talk = Peers(tmp_path, *GCM).connect().say(0, bytes(200)).say(1, bytes(4))
    summary = seen(talk)
    assert not summary.two_way
    assert summary.hint is None or summary.hint.confidence == "possible"


def test_padding_cipher_gives_no_hint(tmp_path: Path) -> None:
    talk = websocket(Peers(tmp_path, TLS_12, "AES128-SHA").connect())
    close(close(talk, 0, 1000), 1, 1000)
    assert seen(talk).hint is None


def test_summary_says_what_is_in_the_clear(tmp_path: Path) -> None:
    talk = websocket(Peers(tmp_path, *GCM, alpn="http/1.1").connect("chat.example"))
    summary = seen(talk.close(1))
    session = summary.session
    assert (session.server_name, session.alpn, session.version_name) == (
        "chat.example",
        "http/1.1",
        "TLS 1.2",
    )
    assert session.keys == "missing"
    assert (summary.client.records, summary.server.records) == (6, 6)
    assert summary.two_way
    # 24 bytes are added to each record: 8 of the nonce, 16 of the tag.
    said = sum(500 + number + 4 for number in range(5)) + len(b"HTTP/1.1 101 \r\n\r\n") + 90
    assert summary.server.bytes == said + 6 * 24
    assert summary.last_at == summary.server.last[-1].at > summary.client.first_at > 0
    # The server's close_notify is encrypted, but its type is not.
    assert [alert.name for alert in session.server.alerts] == ["encrypted alert"]


def test_whole_connection_with_keys_has_no_such_summary(tmp_path: Path) -> None:
    talk = websocket(Peers(tmp_path).connect())
    driven = Driven(talk.recording.keys, watch=True).play(talk.flights).finish()
    assert driven.layer.summary is None
    assert driven.told == []


@pytest.mark.parametrize(
    ("version", "suite", "added"),
    [
        (0x0304, 0x1301, 17),
        (0x0304, 0x1305, 9),
        (0x0303, 0xC02F, 24),
        (0x0303, 0xC0A1, 16),
        (0x0303, 0xCCA8, 16),
        (0x0303, 0x002F, -1),
        (None, None, -1),
    ],
)
def test_what_ciphers_add_is_known(version: int | None, suite: int | None, added: int) -> None:
    assert overhead_of(TlsSession(version=version, suite=suite)) == added


def noted(*records: tuple[int, int, int]) -> EncryptedLog:
    """Role, length and second of records."""
    log = EncryptedLog()
    for packet, (role, length, second) in enumerate(records):
        chunk = Chunk()
        chunk.packet = packet
        chunk.time_ns = second * SECOND
        log.note(role, 23, length, chunk)
    return log


TALK = tuple((role, 300, second) for second in range(10) for role in (0, 1))
SESSION = TlsSession(version=0x0304, suite=0x1301)


def test_sizes_are_those_of_the_rule() -> None:
    # RULES L3: server Close with code 21, client Close with code 25; alerts 19.
    log = noted(*TALK, (1, 21, 20), (0, 25, 20), (1, 19, 20), (0, 19, 20))
    hint = close_hint(SESSION, log, 21 * SECOND)
    assert hint is not None
    assert (hint.first, hint.answered, hint.confidence, hint.at) == (1, True, "likely", 20 * SECOND)


def test_answer_after_a_long_time_is_none() -> None:
    log = noted(*TALK, (1, 21, 20), (0, 25, 60))
    hint = close_hint(SESSION, log, 61 * SECOND)
    assert hint is not None
    assert not hint.answered
    assert hint.confidence == "possible"


def test_close_long_before_the_end_is_possible_only() -> None:
    log = noted(*TALK, (1, 21, 20), (0, 25, 20))
    for ended_at in (0, 120 * SECOND):
        hint = close_hint(SESSION, log, ended_at)
        assert hint is not None
        assert hint.confidence == "possible"


def test_last_alert_alone_is_no_close() -> None:
    assert close_hint(SESSION, noted(*TALK, (1, 19, 20)), 21 * SECOND) is None
    assert close_hint(SESSION, EncryptedLog(), 0) is None


def test_random_sizes_are_hardly_ever_likely() -> None:
    chance = random.Random(5)
    likely = 0
    for _ in range(2000):
        records = [(chance.randrange(2), chance.randint(20, 160), second) for second in range(12)]
        hint = close_hint(SESSION, noted(*records), 12 * SECOND)
        likely += hint is not None and hint.confidence == "likely"
    # Each of the two sizes is one of 141.
    assert likely <= 2


def test_sides_can_be_exchanged() -> None:
    log = noted((0, 100, 1))
    log.turn()
    summary = summarise(SESSION, log, 0)
    assert (summary.client.records, summary.server.records) == (0, 1)
