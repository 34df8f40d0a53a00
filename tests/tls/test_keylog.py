from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.tls.keylog import CLIENT_HANDSHAKE, CLIENT_RANDOM, MOST_SESSIONS, KeyLog
from tls import rfc8448

RANDOM = bytes(range(32))
MASTER = bytes(range(48))
LINE = f"CLIENT_RANDOM {RANDOM.hex()} {MASTER.hex()}\n".encode()


def fed(data: bytes) -> KeyLog:
    log = KeyLog()
    log.feed(data)
    return log


def test_lines_of_tls_12_and_13_are_read() -> None:
    log = fed(LINE + rfc8448.key_log())
    assert log.secrets(RANDOM) == {CLIENT_RANDOM: MASTER}
    secrets = log.secrets(rfc8448.CLIENT_RANDOM)
    assert secrets[CLIENT_HANDSHAKE] == rfc8448.CLIENT_HANDSHAKE
    assert len(secrets) == 4
    assert len(log) == 2


def test_capital_letters_carriage_returns_and_comments_do_not_matter() -> None:
    line = (
        f"# SSL/TLS secrets log file\r\n\r\nCLIENT_RANDOM {RANDOM.hex().upper()} {MASTER.hex()}\r\n"
    )
    assert fed(line.encode()).secrets(RANDOM) == {CLIENT_RANDOM: MASTER}


def test_unknown_random_has_no_secrets() -> None:
    assert fed(LINE).secrets(b"\0" * 32) == {}


@pytest.mark.parametrize(
    "line",
    [
        b"CLIENT_RANDOM",
        b"CLIENT_RANDOM 00 11",
        b"CLIENT_RANDOM " + b"zz" * 32 + b" " + b"00" * 48,
        b"CLIENT_RANDOM " + b"00" * 32 + b" " + b"00" * 47,
        b"EXPORTER_SECRET " + b"00" * 32 + b" " + b"00" * 32,
        b"CLIENT_TRAFFIC_SECRET_0 " + b"00" * 32 + b" " + b"00" * 31,
        b"CLIENT_RANDOM " + b"00" * 32 + b" " + b"00" * 5000,
        b"\xff\xfe\x00 \xff \xff",
        b"RSA 00 00",
        b"RSA Session-ID: Master-Key:",
    ],
)
def test_line_that_makes_no_sense_is_passed_over(line: bytes) -> None:
    log = fed(line + b"\n" + LINE)
    assert len(log) == 1
    assert log.secrets(RANDOM) == {CLIENT_RANDOM: MASTER}


def test_premaster_and_session_lines_are_read() -> None:
    log = fed(b"RSA 0102030405060708 " + MASTER.hex().encode() + b"\n")
    assert log.premaster(bytes(range(1, 9)) + b"more") == MASTER
    assert log.premaster(b"12345678") is None
    log = fed(b"RSA Session-ID:0a0b Master-Key:" + MASTER.hex().encode() + b"\n")
    assert log.master_of(b"\x0a\x0b") == MASTER


def test_file_is_read_on_from_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(LINE[:40])
    log = KeyLog(path)
    assert log.secrets(RANDOM) == {}
    with path.open("ab") as file:
        file.write(LINE[40:90])
    assert log.secrets(RANDOM) == {}
    with path.open("ab") as file:
        file.write(LINE[90:])
    assert log.secrets(RANDOM) == {CLIENT_RANDOM: MASTER}
    assert not log.refresh()


def test_last_line_needs_no_end() -> None:
    assert fed(LINE.rstrip()).secrets(RANDOM) == {CLIENT_RANDOM: MASTER}


def test_secret_that_was_read_half_is_read_again_when_it_is_whole(tmp_path: Path) -> None:
    # 32 bytes of a secret that has 48 look like a whole one.
    path = tmp_path / "keys"
    start = f"CLIENT_HANDSHAKE_TRAFFIC_SECRET {RANDOM.hex()} "
    path.write_text(start + MASTER[:32].hex())
    log = KeyLog(path, growing=True)
    path.write_text(start + MASTER.hex() + "\n")
    assert log.refresh()
    assert log.secrets(RANDOM) == {CLIENT_HANDSHAKE: MASTER}


def test_emptied_or_replaced_file_is_read_from_its_start(tmp_path: Path) -> None:
    path, other = tmp_path / "keys", tmp_path / "other"
    path.write_bytes(b"# long comment\n" * 50)
    log = KeyLog(path)
    path.write_bytes(LINE)
    assert log.secrets(RANDOM) == {CLIENT_RANDOM: MASTER}
    other.write_bytes(rfc8448.key_log() + b"#" * 100)
    other.replace(path)
    assert len(log.secrets(rfc8448.CLIENT_RANDOM)) == 4
    assert log.secrets(RANDOM) == {CLIENT_RANDOM: MASTER}


def test_growing_file_may_come_later_and_another_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    with pytest.raises(FileNotFoundError):
        KeyLog(path)
    log = KeyLog(path, growing=True)
    assert log.secrets(RANDOM) == {}
    path.write_bytes(LINE)
    assert log.secrets(RANDOM) == {CLIENT_RANDOM: MASTER}
    path.unlink()
    assert not log.refresh()


def test_users_file_counts_more_than_a_captures_secrets(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(LINE)
    log = KeyLog(path)
    other = LINE.replace(MASTER.hex().encode(), b"ff" * 48)
    before = log.version
    log.feed(other)
    assert log.version == before
    assert log.secrets(RANDOM) == {CLIENT_RANDOM: MASTER}


def test_secrets_of_a_capture_are_asked_for_when_one_is_missing() -> None:
    blocks = [[LINE], [rfc8448.key_log(), b"nonsense"], []]
    log = KeyLog(more=lambda: blocks.pop(0))
    assert log.secrets(RANDOM) == {CLIENT_RANDOM: MASTER}
    assert log.secrets(RANDOM) == {CLIENT_RANDOM: MASTER}
    assert len(blocks) == 2
    assert len(log.secrets(rfc8448.CLIENT_RANDOM)) == 4
    assert log.secrets(bytes(32)) == {}


def test_pipe_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(LINE,))
    writer.start()
    log = KeyLog(path)
    writer.join()
    assert log.secrets(RANDOM) == {CLIENT_RANDOM: MASTER}
    assert log.secrets(bytes(32)) == {}


def test_sessions_are_remembered_within_a_bound() -> None:
    log = KeyLog()
    for number in range(MOST_SESSIONS + 10):
        log.remember(number.to_bytes(4, "big"), MASTER)
    assert len(log) == MOST_SESSIONS
    assert log.master_of((0).to_bytes(4, "big")) is None
    assert log.master_of((MOST_SESSIONS).to_bytes(4, "big")) == MASTER


@given(data=st.binary(max_size=500), cut=st.integers(0, 500))
def test_any_bytes_are_taken_and_do_not_hide_what_follows(data: bytes, cut: int) -> None:
    log = KeyLog()
    log._take(data[:cut])
    log._take(data[cut:] + b"\n")
    log._take(LINE)
    assert log.secrets(RANDOM)[CLIENT_RANDOM] == MASTER
