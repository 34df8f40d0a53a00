"""The public captures, against what two decoders that are not ours say of them.

They belong to the team and lie beside the checkout; without them these tests are skipped.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from analyzer.read import read
from analyzer.record import Connection
from analyzer.websocket.registry import Opcode
from shared import CAPTURES, needs_shared

pytestmark = [needs_shared, pytest.mark.shared]

TRUTH: list[dict[str, Any]] = (
    json.loads((CAPTURES / "truth.json").read_text()) if CAPTURES.is_dir() else []
)
# Five broken handshakes on one stream, each answered 101: what follows means nothing.
MEANINGLESS = {"websocket/secdev-scapy__websocket_invalid_handshakes.pcap"}
# Inside TLS, which is not read yet.
ENCRYPTED = {"websocket/Lekensteyn-wireshark-notes__webrtc-freeswitch.pcapng"}
CASES = [truth for truth in TRUTH if truth["file"] not in MEANINGLESS | ENCRYPTED]

# The truth lists every RST. This one stands before what the server had acknowledged (its FIN's
# number), so that the server ignores it (RFC 9293, section 3.5.3); the next one counts.
NOT_ACCEPTED = {("websocket/susam-lab__wsapp.pcap", 32)}
OPCODES = {
    "cont": Opcode.CONTINUATION,
    "text": Opcode.TEXT,
    "bin": Opcode.BINARY,
    "close": Opcode.CLOSE,
    "ping": Opcode.PING,
    "pong": Opcode.PONG,
}
KINDS = {
    "both close frames": "hybi_close",
    "one-sided close (server only)": "hybi_close",
    "no close frame, FIN": "fin",
    # A FIN, and behind it a RST of the same side.
    "no close frame, FIN+RST": "rst",
    "open at end of capture": "open",
}


def find(truth: dict[str, Any]) -> Connection:
    analysis = read(CAPTURES / truth["file"], frames=True)
    of_stream = [one for one in analysis.connections if one.tcp_stream == truth["tcp_stream"]]
    assert len(of_stream) == 1
    return of_stream[0]


def frames_by_opcode(connection: Connection, side: int) -> Counter[int]:
    columns = connection.frames
    assert columns is not None
    pairs = zip(columns.side, columns.opcode, strict=True)
    return Counter(opcode for sender, opcode in pairs if sender == side)


@pytest.mark.parametrize("truth", CASES, ids=lambda one: f"{one['file']}:{one['tcp_stream']}")
def test_connection_is_as_two_other_decoders_say(truth: dict[str, Any]) -> None:
    one = find(truth)
    assert f"{one.client.ip}:{one.client.port}" == truth["client"]
    assert f"{one.server.ip}:{one.server.port}" == truth["server"]
    assert str(one.framing) == truth["framing"]
    assert one.handshake.status == truth["status"]
    assert one.handshake.accept_valid == truth["accept_valid"]
    offered = ", ".join(one.handshake.offered_subprotocols) or None
    # The truth names what was agreed on, or else what was offered.
    assert truth["subprotocol"] in {one.handshake.subprotocol, offered}
    for side, name in enumerate(("client", "server")):
        expected = {OPCODES[key]: n for key, n in truth["frames"][name].items()}
        assert frames_by_opcode(one, side) == expected
        close = getattr(one.ending, f"{name}_close")
        found = close and {"code": close.code, "reason": close.reason}
        assert found == truth[f"{name}_close"]


@pytest.mark.parametrize("truth", CASES, ids=lambda one: f"{one['file']}:{one['tcp_stream']}")
def test_ending_is_as_two_other_decoders_say(truth: dict[str, Any]) -> None:
    one = find(truth)
    assert str(one.ending.kind) == KINDS[truth["outcome"]]
    first = truth["first"].split()[0] if truth["first"] else None
    assert (None if one.ending.first is None else str(one.ending.first)) == first
    ends = {("client", "FIN"): None, ("server", "FIN"): None}
    ends |= {("client", "RST"): None, ("server", "RST"): None}
    for end in truth["tcp_end"]:
        key = (end["side"], end["what"])
        if (truth["file"], end["packet"]) in NOT_ACCEPTED:
            continue
        ends[key] = ends[key] or end["packet"]
    tcp = one.ending.tcp
    for (side, what), packet in ends.items():
        moment = getattr(tcp, f"{side}_{what.lower()}")
        assert (moment.packet if moment else None) == packet


def test_every_other_connection_is_one_that_tshark_cannot_see() -> None:
    known = {(truth["file"], truth["tcp_stream"]) for truth in TRUTH}
    found = {
        (f"websocket/{path.name}", one.tcp_stream, one.seen_from)
        for path in sorted((CAPTURES / "websocket").iterdir())
        if path.suffix != ".keys"
        for one in read(path).connections
    }
    others = {one for one in found if one[:2] not in known and one[0] not in MEANINGLESS}
    assert not [one for one in others if one[0] in ENCRYPTED]
    # The README there names it: a connection that began before the capture, on ports 53892 and 80.
    assert {one[2] for one in others} <= {"midstream"}
    assert "websocket/michael0710-CheckOCPP__extralargeOPENEVSE.pcapng" in {
        one[0] for one in others
    }


def test_captures_without_websockets_hold_none() -> None:
    for folder in ("containers", "tls"):
        for path in sorted((CAPTURES / folder).iterdir()):
            if path.suffix not in {".keys", ".pem"}:
                assert read(path).connections == [], path.name
