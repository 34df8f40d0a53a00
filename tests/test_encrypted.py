"""Connections over TLS end as they do on plain TCP, where there are keys; without keys there are none."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer import encrypted
from analyzer.cli import main
from analyzer.encrypted import REASONS
from analyzer.errors import UsageError
from analyzer.events import events
from analyzer.ladder import explain
from analyzer.read import read
from analyzer.record import Connection
from capture.test_secrets import secret
from capture_files import pcapng, write
from conversation import Conversation
from packet_files import captured
from packets import Packet
from shared import CAPTURES, needs_shared
from tls import rfc8448
from tls.peers import Peers
from upgrade import upgrade
from wire import BINARY, CLOSE, MASK, TEXT, close_body, frame

V = ssl.TLSVersion
SUITES = [
    (V.TLSv1_3, ""),
    (V.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256"),
    (V.TLSv1_2, "ECDHE-RSA-CHACHA20-POLY1305"),
    (V.TLSv1_2, "AES128-SHA"),
]
SIDES = ("client", "server")


class Plain:
    """Lets two sides talk over TCP."""

    def __init__(self) -> None:
        self.talk = Conversation().handshake()

    def say(self, side: int, data: bytes) -> None:
        self.talk.say(SIDES[side], data)  # type: ignore[arg-type]

    def close(self, side: int) -> None:
        """TCP has nothing like close_notify."""


class Secure(Plain):
    """Lets two sides talk over TLS over TCP."""

    def __init__(self, peers: Peers) -> None:
        super().__init__()
        self.tls = peers.connect()
        self.sent = 0
        self.flush()

    def flush(self) -> None:
        for side, data in self.tls.flights[self.sent :]:
            super().say(side, data)
        self.sent = len(self.tls.flights)

    def say(self, side: int, data: bytes) -> None:
        self.tls.say(side, data)
        self.flush()

    def close(self, side: int) -> None:
        self.tls.close(side)
        self.flush()


def answered(way: Plain) -> None:
    way.say(0, frame(TEXT, b"hi", mask=MASK))
    way.talk.wait(60)
    way.say(1, frame(BINARY, bytes(40_000)))
    way.say(1, frame(CLOSE, close_body(1001, "restart")))
    way.say(0, frame(CLOSE, close_body(1001), mask=MASK))
    way.close(1)
    way.close(0)
    way.talk.fin("server").fin("client").ack("server")


def in_two_records_with_more_behind(way: Plain) -> None:
    close = frame(CLOSE, close_body(1000, "bye"), mask=MASK)
    way.say(0, close[:6])
    way.say(0, close[6:])
    way.say(0, b"junk after")
    way.say(1, frame(CLOSE, close_body(1000)))
    way.talk.fin("server").fin("client").ack("server")


def crossing(way: Plain) -> None:
    with way.talk.crossing():
        way.say(0, frame(CLOSE, close_body(1000), mask=MASK))
        way.say(1, frame(CLOSE, close_body(1001)))
    way.talk.ack("client").ack("server").fin("server").fin("client").ack("server")


def without_a_close_frame(way: Plain) -> None:
    way.say(1, frame(TEXT, b"x"))
    way.talk.fin("server").fin("client").ack("server")


def reset(way: Plain) -> None:
    way.say(1, frame(TEXT, b"x"))
    way.talk.rst("client")


SCENARIOS = [answered, in_two_records_with_more_behind, crossing, without_a_close_frame, reset]


def begin(way: Plain) -> None:
    request = upgrade()
    way.say(0, request.request)
    way.say(1, request.response)


def facts(one: Connection) -> dict[str, Any]:
    """Give what of a record does not depend on how many packets and bytes TLS adds."""
    record = one.to_dict()
    ending = record["ending"]
    ending["caveats"] = [text for text in ending["caveats"] if "close_notify" not in text]
    for close in (ending["client_close"], ending["server_close"]):
        if close is not None:
            del close["at"], close["packet"]
    return {
        "handshake": {
            name: value
            for name, value in record["handshake"].items()
            if not name.endswith(("_at", "_packet"))
        },
        "ending": {
            name: ending[name]
            for name in ("kind", "first", "answered", "clean", "caveats", "client_close")
        },
        "server_close": ending["server_close"],
        "views": (ending["client_view"], ending["server_view"]),
        "first_fin": ending["tcp"]["first_fin"],
        "sent": [
            {name: sent[name] for name in sent if name != "segments" and not name.endswith("_at")}
            for sent in (record["client_sent"], record["server_sent"])
        ],
        "framing": record["framing"],
        "seen_from": record["seen_from"],
        "anomalies": [odd["name"] for odd in record["anomalies"]],
    }


@pytest.mark.parametrize(("version", "suite"), SUITES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_ending_is_that_of_plain_tcp(
    tmp_path: Path, scenario: Callable[[Plain], None], version: ssl.TLSVersion, suite: str
) -> None:
    plain = Plain()
    begin(plain)
    scenario(plain)
    peers = Peers(tmp_path, version, suite)
    secure = Secure(peers)
    begin(secure)
    scenario(secure)
    (open_one,) = read(write(tmp_path / "plain.pcap", plain.talk.packets)).connections
    path = write(tmp_path / "secure.pcap", secure.talk.packets)
    (closed_one,) = read(path, keylog=peers.path).connections
    assert facts(closed_one) == facts(open_one)
    assert (open_one.carrier, closed_one.carrier) == ("tcp", "tls")


def captured_packets(path: Path) -> Iterator[Packet]:
    return (Packet(one.time_ns, one.data, one.original_length) for one in captured(path))


def test_close_notify_and_its_lack_are_facts_of_the_ending(tmp_path: Path) -> None:
    peers = Peers(tmp_path, V.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256")
    way = Secure(peers)
    begin(way)
    way.say(1, frame(TEXT, b"x"))
    way.close(1)
    way.talk.fin("server").rst("client")
    path = write(tmp_path / "a.pcap", way.talk.packets)
    (one,) = read(path, keylog=peers.path).connections
    tls = one.ending.tls
    assert tls is not None
    assert (tls.version, tls.cipher_suite) == ("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    assert (tls.server_name, tls.alpn, tls.resumed) == ("peer.example", None, False)
    # The packet before the server's FIN (unwrap of one side sends its close_notify alone).
    assert one.ending.tcp.server_fin is not None
    assert tls.server_close_notify is not None
    assert tls.server_close_notify.packet < one.ending.tcp.server_fin.packet
    assert (tls.client_close_notify, tls.client_truncated, tls.server_truncated) == (
        None,
        True,
        False,
    )
    (caveat,) = one.ending.caveats
    assert "TCP of the client ended without close_notify" in caveat
    assert "many stacks just leave it out" in caveat
    record = json.loads(json.dumps(one.to_dict()))["ending"]["tls"]
    assert record["server_close_notify_packet"] == tls.server_close_notify.packet
    steps = [event.what for event in events(one)]
    assert steps.index("TLS close_notify") < steps.index("FIN")
    assert any("server's close_notify packet" in line.text for line in explain(one))


def test_plain_tcp_says_nothing_of_tls(tmp_path: Path) -> None:
    plain = Plain()
    begin(plain)
    without_a_close_frame(plain)
    (one,) = read(write(tmp_path / "plain.pcap", plain.talk.packets)).connections
    assert one.ending.tls is None
    assert one.to_dict()["ending"]["tls"] is None


def secured(folder: Path) -> tuple[Path, Path]:
    peers = Peers(folder)
    way = Secure(peers)
    begin(way)
    answered(way)
    return write(folder / "a.pcap", way.talk.packets), peers.path


def test_without_keys_nothing_is_claimed(tmp_path: Path) -> None:
    path, _ = secured(tmp_path)
    analysis = read(path)
    assert (analysis.connections, analysis.encrypted) == ([], [])
    assert "TLS" not in str(analysis)


def wrong_keys(keys: Path) -> Path:
    """Key logs name their secrets by the client random: other secrets for the same one."""
    lines = [line.split() for line in keys.read_text().splitlines() if not line.startswith("#")]
    path = keys.with_name("wrong.log")
    path.write_text("".join(f"{name} {random} {'11' * 48}\n" for name, random, _ in lines))
    return path


def test_keys_that_are_missing_or_wrong_are_told_for_each_stream(tmp_path: Path) -> None:
    path, keys = secured(tmp_path)
    other = tmp_path / "other.log"
    other.write_text(f"CLIENT_TRAFFIC_SECRET_0 {'00' * 32} {'11' * 32}\n")
    empty = tmp_path / "empty.log"
    empty.write_text("")
    random = keys.read_text().splitlines()[-1].split()[1]
    for log, reason in (
        (other, "no_secrets"),
        (empty, "no_secrets"),
        (wrong_keys(keys), "wrong_secrets"),
    ):
        analysis = read(path, keylog=log)
        assert analysis.connections == []
        (one,) = analysis.encrypted
        assert (one.reason, one.client_random) == (reason, random)
        assert (one.tls.version, one.tls.server_name) == ("TLS 1.3", "peer.example")
        # What was not asked for was not looked at; how TCP ended is known all the same.
        assert (one.client_sent, one.two_way, one.hint) == (None, None, None)
        assert str(one.tcp.first_fin) == "server"
        assert REASONS[reason] in str(analysis)
        assert "tcp.stream 0 to peer.example" in str(analysis)


def test_hello_that_was_not_captured_is_told(tmp_path: Path) -> None:
    path, keys = secured(tmp_path)
    packets = list(captured(path))
    begin = next(n for n, one in enumerate(packets) if b"\x17\x03\x03" in one.data)
    late = tmp_path / "late.pcap"
    data = path.read_bytes()
    skipped = sum(16 + len(one.data) for one in packets[: begin + 1])
    late.write_bytes(data[:24] + data[24 + skipped :])
    (one,) = read(late, keylog=keys).encrypted
    assert (one.reason, one.client_random, one.tls.version) == ("no_hello", None, None)


def test_encrypted_stream_that_ends_like_a_websocket_is_told_apart(tmp_path: Path) -> None:
    peers = Peers(tmp_path, alpn="http/1.1")
    way = Secure(peers)
    begin(way)
    for number in range(4):
        way.say(0, frame(TEXT, b"question %d" % number, mask=MASK))
        way.say(1, frame(TEXT, b"a longer answer %d" % number))
    way.talk.wait(30)
    way.say(1, frame(CLOSE, close_body(1001)))
    way.say(0, frame(CLOSE, close_body(1001), mask=MASK))
    way.talk.wait(2).fin("server").fin("client").ack("server")
    path = write(tmp_path / "a.pcap", way.talk.packets)
    analysis = read(path, encrypted=True)
    (one,) = analysis.encrypted
    assert (analysis.connections, one.reason) == ([], "no_key_log")
    assert one.looks_like_websocket
    assert one.hint is not None
    assert (one.hint.first, one.hint.answered, one.hint.confidence) == (1, True, "likely")
    assert one.client_sent is not None
    # Finished, upgrade, four questions and a Close: TLS 1.3 hides what is no application data.
    assert one.client_sent.records == 7
    assert one.idle_before_end is not None
    assert 2.0 <= one.idle_before_end / 1e9 < 2.1
    assert "ends like a WebSocket that the server closed with a code, answered (likely)" in str(
        analysis
    )
    assert "0 WebSocket connections" in str(analysis)
    assert analysis.to_pandas("encrypted")["hint_confidence"].tolist() == ["likely"]
    assert one.to_dict()["hint"]["first"] == "server"


def test_stream_with_keys_is_no_encrypted_one(tmp_path: Path) -> None:
    path, keys = secured(tmp_path)
    analysis = read(path, keylog=keys, encrypted=True)
    assert (len(analysis.connections), analysis.encrypted) == (1, [])


def test_handshake_that_fails_is_told_with_its_alert_where_all_are_asked_for(
    tmp_path: Path,
) -> None:
    way = Plain()
    way.say(0, rfc8448.CLIENT_HELLO_RECORD)
    way.say(1, bytes.fromhex("15030300020228"))  # fatal, handshake_failure
    way.talk.fin("server").fin("client").ack("server")
    path = write(tmp_path / "a.pcap", way.talk.packets)
    (one,) = read(path, encrypted=True).encrypted
    assert (one.reason, one.tls.alerts[0].name) == ("nothing_encrypted", "handshake_failure")
    empty = tmp_path / "empty.log"
    empty.write_text("")
    assert read(path, keylog=empty).encrypted == [], "no key would have helped"


def test_only_so_many_are_kept_and_the_others_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, keys = secured(tmp_path)
    monkeypatch.setattr(encrypted, "MOST_KEPT", 0)
    analysis = read(path, keylog=wrong_keys(keys))
    assert (analysis.encrypted, dict(analysis.encrypted_dropped)) == ([], {"wrong_secrets": 1})
    assert "1 TLS stream not decrypted" in str(analysis)


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_command_tells_of_wrong_keys_in_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    path, keys = secured(tmp_path)
    assert main([str(path), "--keylog", str(wrong_keys(keys)), "-f", form]) == 0
    told = capsys.readouterr()
    if form == "json":
        assert json.loads(told.out)["encrypted"][0]["reason"] == "wrong_secrets"
        assert told.err == ""
    else:
        where = told.out if form == "text" else told.err
        assert REASONS["wrong_secrets"] in where


def test_command_lists_encrypted_streams(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)
    path, _ = secured(tmp_path)
    assert main([str(path), "--encrypted"]) == 0
    assert "1 TLS stream not decrypted, apart from the endings above" in capsys.readouterr().out
    assert main([str(path), "--table", "encrypted"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert row.split(",")[head.split(",").index("reason")] == "no_key_log"


@pytest.mark.parametrize("place", ["before", "behind"])
def test_secrets_may_stand_behind_the_packets_of_a_pcapng(tmp_path: Path, place: str) -> None:
    path, keys = secured(tmp_path)
    block = secret(keys.read_bytes())
    packets = pcapng(list(captured_packets(path)))
    at = 28 if place == "before" else len(packets)  # behind the section header block
    both = tmp_path / "a.pcapng"
    both.write_bytes(packets[:at] + block + packets[at:])
    (one,) = read(both).connections
    assert one.carrier == "tls"


def test_key_log_that_grows_behind_a_live_pipe_is_waited_for(tmp_path: Path) -> None:
    path, keys = secured(tmp_path)
    data, log = path.read_bytes(), tmp_path / "live.log"
    half = 24 + sum(16 + len(one.data) for one in list(captured(path))[:12])
    command = [sys.executable, "-m", "analyzer.cli", "-", "-f", "jsonl", "--keylog", str(log)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(data[:half])
        process.stdin.flush()
        time.sleep(1)  # the packets are read, and no key log is there yet
        lines = keys.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(lines[:-2]))
        process.stdin.write(data[half : half + 7])
        process.stdin.flush()
        time.sleep(0.3)
        with log.open("ab") as file:
            file.writelines(lines[-2:])
        out, err = process.communicate(data[half + 7 :], timeout=60)
    assert err == b""
    assert json.loads(out)["ending"]["server_close"]["code"] == 1001


def test_command_takes_a_key_log_or_that_of_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, keys = secured(tmp_path)
    assert main([str(path), "--keylog", str(keys), "-f", "json"]) == 0
    (asked,) = json.loads(capsys.readouterr().out)["connections"]
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    assert main([str(path), "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["connections"] == [asked]
    assert asked["carrier"] == "tls"


def test_a_key_log_that_is_not_there_is_told(tmp_path: Path) -> None:
    path, _ = secured(tmp_path)
    with pytest.raises(UsageError, match=r"cannot read the key log .*none: No such file"):
        read(path, keylog=tmp_path / "none")


@needs_shared
def test_wss_of_a_public_capture_ends_as_two_other_decoders_say() -> None:
    # shared/captures/truth.json: the client sends an empty Close, the server 1000; 10 and 13 frames.
    path = CAPTURES / "websocket" / "Lekensteyn-wireshark-notes__webrtc-freeswitch.pcapng"
    (one,) = read(path, keylog=Path(f"{path}.keys")).connections
    assert (one.client_sent.frames, one.server_sent.frames) == (10, 13)
    assert one.ending.client_close is not None
    assert one.ending.server_close is not None
    assert (one.ending.client_close.code, one.ending.server_close.code) == (None, 1000)
