"""Connections over TLS end as they do on plain TCP, where there are keys; without keys there are none."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.cli import main
from analyzer.errors import UsageError
from analyzer.read import read
from analyzer.record import Connection
from capture_files import write
from conversation import Conversation
from shared import CAPTURES, needs_shared
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


def secured(folder: Path) -> tuple[Path, Path]:
    peers = Peers(folder)
    way = Secure(peers)
    begin(way)
    answered(way)
    return write(folder / "a.pcap", way.talk.packets), peers.path


def test_without_keys_nothing_is_claimed(tmp_path: Path) -> None:
    path, _ = secured(tmp_path)
    assert read(path).connections == []
    wrong = tmp_path / "wrong.log"
    wrong.write_text(f"CLIENT_TRAFFIC_SECRET_0 {'00' * 32} {'11' * 32}\n")
    assert read(path, keylog=wrong).connections == []


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
