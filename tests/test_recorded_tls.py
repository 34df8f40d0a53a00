"""Real peers over TLS: decrypted endings are those of plain TCP, and frames those that tshark sees."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import tshark
from analyzer.analysis import Analysis
from analyzer.ending.rules import EndingKind
from analyzer.read import read

FOLDER = Path(__file__).resolve().parents[1] / "captures" / "tls"
NAMES = sorted(path.name.removesuffix(".truth.json") for path in FOLDER.glob("*.truth.json"))
SECURE = [name for name in NAMES if not name.endswith("-plain")]
SIDES = ("client", "server")
# What the server insisted on when it was recorded: see captures/record/tls.py.
SAID = {
    "tls12-gcm": ("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    "tls12-chacha20": ("TLS 1.2", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    "tls12-cbc": ("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    "tls13": ("TLS 1.3", None),
}


@cache
def truth(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.truth.json").read_text("utf-8"))
    return found


@cache
def analysed(name: str) -> Analysis:
    keys = FOLDER / f"{name}.keys"
    return read(FOLDER / f"{name}.pcap", keylog=keys if keys.exists() else None, frames=True)


def endings(name: str) -> list[Any]:
    """What of the endings does not depend on the clock, nor on how TCP is taken down below TLS."""
    found = []
    for one in analysed(name).connections:
        ending = one.ending
        closes = [
            close and (close.code, close.reason)
            for close in (ending.client_close, ending.server_close)
        ]
        views = (ending.client_view.code, ending.server_view.code)
        found.append((ending.kind, ending.first, ending.answered, closes, views))
    return found


@pytest.mark.parametrize("name", SECURE)
def test_ending_is_that_of_the_same_scenario_on_plain_tcp(name: str) -> None:
    plain = name.replace(truth(name)["variant"], "plain")
    assert endings(name) == endings(plain)
    assert analysed(name).encrypted == []


@pytest.mark.parametrize("name", SECURE)
def test_version_and_suite_are_what_the_server_insisted_on(name: str) -> None:
    version, suite = SAID[truth(name)["variant"]]
    legs = analysed(name).connections
    # nginx and haproxy end TLS: their second leg is plain.
    assert [one.carrier for one in legs[1:]] == (
        ["tcp"] if "nginx" in name or "haproxy" in name else ["tls"] * (len(legs) - 1)
    )
    tls = legs[0].ending.tls
    assert tls is not None
    assert tls.version == version
    assert suite in {tls.cipher_suite, None}


@pytest.mark.parametrize("variant", ["tls12-gcm", "tls13"])
def test_second_connection_of_a_browser_resumes_the_session(variant: str) -> None:
    sessions = [one.ending.tls for one in analysed(f"chromium-reload-{variant}").connections]
    assert [one is not None and one.resumed for one in sessions] == [False, True]


@pytest.mark.parametrize("name", [one for one in SECURE if one.startswith("ws-websockets-kill")])
def test_process_that_exits_sends_no_close_notify(name: str) -> None:
    (one,) = analysed(name).connections
    assert one.ending.kind is EndingKind.FIN
    assert one.ending.tls is not None
    assert one.ending.tls.client_truncated is True
    assert any("without close_notify" in text for text in one.ending.caveats)


@tshark.needs_tshark
@pytest.mark.parametrize("name", NAMES)
def test_frames_are_those_that_tshark_decrypts(name: str) -> None:
    keys = FOLDER / f"{name}.keys" if name in SECURE else None
    theirs = [
        (one.packet, one.side, one.opcode, one.length, one.fin, one.masked)
        for one in tshark.websocket_frames(FOLDER / f"{name}.pcap", keylog=keys)
    ]
    ours = [
        (packet, SIDES[side], opcode, length, bool(flags & 128), bool(flags & 1))
        for one in analysed(name).connections
        if (rows := one.frames) is not None
        for packet, side, opcode, length, flags in zip(
            rows.packet, rows.side, rows.opcode, rows.payload_length, rows.flags, strict=True
        )
    ]
    assert len(ours) > 0
    assert sorted(ours) == sorted(theirs)
